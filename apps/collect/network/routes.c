/* Networks behind routers: which router leads where, and what to do when one says that it does not. */
#include "apps/collect/collect.h"
#include "base/log.h"
#include "base/time.h"

enum { REFUSED_AGAIN_S = 600, LOOK_AGAIN_S = 1 };

static BpLogKind rejections, new_routes, doubled_routes, busy_routers,
    own_numbers; /* anybody may speak of any network */

/* A router that rejects what we send is worth a line, once in a while: its devices go silent. */
static void tell_refused(Collect *collect, const BacRoute *route, uint8_t reason, const char *router)
{
    const int64_t now_us = loop_now_us(collect->loop);
    if (collect->rejected_network == route->network && now_us < collect->rejected_again_us)
        return;
    collect->rejected_network = route->network;
    collect->rejected_again_us = now_us + REFUSED_AGAIN_S * BP_SECOND;
    bp_log_some(&rejections, now_us, BP_LOG_WARNING,
                "the router %s does not pass on messages to network %u: %s", router, route->network,
                bac_network_reject_text(reason));
}

/* Devices of this network that are silent at another router may be behind this one now: whoever is there
 * says so, and is followed (take_i_am). */
static void ask_behind(Collect *collect, const BacRoute *route)
{
    for (const CollectDevice *device = collect_poll_devices(collect->poller); device; device = device->next) {
        const BacAddress *address = &device->peer.address;
        if (address->remote.network != route->network || !collect_device_is_away(device))
            continue;
        BacAddress everyone = route->router;
        everyone.remote.network = route->network;
        collect_ask_who(collect, &everyone);
        return;
    }
}

/* At once, but not for each of a flock: those are looked behind together a little later. */
static void look_behind(Collect *collect, const BacRoute *route)
{
    const int64_t now_us = loop_now_us(collect->loop);
    if (now_us - collect->looked_behind_us < LOOK_AGAIN_S * BP_SECOND) {
        collect->looks_behind = true;
        return;
    }
    collect->looked_behind_us = now_us;
    ask_behind(collect, route);
}

void collect_look_behind(Collect *collect)
{
    for (size_t i = 0; i < collect->routes.count && collect->looks_behind; i++)
        if (collect->routes.items[i].state != BAC_ROUTE_LOST)
            ask_behind(collect, &collect->routes.items[i]);
    collect->looks_behind = false;
}

static void pause(Collect *collect, const BacRoute *route, int64_t until_us)
{
    BacAddress network = route->router;
    network.remote.network = route->network;
    collect_poll_pause(collect->poller, &network, until_us, loop_now_us(collect->loop));
}

static void on_news(void *owner, BacRouteNews news, const BacRoute *route, uint8_t reason)
{
    Collect *collect = owner;
    const int64_t now_us = loop_now_us(collect->loop);
    char text[BAC_ADDRESS_TEXT_MAX], other_text[BAC_ADDRESS_TEXT_MAX];
    const char *router = bac_address_format(&route->router, text);
    const BacRoute *other = bac_routes_other(&collect->routes, &route->router, route->network);
    switch (news) {
    case BAC_ROUTE_NEW:
        bp_log_some(&new_routes, now_us, BP_LOG_INFO, "network %u is behind the router %s", route->network,
                    router);
        look_behind(collect, route);
        break;
    case BAC_ROUTE_DUPLICATE:
        bp_log_some(
            &doubled_routes, now_us, BP_LOG_WARNING,
            "network %u is behind the router %s and behind %s: two networks with one number, or two ways "
            "to one; devices behind both are kept apart",
            route->network, other ? bac_address_format(&other->router, other_text) : "another", router);
        look_behind(collect, route);
        break;
    case BAC_ROUTE_BUSY_NOW:
        bp_log_some(&busy_routers, now_us, BP_LOG_INFO,
                    "the router %s is busy: network %u is left alone for up to %d s", router, route->network,
                    BAC_ROUTE_BUSY_S);
        pause(collect, route, route->busy_until_us);
        break;
    case BAC_ROUTE_BUSY_STILL: pause(collect, route, route->busy_until_us); break;
    case BAC_ROUTE_FREE_AGAIN: pause(collect, route, 0); break;
    case BAC_ROUTE_REFUSED: tell_refused(collect, route, reason, router); break;
    case BAC_ROUTE_OWN_NUMBER:
        bp_log_some(&own_numbers, now_us, BP_LOG_INFO, "our own network is number %u, says %s",
                    route->network, router);
        break;
    case BAC_ROUTE_OWN_DIFFERS:
        bp_log_some(&own_numbers, now_us, BP_LOG_WARNING,
                    "our own network is number %u, says %s, but others said %u: routers disagree",
                    route->network, router, collect->routes.own_network);
        break;
    }
}

void collect_begin_routes(Collect *collect)
{
    collect->routes.owner = collect;
    collect->routes.on_news = on_news;
}

void collect_ask_routers(Collect *collect)
{
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacAddress here = bip_broadcast_address(collect->bip);
    collect->routes.keep_us = 3 * collect->cfg.discovery_interval;
    bac_network_message_write(&out, BAC_BVLC_ORIGINAL_BROADCAST, &here, BAC_WHO_IS_ROUTER_TO_NETWORK,
                              bp_str(""));
    bip_send(collect->bip, &here, bp_buf_text(&out));
}
