#include "bacnet/talk/routes.h"

#include "base/invariant.h"
#include "base/time.h"

#include <assert.h>

/* ---- network messages ---- */

void bac_network_message_write(BpBuf *out, BacBvlcFunction function, const BacAddress *to,
                               BacNetworkMessage message, BpStr contents)
{
    const BacNpdu npdu = {.destination = to->remote,
                          .hops = BAC_NPDU_HOPS,
                          .is_network_message = true,
                          .message = (uint8_t)message};
    const size_t begin = bac_bvlc_begin(out, &(BacBvlc){.function = function});
    bac_npdu_encode(out, &npdu);
    bp_buf_octets(out, contents.data, contents.size);
    bac_bvlc_end(out, begin);
}

const char *bac_network_reject_text(uint8_t reason)
{
    static const char *const texts[] = {"an error",       "it knows no way to that network",
                                        "it is busy",     "it does not know the message",
                                        "it is too long", "security",
                                        "a wrong address"};
    return reason < sizeof texts / sizeof texts[0] ? texts[reason] : "for reasons of its own";
}

/* ---- the table ---- */

static void tell(const BacRoutes *routes, BacRouteNews news, const BacRoute *route, uint8_t reason)
{
    if (routes->on_news)
        routes->on_news(routes->owner, news, route, reason);
}

BacRoute *bac_routes_find(BacRoutes *routes, const BacAddress *router, uint16_t network)
{
    for (size_t i = 0; i < routes->count; i++)
        if (routes->items[i].network == network && bac_address_equal(&routes->items[i].router, router))
            return &routes->items[i];
    return NULL;
}

const BacRoute *bac_routes_other(const BacRoutes *routes, const BacAddress *than, uint16_t network)
{
    for (size_t i = 0; i < routes->count; i++) {
        const BacRoute *route = &routes->items[i];
        if (route->network == network && route->state != BAC_ROUTE_LOST &&
            !bac_address_equal(&route->router, than))
            return route;
    }
    return NULL;
}

/* The router as a node, whoever it speaks for. */
static BacAddress node_of(const BacAddress *from)
{
    BacAddress node = *from;
    node.remote = (BacStation){0};
    return node;
}

static BacRoute *oldest(BacRoutes *routes)
{
    BacRoute *route = &routes->items[0];
    for (size_t i = 1; i < routes->count; i++)
        if (routes->items[i].heard_us < route->heard_us)
            route = &routes->items[i];
    return route;
}

/* Somebody leads there: heard of again, or new. */
static BacRoute *learn(BacRoutes *routes, const BacAddress *from, uint16_t network, int64_t now_us)
{
    const BacAddress router = node_of(from);
    BacRoute *route = bac_routes_find(routes, &router, network);
    if (network == BAC_NETWORK_LOCAL || network == BAC_NETWORK_BROADCAST)
        return NULL; /* no network's number */
    const bool is_new = !route || route->state == BAC_ROUTE_LOST;
    if (!route)
        route = routes->count < BAC_ROUTES_MAX ? &routes->items[routes->count++] : oldest(routes);
    if (is_new)
        *route = (BacRoute){.router = router, .network = network};
    route->heard_us = now_us;
    if (is_new)
        tell(routes, bac_routes_other(routes, &router, network) ? BAC_ROUTE_DUPLICATE : BAC_ROUTE_NEW, route,
             0);
    return route;
}

/* ---- what routers say ---- */

static void take_announcement(BacRoutes *routes, const BacDatagram *datagram, int64_t now_us)
{
    BpCursor in = datagram->body;
    while (bp_cursor_remaining(&in) >= 2) {
        BacRoute *route = learn(routes, &datagram->from, bp_cursor_u16(&in), now_us);
        if (route)
            route->was_announced = true;
    }
}

static void set_busy(BacRoutes *routes, BacRoute *route, bool is_busy, int64_t now_us)
{
    const bool was_busy = route->state == BAC_ROUTE_BUSY;
    route->heard_us = now_us;
    route->busy_until_us = is_busy ? now_us + BAC_ROUTE_BUSY_S * BP_SECOND : 0;
    route->state = is_busy ? BAC_ROUTE_BUSY : BAC_ROUTE_OPEN;
    if (is_busy)
        tell(routes, was_busy ? BAC_ROUTE_BUSY_STILL : BAC_ROUTE_BUSY_NOW, route, 0);
    else if (was_busy)
        tell(routes, BAC_ROUTE_FREE_AGAIN, route, 0);
}

/* The networks that it lists, or all of its networks where it lists none (clauses 6.4.5, 6.4.6). */
static void take_business(BacRoutes *routes, const BacDatagram *datagram, bool is_busy, int64_t now_us)
{
    BpCursor in = datagram->body;
    const BacAddress router = node_of(&datagram->from);
    const bool all = bp_cursor_remaining(&in) == 0;
    while (bp_cursor_remaining(&in) >= 2) {
        BacRoute *route = learn(routes, &router, bp_cursor_u16(&in), now_us);
        if (route)
            set_busy(routes, route, is_busy, now_us);
    }
    for (size_t i = 0; all && i < routes->count; i++)
        if (bac_address_equal(&routes->items[i].router, &router) && routes->items[i].state != BAC_ROUTE_LOST)
            set_busy(routes, &routes->items[i], is_busy, now_us);
}

static void take_rejection(BacRoutes *routes, const BacDatagram *datagram, int64_t now_us)
{
    BpCursor in = datagram->body;
    const uint8_t reason = bp_cursor_u8(&in);
    const uint16_t network = bp_cursor_u16(&in);
    const BacAddress router = node_of(&datagram->from);
    if (in.failed)
        return;
    BacRoute *route = bac_routes_find(routes, &router, network);
    const BacRoute unknown = {
        .router = router, .network = network, .state = BAC_ROUTE_LOST, .heard_us = now_us};
    if (route && reason == BAC_NETWORK_UNREACHABLE)
        route->state = BAC_ROUTE_LOST;
    tell(routes, BAC_ROUTE_REFUSED, route ? route : &unknown, reason);
}

/* Never passed on by routers (clause 6.4.20): who has a station speaks of another network. */
static void take_own_number(BacRoutes *routes, const BacDatagram *datagram, int64_t now_us)
{
    BpCursor in = datagram->body;
    const uint16_t network = bp_cursor_u16(&in);
    const bool is_configured = bp_cursor_u8(&in) == 1;
    if (in.failed || network == BAC_NETWORK_LOCAL || network == BAC_NETWORK_BROADCAST ||
        datagram->from.remote.network != BAC_NETWORK_LOCAL)
        return;
    const BacRoute route = {.router = node_of(&datagram->from), .network = network, .heard_us = now_us};
    if (routes->own_network == BAC_NETWORK_LOCAL) {
        routes->own_network = network;
        routes->is_configured = is_configured;
        tell(routes, BAC_ROUTE_OWN_NUMBER, &route, 0);
    } else if (routes->own_network != network) {
        tell(routes, BAC_ROUTE_OWN_DIFFERS, &route, 0);
        if (is_configured && !routes->is_configured)
            routes->own_network = network;
        routes->is_configured |= is_configured;
    }
}

static void take_message(BacRoutes *routes, const BacDatagram *datagram, int64_t now_us)
{
    switch (datagram->npdu.message) {
    case BAC_I_AM_ROUTER_TO_NETWORK: take_announcement(routes, datagram, now_us); break;
    case BAC_ROUTER_BUSY_TO_NETWORK: take_business(routes, datagram, true, now_us); break;
    case BAC_ROUTER_AVAILABLE_TO_NETWORK: take_business(routes, datagram, false, now_us); break;
    case BAC_REJECT_MESSAGE_TO_NETWORK: take_rejection(routes, datagram, now_us); break;
    case BAC_NETWORK_NUMBER_IS: take_own_number(routes, datagram, now_us); break;
    default: break; /* for routers */
    }
}

void bac_routes_take(BacRoutes *routes, const BacDatagram *datagram, int64_t now_us)
{
    if (datagram->from.remote.network != BAC_NETWORK_LOCAL)
        learn(routes, &datagram->from, datagram->from.remote.network, now_us);
    if (datagram->npdu.is_network_message)
        take_message(routes, datagram, now_us);
    BP_INVARIANT(bac_routes_check(routes));
}

void bac_routes_expire(BacRoutes *routes, int64_t now_us)
{
    size_t kept = 0;
    for (size_t i = 0; i < routes->count; i++) {
        if (routes->keep_us > 0 && now_us - routes->items[i].heard_us > routes->keep_us)
            continue;
        BacRoute *route = &routes->items[kept++];
        *route = routes->items[i];
        if (route->state == BAC_ROUTE_BUSY && now_us >= route->busy_until_us) {
            route->state = BAC_ROUTE_OPEN;
            tell(routes, BAC_ROUTE_FREE_AGAIN, route, 0);
        }
    }
    routes->count = kept;
    BP_INVARIANT(bac_routes_check(routes));
}

void bac_routes_check(const BacRoutes *routes)
{
    assert(routes->count <= BAC_ROUTES_MAX);
    assert(routes->own_network != BAC_NETWORK_LOCAL || !routes->is_configured);
    assert(routes->own_network != BAC_NETWORK_BROADCAST);
    for (size_t i = 0; i < routes->count; i++) {
        const BacRoute *route = &routes->items[i];
        assert(route->router.remote.network == BAC_NETWORK_LOCAL);
        assert(route->network != BAC_NETWORK_LOCAL && route->network != BAC_NETWORK_BROADCAST);
        for (size_t other = 0; other < i && i < BAC_CHECKED_ROUTES_MAX; other++)
            assert(routes->items[other].network != route->network ||
                   !bac_address_equal(&routes->items[other].router, &route->router));
    }
}
