#include "apps/central/central.h"
#include "apps/central/init.h"
#include "apps/central/tools.h"
#include "apps/roles.h"
#include "base/log.h"
#include "base/time.h"
#include "io/pg/settings.h"
#include "say/begin.h"
#include "site/owner.h"
#include "site/site.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const int64_t LAST_COMMIT_PATIENCE_US = 5 * BP_SECOND;

/* What is under way is finished: else it would be done again. */
static void finish(Central *central)
{
    const int64_t until_us = loop_now_us(central->loop) + LAST_COMMIT_PATIENCE_US;
    workers_allow(central->workers, false);
    while (workers_are_busy(central->workers) && loop_now_us(central->loop) < until_us)
        loop_run_once(central->loop, until_us - loop_now_us(central->loop));
}

static int serve(Central *central, const PgOptions *database)
{
    BpError err = {0};
    PgOptions options = *database;
    Loop *loop = central->loop = loop_new();
    options.owner = central;
    options.on_connected = central_connected;
    options.on_lost = central_database_lost;
    options.on_notice = central_notice;
    central->sites = sites_new();
    central->pg = pg_new(loop, &options);
    central->notices = notices_new(loop, central->pg);
    central->workers = workers_new(loop, database, (size_t)central->file_cfg.central_workers, central->sites,
                                   central->notices, &central->cfg);
    central->again = again_new(loop, database, central->sites, central->notices, &central->cfg);
    central_begin(central);
    pg_listen(central->pg, SITE_NOTICES);
    central->maintenance = maintenance_new(loop, central->cfg, MAINTENANCE_OF_CENTRAL, &err);
    if (central->maintenance &&
        link_signer_new(loop, central->pg, &central->file_cfg, &central->signer, &err) == BP_OK) {
        loop_stop_on_signals(loop);
        loop_run(loop);
        bp_log(BP_LOG_INFO, "stopping");
        finish(central);
    } else {
        bp_log(BP_LOG_ERROR, "%s", err.text);
        central->code = EX_CONFIG;
    }
    /* Whoever may call goes before what it calls. */
    central->is_ready = false;
    maintenance_free(central->maintenance);
    again_free(central->again);
    workers_free(central->workers);
    pg_free(central->pg);
    link_signer_free(central->signer);
    central_end(central);
    notices_free(central->notices);
    sites_free(central->sites);
    loop_free(loop);
    return central->code;
}

static int run(int argc, char **argv)
{
    Central *central = calloc(1, sizeof *central);
    if (!central)
        return EX_OSERR;
    const CfgCommand command = {
        .name = "bacpipes central",
        .summary = "Makes rows of what sites send, at central.",
        .details = "bacpipes central init makes a central; aside lists what could not be applied, and retry "
                   "tries it again.\n"
                   "Exit codes: 0 stopped; 64 wrong use; 75 another central works here; 78 a setting is "
                   "wrong.\n",
        .examples = "bacpipes central --data var",
    };
    CfgArguments arguments;
    PgOptions options;
    BpError err = {0};
    int code = say_begin(&command, argc, argv, &central->arena, &arguments, &central->file_cfg);
    if (code == SAY_GO_ON) {
        central->cfg = &central->file_cfg;
        if (central_refuse_site(central->cfg, &err) == BP_OK &&
            site_become_owner(central->cfg->data_folder, &err) == BP_OK &&
            pg_settings_options(central->cfg, PG_CENTRAL, "bacpipes central", &central->arena, &options,
                                &err) == BP_OK) {
            code = serve(central, &options);
        } else {
            bp_log(BP_LOG_ERROR, "%s", err.text);
            code = EX_CONFIG;
        }
    }
    bp_arena_done(&central->arena);
    free(central);
    return code;
}

int central_main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*main)(int argc, char **argv);
    } tools[] = {{"aside", central_aside_main}, {"init", central_init_main}, {"retry", central_retry_main}};
    for (size_t i = 0; argc > 1 && i < sizeof tools / sizeof tools[0]; i++)
        if (strcmp(argv[1], tools[i].name) == 0)
            return tools[i].main(argc - 1, argv + 1);
    return run(argc, argv);
}
