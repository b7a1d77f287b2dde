/* Networks behind routers: which router leads where, and what to do when one says that it does not. */
#include "apps/collect/network/parts.h"
#include "base/log.h"
#include "base/time.h"

enum { REFUSED_AGAIN_S = 600, LOOK_AGAIN_S = 1 };

static BpLogKind rejections, new_routes, doubled_routes, busy_routers,
    own_numbers; /* anybody may speak of any network */

/* A router that rejects what we send is worth a line, once in a while: its devices go silent. */
static void tell_refused(CollectNetwork *network, const BacRoute *route, uint8_t reason, const char *router)
{
    const int64_t now_us = loop_now_us(network->loop);
    if (network->behind.rejected_network == route->network && now_us < network->behind.rejected_again_us)
        return;
    network->behind.rejected_network = route->network;
    network->behind.rejected_again_us = now_us + REFUSED_AGAIN_S * BP_SECOND;
    bp_log_some(&rejections, now_us, BP_LOG_WARNING,
                "the router %s does not pass on messages to network %u: %s", router, route->network,
                bac_network_reject_text(reason));
}

/* Devices of this network that are silent at another router may be behind this one now: whoever is there
 * says so, and is followed (collect_take_i_am). */
static void ask_behind(CollectNetwork *network, const BacRoute *route)
{
    for (const CollectDevice *device = collect_poll_devices(network->poller); device; device = device->next) {
        const BacAddress *address = &device->peer.address;
        if (address->remote.network != route->network || !collect_device_is_away(device))
            continue;
        BacAddress everyone = route->router;
        everyone.remote.network = route->network;
        collect_ask_who(network, &everyone);
        return;
    }
}

/* At once, but not for each of a flock: those are looked behind together a little later. */
static void look_behind(CollectNetwork *network, const BacRoute *route)
{
    const int64_t now_us = loop_now_us(network->loop);
    if (now_us - network->behind.looked_us < LOOK_AGAIN_S * BP_SECOND) {
        network->behind.looks = true;
        return;
    }
    network->behind.looked_us = now_us;
    ask_behind(network, route);
}

void collect_look_behind(CollectNetwork *network)
{
    for (size_t i = 0; i < network->behind.routes.count && network->behind.looks; i++)
        if (network->behind.routes.items[i].state != BAC_ROUTE_LOST)
            ask_behind(network, &network->behind.routes.items[i]);
    network->behind.looks = false;
}

static void pause(CollectNetwork *network, const BacRoute *route, int64_t until_us)
{
    BacAddress behind = route->router;
    behind.remote.network = route->network;
    collect_poll_pause(network->poller, &behind, until_us, loop_now_us(network->loop));
}

static void on_news(void *owner, BacRouteNews news, const BacRoute *route, uint8_t reason)
{
    CollectNetwork *network = owner;
    const int64_t now_us = loop_now_us(network->loop);
    char text[BAC_ADDRESS_TEXT_MAX], other_text[BAC_ADDRESS_TEXT_MAX];
    const char *router = bac_address_format(&route->router, text);
    const BacRoute *other = bac_routes_other(&network->behind.routes, &route->router, route->network);
    switch (news) {
    case BAC_ROUTE_NEW:
        bp_log_some(&new_routes, now_us, BP_LOG_INFO, "network %u is behind the router %s", route->network,
                    router);
        look_behind(network, route);
        break;
    case BAC_ROUTE_DUPLICATE:
        bp_log_some(
            &doubled_routes, now_us, BP_LOG_WARNING,
            "network %u is behind the router %s and behind %s: two networks with one number, or two ways "
            "to one; devices behind both are kept apart",
            route->network, other ? bac_address_format(&other->router, other_text) : "another", router);
        look_behind(network, route);
        break;
    case BAC_ROUTE_BUSY_NOW:
        bp_log_some(&busy_routers, now_us, BP_LOG_INFO,
                    "the router %s is busy: network %u is left alone for up to %d s", router, route->network,
                    BAC_ROUTE_BUSY_S);
        pause(network, route, route->busy_until_us);
        break;
    case BAC_ROUTE_BUSY_STILL: pause(network, route, route->busy_until_us); break;
    case BAC_ROUTE_FREE_AGAIN: pause(network, route, 0); break;
    case BAC_ROUTE_REFUSED: tell_refused(network, route, reason, router); break;
    case BAC_ROUTE_OWN_NUMBER:
        bp_log_some(&own_numbers, now_us, BP_LOG_INFO, "our own network is number %u, says %s",
                    route->network, router);
        break;
    case BAC_ROUTE_OWN_DIFFERS:
        bp_log_some(&own_numbers, now_us, BP_LOG_WARNING,
                    "our own network is number %u, says %s, but others said %u: routers disagree",
                    route->network, router, network->behind.routes.own_network);
        break;
    }
}

void collect_begin_routes(CollectNetwork *network)
{
    network->behind.routes.owner = network;
    network->behind.routes.on_news = on_news;
}

void collect_ask_routers(CollectNetwork *network)
{
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacAddress here = bip_broadcast_address(network->sockets.bip);
    network->behind.routes.keep_us = 3 * network->cfg->discovery_interval;
    bac_network_message_write(&out, BAC_BVLC_ORIGINAL_BROADCAST, &here, BAC_WHO_IS_ROUTER_TO_NETWORK,
                              bp_str(""));
    bip_send(network->sockets.bip, &here, bp_buf_text(&out));
}
