#include "apps/roles.h"
#include "apps/sync/sync.h"
#include "base/log.h"
#include "base/time.h"
#include "io/pg/settings.h"
#include "model/topic.h"
#include "say/begin.h"
#include "say/exit.h"

#include <stdlib.h>
#include <sysexits.h>

static bool wants_status;

static const CfgOption options[] = {
    {"status", NULL, "Say how the link is, and end.", .flag = &wants_status},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes sync",
    .summary =
        "Sends what the site records to the central that it has joined, and brings what central asks for.",
    .options = options,
    .offers_json = true,
    .details =
        "Where central is and who we are there says folder link of the data folder, which `bacpipes site "
        "join` makes.\n"
        "What central has not got stays here, for weeks if it must. One sync works for a site.\n"
        "--status says whether it is connected, what waits and for how long, and what the link costs this "
        "month;\n"
        "with --json as one object: central, state, since_s, why, unsent, rate_octets_s, month, code.\n"
        "Exit codes: 0 stopped; 64 wrong use; 75 another sync works for the site; 78 a setting is wrong, or "
        "the\n"
        "site has joined no central. Of --status, as monitoring plugins have them: 0 all is well, 1 "
        "central refuses the site, something\n"
        "waits for more than 10 minutes, or the budget will not do, 2 sync does not run, 3 the site has "
        "joined no\n"
        "central, or how it is cannot be found out.\n",
    .examples = "bacpipes sync --data var\nbacpipes sync --status\nbacpipes sync --status --json\n"
                "bacpipes sync --data var --set sync.monthly_budget=2GB",
};

static int run(Sync *sync)
{
    BpError err;
    PgOptions local;
    if (!mdl_site_id_is_valid(sync->cfg->site)) {
        bp_log(BP_LOG_ERROR, "site = %s: 1 to 63 of a-z 0-9 _ - are a site_id", sync->cfg->site);
        return EX_CONFIG;
    }
    const BpStatus status = link_read(sync->cfg->data_folder, &sync->arena, &sync->link, &err);
    if (status != BP_OK) {
        bp_log(BP_LOG_ERROR, "%s%s", err.text,
               status == BP_NOT_FOUND ? "; `bacpipes site join FILE` joins one, with a file that central made"
                                      : "");
        return status == BP_UNAVAILABLE ? EX_TEMPFAIL : EX_CONFIG;
    }
    if (strcmp(sync->link.site_id, sync->cfg->site) != 0) {
        bp_log(BP_LOG_ERROR, "the link in %s/link is that of site %s, and this is site %s",
               sync->cfg->data_folder, sync->link.site_id, sync->cfg->site);
        return EX_CONFIG;
    }
    if (pg_settings_options(sync->cfg, PG_SYNC, "bacpipes sync", &sync->arena, &local, &err) != BP_OK) {
        bp_log(BP_LOG_ERROR, "%s", err.text);
        return EX_CONFIG;
    }
    sync->loop = loop_new();
    sync_begin(sync, &local);
    loop_stop_on_signals(sync->loop);

    loop_run(sync->loop);

    bp_log(BP_LOG_INFO, "stopping");
    sync_end(sync);
    loop_free(sync->loop);
    return sync->code;
}

int sync_main(int argc, char **argv)
{
    Sync *sync = calloc(1, sizeof *sync);
    if (!sync)
        return EX_OSERR;
    CfgArguments arguments;
    int code = say_begin(&command, argc, argv, &sync->arena, &arguments, &sync->file_cfg);
    if (code == SAY_GO_ON && wants_status) {
        code = say_end(command.name, sync_show_status(&sync->file_cfg, arguments.json, &sync->arena));
    } else if (code == SAY_GO_ON) {
        sync->cfg = &sync->file_cfg;
        sync->site_id = bp_str(sync->cfg->site);
        sync->started_at_us = bp_wall_us();
        code = run(sync);
    }
    free(sync->hello);
    bp_arena_done(&sync->arena);
    free(sync);
    return code;
}
