/* bacpipes ingest: readings from MQTT into the database, in batches, and said when they are stored.
 *
 *   receive.c -> gather.c -> store.c      what arrives, gathered, committed and announced
 *   settings.c                           that we are alone; what the database says of points and the like
 *   maintain.c                           days, rollups, retention, on a connection of its own */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include "apps/ingest/maintain.h"
#include "apps/ingest/position.h"
#include "apps/ingest/store.h"
#include "config/config.h"
#include "io/mqtt/mqtt.h"
#include "io/pg/pg.h"
#include "io/pg/reload.h"

#include <jansson.h>

typedef struct IngestCounts {
    uint64_t received, repeats, ahead, let_go, malformed, forgotten;
    uint64_t batches_stored, readings_stored, quarantined, skipped;
    uint64_t transactions, conflicts, failures, reconnects;
} IngestCounts;

typedef struct Ingest {
    Loop *loop;
    Cfg cfg;      /* of the file, and over it table setting */
    Cfg file_cfg; /* of the file alone */
    BpArena arena, settings_arena, points_arena, message_arena;
    Pg *pg;
    Mqtt *mqtt;
    BpStr site_id;
    MdlRun session;
    IngestCounts counts;
    int64_t started_at_us;

    bool has_lock, had_lock;    /* nobody else stores for the site: on this connection, on any before */
    bool has_said_others;       /* that another one works, and that we wait */
    int64_t lock_asked_at_us;   /* the first time on this connection */
    bool is_ready;              /* site, settings, points and positions have been read on this connection */
    int64_t points_asked_at_us; /* by the clock: the last time, and that of the list that we have */
    int64_t points_as_of_us;
    PgReload *reload_settings, *reload_points, *reload_broker;
    IngestPoints points;
    Positions positions;

    Gather gathers[2];
    Gather *gathering; /* the other one is being stored, or idle */
    int64_t gathering_since_us;
    bool has_let_go;          /* batches had to be let go: they are asked for again after the commit */
    int64_t look_again_at_us; /* and where that is for the clocks' sake, then; 0: it is not */
    bool clocks_disagree;     /* ours and the collector's, which has been said: what it sends is let go */
    int64_t said_clocks_at_us;
    Store store;

    LoopTimer *flush_timer, *status_timer, *lock_timer;
    int code; /* to end with */
    Maintenance *maintenance;
} Ingest;

/* receive.c */
void ingest_receive(Ingest *ingest, BpStr topic, BpStr payload);
void ingest_ask_for_missing(Ingest *ingest);

/* store.c */
void ingest_flush(void *owner);  /* flush_timer's, too */
void ingest_arm(Ingest *ingest); /* sets flush_timer anew, after anything that decides when it is due */
void ingest_announce(Ingest *ingest);
void ingest_start_over(Ingest *ingest); /* what is not stored has to come again */

/* settings.c */
void ingest_connected(void *owner);
void ingest_ask_for_lock(void *owner);
void ingest_reload_points(Ingest *ingest); /* soon */
/* Each after the database connection has been made, and after it is gone. */
void ingest_begin_reloads(Ingest *ingest);
void ingest_end_reloads(Ingest *ingest);
void ingest_notice(void *owner, const char *channel, const char *payload);

/* status.c */
void ingest_status(void *owner);
void ingest_say_status(const Ingest *ingest, const char *state);
const char *ingest_will_text(const Ingest *ingest, BpBuf *out);

#endif
