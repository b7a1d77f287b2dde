#include "apps/roles.h"
#include "apps/up/up.h"
#include "base/log.h"
#include "base/time.h"
#include "config/arguments.h"
#include "model/topic.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static const int64_t ROLE_PATIENCE_US = 20 * BP_SECOND, SERVER_PATIENCE_US = 60 * BP_SECOND,
                     HURRY_PATIENCE_US = 2 * BP_SECOND;
/* One wish to stop may come as several signals: a terminal that closes says SIGHUP, and so does its shell. */
static const int64_t ONE_WISH_US = BP_SECOND, MOMENT_US = 100 * BP_MS;

/* ---- asked to end ---- */

static void end(Up *up)
{
    up->is_ending = true;
    loop_stop(up->loop);
}

static void hurry(Up *up, int64_t now_us)
{
    up->hurry_until_us = now_us + HURRY_PATIENCE_US;
    up_say(up, "in a hurry: what has not ended in 2 s is killed");
    for (size_t i = 0; i < up->part_count; i++)
        part_hurry(&up->parts[i]);
}

static void on_signal(void *owner, int number)
{
    Up *up = owner;
    const int64_t now_us = loop_now_us(up->loop);
    end(up);
    if (up->stop_asked_at_us == 0)
        up->stop_asked_at_us = now_us;
    else if (number == SIGINT && up->hurry_until_us == 0 && now_us - up->stop_asked_at_us >= ONE_WISH_US)
        hurry(up, now_us);
}

static void on_time_over(void *owner)
{
    end(owner);
}

bool up_wait(Up *up, int64_t until_us, BpError *err)
{
    const int64_t left_us = until_us - loop_now_us(up->loop);
    if (up->is_ending)
        return bp_fail(err, BP_UNAVAILABLE, "stopped before everything was up") == BP_OK;
    if (left_us <= 0)
        return bp_fail(err, BP_TIMEOUT, "no answer in time") == BP_OK;
    loop_run_once(up->loop, left_us < MOMENT_US ? left_us : MOMENT_US);
    return true;
}

/* ---- start, run, stop ---- */

static BpStatus start(Up *up, BpError *err)
{
    if (!mdl_site_id_is_valid(up->site))
        return bp_fail(err, BP_INVALID, "site = %s: 1 to 63 of a-z 0-9 _ - are a site_id", up->site);
    BpStatus status = up_find_database(up, err);
    if (status == BP_OK)
        status = up_open_folder(up, err);
    if (status != BP_OK)
        return status;
    up_say(up, "working in %s as user %s", up->data, up->user);
    if ((status = up_start_database(up, err)) == BP_OK &&
        (status = up_write_configuration(up, err)) == BP_OK && (status = up_start_broker(up, err)) == BP_OK)
        status = up_start_roles(up, err);
    return status;
}

/* Who gives before who takes: what is on its way is stored or spooled. */
static void stop(Up *up)
{
    static const char *const order[] = {"collect", "sim", "ingest", "mosquitto", "postgresql"};
    up->lines = 0;
    if (up->part_count)
        up_say(up, "stopping");
    loop_timer_free(up->show_timer);
    loop_timer_free(up->end_timer);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        Part *part = up_find_part(up, order[i]);
        if (i == 3) { /* our own connections, or the servers would wait for us */
            mqtt_free(up->mqtt, 0);
            pg_free(up->pg);
            up->mqtt = NULL;
            up->pg = NULL;
        }
        if (part)
            part_stop(part, i < 3 ? ROLE_PATIENCE_US : SERVER_PATIENCE_US);
    }
    mqtt_free(up->mqtt, 0);
    pg_free(up->pg);
    loop_timer_free(up->demo_timer);
    if (up->part_count)
        up_say(up, "everything is stopped");
}

/* Until somebody asks us to end, or --for is over. */
static void watch(Up *up)
{
    up->show_timer = loop_timer_new(up->loop, up_show, up);
    loop_timer_set(up->show_timer, loop_now_us(up->loop) + BP_SECOND);
    while (!up->is_ending)
        loop_run(up->loop);
}

/* Starts, watches, and says how it went: 0, or the exit code and in `err` why. */
static int work(Up *up, int64_t for_us, BpError *err)
{
    const BpStatus status = start(up, err);
    if (status == BP_OK)
        watch(up);
    else if (!up->is_ending)
        return status == BP_CONFLICT ? EX_TEMPFAIL : status == BP_INVALID ? EX_CONFIG : EX_UNAVAILABLE;
    if (for_us == 0)
        return EX_OK;
    BpError unknown;
    if (status == BP_OK && up_ask(up, &unknown) != BP_OK)
        bp_log(BP_LOG_ERROR, "the figures could not be read: %s", unknown.text);
    if (up->figures.readings > 0)
        return EX_OK;
    bp_fail(err, BP_NOT_FOUND, "no reading was stored%s; the logs are in %s/log",
            status == BP_OK ? "" : ", as not everything was up in that time", up->data ? up->data : "?");
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
    up->end_timer = loop_timer_new(up->loop, on_time_over, up);
    if (for_us)
        loop_timer_set(up->end_timer, up->started_us + for_us);
    const int code = work(up, for_us, &err);
    if (code != EX_OK)
        fprintf(stderr, "bacpipes up: %s\n", err.text);
    stop(up);
    if (up->is_json)
        up_print_json(up, code == EX_OK ? NULL : err.text);
    loop_signal_free(hang_up);
    loop_signal_free(terminate);
    loop_signal_free(interrupt);
    if (up->data)
        up_close_folder(up);
    loop_free(up->loop);
    return code;
}

int up_main(int argc, char **argv)
{
    Up up = {.lock = -1, .points = 500};
    int64_t for_us = 0;
    const CfgOption options[] = {
        {.name = "demo",
         .meaning = "A simulated building, so that everything is seen working in a minute",
         .flag = &up.is_demo},
        {.name = "points",
         .value = "N",
         .meaning = "Points of the simulated building; default 500",
         .integer = &up.points,
         .min = 1,
         .max = 100000},
        {.name = "for",
         .value = "DURATION",
         .meaning = "Run that long, from the start's beginning on, then stop; default: until Ctrl-C",
         .duration_us = &for_us},
        {.name = "quiet", .meaning = "Say nothing but what is wrong", .flag = &up.is_quiet},
        {0},
    };
    const CfgCommand command = {
        .name = "bacpipes up",
        .summary = "Starts and watches everything of a site on this machine: a private PostgreSQL and "
                   "Mosquitto, the collector and ingest. Ctrl-C stops them all.",
        .options = options,
        .offers_json = true,
        .details =
            "State lives in the data folder and is there again the next time. As root it is made for user "
            "bacpipes, or else postgres, as whom everything runs.\n"
            "--json prints one object as the last line: devices, points, readings_stored, "
            "reads_failed, readings_per_s, newest_reading_age_s; error, which is null when all went well.\n"
            "Exit codes: 0 stopped as asked; 64 the command line is wrong; 69 something could not be "
            "started; "
            "70 no reading was stored with --for; 75 it runs already; 78 a setting or the folder is wrong.",
        .examples =
            "bacpipes up --demo\nbacpipes up --data /var/lib/bacpipes\nbacpipes up --demo --for 60s --json",
    };
    CfgArguments arguments;
    int code = cfg_begin(&command, argc, argv, &up.arena, &arguments, &up.cfg);
    if (code == CFG_GO_ON) {
        if (arguments.data)
            up.cfg.data_folder = arguments.data;
        up.site = up.is_demo ? "demo" : up.cfg.site;
        up.is_json = arguments.json;
        up.is_terminal = isatty(STDERR_FILENO) && !up.is_json;
        umask(022);
        code = run(&up, for_us);
    }
    bp_arena_done(&up.arena);
    return code;
}
