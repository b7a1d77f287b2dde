#include "tool/site.h"

#include "site/settings.h"

#include <stdio.h>

static void tell_wrong_setting(const BpError *wrong)
{
    fprintf(stderr, "table setting: %s\n", wrong->text);
}

BpStatus tool_site_open(ToolSite *site, const Cfg *cfg, const char *wanted, BpArena *arena, BpError *err)
{
    const SiteSettingsWish wish = {.on_wrong = tell_wrong_setting};
    *site = (ToolSite){.cfg = *cfg};
    if (wanted)
        site->cfg.site = wanted;
    BP_TRY(site_database_open(&site->database, cfg, arena, err));
    BP_TRY(site_database_check_site(&site->database, site->cfg.site, err));
    return site_settings_read(&site->database, &wish, arena, &site->cfg, err);
}

void tool_site_close(ToolSite *site)
{
    site_database_close(&site->database);
}

PgValue tool_site_value(const ToolSite *site)
{
    return pg_text(bp_str(site->cfg.site));
}
