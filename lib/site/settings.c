#include "site/settings.h"

#include "base/log.h"
#include "base/time.h"
#include "io/pg/reload.h"

#include <stdlib.h>

struct SiteSettings {
    Loop *loop;
    Pg *pg;
    const Cfg *file;
    Cfg cfg;
    BpArena arena; /* of the texts of `cfg` that are not the file's */
    PgReload *reload;
    const PgRows *rows; /* while on_read is called */
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

static void take(SiteSettings *settings, const PgRows *rows)
{
    apply(settings, rows);
    settings->rows = rows;
    settings->on_read(settings->owner);
    settings->rows = NULL;
}

static void on_rows(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    SiteSettings *settings = context;
    if (pg_reload_answered(settings->reload, status))
        bp_log(BP_LOG_WARNING, "reading table setting: %s; it is read again", err->text);
    if (status == BP_OK)
        take(settings, rows);
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

const PgRows *site_settings_rows(const SiteSettings *settings)
{
    return settings->rows;
}

void site_settings_recall(SiteSettings *settings, const PgRows *rows)
{
    take(settings, rows);
}

void site_settings_connected(SiteSettings *settings)
{
    pg_reload_anew(settings->reload);
}

void site_settings_changed(SiteSettings *settings)
{
    pg_reload_soon(settings->reload);
}

/* ---- for tools ---- */

/* What is under way: `cfg` gets the rows, one after the other. */
typedef struct Once {
    const SiteSettingsWish *wish;
    BpArena *arena;
    Cfg *cfg;
} Once;

static bool is_set(const char *const *sets, BpStr name)
{
    for (; sets && *sets; sets++) {
        BpStr value;
        if (bp_str_equal(bp_str_trim(bp_str_cut(bp_str(*sets), '=', &value)), name))
            return true;
    }
    return false;
}

static void apply_row(void *context, const PgRows *rows, size_t row)
{
    const Once *once = context;
    const BpStr name = pg_get_text(rows, row, 0);
    BpError wrong;
    if (is_set(once->wish->sets, name))
        return;
    if (cfg_apply(once->cfg, once->arena, name, pg_get_text(rows, row, 1), &wrong) == BP_OK) {
        if (once->wish->origins)
            once->wish->origins[cfg_find(name) - cfg_settings] = SITE_SETTINGS_ORIGIN;
    } else if (once->wish->on_wrong) {
        once->wish->on_wrong(&wrong);
    }
}

BpStatus site_settings_read(SiteDatabase *database, const SiteSettingsWish *wish, BpArena *arena, Cfg *cfg,
                            BpError *err)
{
    Once once = {wish, arena, cfg};
    const PgValue site = pg_text(bp_str(cfg->site));
    return site_database_ask(database, SQL_SELECT_SETTINGS, &site, 1, apply_row, &once, err);
}

/* A server that is there says so at once; one behind a wall that says nothing keeps nobody waiting. */
#define IN_PASSING_US (2 * BP_SECOND)

BpStatus site_settings_read_in_passing(const SiteSettingsWish *wish, BpArena *arena, Cfg *cfg, BpError *err)
{
    SiteDatabase database;
    BpStatus status = site_database_try(&database, cfg, IN_PASSING_US, arena, err);
    if (status == BP_OK)
        status = site_settings_read(&database, wish, arena, cfg, err);
    site_database_close(&database);
    return status;
}
