#include "apps/ingest/ingest.h"
#include "apps/roles.h"
#include "base/log.h"
#include "base/time.h"
#include "io/pg/settings.h"
#include "model/topic.h"
#include "say/begin.h"
#include "site/site.h"

#include <stdlib.h>
#include <sysexits.h>

static const int64_t LAST_COMMIT_PATIENCE_US = 5 * BP_SECOND;

/* What is gathered is stored before the end, if the database lets us: it need not come again. */
static void finish(Ingest *ingest)
{
    const int64_t until_us = loop_now_us(ingest->loop) + LAST_COMMIT_PATIENCE_US;
    ingest_flush(ingest);
    while (ingest->store.state != STORE_IS_PAUSING && ingest->is_ready &&
           (store_is_asking(&ingest->store) || frames_are_busy(&ingest->frames) ||
            !gather_is_empty(ingest->gathering)) &&
           loop_now_us(ingest->loop) < until_us) {
        loop_run_once(ingest->loop, until_us - loop_now_us(ingest->loop));
        ingest_flush(ingest);
    }
}

static int run(Ingest *ingest)
{
    BpError err = {0};
    PgOptions options;
    if (!mdl_site_id_is_valid(ingest->cfg->site)) {
        bp_log(BP_LOG_ERROR, "site = %s: 1 to 63 of a-z 0-9 _ - are a site_id", ingest->cfg->site);
        return EX_CONFIG;
    }
    if (pg_settings_options(ingest->cfg, PG_INGEST, "bacpipes ingest", &ingest->arena, &options, &err) !=
        BP_OK) {
        bp_log(BP_LOG_ERROR, "%s", err.text);
        return EX_CONFIG;
    }
    Loop *loop = ingest->loop = loop_new();
    options.owner = ingest;
    options.on_connected = ingest_connected;
    options.on_lost = ingest_database_lost;
    options.on_notice = ingest_notice;
    ingest->pg = pg_new(loop, &options);
    ingest_begin(ingest);
    ingest->maintenance = maintenance_new(loop, ingest->cfg, MAINTENANCE_OF_SITE, &err);
    if (!ingest->maintenance) {
        bp_log(BP_LOG_ERROR, "%s", err.text);
        pg_free(ingest->pg);
        ingest_end(ingest);
        loop_free(loop);
        return EX_CONFIG;
    }
    pg_listen(ingest->pg, SITE_NOTICES);
    pg_listen(ingest->pg, INGEST_ENTRIES);
    ingest->flush_timer = loop_timer_new(loop, ingest_flush, ingest);
    ingest->status_timer = loop_timer_new(loop, ingest_status, ingest);
    ingest->frames.timer = loop_timer_new(loop, ingest_frames_go_on, ingest);
    loop_stop_on_signals(loop);

    loop_run(loop);

    bp_log(BP_LOG_INFO, "stopping");
    finish(ingest);
    ingest_say_status(ingest, "offline");
    /* Whoever may call goes before what it calls: the loop still runs for the broker. */
    ingest->is_ready = false;
    maintenance_free(ingest->maintenance);
    pg_free(ingest->pg);
    loop_timer_free(ingest->frames.timer);
    loop_timer_free(ingest->status_timer);
    loop_timer_free(ingest->flush_timer);
    ingest_end(ingest);
    loop_free(loop);
    return ingest->code;
}

int ingest_main(int argc, char **argv)
{
    Ingest *ingest = calloc(1, sizeof *ingest);
    if (!ingest)
        return EX_OSERR;
    const CfgCommand command = {
        .name = "bacpipes ingest",
        .summary = "Stores readings that arrive over MQTT in the database, and announces which are stored.",
        .details = "The broker is the one in table mqtt_config. Settings in table setting act at once.\n"
                   "Exit codes: 0 stopped; 64 wrong use; 75 another ingest works for the site; 78 a setting "
                   "is wrong.\n",
        .examples = "bacpipes ingest --data var\nbacpipes ingest --config /etc/bacpipes/bacpipes.conf --set "
                    "ingest.flush=500ms",
    };
    CfgArguments arguments;
    int code = say_begin(&command, argc, argv, &ingest->arena, &arguments, &ingest->file_cfg);
    if (code == SAY_GO_ON) {
        ingest->cfg = &ingest->file_cfg;
        ingest->site_id = bp_str(ingest->cfg->site);
        ingest->started_at_us = bp_wall_us();
        for (int i = 0; i < 2; i++)
            gather_init(&ingest->gathers[i]);
        ingest->gathering = &ingest->gathers[0];
        store_init(&ingest->store);
        frames_init(&ingest->frames);
        code = run(ingest);
        store_done(&ingest->store);
        frames_done(&ingest->frames);
        for (int i = 0; i < 2; i++)
            gather_done(&ingest->gathers[i]);
    }
    bp_arena_done(&ingest->message_arena);
    bp_arena_done(&ingest->arena);
    free(ingest);
    return code;
}
