#include "apps/collect/site/settings.h"
#include "base/log.h"
#include "io/pg/reload.h"

#include <stdlib.h>

struct CollectSiteSettings {
    Loop *loop;
    Pg *pg;
    const Cfg *file;
    Cfg *cfg;
    void (*on_settings)(void *owner);
    void *owner;
    BpArena arena; /* texts of the table */
    PgReload *reload;
};

static void on_rows(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    static BpLogKind wrong_setting;
    CollectSiteSettings *settings = context;
    if (pg_reload_answered(settings->reload, status))
        bp_log(BP_LOG_WARNING, "reading table setting: %s; it is read again", err->text);
    if (status != BP_OK)
        return;
    bp_arena_reset(&settings->arena);
    *settings->cfg = *settings->file;
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        BpError wrong;
        if (cfg_apply(settings->cfg, &settings->arena, pg_get_text(rows, row, 0), pg_get_text(rows, row, 1),
                      &wrong) != BP_OK)
            bp_log_some(&wrong_setting, loop_now_us(settings->loop), BP_LOG_WARNING,
                        "table setting: %s; the value of the configuration file stays", wrong.text);
    }
    settings->on_settings(settings->owner);
}

static void ask(void *owner)
{
    CollectSiteSettings *settings = owner;
    const PgValue site = pg_text(bp_str(settings->cfg->site));
    pg_request(settings->pg, SQL_SELECT_SETTINGS, &site, 1, on_rows, settings);
}

CollectSiteSettings *collect_site_settings_new(Loop *loop, Pg *pg, const Cfg *file, Cfg *cfg,
                                               void (*on_settings)(void *owner), void *owner)
{
    CollectSiteSettings *settings = calloc(1, sizeof *settings);
    if (!settings)
        abort();
    *settings = (CollectSiteSettings){
        .loop = loop, .pg = pg, .file = file, .cfg = cfg, .on_settings = on_settings, .owner = owner};
    settings->reload = pg_reload_new(loop, pg, 0, ask, settings);
    return settings;
}

void collect_site_settings_close(CollectSiteSettings *settings)
{
    pg_reload_free(settings->reload);
    settings->reload = NULL;
}

void collect_site_settings_free(CollectSiteSettings *settings)
{
    if (!settings)
        return;
    collect_site_settings_close(settings);
    bp_arena_done(&settings->arena);
    free(settings);
}

void collect_site_settings_connected(CollectSiteSettings *settings)
{
    pg_reload_anew(settings->reload);
}

void collect_site_settings_changed(CollectSiteSettings *settings)
{
    pg_reload_soon(settings->reload);
}
