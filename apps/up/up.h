/* bacpipes up: everything of a site on one machine, started, watched and stopped together.
 *
 *   folder.c      where state lives, whose it is, and that nobody else works in it
 *   walk.c        the way there, which nobody changes under our feet
 *   rights.c      root's rights are given up
 *   files.c       what is written there
 *   database.c    the private PostgreSQL
 *   postgresql.c  what that is told
 *   preload.c     TimescaleDB in it
 *   broker.c      the private Mosquitto
 *   lan.c         where that listens for other machines, and who may read there
 *   yours.c       the operator's own database or broker, in place of these
 *   roles.c       our own roles
 *   building.c    the simulated building among them
 *   link.c        one of them, which takes what is recorded to a central
 *   central.c     the same for a central, which has no building
 *   demo.c        sites beside a central, to show
 *   web.c         the web among them: where people reach it
 *   nginx.c       what stands in front of it, for other machines
 *   parts.c       processes: ready, died, started again, stopped
 *   renew.c       servers whose programs were updated
 *   log.c         what they say, in files of limited size (log_file.c)
 *   show.c        what is seen meanwhile
 *   show_central.c the same of a central */
#ifndef UP_UP_H
#define UP_UP_H

#include "apps/up/log.h"
#include "base/arena.h"
#include "config/config.h"
#include "front/front.h"
#include "io/mqtt/mqtt.h"
#include "io/pg/pg.h"

#include <jansson.h>
#include <stdio.h>
#include <sys/types.h>

enum { UP_PATH_MAX = 4096, UP_PARTS_MAX = 12, UP_ARGUMENTS_MAX = 24 };
/* Of a port: whoever fills it leaves descriptors for the socket. Mosquitto may open 1,024 as a rule. */
enum { UP_BROKER_CONNECTIONS_MAX = 200 };

/* What a process is. */
typedef struct UpPartOptions {
    const char *name;   /* also of its log */
    const char *path;   /* NULL: this program */
    const char *folder; /* where it works; NULL: / */
    int stop_signal;
    int64_t memory_limit;                      /* octets of each of its processes; 0: none */
    bool may_bind_low_ports;                   /* CAP_NET_BIND_SERVICE, where we have it to give */
    bool is_up;                                /* one of demo.c, with parts of its own */
    bool ends;                                 /* with code 0 its work is done: it is not started again */
    bool gives_up;                             /* with codes 1, 64 and 65 it never will be */
    BpStatus (*prepare)(Up *up, BpError *err); /* before each start; NULL: nothing */
} UpPartOptions;

/* A process that is kept running. All of it is parts.c's, but for what says otherwise. */
typedef struct Part {
    Up *up;
    UpPartOptions options;
    const char *arguments[UP_ARGUMENTS_MAX];
    UpLog *log; /* NULL: not started yet */
    LoopProcess *process;
    LoopTimer *restart;
    int64_t started_at_us, pause_us;
    unsigned restarts, exits; /* exits: by itself, with an error */
    bool is_stopping;
    bool is_renewing; /* told to end, to be started again at once */
    bool is_outdated; /* renew.c: another program is where its own was */
    bool has_given_up;
} Part;

typedef struct UpParts {
    Part items[UP_PARTS_MAX];
    size_t count;
} UpParts;

enum { UP_POINTS = 500, UP_POINTS_MAX = 100000 };

/* What the command line and the settings say. */
typedef struct UpWish {
    Cfg cfg;
    const char *site;
    bool is_unnamed; /* no --site */
    bool is_central; /* no building is here: a central, whose sites are elsewhere */
    bool is_demo;    /* and two of them are below the data folder */
    bool is_simulated, has_no_past, is_json, is_quiet, is_terminal;
    const char *join_file; /* NULL: none was given */
    int64_t points, seed;  /* of the simulated building; 0: nobody said */
    const char *climate;   /* NULL likewise */
} UpWish;

/* How it ends. */
typedef struct UpEnd {
    bool is_near;           /* somebody asked us to stop, or --for is over */
    const char *why;        /* the first reason; NULL: none yet */
    int64_t asked_at_us;    /* the first time; 0: nobody has */
    int64_t hurry_until_us; /* what runs then is killed; 0: nobody is in a hurry */
    LoopTimer *timer;
} UpEnd;

typedef struct UpFolder {
    char *data; /* absolute; NULL: not yet opened */
    char *run;  /* of the sockets */
    int lock;
    const char *user; /* that we and our children run as */
} UpFolder;

typedef struct UpAnswer {
    bool is_over;
    BpStatus status;
    BpError err;
} UpAnswer;

typedef struct UpDatabase {
    const char *programs; /* PostgreSQL's folder of them */
    const char *version;
    int64_t port;
    bool has_preload; /* of TimescaleDB */
    bool is_yours;    /* the operator's, of settings database.*: none is started */
    BpError lost;     /* of that one: why there is no connection */
    Pg *pg;           /* NULL: not connected any more, or not yet */
    UpAnswer answer;  /* to the one question that is waited for */
} UpDatabase;

/* Of lan.c alone. */
typedef struct UpLan {
    bool is_open;      /* Mosquitto was told to listen there */
    bool is_held;      /* it ended with that, and is not told again before a certificate changes */
    unsigned exits;    /* of Mosquitto, by itself, when it was told last */
    char problem[512]; /* what was told last of what is wrong; "": nothing is */
    size_t accounts;
    int64_t accounts_version, certificate_version; /* of the files that Mosquitto has */
    int64_t look_at_us;                            /* at certificates, next */
    LoopTimer *timer;
} UpLan;

typedef struct UpBroker {
    int64_t port; /* 0: it has its socket alone */
    UpLan lan;
    bool is_yours; /* the operator's, of table mqtt_config, as follows: none is started */
    const char *host, *user, *password_file, *ca_file;
    int64_t host_port;
} UpBroker;

typedef struct UpBuilding {
    int64_t port;
    char port_text[8];
    bool has_past;       /* it is laid, or being so */
    char site_state[16]; /* of a demo's site, as central has it; "": unknown there */
    char since_text[32]; /* when it began; "": with its start */
    LoopTimer *timer;    /* to tell the collector again */
} UpBuilding;

/* Of central.c; all of it is nothing where a building is. */
typedef struct UpCentral {
    const char *address; /* beside the loopback; NULL: there alone */
    int64_t first_port;  /* of setting central.listen */
    int64_t version;     /* of the files that PostgreSQL has read */
    LoopTimer *timer;    /* to look at them */
} UpCentral;

typedef struct UpLink {
    BpStr file; /* what --join gives; empty: nothing, or it has been used */
    bool is_on; /* the site has joined a central */
    LoopTimer *timer;
} UpLink;

/* Of web.c; what nginx.c alone has is said. */
typedef struct UpWeb {
    Front front;             /* of settings web.* */
    const char *url;         /* what people open; NULL: there is nothing to open */
    char listen[64];         /* as the role is told: "web.listen=127.0.0.1:8081" */
    bool is_ready;           /* it has been reached */
    bool has_link;           /* nobody had a password: there is a link for the first administrator */
    bool is_open;            /* nginx.c: nginx was started, and is kept running */
    char problem[512];       /* nginx.c: what was told last of what is wrong; "": nothing is */
    int64_t files_version;   /* nginx.c: of the certificate that nginx has */
    int64_t warned_until_us; /* nginx.c: of whose end was warned; 0: of none */
    LoopTimer *timer;        /* nginx.c: to look at the certificate */
} UpWeb;

typedef struct UpFigures {
    int64_t devices, points, readings, rows, offline;
    double newest_age_s;
    bool has_newest;
    double past_share; /* of the simulated building's past, that is laid; -1: it has none */
    int64_t past_from_us;
    int64_t reads, reads_failed;
    char no_network[200]; /* why the collector is not on the BACnet network; "": it is */
} UpFigures;

/* Of a central. */
enum { UP_SITES_SHOWN = 4 };
typedef struct UpSiteFigures {
    char site[64];
    bool has_joined, has_newest;
    int64_t points, readings;
    double newest_age_s, seen_age_s; /* -1: it has not called yet */
} UpSiteFigures;
typedef struct UpCentralFigures {
    int64_t sites, joined, online;
    double seen_age_s;                     /* since the last call of any; -1: none has called */
    UpSiteFigures of_demo[UP_SITES_SHOWN]; /* of a demo alone */
    size_t of_demo_count;
} UpCentralFigures;

typedef struct UpView {
    Mqtt *mqtt; /* of the collector's status; NULL: not connected any more, or not yet */
    UpFigures figures, before;
    UpCentralFigures central;
    int64_t shown_at_us;
    double readings_per_s;
    bool is_asking;
    size_t lines; /* of the block on the terminal */
    LoopTimer *timer;
    int64_t held; /* values in devices, as the database told when the site stops */
} UpView;

/* Each group is written by one file alone; the others read it. */
struct Up {
    Loop *loop;                        /* main.c */
    BpArena arena;                     /* anybody takes from it; it ends with the program */
    int64_t started_us, started_at_us; /* main.c: of the loop's clock; of the wall's */
    UpWish wish;                       /* main.c */
    UpEnd end;                         /* main.c */
    UpFolder folder;                   /* folder.c */
    UpParts parts;                     /* parts.c */
    UpLog *logs;                       /* log.c */
    UpDatabase database;               /* database.c */
    UpBroker broker;                   /* broker.c */
    UpBuilding building;               /* building.c */
    UpCentral central;                 /* central.c */
    UpLink link;                       /* link.c */
    UpWeb web;                         /* web.c */
    UpView view;                       /* show.c */
    LoopTimer *renewal;                /* renew.c */
};

/* One line of what is being done; not with --quiet. Where it is no terminal that shows it, it has time and
 * level as all logs have. */
void up_say(const Up *up, const char *format, ...) BP_PRINTF(2, 3);
void up_warn(const char *format, ...) BP_PRINTF(1, 2);          /* what is wrong, with --quiet, too */
void up_fail(const BpError *why);                               /* what it ends for */
char *up_path(Up *up, const char *format, ...) BP_PRINTF(2, 3); /* below the data folder, in the arena */

/* main.c */
/* Waits a moment for what comes. False: it is `until_us`, or this is to end: then `err` says so. */
bool up_wait(Up *up, int64_t until_us, BpError *err) BP_CHECKED;

/* folder.c */
/* Opens the data folder, or makes it, and the folders in it. As root it is made for the user that all runs
 * as, and then we are that user: nothing in it is touched with root's rights. BP_INVALID: it is another's, or
 * others could put something else in its place; it is as it was. BP_CONFLICT: another process works in it. */
BpStatus up_open_folder(Up *up, BpError *err) BP_CHECKED;
BpStatus up_free_port(int64_t first, int64_t *ret_port, BpError *err) BP_CHECKED; /* TCP on 127.0.0.1 */
bool up_udp_port_is_free(const char *address, int64_t port);
const char *up_tcp_port_problem(const char *address, int64_t port); /* why it is not to be had; NULL: it is */
void up_close_folder(Up *up);

/* files.c */
BpStatus up_make_folder(const char *path,
                        BpError *err) BP_CHECKED; /* BP_INVALID: it is there, and another's */
/* BP_INVALID: it is a link, which is never followed, or no regular file, which is never waited for (a pipe);
 * BP_NOT_FOUND: there is none. */
BpStatus up_open_file(const char *path, int flags, mode_t mode, int *ret_fd, BpError *err) BP_CHECKED;
FILE *up_read_file(const char *path, BpError *err); /* the same, to read; NULL: not */
/* Its first line, without its end and as much of it as there is room for. */
BpStatus up_read_line(const char *path, char *ret_line, size_t size, BpError *err) BP_CHECKED;
/* Writes a file that only its owner reads. Whole or not at all. */
BpStatus up_write_file(const char *path, BpStr contents, BpError *err) BP_CHECKED;
BpStatus up_secret(Up *up, const char *name, const char **ret_secret,
                   BpError *err) BP_CHECKED; /* made on its first use */

/* parts.c */
Part *up_add_part(Up *up, const UpPartOptions *options);
void part_argument(Part *part, const char *argument);
BpStatus part_start(Part *part, BpError *err) BP_CHECKED;
void part_stop(Part *part, int64_t patience_us);
Part *up_find_part(Up *up, const char *name);
void part_signal(Part *part, int number); /* where it runs */
/* Ends it in order, and starts it again when it has ended; `why` stands behind its name: "was updated". */
void part_renew(Part *part, const char *why);
void part_end(Part *part); /* told to end, and not started again before part_resume */
BpStatus part_resume(Part *part, BpError *err) BP_CHECKED; /* one that does not run */
void part_hurry(Part *part); /* it will be stopped: told so now, and not waited for later */
/* Waits for a server that was started for the last `up`, which was killed: until it has ended it has its
 * port. It is known by an argument, the path that it works on. */
BpStatus part_wait_for_last(Up *up, const char *name, const char *path, BpError *err) BP_CHECKED;
bool part_is_running(const Part *part);
/* Puts in front of the reason in `err` which part does not come up and what its log says of it. */
BpStatus part_is_not_ready(const Part *part, BpError *err) BP_CHECKED;
/* Runs a program to its end, which comes at once when we are to end. BP_INVALID: a setting is wrong (its exit
 * code says so); BP_REFUSED: it ended with another code than 0. What it said last is in `err`. */
BpStatus up_run(Up *up, const char *name, const char *path, const char *const *arguments,
                BpError *err) BP_CHECKED;

/* database.c */
BpStatus up_find_database(Up *up, BpError *err) BP_CHECKED; /* its programs; makes nothing */
const char *up_program(Up *up, const char *name);           /* the path of one of them, in the arena */
BpStatus up_start_database(Up *up, BpError *err) BP_CHECKED;
/* The port of last time, if it is still free, since Grafana and other tools have it in their settings; else
 * another one, which is said. */
BpStatus up_choose_port(Up *up, const char *name, int64_t first, int64_t *ret_port, BpError *err) BP_CHECKED;
BpStatus up_write_configuration(Up *up, BpError *err) BP_CHECKED;
/* A variable counts for more than the file: what was decided for our children it is not to say otherwise. */
void up_forget_variables(const Up *up);
/* Leaves the connection there was, and waits until it is there. As superuser `bacpipes` no table is touched:
 * what others defined there would run with its rights. */
BpStatus up_connect_database(Up *up, const char *database, const char *user, BpError *err) BP_CHECKED;
/* Asks the database and waits for the answer; BP_UNAVAILABLE, too, when we are to end before it comes. */
BpStatus up_query(Up *up, SqlQuery query, const PgValue *values, size_t count, BpError *err) BP_CHECKED;
BpStatus up_query_text(Up *up, BpStr sql, BpError *err) BP_CHECKED;
/* Asks, and leaves waiting to the caller: until up->database.answer.is_over, which `done` sees to by
 * up_answered. */
void up_request(Up *up, SqlQuery query, const PgValue *values, size_t count, PgDone done);
/* Leaves the database: what still waits for an answer gets none. */
void up_disconnect_database(Up *up);
/* Keeps the answer: a PgDone, whose context is an Up. */
void up_answered(void *context, BpStatus status, const PgRows *rows, const BpError *err);

BpStatus up_wait_for_answer(Up *up, BpError *err) BP_CHECKED; /* to up_request */

/* postgresql.c */
BpStatus up_configure_database(Up *up, bool has_port, BpError *err) BP_CHECKED; /* before each start of it */

/* lan.c */
/* Writes who may read there. What is wrong is told; then it is nobody who could not before. */
BpStatus lan_write_accounts(Up *up, BpError *err) BP_CHECKED;
/* Before each start of Mosquitto: its lines for that listener, or none, and then it is told why. */
void lan_write_listener(Up *up, BpBuf *out);
void lan_watch(Up *up); /* from now on changed accounts and certificates act by themselves */
void lan_end(Up *up);

/* yours.c */
bool up_database_is_yours(const Cfg *cfg); /* and not one that an `up` runs */
BpStatus up_choose_database(Up *up,
                            BpError *err) BP_CHECKED; /* that one, or our own, whose programs are found */
/* Connects to it and waits until it is there, as the account that makes the tables, or as who owns them. */
BpStatus up_join_database(Up *up, bool is_admin, BpError *err) BP_CHECKED;
BpStatus up_find_broker(Up *up,
                        BpError *err) BP_CHECKED; /* whether it is the operator's: up->broker.is_yours */
BpStatus up_your_broker(Up *up, MqttOptions *options, BpError *err) BP_CHECKED; /* where it is, and as whom */

/* preload.c */
/* Decides whether TimescaleDB is preloaded: before each start, while PostgreSQL does not run. */
BpStatus up_choose_preload(Up *up, BpError *err) BP_CHECKED;
extern const char up_preload_settings[]; /* lines of postgresql.conf */

/* broker.c */
BpStatus up_start_broker(Up *up, BpError *err) BP_CHECKED;
const char *up_broker_socket(Up *up); /* its path, in the arena */
/* Tells the database where the broker is and which accounts the roles have. */
BpStatus up_describe_broker(Up *up, BpError *err) BP_CHECKED;

/* roles.c */
BpStatus up_describe_site(Up *up,
                          BpError *err) BP_CHECKED; /* makes the tables, and says there what is where */
BpStatus up_start_roles(Up *up, BpError *err) BP_CHECKED;
/* One of our own programs, with its name as first argument; `prepare` before each start. */
Part *up_add_role(Up *up, const char *role, BpStatus (*prepare)(Up *up, BpError *err));
BpStatus up_start_role(Up *up, const char *role, BpError *err) BP_CHECKED; /* with our settings */
bool up_has_role(const char *role);                                        /* this program can be that */
void up_end_roles(Up *up); /* what we do for them: they have ended */

/* Before PostgreSQL starts: processes of one that was killed go. orphans.c */
void up_end_orphans(Up *up);

/* central.c */
/* Before anything is made: whether settings central.* are right. */
BpStatus up_check_central(Up *up, BpError *err) BP_CHECKED;
/* A site's folder becomes no central's, nor a central's a site's, and one that has joined stays who it is. */
BpStatus up_check_site_of_folder(Up *up, BpError *err) BP_CHECKED;
/* The port of its PostgreSQL: before each start of it. */
BpStatus up_choose_central_port(Up *up, int64_t *ret_port, BpError *err) BP_CHECKED;
/* Before its PostgreSQL is started: the authority, certificates and settings of the link are there
 * (`bacpipes central init`). */
BpStatus up_certify_central(Up *up, BpError *err) BP_CHECKED;
void up_watch_central(Up *up); /* from now on changed certificates and revocations act by themselves */
void up_end_central(Up *up);

/* building.c */
/* What it was in this folder, it stays: up->wish says it from then on. */
BpStatus up_keep_building(Up *up, BpError *err) BP_CHECKED;
BpStatus up_describe_building(Up *up, BpError *err) BP_CHECKED; /* in the database, where the site is */
BpStatus up_start_building(Up *up, BpError *err) BP_CHECKED;
void up_end_building(Up *up);

/* After each migrate, as the superuser: what PostgreSQL gives to everybody is taken away, for sites log in.
 */
BpStatus up_close_central(Up *up, BpError *err) BP_CHECKED;

/* link.c */
BpStatus up_read_join_file(Up *up, BpError *err) BP_CHECKED; /* of --join; with the rights that we begin with.
                                                    A new site that nobody named has the name in it then */
/* From now on the site is joined where it was asked for, and `sync` runs while it is. */
BpStatus up_start_link(Up *up, BpError *err) BP_CHECKED;
void up_end_link(Up *up);

/* demo.c */
/* Starts the sites of a demo, has them join, and their past laid here; where it is none, nothing. */
BpStatus up_start_demo(Up *up, BpError *err) BP_CHECKED;
void up_stop_demo(Up *up);

/* web.c */
/* Before anything is made: whether settings web.* are right. */
BpStatus up_check_web(Up *up, BpError *err) BP_CHECKED;
/* Starts the web and, where other machines are to reach it, nginx; waits until they are there and says
 * where. What is wrong with them is told, and costs the site nothing else. */
BpStatus up_start_web(Up *up, BpError *err) BP_CHECKED;

/* nginx.c */
void nginx_start(Up *up);
void nginx_end(Up *up); /* what we do for it: it is stopped as all parts are */

/* renew.c */
void up_begin_renewal(Up *up); /* from now on who runs an updated program is started again */
void up_end_renewal(Up *up);

/* show.c */
BpStatus up_connect_broker(Up *up, BpError *err) BP_CHECKED;
void up_disconnect_broker(Up *up);
void up_start_view(Up *up); /* from now on it is shown, again and again */
void up_end_view(Up *up);
void up_put_line(Up *up, const char *label, const char *format, ...) BP_PRINTF(3, 4); /* of the block */
/* That nobody measured it, and how far its past is. */
const char *up_building_of(const UpFigures *figures, char *ret_text, size_t size);
void up_leave_block(Up *up); /* what is said next stands below the block on the terminal, which stays */
BpStatus up_ask(Up *up, BpError *err) BP_CHECKED; /* the figures, now */
/* How many values the site holds in devices, told when it stops. What does not answer at once is not waited
 * for; ret_held stays as it is then. */
void up_count_held(Up *up, int64_t *ret_held);
/* show_central.c */
/* What to ask of a central, and up->view.figures of the answer. */
SqlQuery up_central_query(const Up *up);
void up_read_central(Up *up, const PgRows *rows);
void up_show_central(Up *up); /* lines of the block */
void up_show_central_line(const Up *up);
json_t *up_central_json(const Up *up); /* its sites, as the summary has them; NULL: it is no demo */

/* The summary; `why` says why it is not that of a good run, or is NULL. */
void up_print_json(const Up *up, const char *why);

#endif
