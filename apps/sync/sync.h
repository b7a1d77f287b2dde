/* bacpipes sync: what the site records to its central, and what central asks for to the site.
 *
 *   ready.c                 that we are alone; settings, broker, both databases
 *   shake.c -> plan.c       what central has is compared with what is here; what differs is filed again
 *   send.c -> batch.c       entries in their order, several calls under way
 *          -> answer.c      what central says to each
 *   carry.c                 what central asks for, one after the other
 *   count.c, budget.c       what that costs on the wire
 *   report.c                how it is going; show.c tells it to people (--status)
 *
 * A turn begins with each comparison. What was asked in an earlier one is not listened to: so whatever goes
 * wrong, the answer is another turn, and both ends' positions are read anew. */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include "apps/sync/budget.h"
#include "apps/sync/plan.h"
#include "config/config.h"
#include "io/pg/pg.h"
#include "link/renewal.h"
#include "site/alone.h"
#include "site/broker.h"
#include "site/settings.h"

typedef enum SyncState {
    SYNC_CONNECTING,
    SYNC_COMPARING,
    SYNC_SENDING,
    SYNC_WAITING,
    SYNC_REFUSED, /* by central, until somebody does something */
    SYNC_STOPPED
} SyncState;

typedef struct SyncCarry SyncCarry;

typedef struct Sync {
    /* main.c's and ready.c's */
    Loop *loop;
    Cfg file_cfg;
    const Cfg *cfg;
    BpArena arena;
    BpStr site_id;
    int64_t started_at_us;
    int code; /* to end with */
    Link link;
    Pg *local, *central;
    LinkRenewal *renewal; /* of our certificate there, by which the next connection is made */
    SiteAlone *alone;
    SiteSettings *settings;
    SiteBroker *broker;
    bool is_ending, has_said; /* ready.c's */
    bool is_let_in;           /* central's connection stands */
    bool is_shut_out;         /* it was refused, and not merely not reached */
    char told_why[128];       /* how the log began to say why it does not */
    int64_t told_why_us;
    bool knows_database, knows_central; /* it was there, or that it is not was said */

    /* shake.c's */
    SyncState state;
    char why[BP_ERROR_TEXT_MAX]; /* of connecting and waiting */
    uint64_t turn;
    LoopTimer *again; /* the next turn */
    bool is_refused;  /* central knows our certificate no more: there may be another by now */
    int64_t pause_us; /* before it, where central refuses */
    Plan plan;
    PlanNext next;
    int64_t refiled_at_us; /* 0: never */
    char *hello;           /* central's last, which the site's database compares; NULL: none */
    int64_t probes[PLAN_PROBES_MAX];
    size_t probe_count;
    PlanMatch matches[PLAN_PROBES_MAX];
    char digests[PLAN_PROBES_MAX][65]; /* ours; "": we have none */

    /* send.c's */
    LoopTimer *look; /* at the journal's head */
    bool is_looking, is_reading;
    int64_t read_seq;     /* read and sent up to here, */
    int64_t received_seq; /* at central up to here, */
    int64_t noted_seq;    /* which the site's database knows up to here */
    int64_t head_seq;
    int64_t under_way; /* octets of batches that are not answered */
    size_t batches;    /* so many */
    int64_t note_at_us;
    bool is_health_due;

    /* carry.c's */
    SyncCarry *carry;
    LoopTimer *fetch; /* again, after something went wrong */

    /* count.c's and report.c's */
    LoopTimer *minute, *report;
    PgOctets counted;
    int64_t taken; /* octets of bodies that central took since the last report */
    int64_t reported_at_us;
    double octets_s;                                         /* of them, over the last minute or so */
    int64_t unsent_entries, unsent_octets, oldest_unsent_us; /* as of the last minute; 0: none */
    BudgetFacts budget;
    int over_budget; /* whether that was told: 1 it is, -1 it is not, 0 not yet */
    uint64_t entries_sent, turns, carried;
} Sync;

/* ---- shake.c ---- */

void sync_begin_turn(Sync *sync);
void sync_end_turn(Sync *sync);  /* until another begins nothing is sent or carried out */
void sync_on_again(void *owner); /* again's */
/* What goes on goes wrong: another turn after a pause, which grows while that happens again and again. */
void sync_start_over(Sync *sync, const char *what, const BpError *why);
void sync_set_state(Sync *sync, SyncState state, const char *why);

/* Asks one of the two, in this turn; an error starts over, or is for `otherwise` where that is given and the
 * same question would fail again. */
typedef void SyncThen(Sync *sync, const PgRows *rows);
typedef void SyncElse(Sync *sync, const BpError *err);
void sync_ask(Sync *sync, Pg *pg, SqlQuery query, const PgValue *values, size_t count, SyncThen *then,
              SyncElse *otherwise);
void sync_ask_site(Sync *sync, SqlQuery query, const PgValue *values, size_t count, SyncThen *then);
void sync_ask_central(Sync *sync, SqlQuery query, const PgValue *values, size_t count, SyncThen *then);

/* ---- send.c ---- */

void sync_send_begin(Sync *sync);  /* what plan and next say */
void sync_send_end(Sync *sync);    /* until the next */
void sync_send_health(Sync *sync); /* with the next call, which is made soon */
void sync_look(void *owner);       /* look's */

/* ---- carry.c ---- */

SyncCarry *sync_carry_new(void);
void sync_carry_free(SyncCarry *carry);
void sync_carry_begin(Sync *sync);
void sync_carry_end(Sync *sync);
void sync_carry_due(Sync *sync,
                    int64_t seq);    /* central has asked for all up to there; INT64_MAX: for something */
void sync_carry_noticed(Sync *sync); /* a notice, which anybody can send: there may be something */
void sync_fetch_again(void *owner);  /* fetch's */

/* ---- count.c and report.c ---- */

void sync_minute(void *owner);
void sync_count(Sync *sync);
void sync_report(void *owner);
const char *sync_state_name(SyncState state);
/* JSON, in `arena`, for central: what waits here and what it costs. */
const char *sync_health(const Sync *sync, BpArena *arena);

/* ---- ready.c ---- */

void sync_begin(Sync *sync, const PgOptions *local);
void sync_connect_central(Sync *sync); /* anew, with the certificate that is there now */
void sync_end(Sync *sync);

/* ---- show.c ---- */

int sync_show_status(const Cfg *cfg, bool is_json, BpArena *arena);

#endif
