#include "apps/migrate/engine.h"

#include "base/log.h"

#include <assert.h>
#include <string.h>

static const char how_to_preload[] = "set shared_preload_libraries = 'timescaledb' in its postgresql.conf "
                                     "and restart it (`bacpipes up` does that "
                                     "for a PostgreSQL of its own)";

/* What the database and its server say. Texts are "" where there is nothing. */
typedef struct Found {
    BpArena *arena;
    const char *kind;      /* of sensor_readings, as pg_class.relkind */
    const char *made;      /* version of the extension in this database */
    const char *installed; /* version beside this server */
    bool is_loaded;        /* by this server */
    bool is_hypertable, is_compressed;
} Found;

static void keep_found(void *context, const PgRows *rows, size_t row)
{
    Found *found = context;
    found->kind = bp_arena_text(found->arena, pg_get_text(rows, row, 0));
    found->made = bp_arena_text(found->arena, pg_get_text(rows, row, 1));
    found->installed = bp_arena_text(found->arena, pg_get_text(rows, row, 2));
    found->is_loaded = pg_get_bool(rows, row, 3);
}

static void keep_hypertable(void *context, const PgRows *rows, size_t row)
{
    Found *found = context;
    found->is_hypertable = pg_get_bool(rows, row, 0);
    found->is_compressed = pg_get_bool(rows, row, 1);
}

static bool is_native(const Engine *engine)
{
    return strcmp(engine->name, "native") == 0;
}

/* ---- a database that has readings ---- */

static BpStatus know_hypertable(Pg *pg, Found *found, BpError *err)
{
    if (*found->made && !found->is_loaded)
        return bp_fail(err, BP_UNAVAILABLE,
                       "the readings of this database are kept by TimescaleDB %s, which its server has not "
                       "loaded: %s%s",
                       found->made, *found->installed ? "" : "install TimescaleDB for this PostgreSQL, ",
                       how_to_preload);
    if (*found->made && pg_wait(pg, SQL_SELECT_HYPERTABLE, NULL, 0, keep_hypertable, found, err) != BP_OK)
        return bp_within(err, "asking TimescaleDB %s", found->made);
    if (!found->is_hypertable)
        return bp_fail(
            err, BP_INVALID,
            "sensor_readings is neither partitioned nor a hypertable of TimescaleDB: somebody made it "
            "anew, or dropped the extension and the readings with it. Bring the database back from a "
            "backup, or begin with a new one");
    return BP_OK;
}

static BpStatus know(Pg *pg, const char *wish, Found *found, Engine *ret_engine, BpError *err)
{
    *ret_engine = (Engine){.name = "native", .is_there = true};
    if (strcmp(found->kind, "p") != 0) {
        BP_TRY(know_hypertable(pg, found, err));
        *ret_engine = (Engine){.name = "timescaledb",
                               .version = found->made,
                               .is_there = true,
                               .is_compressed = found->is_compressed};
    }
    if (strcmp(wish, "auto") != 0 && strcmp(wish, ret_engine->name) != 0)
        bp_log(BP_LOG_NOTICE,
               "history.engine = %s is for new databases: this one keeps its readings as it does, %s", wish,
               is_native(ret_engine) ? "in native partitions" : "by TimescaleDB");
    return BP_OK;
}

/* ---- a new one ---- */

/* Why TimescaleDB cannot be had here is in `err`. */
static BpStatus get_timescaledb(Pg *pg, const Found *found, bool is_status, BpError *err)
{
    if (!*found->installed)
        return bp_fail(err, BP_UNAVAILABLE,
                       "TimescaleDB is not installed beside this PostgreSQL (Debian has no package of it, "
                       "timescale.com does)");
    if (!found->is_loaded)
        return bp_fail(err, BP_UNAVAILABLE,
                       "TimescaleDB %s is installed, but the server has not loaded it: %s", found->installed,
                       how_to_preload);
    if (is_status || *found->made)
        return BP_OK;
    const BpStatus status =
        pg_wait_text(pg, bp_str("create extension if not exists timescaledb with schema public"), err);
    return status == BP_OK ? BP_OK : bp_within(err, "making the extension timescaledb");
}

static BpStatus choose(Pg *pg, const char *wish, const Found *found, bool is_status, Engine *ret_engine,
                       BpError *err)
{
    *ret_engine = (Engine){.name = "native"};
    if (strcmp(wish, "native") == 0)
        return BP_OK;
    BpError why;
    if (get_timescaledb(pg, found, is_status, &why) == BP_OK) {
        ret_engine->name = "timescaledb";
        ret_engine->version = *found->made ? found->made : found->installed;
        return BP_OK;
    }
    if (strcmp(wish, "timescaledb") == 0)
        return bp_fail(err, BP_UNAVAILABLE, "history.engine = timescaledb: %s. Nothing was made", why.text);
    if (*found->installed)
        bp_log(BP_LOG_NOTICE, "readings are kept in native partitions: %s", why.text);
    return BP_OK;
}

BpStatus engine_choose(Pg *pg, BpArena *arena, const char *wish, bool is_status, Engine *ret_engine,
                       BpError *err)
{
    assert(pg && arena && wish && ret_engine);
    Found found = {.arena = arena};
    BP_TRY(pg_wait(pg, SQL_SELECT_ENGINE, NULL, 0, keep_found, &found, err));
    return *found.kind ? know(pg, wish, &found, ret_engine, err)
                       : choose(pg, wish, &found, is_status, ret_engine, err);
}

/* ---- its functions ---- */

/* What migration 0002 could make of a new one. */
static BpStatus look_at_new(Pg *pg, Engine *engine, BpError *err)
{
    Found found = {0};
    if (engine->is_there || is_native(engine))
        return BP_OK;
    BP_TRY(pg_wait(pg, SQL_SELECT_HYPERTABLE, NULL, 0, keep_hypertable, &found, err));
    engine->is_compressed = found.is_compressed;
    if (!engine->is_compressed)
        bp_log(BP_LOG_NOTICE, "readings are not compressed: this TimescaleDB is under the Apache licence, "
                              "and compression is of "
                              "the Timescale licence. All else works");
    return BP_OK;
}

BpStatus engine_settle(Pg *pg, Engine *engine, BpError *err)
{
    BpBuf sql = bp_buf_growing(1024 * 1024);
    bp_buf_printf(&sql, "begin;\nset local search_path = public, pg_temp;\n%s;\n%s;\ncommit",
                  sql_query_text(is_native(engine) ? SQL_NATIVE : SQL_TIMESCALEDB),
                  sql_query_text(SQL_RIGHTS));
    const BpStatus status = pg_wait_text(pg, bp_buf_text(&sql), err);
    bp_buf_done(&sql);
    BP_TRY(status);
    BP_TRY(look_at_new(pg, engine, err));
    engine->is_there = true;
    return BP_OK;
}
