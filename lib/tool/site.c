#include "tool/site.h"

#include "site/settings.h"

#include <stdio.h>

static void tell_wrong_setting(const BpError *wrong)
{
    fprintf(stderr, "table setting: %s\n", wrong->text);
}

enum { SITE_ID, IS_REMOTE = 3 }; /* columns of select_sites.sql */

typedef struct Elsewhere {
    BpArena *arena;
    const char *wanted, *only;
    bool is_wanted; /* the one that is wanted is elsewhere */
    size_t count;
    BpBuf list;
} Elsewhere;

static void look_at(void *context, const PgRows *rows, size_t row)
{
    Elsewhere *elsewhere = context;
    const BpStr site_id = pg_get_text(rows, row, SITE_ID);
    if (!pg_get_bool(rows, row, IS_REMOTE))
        return;
    if (elsewhere->wanted && bp_str_equal(site_id, bp_str(elsewhere->wanted)))
        elsewhere->is_wanted = true;
    elsewhere->only = bp_arena_text(elsewhere->arena, site_id);
    bp_buf_printf(&elsewhere->list, "%s%.*s", elsewhere->count++ ? ", " : "", BP_STR_ARGS(site_id));
}

BpStatus tool_site_choose(SiteDatabase *database, const char *wanted, BpArena *arena, Cfg *cfg,
                          bool *ret_is_elsewhere, BpError *err)
{
    char listed[BP_ERROR_TEXT_MAX / 2];
    Elsewhere elsewhere = {.arena = arena, .wanted = wanted, .list = bp_buf(listed, sizeof listed)};
    if (wanted)
        cfg->site = wanted;
    BP_TRY(site_database_ask(database, SQL_SELECT_SITES, NULL, 0, look_at, &elsewhere, err));
    if (!wanted && elsewhere.count > 1)
        return bp_fail(err, BP_INVALID, "of which site? --site says it; this central has: %.*s",
                       BP_STR_ARGS(bp_buf_text(&elsewhere.list)));
    if (!wanted && elsewhere.count == 1)
        cfg->site = elsewhere.only;
    *ret_is_elsewhere = elsewhere.is_wanted || (!wanted && elsewhere.count == 1);
    return site_database_check_site(database, cfg->site, err);
}

BpStatus tool_site_open(ToolSite *site, const Cfg *cfg, const char *wanted, BpArena *arena, BpError *err)
{
    const SiteSettingsWish wish = {.on_wrong = tell_wrong_setting};
    *site = (ToolSite){.cfg = *cfg};
    BP_TRY(site_database_open(&site->database, cfg, arena, err));
    BP_TRY(tool_site_choose(&site->database, wanted, arena, &site->cfg, &site->is_elsewhere, err));
    return site_settings_read(&site->database, &wish, arena, &site->cfg, err);
}

void tool_site_close(ToolSite *site)
{
    site_database_close(&site->database);
}

BpStatus tool_site_check_here(const ToolSite *site, const char *what, BpError *err)
{
    return site->is_elsewhere
               ? bp_fail(err, BP_REFUSED,
                         "this is the central of site %s, which keeps its %s itself: say it there",
                         site->cfg.site, what)
               : BP_OK;
}

PgValue tool_site_value(const ToolSite *site)
{
    return pg_text(bp_str(site->cfg.site));
}
