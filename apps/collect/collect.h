/* bacpipes collect: BACnet devices to MQTT.
 *
 *   network/  being on the building's network, who was found there, and the routers on the way
 *   ask/      a device's turn: what is asked of it, how much at once, and what an answer means (poll.h)
 *   site/     devices and points as the database has them
 *   deliver/  readings to batches, kept until they are stored, and the states of points
 *   broker.c  the connection to it
 *   status.c  how it is going */
#ifndef COLLECT_COLLECT_H
#define COLLECT_COLLECT_H

#include "apps/collect/ask/poll.h"
#include "apps/collect/deliver/deliver.h"
#include "apps/collect/network/newcomers.h"
#include "bacnet/talk/routes.h"
#include "bacnet/talk/server.h"
#include "config/config.h"
#include "io/bip/bip.h"
#include "io/mqtt/mqtt.h"
#include "io/pg/pg.h"
#include "io/pg/reload.h"

/* What people call a point. */
typedef struct SitePoint {
    bool is_known;
    int32_t device_id;
    uint16_t object_type;
    uint32_t object_instance;
    const char *property;     /* "" for present-value */
    const char *name, *units; /* units: their symbol */
    const char **states;
    size_t state_count;
} SitePoint;

typedef struct Collect {
    Loop *loop;
    Cfg cfg, file_cfg; /* with table setting, and of the file alone */
    BpArena arena, settings_arena, points_arena;
    int64_t started_at_us;
    uint64_t seed;

    Pg *pg;
    bool is_loaded; /* devices and points have been read at least once */
    bool is_behind; /* devices or points were changed, and it is not known yet how */
    PgReload *reload_settings, *reload_broker, *reload_points; /* the last one: devices, too */
    size_t states_under_way; /* of devices, being told to the database; the others wait for their turn */
    int32_t state_told_last; /* the device_id */
    SitePoint *points;       /* by point_id */
    size_t point_count;

    Bip *bip;
    char bound[1200];                   /* address, port and broadcast of bip, and its BBMDs */
    char no_network[BP_ERROR_TEXT_MAX]; /* why we are not on it, as it was said; "": we are */
    bool is_off_network;
    int64_t retry_us; /* the next pause before it is tried again; 0: the shortest */
    int64_t network_looked_us;
    uint64_t unsent; /* datagrams, at that time */
    LoopTimer *network_timer;
    BacServer server; /* our own device */
    CollectPoller *poller;
    LoopTimer *poll_timer, *discover_timer;
    size_t scans; /* under way */
    CollectNewcomers *newcomers;
    bool has_silent;         /* devices that are not in the database do not answer: they are forgotten */
    uint64_t told_forwarded; /* what was ignored when a stranger who forwards was last told, and when */
    int64_t told_stranger_us;
    uint64_t devices_left_out; /* for setting discovery.max_devices */
    int64_t missed_us;         /* when everybody was last asked again, since some were left out */
    bool scan_waits;           /* a device may be read out when another has been asked something */
    BacRoutes routes;
    int64_t looked_behind_us;  /* a new route, for devices that are silent elsewhere */
    bool looks_behind;         /* all routes, soon */
    uint16_t rejected_network; /* by a router, and when that is worth a line again */
    int64_t rejected_again_us;
    int64_t looked_at_us;    /* when a Who-Is was due last, and */
    int64_t asked_at_us;     /* when the last one was sent */
    int64_t asked_far_us;    /* and the last for a new registration with a BBMD; 0: none */
    char targets[12 * 1024]; /* those that were asked last: of setting discovery.targets */
    bool looks;              /* setting discovery.enabled, as it was acted on */

    Mqtt *mqtt;
    CollectDeliver *deliver;
    LoopTimer *status_timer;
    int64_t clock_offset_us;
} Collect;

/* main.c */
CollectDeliverSettings collect_deliver_settings(const Cfg *cfg);

/* network/found.c */
void collect_discover(void *owner);
void collect_look_anew(Collect *collect);
void collect_begin_scans(Collect *collect);
void collect_settle(Collect *collect);
void collect_note_state(void *owner, CollectDevice *device);
void collect_ask_missed(Collect *collect);
void collect_forget(Collect *collect, CollectDevice *device);
void collect_datagram(void *owner, const BacDatagram *datagram);
void collect_found(void *owner, CollectDevice *device, CollectDevice *gone);
void collect_scan_later(Collect *collect, CollectDevice *device, const char *why);
void collect_scanned(void *owner, CollectDevice *device, CollectScan *scan);
void collect_poll_soon(Collect *collect);
void collect_ask_who(const Collect *collect, const BacAddress *whom);

/* network/open.c */
/* Opens the sockets that the settings name, unless they are open: now, or else as soon as that can be. */
void collect_open_network(Collect *collect);
void collect_look_at_network(void *owner);
/* To be called now and then: looks at once where something could not be sent. */
void collect_doubt_network(Collect *collect);

/* network/routes.c */
void collect_begin_routes(Collect *collect);
void collect_ask_routers(Collect *collect);
void collect_look_behind(Collect *collect);

/* site/devices.c */
void collect_connected(void *owner);
void collect_database_lost(void *owner, const BpError *why);
void collect_notice(void *owner, const char *channel, const char *payload);
/* `moved` and `renumbered`: device_ids that it may have been, or 0 (see device_store in the database). */
void collect_store_scan(Collect *collect, const CollectDevice *device, const CollectScan *scan, int32_t moved,
                        int32_t renumbered);
/* The database is to know how the device is: when its turn has come, and then as it is by then, however often
 * it has changed meanwhile. */
void collect_device_state(void *owner, CollectDevice *device);
void collect_device_learned(Collect *collect);
/* Each after the database connection has been made, and after it is gone. */
void collect_begin_reloads(Collect *collect);
void collect_end_reloads(Collect *collect);
CollectPollSettings collect_poll_settings(const Cfg *cfg);

/* broker.c */
void collect_connect_broker(Collect *collect, const PgRows *rows);

/* status.c */
void collect_status(void *owner);
void collect_say_status(const Collect *collect, const char *state);
const char *collect_will_text(const Collect *collect, BpBuf *out);

#endif
