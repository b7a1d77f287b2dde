#include "site/database.h"

#include "base/time.h"
#include "io/pg/settings.h"
#include "site/person.h"

#define CONNECT_PATIENCE_US (10 * BP_SECOND)
enum { HINT_MAX = 4200 }; /* a data folder's name and a sentence */

static void on_lost(void *owner, const BpError *why)
{
    SiteDatabase *database = owner;
    database->lost = *why;
}

/* Debian's own server has its socket there: `bacpipes up` never has. */
static bool is_the_systems(const char *host)
{
    return strncmp(host, "/var/run/postgresql", strlen("/var/run/postgresql")) == 0 ||
           strncmp(host, "/run/postgresql", strlen("/run/postgresql")) == 0;
}

void site_database_hint(const Cfg *cfg, BpBuf *out)
{
    const char *host = cfg->database_host;
    if (*host && (*host != '/' || is_the_systems(host)))
        bp_buf_printf(out, "settings database.* say where it is");
    else
        bp_buf_printf(out, "is `bacpipes up` running? --data says whose to ask, now %s", cfg->data_folder);
}

static BpStatus tell_away(const SiteDatabase *database, const Cfg *cfg, BpError *err)
{
    const char *reason = database->lost.status != BP_OK ? database->lost.text : "it does not answer";
    if (strstr(reason, "role \"") && strstr(reason, "does not exist"))
        return bp_fail(
            err, BP_UNAVAILABLE,
            "the database has no such account: %s; `bacpipes migrate` makes those of the programs, or "
            "database.user names one for all",
            reason);
    char memory[HINT_MAX];
    BpBuf hint = bp_buf(memory, sizeof memory);
    site_database_hint(cfg, &hint);
    const BpStr text = bp_buf_text(&hint);
    return bp_fail(err, BP_UNAVAILABLE, "the database is away: %.*s (%s)", BP_STR_ARGS(text), reason);
}

static BpStatus try_as(SiteDatabase *database, const Cfg *cfg, PgAccount account, int64_t patience_us,
                       BpArena *arena, BpError *err)
{
    *database = (SiteDatabase){0};
    PgOptions options;
    const BpStatus status = pg_settings_options(cfg, account, "bacpipes tools", arena, &options, err);
    if (status != BP_OK)
        return status;
    options.owner = database;
    options.person = site_person();
    options.on_lost = on_lost;
    database->loop = loop_new();
    database->pg = pg_new(database->loop, &options);
    const int64_t until_us = loop_now_us(database->loop) + patience_us;
    int64_t left_us;
    while (!pg_is_connected(database->pg) && database->lost.status == BP_OK &&
           (left_us = until_us - loop_now_us(database->loop)) > 0)
        loop_run_once(database->loop, left_us);
    return pg_is_connected(database->pg) ? BP_OK : tell_away(database, cfg, err);
}

BpStatus site_database_try(SiteDatabase *database, const Cfg *cfg, int64_t patience_us, BpArena *arena,
                           BpError *err)
{
    return try_as(database, cfg, PG_OWNER, patience_us, arena, err);
}

BpStatus site_database_open(SiteDatabase *database, const Cfg *cfg, BpArena *arena, BpError *err)
{
    return try_as(database, cfg, PG_OWNER, CONNECT_PATIENCE_US, arena, err);
}

BpStatus site_database_open_as(SiteDatabase *database, const Cfg *cfg, PgAccount account, BpArena *arena,
                               BpError *err)
{
    return try_as(database, cfg, account, CONNECT_PATIENCE_US, arena, err);
}

void site_database_close(SiteDatabase *database)
{
    if (!database->loop)
        return;
    pg_free(database->pg);
    loop_free(database->loop);
    *database = (SiteDatabase){0};
}

/* To a tool it is all the same whether a value or a statement is refused. */
static BpStatus explained(BpStatus status, BpError *err)
{
    if (status == BP_INVALID || status == BP_NOT_FOUND)
        status = err->status = BP_REFUSED;
    if (status != BP_REFUSED || !strstr(err->text, "does not exist"))
        return status;
    err->status = BP_UNAVAILABLE;
    return bp_within(err, "the database is not up to date, `bacpipes migrate` mends that");
}

BpStatus site_database_ask(SiteDatabase *database, SqlQuery query, const PgValue *values, size_t count,
                           void (*each)(void *context, const PgRows *rows, size_t row), void *context,
                           BpError *err)
{
    return explained(pg_wait(database->pg, query, values, count, each, context, err), err);
}

typedef struct Sites {
    const char *wanted;
    bool is_there;
    size_t count;
    BpBuf list;
} Sites;

static void add_site(void *context, const PgRows *rows, size_t row)
{
    Sites *sites = context;
    const BpStr site_id = pg_get_text(rows, row, 0);
    sites->is_there = sites->is_there || bp_str_equal(site_id, bp_str(sites->wanted));
    bp_buf_printf(&sites->list, "%s%.*s", sites->count++ ? ", " : "", BP_STR_ARGS(site_id));
}

BpStatus site_database_check_site(SiteDatabase *database, const char *wanted, BpError *err)
{
    char listed[BP_ERROR_TEXT_MAX / 2];
    Sites sites = {.wanted = wanted, .list = bp_buf(listed, sizeof listed)};
    if (!wanted)
        return BP_OK;
    const BpStatus status = site_database_ask(database, SQL_SELECT_SITES, NULL, 0, add_site, &sites, err);
    if (status != BP_OK || sites.is_there)
        return status;
    if (sites.count == 0)
        return bp_fail(err, BP_NOT_FOUND,
                       "the database has no site yet: `bacpipes up` makes that of the settings");
    const BpStr has = bp_buf_text(&sites.list);
    return bp_fail(err, BP_NOT_FOUND, "the database has no site \"%s\", it has: %.*s", wanted,
                   BP_STR_ARGS(has));
}

BpStatus site_database_change(SiteDatabase *database, const PgStep *steps, size_t count, BpError *err)
{
    return explained(pg_wait_transaction(database->pg, steps, count, err), err);
}
