/* bacpipes collect: BACnet devices to MQTT.
 *
 *   network/  being on the building's network, who was found there, and the routers on the way
 *   ask/      a device's turn: what is asked of it, how much at once, and what an answer means (poll.h)
 *   site/     settings, broker, devices and points as the database has them
 *   control/  commands to devices, verified, and their ends
 *   deliver/  readings to batches, kept until they are stored, and the states of points
 *   doctor.c  what is wrong with the network, where somebody asks
 *   status.c  how it is going, and status_json.c: as JSON
 *   collect.c what these parts tell each other: they do not know one another
 *   main.c    makes them, and undoes it all
 *
 * This is for the last ones alone. */
#ifndef COLLECT_COLLECT_H
#define COLLECT_COLLECT_H

#include "apps/collect/ask/poll.h"
#include "apps/collect/control/control.h"
#include "apps/collect/deliver/deliver.h"
#include "apps/collect/doctor.h"
#include "apps/collect/network/network.h"
#include "apps/collect/site/site.h"
#include "config/config.h"

typedef struct CollectStatus CollectStatus;

typedef struct Collect {
    Loop *loop;
    BpArena arena;                /* texts of the file's settings */
    Cfg file;                     /* the settings; with table setting over them: collect_site_cfg */
    const char *const *arguments; /* of the command line, closed by NULL */
    int64_t started_at_us;
    uint64_t seed;

    bool holds_scans; /* until this batch, and all before it, is stored: */
    int64_t last_batch;

    CollectPoller *poller;
    CollectNetwork *network;
    CollectSite *site; /* before the network, which has its settings */
    CollectControl *control;
    CollectDeliver *deliver;
    CollectStatus *status;
    CollectDoctor *doctor;
} Collect;

/* ---- collect.c: each part, joined to the others, which may be made later ---- */

CollectPoller *collect_make_poller(Collect *collect);
CollectNetwork *collect_make_network(Collect *collect);
CollectSite *collect_make_site(Collect *collect, PgOptions *database);
CollectDoctor *collect_make_doctor(Collect *collect); /* before control */
CollectControl *collect_make_control(Collect *collect, const PgOptions *database);
CollectDeliver *collect_make_deliver(Collect *collect);

/* ---- status.c ---- */

/* Says how it is going now and every 10 s, and looks after what waits for nothing else. */
CollectStatus *collect_status_new(Collect *collect);
void collect_status_free(CollectStatus *status);
void collect_status_now(CollectStatus *status); /* and again after 10 s */

/* Publishes it, where there is a broker. */
void collect_say_status(const Collect *collect, const char *state);

#endif
