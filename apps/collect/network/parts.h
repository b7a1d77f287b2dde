/* The network's contents, for the files of its folder alone. Each part belongs to the file that it names,
 * which alone changes it. */
#ifndef COLLECT_NETWORK_PARTS_H
#define COLLECT_NETWORK_PARTS_H

#include "apps/collect/network/network.h"
#include "apps/collect/network/own_device.h"
#include "bacnet/talk/routes.h"

/* open.c */
typedef struct CollectSockets {
    Bip *bip; /* NULL: we are not on the network */
    bool is_off;
    char bound[1200];                   /* address, port and broadcast of bip, and its BBMDs */
    char no_network[BP_ERROR_TEXT_MAX]; /* why we are not on it, as it was said; "": we are */
    int64_t retry_us;                   /* the next pause before it is tried again; 0: the shortest */
    int64_t looked_us;
    uint64_t unsent;       /* datagrams, at that time */
    int64_t registered_us; /* when everybody was asked for a new registration with a BBMD; 0: never */
    LoopTimer *timer;
} CollectSockets;

/* who_is.c */
typedef struct CollectSearch {
    bool site_is_known;
    bool looks;              /* setting discovery.enabled, as it was acted on */
    int64_t looked_at_us;    /* when a Who-Is was due last, and */
    int64_t asked_at_us;     /* when the last one was sent */
    int64_t missed_us;       /* when everybody was last asked again, since some were left out */
    char targets[12 * 1024]; /* those that were asked last: of setting discovery.targets */
    LoopTimer *timer;
} CollectSearch;

/* found.c */
typedef struct CollectFound {
    CollectNewcomers *newcomers;
    bool has_silent;   /* devices that are not in the database do not answer: they are forgotten */
    uint64_t left_out; /* devices, for setting discovery.max_devices */
} CollectFound;

/* scans.c */
typedef struct CollectScans {
    size_t under_way;
    bool waits; /* a device may be read out when another has been asked something */
} CollectScans;

/* sought.c */
typedef struct CollectSearchAsked {
    uint32_t number; /* of the search under way, or the last one; 0: there was none */
    bool is_on;
    CollectSearchWish wish;
    int64_t began_us, listens_until_us;
} CollectSearchAsked;

/* told.c */
typedef struct CollectForwarder {
    uint64_t told; /* what was ignored when a stranger who forwards was last told, and when */
    int64_t told_us;
} CollectForwarder;

/* routes.c */
typedef struct CollectBehind {
    BacRoutes routes;
    int64_t looked_us;         /* a new route, for devices that are silent elsewhere */
    bool looks;                /* behind all routes, soon */
    uint16_t rejected_network; /* by a router, and when that is worth a line again */
    int64_t rejected_again_us;
} CollectBehind;

struct CollectNetwork {
    CollectNetworkOptions options;
    Loop *loop;
    CollectPoller *poller;
    const Cfg *cfg;
    LoopTimer *poll_timer; /* network.c */
    CollectSockets sockets;
    CollectOwnDevice own; /* network.c */
    CollectSearch search;
    CollectFound found;
    CollectScans scans;
    CollectSearchAsked sought;
    CollectForwarder forwarder;
    CollectBehind behind;
};

/* ---- network.c ---- */

void collect_receive(void *owner, const BacDatagram *datagram); /* everything that comes in */
void collect_begin_own_device(CollectNetwork *network);         /* as the settings have it */

/* ---- open.c ---- */

/* Opens the sockets that the settings name, unless they are open: now, or else as soon as that can be. */
void collect_open_network(CollectNetwork *network);
void collect_look_at_network(void *owner);
/* To be called now and then: looks at once where something could not be sent. */
void collect_doubt_network(CollectNetwork *network);

/* ---- who_is.c ---- */

/* After a Who-Is: whoever says that it is there then, answers it. */
#define COLLECT_ANSWERS_US ((int64_t)30 * 1000 * 1000)

void collect_discover(void *owner);
void collect_look_anew(CollectNetwork *network);
void collect_ask_who(const CollectNetwork *network, const BacAddress *whom);
/* Everybody of these instances, as collect_discover does; NULL: of all. */
void collect_ask_range(CollectNetwork *network, const BacWhoIs *who);
void collect_ask_for(const CollectNetwork *network, uint32_t instance); /* everywhere */
void collect_ask_missed(CollectNetwork *network);

/* ---- found.c ---- */

void collect_take_i_am(CollectNetwork *network, const BacDatagram *datagram);
/* After anything was answered, or not. */
void collect_settle(CollectNetwork *network);
void collect_forget_strangers(CollectNetwork *network);

/* ---- scans.c ---- */

/* Has it read out, where that is due. */
void collect_look_at_scan(CollectNetwork *network, CollectDevice *device);
/* Those that wait for a place, or were not read whole. Nobody is asked who they are for that. */
void collect_begin_scans(CollectNetwork *network);
/* Somebody new, who has taken another's address: read out when that one has had the time to answer elsewhere.
 */
void collect_scan_when_settled(const CollectNetwork *network, CollectDevice *device);

/* As collect_look_at_scan, whenever it was read out last and however that went. */
void collect_scan_anew(CollectNetwork *network, CollectDevice *device);

/* ---- sought.c ---- */

/* Somebody asks for it: an I-Am is taken, whatever the settings say. */
bool collect_is_sought(const CollectNetwork *network, uint32_t instance);
void collect_note_sought(const CollectNetwork *network, CollectDevice *device); /* it is there */
void collect_sought_read(CollectDevice *device, bool is_whole);
void collect_sought_stored(CollectDevice *device, bool is_stored);

/* ---- told.c ---- */

void collect_tell_state(const CollectNetwork *network, const CollectDevice *device);
/* Somebody forwards broadcasts to us: it may be a BBMD that people rely on. */
void collect_tell_forwarder(CollectNetwork *network);
void collect_tell_left_out(const CollectNetwork *network, uint32_t instance);
void collect_tell_oddities(const CollectNetwork *network, const CollectDevice *device, CollectScan *scan);

/* ---- routes.c ---- */

void collect_begin_routes(CollectNetwork *network);
void collect_ask_routers(CollectNetwork *network);
void collect_look_behind(CollectNetwork *network);

#endif
