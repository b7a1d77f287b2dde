/* bacpipes status: how a site is, a line a thing. It only looks: at the data folder (folder.c), at the tables
 * (database.c), at what the roles say of themselves at the broker (broker.c), and whether the web answers
 * (web.c). What is found are facts; what they mean is judged apart (judge.c), and shown (show.c). */
#ifndef STATUS_STATUS_H
#define STATUS_STATUS_H

#include "base/arena.h"
#include "base/error.h"
#include "config/config.h"

/* As monitoring plugins count; the exit codes of the tool. */
typedef enum StatusLevel { STATUS_OK, STATUS_WARNING, STATUS_BROKEN, STATUS_UNKNOWN } StatusLevel;

typedef struct StatusFolder {
    const char *path;
    bool is_there, has_settings; /* a folder; with the bacpipes.conf that `up` writes */
    bool has_servers;            /* `up` keeps a database there */
    int64_t up;                  /* process of the `bacpipes up` that works there; 0: none does */
    bool has_sites;              /* of a demo, in its folder `sites` */
    char no_join[400];           /* why it did not join as `up --join` told it; "": it was not told, or did */
    bool is_up_ready;            /* it has started everything, and does not end yet */
    int64_t free_octets, disk_octets; /* -1: not known */
} StatusFolder;

/* Of a site that has joined a central. */
typedef struct StatusLink {
    bool is_joined;
    char host[256], central[128]; /* where it is, and what it calls itself; "": nothing */
    int64_t port;
    char state[16], why[BP_ERROR_TEXT_MAX]; /* of `bacpipes sync`, as it said last; "": it never has */
    double said_s, since_s;                 /* how long ago, and for how long it has been so */
    int64_t unsent, unsent_octets;          /* entries that central has not got */
    double oldest_s;                        /* the oldest of them; -1: there is none */
} StatusLink;

/* Of a central. */
typedef struct StatusPortfolio {
    int64_t sites, joined, silent, waiting, put_aside;
    char silent_names[300], wait_why[BP_ERROR_TEXT_MAX];
    double unapplied_s; /* how long entries wait that came; -1: none does */
    bool runs;          /* `bacpipes central` */
    bool is_reached;    /* its PostgreSQL listens to more than its socket */
    int64_t port;       /* of that */
} StatusPortfolio;

typedef struct StatusDatabase {
    bool is_there;
    StatusLink link;
    StatusPortfolio portfolio;
    char why[BP_ERROR_TEXT_MAX];  /* it is not, and what to look at */
    char lost[BP_ERROR_TEXT_MAX]; /* what the connection itself said; "": nothing */
    char version[48], engine[32];
    int64_t octets, now_us;
    int64_t online, silent, unasked; /* devices */
    int64_t points, readings_last_minute;
    int64_t newest_us; /* of readings; 0: there is none */
    /* Of enabled points: the shortest interval of those that have their own, 0: none has; and how many times
     * poll.interval the others are asked, 0: there are none. */
    int64_t shortest_us, usual_rounds;
    int64_t quarantined, skipped;
    int64_t pending, executing, holds, holds_that_end; /* commands; values that they hold */
    int64_t dirty_since_us; /* the oldest span whose rollups are to be made; 0: none */
    int64_t oldest_day_us;  /* 0: not known */
    int64_t readings_octets;
    int64_t begun_us;      /* the site */
    double hold_s;         /* nothing is forgotten for so long, for the clock's sake; -1: it is believed */
    bool is_simulated;     /* the building: nobody measured what is read there */
    double past_share;     /* of its past, that is laid; -1: it has none */
    int64_t past_from_us;  /* where that begins */
    char broker_host[256]; /* "": table mqtt_config has none */
    int64_t broker_port;
    char broker_user[128], broker_password_file[512], broker_ca_file[512];
} StatusDatabase;

/* What a role says of itself. */
typedef struct StatusRole {
    bool is_known, is_online;
    int64_t at_us; /* 0: it did not say when */
    int64_t since_us;
    bool has_network; /* the collector */
    char no_network[200];
    int64_t waiting, spool_octets, dropped; /* the collector: batches, octets, batches */
} StatusRole;

typedef struct StatusBroker {
    bool is_there;
    char where[300];
    char why[BP_ERROR_TEXT_MAX]; /* it is not, or could not be asked */
    StatusRole collect, ingest;
} StatusBroker;

/* What people reach; looked at while an `up` runs that keeps it running. */
typedef struct StatusWeb {
    bool is_wanted;
    char where[600];             /* "http://127.0.0.1:8080/" */
    int answer;                  /* of /api/v1/ready: 200, or 503 where the database is away; 0: none came */
    char why[BP_ERROR_TEXT_MAX]; /* none came, or nginx in front of it is not there; "": all is well */
} StatusWeb;

typedef struct StatusFacts {
    int64_t now_us;
    StatusFolder folder;
    StatusDatabase database;
    StatusBroker broker;
    StatusWeb web;
} StatusFacts;

void status_look_at_folder(const Cfg *cfg, StatusFolder *ret_folder);

/* Reads table setting over `cfg`, too, where there is one. */
void status_look_at_database(Cfg *cfg, BpArena *arena, StatusDatabase *ret_database);

/* Where the database says it is, else in the folder of the database's socket. */
void status_look_at_broker(const Cfg *cfg, const StatusDatabase *database, BpArena *arena,
                           StatusBroker *ret_broker);

void status_look_at_web(const Cfg *cfg, const StatusFolder *folder, BpArena *arena, StatusWeb *ret_web);

/* ---- judge.c ---- */

enum { STATUS_LINES_MAX = 20 };
typedef struct StatusLine {
    const char *thing;
    StatusLevel level;
    char text[700]; /* how it is, and behind that what to do */
} StatusLine;

typedef struct StatusReport {
    StatusLevel level; /* of all together */
    StatusLine lines[STATUS_LINES_MAX];
    size_t count;
} StatusReport;

void status_judge(const Cfg *cfg, const StatusFacts *facts, StatusReport *ret_report);

/* For how many days the free space lasts while readings come as they did; -1: it cannot be said yet;
 * INFINITY: for ever, as days are forgotten as they come. */
double status_days_left(const Cfg *cfg, const StatusFacts *facts);

/* Of judge.c and judge_link.c. */
void status_put(StatusReport *report, const char *thing, StatusLevel level, const char *format, ...)
    BP_PRINTF(4, 5);
const char *status_octets(int64_t size, char ret_text[32]);
bool status_is_central(const Cfg *cfg);
void status_judge_link(const StatusFacts *facts, StatusReport *report);
void status_judge_portfolio(const StatusFacts *facts, StatusReport *report);

/* ---- show.c ---- */

void status_show(const StatusReport *report);
void status_show_json(const Cfg *cfg, const StatusFacts *facts, const StatusReport *report);

#endif
