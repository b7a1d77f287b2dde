/* The one site that a tool works on, with the settings that are in force there. */
#ifndef TOOL_SITE_H
#define TOOL_SITE_H

#include "site/database.h"

typedef struct ToolSite {
    SiteDatabase database;
    Cfg cfg;
    bool is_elsewhere; /* the database is central's: what is changed there is asked of the site */
} ToolSite;

/* Which site is meant: `wanted`, or where that is NULL the site of the settings, or of a central the only one
 * that it has. It is in cfg->site then. BP_NOT_FOUND: the database has no such site; BP_INVALID: it is a
 * central's, and has several. Both say which there are. */
BpStatus tool_site_choose(SiteDatabase *database, const char *wanted, BpArena *arena, Cfg *cfg,
                          bool *ret_is_elsewhere, BpError *err) BP_CHECKED;

/* Opens the database and chooses; otherwise as site_database_open. To be closed in any case. */
BpStatus tool_site_open(ToolSite *site, const Cfg *cfg, const char *wanted, BpArena *arena,
                        BpError *err) BP_CHECKED;
void tool_site_close(ToolSite *site);

/* BP_REFUSED: the site is elsewhere, and keeps its `what` ("rules") there. */
BpStatus tool_site_check_here(const ToolSite *site, const char *what, BpError *err) BP_CHECKED;

/* Its site_id, for statements. */
PgValue tool_site_value(const ToolSite *site);

#endif
