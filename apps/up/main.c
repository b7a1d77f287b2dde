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

static const int64_t ROLE_PATIENCE_US = 20 * BP_SECOND, SERVER_PATIENCE_US = 60 * BP_SECOND;

static void on_signal(void *owner, int number)
{
    Up *up = owner;
    (void)number;
    up->stops++;
    if (up->stops == 1)
        loop_stop(up->loop);
}

static void on_time_over(void *owner)
{
    Up *up = owner;
    loop_stop(up->loop);
}

static BpStatus start(Up *up, BpError *err)
{
    BpStatus status = up_find_database(up, err);
    if (status == BP_OK)
        status = up_open_folder(up, err);
    if (status != BP_OK)
        return status;
    up_say(up, "working in %s as user %s", up->data, up->user);
    up->started_at_us = bp_wall_us();
    up->started_us = loop_now_us(up->loop);
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
    if (up->part_count)
        up_say(up, "everything is stopped");
}

static int run(Up *up, int64_t for_us)
{
    BpError err = {0};
    int code = EX_OK;
    up->loop = loop_new();
    LoopSignal *interrupt = loop_signal_new(up->loop, SIGINT, on_signal, up);
    LoopSignal *terminate = loop_signal_new(up->loop, SIGTERM, on_signal, up);
    LoopSignal *hang_up = loop_signal_new(up->loop, SIGHUP, on_signal, up);
    if (start(up, &err) != BP_OK) {
        fprintf(stderr, "bacpipes up: %s\n", err.text);
        code = err.status == BP_CONFLICT  ? EX_TEMPFAIL
               : err.status == BP_INVALID ? EX_CONFIG
                                          : EX_UNAVAILABLE;
    } else if (up->stops == 0) {
        up->show_timer = loop_timer_new(up->loop, up_show, up);
        up->end_timer = loop_timer_new(up->loop, on_time_over, up);
        loop_timer_set(up->show_timer, loop_now_us(up->loop) + BP_SECOND);
        if (for_us)
            loop_timer_set(up->end_timer, up->started_us + for_us);
        loop_run(up->loop);
        if (for_us && up_ask(up, &err) != BP_OK)
            bp_log(BP_LOG_ERROR, "the figures could not be read: %s", err.text);
        code = for_us && up->figures.readings == 0 ? EX_SOFTWARE : EX_OK;
        if (code != EX_OK)
            fprintf(stderr, "bacpipes up: no reading was stored; the logs are in %s/log\n", up->data);
    }
    const bool has_ran = code == EX_OK || code == EX_SOFTWARE;
    stop(up);
    if (up->is_json && has_ran)
        up_print_json(up);
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
         .meaning = "Run that long, then stop; default: until Ctrl-C",
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
            "reads_failed, readings_per_s, newest_reading_age_s.\n"
            "Exit codes: 0 stopped as asked; 69 something could not be started; 70 no reading was "
            "stored with --for; 75 it runs already.",
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
        if (!mdl_site_id_is_valid(up.site)) {
            fprintf(stderr, "bacpipes up: site = %s: 1 to 63 of a-z 0-9 _ - are a site_id\n", up.site);
            code = EX_CONFIG;
        } else {
            code = run(&up, for_us);
        }
    }
    bp_arena_done(&up.arena);
    return code;
}
