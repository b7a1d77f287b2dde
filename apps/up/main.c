#include "apps/roles.h"
#include "apps/up/up.h"
#include "base/log.h"
#include "base/time.h"
#include "model/topic.h"
#include "say/begin.h"
#include "say/exit.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static const int64_t ROLE_PATIENCE_US = 20 * BP_SECOND, SERVER_PATIENCE_US = 60 * BP_SECOND,
                     HURRY_PATIENCE_US = 2 * BP_SECOND;
/* One wish to stop may come as several signals: a terminal that closes says SIGHUP, and so does its shell. */
static const int64_t ONE_WISH_US = BP_SECOND, MOMENT_US = 100 * BP_MS;

/* ---- asked to end ---- */

static void end(Up *up, const char *why)
{
    if (!up->end.is_near)
        up->end.why = why;
    up->end.is_near = true;
    loop_stop(up->loop);
}

static void hurry(Up *up, int64_t now_us)
{
    up->end.hurry_until_us = now_us + HURRY_PATIENCE_US;
    up_warn("in a hurry: what has not ended in 2 s is killed");
    for (size_t i = 0; i < up->parts.count; i++)
        part_hurry(&up->parts.items[i]);
}

static void on_signal(void *owner, int number)
{
    Up *up = owner;
    const int64_t now_us = loop_now_us(up->loop);
    end(up, number == SIGINT   ? "asked to by SIGINT, as of Ctrl-C"
            : number == SIGHUP ? "asked to by SIGHUP, as of a terminal that is closed"
                               : "asked to by SIGTERM");
    if (up->end.asked_at_us == 0)
        up->end.asked_at_us = now_us;
    else if (number == SIGINT && up->end.hurry_until_us == 0 && now_us - up->end.asked_at_us >= ONE_WISH_US)
        hurry(up, now_us);
}

static void on_time_over(void *owner)
{
    end(owner, "the time of --for is over");
}

bool up_wait(Up *up, int64_t until_us, BpError *err)
{
    const int64_t left_us = until_us - loop_now_us(up->loop);
    if (up->end.is_near)
        return bp_fail(err, BP_UNAVAILABLE, "stopped before everything was up") == BP_OK;
    if (left_us <= 0)
        return bp_fail(err, BP_TIMEOUT, "no answer in time") == BP_OK;
    loop_run_once(up->loop, left_us < MOMENT_US ? left_us : MOMENT_US);
    return true;
}

/* ---- start, run, stop ---- */

/* File `ready` is there while everything runs: `bacpipes status` tells by it what is starting or stopping. */
static void say_ready(Up *up, bool is_ready)
{
    BpError err;
    const char *path = up_path(up, "ready");
    if (!is_ready)
        (void)unlink(path);
    else if (up_write_file(path, bp_str("everything of this site was started\n"), &err) != BP_OK)
        up_warn("`bacpipes status` will say that it is still starting: %s", err.text);
}

static BpStatus start(Up *up, BpError *err)
{
    BP_TRY(up_read_join_file(up, err));
    if (!mdl_site_id_is_valid(up->wish.site))
        return bp_fail(err, BP_INVALID, "site = %s: 1 to 63 of a-z 0-9 _ - are a site_id", up->wish.site);
    if (!up->wish.is_central && strcmp(up->wish.site, MDL_SITE_CENTRAL) == 0)
        return bp_fail(err, BP_INVALID,
                       "site = " MDL_SITE_CENTRAL
                       " is a central's own: a site has another site_id, as macau; for a "
                       "central it is --central");
    BP_TRY(up_check_web(up, err));
    if (up->wish.is_central)
        BP_TRY(up_check_central(up, err));
    BP_TRY(up_choose_database(up, err));
    up_forget_variables(up);
    BP_TRY(up_open_folder(up, err));
    up_say(up, "working in %s as user %s", up->folder.data, up->folder.user);
    BP_TRY(up_check_site_of_folder(up, err));
    say_ready(up, false); /* one that was killed has left it */
    if (up->wish.is_central && !up->database.is_yours)
        BP_TRY(up_certify_central(up, err));
    BP_TRY(up->database.is_yours ? up_join_database(up, true, err) : up_start_database(up, err));
    BP_TRY(up_write_configuration(up, err));
    BP_TRY(up_describe_site(up, err));
    if (!up->wish.is_central)
        BP_TRY(up->broker.is_yours ? up_connect_broker(up, err) : up_start_broker(up, err));
    BP_TRY(up_start_roles(up, err));
    if (!up->wish.is_central)
        BP_TRY(up_start_link(up, err));
    if (up->wish.is_central && !up->database.is_yours)
        up_watch_central(up);
    BP_TRY(up_start_web(up, err));
    return up_start_demo(up, err);
}

/* Who gives before who takes: what is on its way is stored or spooled. People are shown nothing half. */
static void stop(Up *up)
{
    static const char *const order[] = {"nginx",  "web",  "join",    "past",      "collect",   "sim",
                                        "ingest", "sync", "central", "mosquitto", "postgresql"};
    enum { BEFORE_SITES = 4, ROLES = 9 };
    int64_t held = 0;
    up_leave_block(up);
    lan_end(up);
    nginx_end(up);
    up_end_link(up);
    up_end_central(up);
    if (up->parts.count)
        up_say(up, "stopping: %s", up->end.why ? up->end.why : "not everything could be started");
    if (up->parts.count)
        say_ready(up, false);
    up_end_view(up);
    up_end_renewal(up);
    loop_timer_free(up->end.timer);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        Part *part = up_find_part(up, order[i]);
        if (i == BEFORE_SITES)
            up_stop_demo(up);
        if (i == ROLES) { /* our own connections, or the servers would wait for us */
            up_count_held(up, &held);
            up_disconnect_broker(up);
            up_disconnect_database(up);
        }
        if (part)
            part_stop(part, i < ROLES ? ROLE_PATIENCE_US : SERVER_PATIENCE_US);
    }
    up_disconnect_broker(up);
    up_disconnect_database(up);
    up_end_building(up);
    up_log_close_all(up);
    if (held)
        up_say(up,
               "%" PRId64 " value%s held in devices: nobody lets go of %s until this runs again "
               "(`bacpipes overrides` lists them then)",
               held, held == 1 ? " stays" : "s stay", held == 1 ? "it" : "them");
    if (up->parts.count)
        up_say(up, "everything is stopped");
}

/* Until somebody asks us to end, or --for is over. */
static void watch(Up *up)
{
    say_ready(up, true);
    up_start_view(up);
    up_begin_renewal(up);
    while (!up->end.is_near)
        loop_run(up->loop);
}

/* Starts, watches, and says how it went: 0, or the exit code and in `err` why. */
static int work(Up *up, int64_t for_us, BpError *err)
{
    const BpStatus status = start(up, err);
    if (status == BP_OK)
        watch(up);
    else if (!up->end.is_near)
        return status == BP_CONFLICT ? EX_TEMPFAIL : status == BP_INVALID ? EX_CONFIG : EX_UNAVAILABLE;
    if (for_us == 0 || (status == BP_OK && up->wish.is_central && !up->wish.is_demo))
        return EX_OK; /* a central may have no site yet */
    BpError unknown;
    if (status == BP_OK && up_ask(up, &unknown) != BP_OK)
        bp_log(BP_LOG_ERROR, "the figures could not be read: %s", unknown.text);
    if (up->view.figures.readings > 0)
        return EX_OK;
    bp_fail(err, BP_NOT_FOUND, "no reading was stored%s; the logs are in %s/log",
            status == BP_OK ? "" : ", as not everything was up in that time",
            up->folder.data ? up->folder.data : "?");
    return EX_SOFTWARE;
}

static int run(Up *up, int64_t for_us)
{
    BpError err = {0};
    up->loop = loop_new();
    up->started_at_us = bp_wall_us();
    up->started_us = loop_now_us(up->loop);
    LoopSignal *interrupt = loop_signal_new(up->loop, SIGINT, on_signal, up);
    LoopSignal *terminate = loop_signal_new(up->loop, SIGTERM, on_signal, up);
    /* nohup has it ignored, and so do we then. */
    struct sigaction before = {0};
    const bool has_nohup = sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler == SIG_IGN;
    LoopSignal *hang_up = has_nohup ? NULL : loop_signal_new(up->loop, SIGHUP, on_signal, up);
    /* Who reads what we say may be gone before us (`bacpipes up | tee`); the site is stopped in order
     * nevertheless. */
    signal(SIGPIPE, SIG_IGN);
    up->end.timer = loop_timer_new(up->loop, on_time_over, up);
    if (for_us)
        loop_timer_set(up->end.timer, up->started_us + for_us);
    const int code = work(up, for_us, &err);
    if (code != EX_OK)
        up_fail(&err);
    stop(up);
    if (up->wish.is_json)
        up_print_json(up, code == EX_OK ? NULL : err.text);
    loop_signal_free(hang_up);
    loop_signal_free(terminate);
    loop_signal_free(interrupt);
    if (up->folder.data)
        up_close_folder(up);
    loop_free(up->loop);
    return code;
}

/* What was asked for goes together. */
static BpStatus check_wish(const Up *up, BpError *err)
{
    const UpWish *wish = &up->wish;
    const char *of_building = wish->points        ? "--points"
                              : wish->has_no_past ? "--no-past"
                              : wish->climate     ? "--climate"
                              : wish->seed        ? "--seed"
                                                  : NULL;
    if (wish->is_demo && (wish->climate || wish->seed))
        return bp_fail(err, BP_INVALID,
                       "the demo's two sites stand in Macau and Kuala Lumpur: --simulate has %s",
                       wish->climate ? "--climate" : "--seed");
    if (of_building && !wish->is_simulated && !wish->is_demo)
        return bp_fail(err, BP_INVALID, "%s is for simulated buildings, which --simulate and --demo have",
                       of_building);
    if (wish->is_demo && wish->cfg.database_host[0] && up_database_is_yours(&wish->cfg))
        return bp_fail(err, BP_INVALID, "the demo has databases of its own: no database.host, or no --demo");
    if (wish->is_central && wish->is_simulated)
        return bp_fail(err, BP_INVALID, "a central has no building: --%s, or --simulate",
                       wish->is_demo ? "demo" : "central");
    if (wish->is_central && wish->join_file)
        return bp_fail(err, BP_INVALID, "a central joins none: --%s, or --join",
                       wish->is_demo ? "demo" : "central");
    if (wish->is_central && wish->site)
        return bp_fail(err, BP_INVALID,
                       "a central is none of its sites, and is called " MDL_SITE_CENTRAL " there: no --site");
    return BP_OK;
}

int up_main(int argc, char **argv)
{
    Up up = {.folder.lock = -1, .view.figures.past_share = -1};
    int64_t for_us = 0;
    const CfgOption options[] = {
        {.name = "simulate",
         .meaning = "A simulated building, so that everything is seen working in a minute; its site_id is "
                    "demo, or what --site or the file of --join says",
         .flag = &up.wish.is_simulated},
        {.name = "central",
         .meaning =
             "A central, which has what its sites record, and tells them what to do: a private PostgreSQL "
             "that they reach (central.listen), and the web",
         .flag = &up.wish.is_central},
        {.name = "demo",
         .meaning =
             "A central and two sites that have joined it, of 250 simulated points each, all in the data "
             "folder: the whole of it at work in a minute",
         .flag = &up.wish.is_demo},
        {.name = "join",
         .value = "FILE",
         .meaning =
             "Has the site join the central that made this file (`bacpipes site add` there), and be called "
             "as "
             "in the file where it begins and nothing says otherwise; one that has joined stays with its "
             "central",
         .text = &up.wish.join_file},
        {.name = "points",
         .value = "N",
         .meaning = "With --simulate: points of the simulated building; default 500, or what it had the last "
                    "time. With "
                    "--demo: of each; default 250",
         .integer = &up.wish.points,
         .min = 1,
         .max = UP_POINTS_MAX},
        {.name = "climate",
         .value = "NAME",
         .meaning = "With --simulate: where it stands, as `bacpipes sim --climate` has it; default lisbon, "
                    "or where it "
                    "stood the last time",
         .text = &up.wish.climate},
        {.name = "seed",
         .value = "N",
         .meaning =
             "With --simulate: another number, another building; default 1, or what it had the last time",
         .integer = &up.wish.seed,
         .min = 1,
         .max = INT32_MAX},
        {.name = "no-past",
         .meaning = "With --simulate or --demo: simulated buildings begin now, without a year behind them",
         .flag = &up.wish.has_no_past},
        {.name = "site",
         .value = "SITE",
         .meaning = "The site's site_id, as setting site says it",
         .text = &up.wish.site,
         .setting = "site"},
        {.name = "for",
         .value = "DURATION",
         .meaning = "Run that long, from the start's beginning on, then stop; default: until Ctrl-C",
         .duration_us = &for_us},
        {.name = "quiet", .meaning = "Say nothing but what is wrong", .flag = &up.wish.is_quiet},
        {0},
    };
    const CfgCommand command = {
        .name = "bacpipes up",
        .summary = "Starts and watches everything of a site on this machine: a private PostgreSQL and "
                   "Mosquitto, the collector, ingest and the web. Ctrl-C stops them all.",
        .options = options,
        .offers_json = true,
        .details =
            "State lives in the data folder and is there again the next time. As root it is made for user "
            "bacpipes, or else postgres, as whom everything runs.\n"
            "With database.host set no PostgreSQL is started, and with a broker of yours in table "
            "mqtt_config no "
            "Mosquitto: what is there is used, and the screen says so.\n"
            "--json prints one object as the last line: devices, points, readings_stored, "
            "reads_failed, readings_per_s, newest_reading_age_s; web with url and ready; error, which is "
            "null when all "
            "went well.\n"
            "Exit codes: 0 stopped as asked; 64 the command line is wrong; 69 something could not be "
            "started; "
            "70 no reading was stored with --for; 75 it runs already; 78 a setting or the folder is wrong.\n",
        .examples = "bacpipes up --demo\nbacpipes up --simulate\nbacpipes up --data "
                    "/var/lib/bacpipes\nbacpipes up --simulate "
                    "--for 60s --json",
    };
    CfgArguments arguments;
    BpError err = {0};
    int code = say_begin(&command, argc, argv, &up.arena, &arguments, &up.wish.cfg);
    up.wish.is_central = up.wish.is_central || up.wish.is_demo;
    if (code == SAY_GO_ON && check_wish(&up, &err) != BP_OK)
        code = say_fail_with(EX_USAGE, command.name, bp_str(err.text));
    if (code == SAY_GO_ON) {
        if (arguments.data)
            up.wish.cfg.data_folder = arguments.data;
        up.wish.is_unnamed = !up.wish.site;
        if (!up.wish.site)
            up.wish.site = up.wish.is_simulated ? "demo"
                           : up.wish.is_central ? MDL_SITE_CENTRAL
                                                : up.wish.cfg.site;
        up.wish.is_json = arguments.json;
        up.wish.is_terminal = isatty(STDERR_FILENO) && !up.wish.is_json;
        umask(022);
        code = run(&up, for_us);
    }
    bp_arena_done(&up.arena);
    return code;
}
