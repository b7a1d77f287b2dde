#include "site/settings.h"

#include "base/log.h"
#include "io/pg/reload.h"

#include <stdlib.h>

struct SiteSettings {
    Loop *loop;
    Pg *pg;
    const Cfg *file;
    Cfg cfg;
    BpArena arena; /* of the texts of `cfg` that are not the file's */
    PgReload *reload;
    void (*on_read)(void *owner);
    void *owner;
};

static void apply(SiteSettings *settings, const PgRows *rows)
{
    static BpLogKind wrong_setting;
    bp_arena_reset(&settings->arena);
    settings->cfg = *settings->file;
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        BpError wrong;
        if (cfg_apply(&settings->cfg, &settings->arena, pg_get_text(rows, row, 0), pg_get_text(rows, row, 1),
                      &wrong) != BP_OK)
            bp_log_some(&wrong_setting, loop_now_us(settings->loop), BP_LOG_WARNING,
                        "table setting: %s; the value of the configuration file stays", wrong.text);
    }
}

static void on_rows(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    SiteSettings *settings = context;
    if (pg_reload_answered(settings->reload, status))
        bp_log(BP_LOG_WARNING, "reading table setting: %s; it is read again", err->text);
    if (status != BP_OK)
        return;
    apply(settings, rows);
    settings->on_read(settings->owner);
}

static void ask(void *owner)
{
    SiteSettings *settings = owner;
    const PgValue site = pg_text(bp_str(settings->file->site));
    pg_request(settings->pg, SQL_SELECT_SETTINGS, &site, 1, on_rows, settings);
}

SiteSettings *site_settings_new(Loop *loop, Pg *pg, const Cfg *file, void (*on_read)(void *owner),
                                void *owner)
{
    SiteSettings *settings = calloc(1, sizeof *settings);
    if (!settings)
        abort();
    *settings = (SiteSettings){
        .loop = loop, .pg = pg, .file = file, .cfg = *file, .on_read = on_read, .owner = owner};
    settings->reload = pg_reload_new(loop, pg, 0, ask, settings);
    return settings;
}

void site_settings_free(SiteSettings *settings)
{
    if (!settings)
        return;
    pg_reload_free(settings->reload);
    bp_arena_done(&settings->arena);
    free(settings);
}

const Cfg *site_settings_cfg(const SiteSettings *settings)
{
    return &settings->cfg;
}

void site_settings_connected(SiteSettings *settings)
{
    pg_reload_anew(settings->reload);
}

void site_settings_changed(SiteSettings *settings)
{
    pg_reload_soon(settings->reload);
}
