#include "site/site.h"

#include "base/log.h"

#include <jansson.h>
#include <string.h>

SiteChange site_notice_read(const char *payload, const char *site)
{
    static const struct {
        const char *table;
        SiteChange change;
    } tables[] = {
        {"setting", SITE_SETTING_CHANGED},     {"mqtt_config", SITE_BROKER_CHANGED},
        {"mqtt_account", SITE_BROKER_CHANGED}, {"device", SITE_POINTS_CHANGED},
        {"point", SITE_POINTS_CHANGED},        {"central_link", SITE_LINK_CHANGED},
    };
    const char *whose = "", *table = "";
    json_auto_t *notice = json_loads(payload, 0, NULL);
    if (!notice || json_unpack(notice, "{s:s, s:s}", "site", &whose, "table", &table) != 0 ||
        strcmp(whose, site) != 0)
        return SITE_NOTHING_CHANGED;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (strcmp(table, tables[i].table) == 0)
            return tables[i].change;
    return SITE_OTHER_CHANGED;
}

static void on_made(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)context, (void)rows;
    if (status != BP_OK && status != BP_UNAVAILABLE)
        bp_log(BP_LOG_ERROR, "naming the site: %s; has `bacpipes migrate` been run?", err->text);
}

void site_make(Pg *pg, const char *site)
{
    const PgValue value = pg_text(bp_str(site));
    pg_request(pg, SQL_UPSERT_SITE, &value, 1, on_made, NULL);
}
