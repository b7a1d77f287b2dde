/* The one site that a tool works on, with the settings that are in force there. */
#ifndef QUERY_SITE_H
#define QUERY_SITE_H

#include "site/database.h"

typedef struct QuerySite {
    SiteDatabase database;
    Cfg cfg;
} QuerySite;

/* `wanted`, or where that is NULL the site of the settings. BP_NOT_FOUND: the database has no such site;
 * otherwise as site_database_open. To be closed in any case. */
BpStatus query_site_open(QuerySite *site, const Cfg *cfg, const char *wanted, BpArena *arena,
                         BpError *err) BP_CHECKED;
void query_site_close(QuerySite *site);

/* Its site_id, for statements. */
PgValue query_site_value(const QuerySite *site);

#endif
