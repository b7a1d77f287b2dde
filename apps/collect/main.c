#include "apps/collect/collect.h"
#include "apps/roles.h"
#include "base/log.h"
#include "base/time.h"
#include "io/pg/settings.h"
#include "model/topic.h"
#include "say/begin.h"

#include <stdlib.h>
#include <sys/random.h>
#include <sysexits.h>

static void begin(Collect *collect, PgOptions *database)
{
    collect->poller = collect_make_poller(collect);
    collect->site = collect_make_site(collect, database);
    collect->network = collect_make_network(collect);
    collect->doctor = collect_make_doctor(collect);
    collect->control = collect_make_control(collect, database);
    collect->status = collect_status_new(collect);
}

/* Whoever may call goes first: the loop still runs for the broker and the spool, and must find nothing that
 * uses what is gone. The poller gives out what it has read so far, and only then is that put away. */
static void finish(Collect *collect)
{
    collect_control_close(collect->control);
    collect_network_take_leave(collect->network);
    collect_say_status(collect, "offline");
    collect_status_free(collect->status);
    collect_network_close(collect->network);
    collect_site_close(collect->site); /* what of readings the broker does not have yet is in the outbox */
    collect_poll_free(collect->poller);
    collect_control_free(collect->control);
    collect_doctor_free(collect->doctor);
    collect_deliver_free(collect->deliver);
    collect_site_free(collect->site);
    collect_network_free(collect->network);
}

static int run(Collect *collect)
{
    BpError err = {0};
    PgOptions options;
    if (!mdl_site_id_is_valid(collect->file.site)) {
        bp_log(BP_LOG_ERROR, "site = %s: 1 to 63 of a-z 0-9 _ - are a site_id", collect->file.site);
        return EX_CONFIG;
    }
    if (pg_settings_options(&collect->file, PG_COLLECT, "bacpipes collect", &collect->arena, &options,
                            &err) != BP_OK) {
        bp_log(BP_LOG_ERROR, "%s", err.text);
        return EX_CONFIG;
    }
    collect->loop = loop_new();
    collect->deliver = collect_make_deliver(collect);
    if (collect_deliver_open(collect->deliver, &err) != BP_OK) {
        bp_log(BP_LOG_ERROR, "%s", err.text);
        collect_deliver_free(collect->deliver);
        loop_free(collect->loop);
        return err.status == BP_CONFLICT ? EX_TEMPFAIL : EX_CANTCREAT;
    }
    loop_stop_on_signals(collect->loop);
    begin(collect, &options);

    loop_run(collect->loop);

    bp_log(BP_LOG_INFO, "stopping");
    finish(collect);
    loop_free(collect->loop);
    return EX_OK;
}

int collect_main(int argc, char **argv)
{
    Collect *collect = calloc(1, sizeof *collect);
    if (!collect)
        return EX_OSERR;
    const CfgCommand command = {
        .name = "bacpipes collect",
        .summary = "Finds BACnet devices, polls their points, and publishes readings over MQTT. What is not "
                   "yet stored in the database is kept.",
        .details =
            "Devices, points, settings and the broker are in the database, and what is changed there "
            "acts at once.\n"
            "Exit codes: 0 stopped; 64 wrong use; 73 the spool cannot be opened; 75 another collector\n"
            "works in the data folder; 78 a setting is wrong.\n",
        .examples = "bacpipes collect --data var\nbacpipes collect --config /etc/bacpipes/bacpipes.conf "
                    "--set poll.interval=30s",
    };
    CfgArguments arguments;
    int code = say_begin(&command, argc, argv, &collect->arena, &arguments, &collect->file);
    if (code == SAY_GO_ON) {
        collect->arguments = (const char *const *)argv + 1;
        collect->started_at_us = bp_wall_us();
        if (getrandom(&collect->seed, sizeof collect->seed, 0) != sizeof collect->seed)
            collect->seed = (uint64_t)collect->started_at_us;
        code = run(collect);
    }
    bp_arena_done(&collect->arena);
    free(collect);
    return code;
}
