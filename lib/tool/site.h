/* The one site that a tool works on, with the settings that are in force there. */
#ifndef TOOL_SITE_H
#define TOOL_SITE_H

#include "site/database.h"

typedef struct ToolSite {
    SiteDatabase database;
    Cfg cfg;
} ToolSite;

/* `wanted`, or where that is NULL the site of the settings. BP_NOT_FOUND: the database has no such site;
 * otherwise as site_database_open. To be closed in any case. */
BpStatus tool_site_open(ToolSite *site, const Cfg *cfg, const char *wanted, BpArena *arena,
                        BpError *err) BP_CHECKED;
void tool_site_close(ToolSite *site);

/* Its site_id, for statements. */
PgValue tool_site_value(const ToolSite *site);

#endif
