/* bacpipes ingest: readings from MQTT into the database, in batches, and said when they are stored.
 *
 *   ready.c, points.c                       that we are alone; what the database says of points and the like
 *   receive.c -> position.c -> gather.c     what arrives, judged by its number and gathered
 *   store.c -> journal.c                    committed, with what is written down beside it, and announced
 *   frames.c, frames_ask.c                  what central is sent of them, where the site has joined one
 *   lib/site/maintain.c                     days, rollups, retention, on a connection of its own
 *   status.c                                how it is going */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include "apps/ingest/frames.h"
#include "apps/ingest/points.h"
#include "apps/ingest/position.h"
#include "apps/ingest/store.h"
#include "config/config.h"
#include "io/mqtt/mqtt.h"
#include "io/pg/pg.h"
#include "site/alone.h"
#include "site/broker.h"
#include "site/maintain.h"
#include "site/settings.h"

#define INGEST_ENTRIES "bacpipes_entry" /* notices about what else central is sent */

typedef struct IngestCounts {
    uint64_t received, repeats, ahead, let_go, malformed, forgotten;
    uint64_t batches_stored, readings_stored, quarantined, skipped;
    uint64_t transactions, conflicts, failures, reconnects;
} IngestCounts;

typedef struct Ingest {
    /* main.c's and ready.c's: the parts, made in the order of what needs what. */
    Loop *loop;
    Cfg file_cfg;   /* of the file alone */
    const Cfg *cfg; /* of the file, and over it table setting */
    BpArena arena;
    BpStr site_id;
    int64_t started_at_us;
    int code; /* to end with */
    Pg *pg;
    SiteAlone *alone;
    SiteSettings *settings;
    SiteBroker *broker;
    PointsReader *points;
    Maintenance *maintenance;
    bool is_ready;       /* site, settings, points and positions have been read on this connection */
    bool knows_database; /* it was there, or that it is not was said with what to look at */

    IngestCounts counts; /* each counts what it does */
    Positions positions; /* receive.c moves `accepted`, store.c `stored` */

    /* receive.c's: */
    BpArena message_arena;
    bool clocks_disagree; /* ours and the collector's, which has been said: what it sends is let go */
    int64_t said_clocks_at_us;

    /* receive.c fills it, store.c empties it: */
    Gather gathers[2];
    Gather *gathering; /* the other one is being stored, or idle */
    int64_t gathering_since_us;
    bool is_urgent;           /* something else is on its way to central: what is gathered goes with it */
    bool has_let_go;          /* batches were let go: they are asked for again after the commit */
    int64_t look_again_at_us; /* and where that is for the clocks' sake, then; 0: it is not */

    /* store.c's: */
    Store store;
    Frames frames; /* frames.c's */
    MdlRun session;
    LoopTimer *flush_timer;

    LoopTimer *status_timer; /* status.c's */
} Ingest;

/* receive.c */
void ingest_receive(Ingest *ingest, BpStr topic, BpStr payload);
void ingest_ask_for_missing(Ingest *ingest);

/* store.c */
void ingest_flush(void *owner);  /* flush_timer's, too */
void ingest_arm(Ingest *ingest); /* sets flush_timer anew, after anything that decides when it is due */
void ingest_announce(Ingest *ingest);
void ingest_start_over(Ingest *ingest); /* what is not stored has to come again */

/* ready.c */
void ingest_begin(Ingest *ingest); /* once there is a connection to the database, which may not be open yet */
void ingest_end(Ingest *ingest);   /* once it is gone */
void ingest_connected(void *owner);
void ingest_database_lost(void *owner, const BpError *why);
void ingest_notice(void *owner, const char *channel, const char *payload);

/* status.c */
void ingest_status(void *owner);
void ingest_say_status(const Ingest *ingest, const char *state);

#endif
