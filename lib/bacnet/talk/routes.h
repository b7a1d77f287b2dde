/* Which router leads to which network, as routers say it and as traffic shows it (ASHRAE 135, clause 6.4 and
 * 6.6.3). No sockets, no clock: instants come in as arguments.
 *
 * A network's number is no identity: real sites have the same one twice. A route is therefore a router with
 * a network, and a network with two of them is news. */
#ifndef BACNET_TALK_ROUTES_H
#define BACNET_TALK_ROUTES_H

#include "bacnet/wire/datagram.h"

/* ---- network messages ---- */

/* Writes a whole datagram with a network message; where `to` has a station, for that network. `function` as
 * in bac_datagram_begin. */
void bac_network_message_write(BpBuf *out, BacBvlcFunction function, const BacAddress *to,
                               BacNetworkMessage message, BpStr contents);

/* Why a router rejects a message (clause 6.4.4), for people: "it knows no way to that network". */
const char *bac_network_reject_text(uint8_t reason);

/* ---- routes ---- */

enum { BAC_ROUTES_MAX = 256, BAC_ROUTE_BUSY_S = 30 /* clause 6.6.3.6 */ };

typedef enum BacRouteState {
    BAC_ROUTE_OPEN,
    BAC_ROUTE_BUSY, /* takes no messages for now */
    BAC_ROUTE_LOST, /* the router said that it knows no way there */
} BacRouteState;

typedef struct BacRoute {
    BacAddress router; /* a B/IP node */
    uint16_t network;
    BacRouteState state;
    bool was_announced; /* I-Am-Router-To-Network; else only traffic came that way */
    int64_t heard_us, busy_until_us;
} BacRoute;

typedef enum BacRouteNews {
    BAC_ROUTE_NEW,       /* or open again after it was lost */
    BAC_ROUTE_DUPLICATE, /* new, while another router leads to a network of the same number */
    BAC_ROUTE_BUSY_NOW,
    BAC_ROUTE_BUSY_STILL, /* said again: busy_until_us is later */
    BAC_ROUTE_FREE_AGAIN,
    BAC_ROUTE_REFUSED,     /* a message; reason BAC_NETWORK_UNREACHABLE: the route is lost */
    BAC_ROUTE_OWN_NUMBER,  /* route->network is the number of our own network, route->router says so */
    BAC_ROUTE_OWN_DIFFERS, /* the same, after another number was told */
} BacRouteNews;

/* Reason of Reject-Message-To-Network: the router knows no way. */
enum { BAC_NETWORK_UNREACHABLE = 1 };

/* In the caller's memory, zeroed but for what the caller sets: */
typedef struct BacRoutes {
    int64_t keep_us; /* routes not heard of for so long are forgotten; 0: none is */
    void *owner;
    /* `reason` of BAC_ROUTE_REFUSED, else 0; `route` may be no item of ours. May be NULL. */
    void (*on_news)(void *owner, BacRouteNews news, const BacRoute *route, uint8_t reason);

    /* Changed here alone, and there to be read: */
    BacRoute items[BAC_ROUTES_MAX]; /* no two of one router and network */
    size_t count;
    uint16_t own_network; /* 0: nobody has told */
    bool is_configured;   /* the one who told was configured so, rather than having learned it */
} BacRoutes;

/* Takes any datagram. */
void bac_routes_take(BacRoutes *routes, const BacDatagram *datagram, int64_t now_us);

/* Forgets what was not heard of for keep_us, and opens what was busy long enough. */
void bac_routes_expire(BacRoutes *routes, int64_t now_us);

/* The route, or NULL. */
BacRoute *bac_routes_find(BacRoutes *routes, const BacAddress *router, uint16_t network);

/* Another router that leads to the network, and is not lost; NULL: none. */
const BacRoute *bac_routes_other(const BacRoutes *routes, const BacAddress *than, uint16_t network);

/* Asserts what must hold between two calls; that no route is there twice only of the first
 * BAC_CHECKED_ROUTES_MAX. */
void bac_routes_check(const BacRoutes *routes);
enum { BAC_CHECKED_ROUTES_MAX = 16 };

#endif
