/* bacpipes migrate: brings a database's schema up to date, one migration a transaction. Safe to run twice and
 * at once: an advisory lock lets one run at a time, and what was applied is remembered with a checksum of its
 * text. */
#include "apps/migrate/engine.h"
#include "apps/migrate/rights.h"
#include "apps/migrate/settings.h"
#include "apps/roles.h"
#include "base/log.h"
#include "base/time.h"
#include "io/pg/settings.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "site/database.h"
#include "sql/migrations.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t CONNECT_PATIENCE_US = 30 * BP_SECOND;
enum { CHECKSUM_LENGTH = 64 }; /* SHA-256, in hexadecimal digits */

typedef struct Migrate {
    const Cfg *cfg;
    Pg *pg;
    BpArena arena;
    bool is_json;
    bool is_status; /* only say what would be done */
    size_t applied_count;
    struct {
        const char *name, *checksum;
    } applied[SQL_MIGRATION_COUNT];
    size_t unknown_count;
    const char *unknown; /* a migration that this program does not know */
    const char *checksum;
    const char *planted; /* what a role of ours defined for others to come across; NULL: nothing */
    bool has_migrations; /* the table of what was applied is there */
    bool has_roles;
    const char *account;
    Engine engine;
    json_t *report;  /* of each migration */
    bool is_waiting; /* for the database, which has been said */
} Migrate;

static int find_migration(BpStr name)
{
    for (int i = 0; i < SQL_MIGRATION_COUNT; i++)
        if (bp_str_equal(name, bp_str(sql_migration_name((SqlMigration)i))))
            return i;
    return -1;
}

static void keep_applied(void *context, const PgRows *rows, size_t row)
{
    Migrate *migrate = context;
    const BpStr name = pg_get_text(rows, row, 0);
    const int i = find_migration(name);
    if (i < 0) {
        migrate->unknown = bp_arena_text(&migrate->arena, name);
        migrate->unknown_count++;
        return;
    }
    migrate->applied[i].name = bp_arena_text(&migrate->arena, name);
    migrate->applied[i].checksum = bp_arena_text(&migrate->arena, pg_get_text(rows, row, 1));
    migrate->applied_count++;
}

static void keep_checksum(void *context, const PgRows *rows, size_t row)
{
    Migrate *migrate = context;
    migrate->checksum = bp_arena_text(&migrate->arena, pg_get_text(rows, row, 0));
}

static void keep_has_migrations(void *context, const PgRows *rows, size_t row)
{
    Migrate *migrate = context;
    migrate->has_migrations = pg_get_bool(rows, row, 0);
}

static void keep_roles(void *context, const PgRows *rows, size_t row)
{
    Migrate *migrate = context;
    migrate->has_roles = pg_get_bool(rows, row, 0);
    migrate->account = bp_arena_text(&migrate->arena, pg_get_text(rows, row, 1));
}

static BpStatus read_applied(Migrate *migrate, BpError *err)
{
    static const char table[] =
        "create table if not exists public.schema_migration (name text primary key, checksum text not null, "
        "applied_at timestamptz not null default now())";
    if (!migrate->is_status)
        BP_TRY(pg_wait_text(migrate->pg, bp_str(table), err));
    BP_TRY(pg_wait(migrate->pg, SQL_SELECT_HAS_MIGRATIONS, NULL, 0, keep_has_migrations, migrate, err));
    if (migrate->has_migrations)
        BP_TRY(pg_wait(migrate->pg, SQL_SELECT_MIGRATIONS, NULL, 0, keep_applied, migrate, err));
    if (migrate->unknown)
        return bp_fail(err, BP_UNSUPPORTED,
                       "the database is newer than this program: it has %s, which is unknown here; install "
                       "the newer bacpipes",
                       migrate->unknown);
    return BP_OK;
}

/* The text and its entry in one transaction: both or neither. */
static BpStatus apply(Migrate *migrate, SqlMigration migration, BpError *err)
{
    const char *name = sql_migration_name(migration);
    BpBuf sql = bp_buf_growing(4 * 1024 * 1024);
    bp_buf_printf(&sql,
                  "begin;\nset local search_path = public, pg_temp;\nset local bacpipes.engine = %s;\n%s;\n"
                  "insert into public.schema_migration (name, checksum) values ('%s', '%s');\ncommit",
                  migrate->engine.name, sql_migration_text(migration), name, migrate->checksum);
    const BpStatus status = pg_wait_text(migrate->pg, bp_buf_text(&sql), err);
    bp_buf_done(&sql);
    return status == BP_OK ? BP_OK : bp_within(err, "%s", name);
}

static void tell(Migrate *migrate, const char *name, const char *what)
{
    if (migrate->is_json)
        json_array_append_new(migrate->report, json_pack("{s:s, s:s}", "migration", name, "state", what));
    else
        printf("%-32s %s\n", name, what);
}

/* A migration's text may name the checksum of an earlier one that came to the same. */
static bool names_checksum(SqlMigration migration, const char *checksum)
{
    return strlen(checksum) == CHECKSUM_LENGTH && strstr(sql_migration_text(migration), checksum);
}

static BpStatus migrate_one(Migrate *migrate, SqlMigration migration, BpError *err)
{
    const char *name = sql_migration_name(migration);
    const PgValue text = pg_text(bp_str(sql_migration_text(migration)));
    BP_TRY(pg_wait(migrate->pg, SQL_SELECT_CHECKSUM, &text, 1, keep_checksum, migrate, err));
    const char *before = migrate->applied[migration].checksum;
    if (before && strcmp(before, migrate->checksum) != 0 && !names_checksum(migration, before))
        return bp_fail(err, BP_CONFLICT,
                       "%s was applied with another text than it has here (%.12s..., now %.12s...): "
                       "migrations are never edited "
                       "once released",
                       name, before, migrate->checksum);
    if (before || migrate->is_status) {
        tell(migrate, name, before ? "applied" : "pending");
        return BP_OK;
    }
    BP_TRY(apply(migrate, migration, err));
    tell(migrate, name, "applied now");
    return BP_OK;
}

/* The engine's functions and the rights of each role, anew each time: a database that was restored elsewhere
 * has no rights. */
static BpStatus settle(Migrate *migrate, BpError *err)
{
    if (engine_settle(migrate->pg, &migrate->engine, err) != BP_OK ||
        pg_wait(migrate->pg, SQL_SELECT_ROLES, NULL, 0, keep_roles, migrate, err) != BP_OK)
        return bp_within(err, "functions and rights");
    if (!migrate->has_roles)
        bp_log(BP_LOG_NOTICE,
               "%s may not make roles in this database, so it owns all tables: everything works with "
               "database.user = %s",
               migrate->account, migrate->account);
    return BP_OK;
}

/* Rows that are this program's to say, each time: it is what reads them from now on. Takes the reference. */
static BpStatus tell_rows(Migrate *migrate, SqlQuery query, json_t *rows, const char *what, BpError *err)
{
    char *text = json_dumps(rows, JSON_COMPACT);
    const PgValue value = pg_text(bp_str(text));
    const BpStatus status = pg_wait(migrate->pg, query, &value, 1, NULL, NULL, err);
    free(text);
    json_decref(rows);
    return status == BP_OK ? BP_OK : bp_within(err, "telling the database which %s there are", what);
}

static void keep_planted(void *context, const PgRows *rows, size_t row)
{
    Migrate *migrate = context;
    migrate->planted = bp_arena_text(&migrate->arena, pg_get_text(rows, row, 0));
}

/* We may be a superuser: what others defined is not run. Names mean PostgreSQL's own, and ours are qualified
 * or in a schema in which no role of ours makes anything; earlier versions let two of them. */
static BpStatus trust_nobody(Migrate *migrate, BpError *err)
{
    BP_TRY(pg_wait_text(migrate->pg, bp_str("set search_path = pg_catalog, pg_temp"), err));
    BP_TRY(pg_wait(migrate->pg, SQL_SELECT_PLANTED, NULL, 0, keep_planted, migrate, err));
    if (migrate->planted)
        return bp_fail(err, BP_REFUSED,
                       "%s would run with the rights of this account: nothing is migrated. BacPipes makes no "
                       "such thing; find out who did, then drop it",
                       migrate->planted);
    return BP_OK;
}

/* It may be about to start; somebody who named the wrong folder is told that we wait, and for what. */
static void on_lost(void *owner, const BpError *why)
{
    Migrate *migrate = owner;
    uint8_t memory[BP_ERROR_TEXT_MAX];
    BpBuf hint = bp_buf(memory, sizeof memory);
    if (migrate->is_waiting)
        return;
    migrate->is_waiting = true;
    site_database_hint(migrate->cfg, &hint);
    bp_log(BP_LOG_NOTICE, "waiting up to %d s for the database: %s; %.*s",
           (int)(CONNECT_PATIENCE_US / BP_SECOND), why->text, BP_STR_ARGS(bp_buf_text(&hint)));
}

static BpStatus migrate_all(Migrate *migrate, BpError *err)
{
    BP_TRY(pg_wait_connected(migrate->pg, CONNECT_PATIENCE_US, err));
    BP_TRY(trust_nobody(migrate, err));
    if (!migrate->is_status)
        BP_TRY(pg_wait(migrate->pg, SQL_LOCK_MIGRATIONS, NULL, 0, NULL, NULL, err));
    BP_TRY(engine_choose(migrate->pg, &migrate->arena, migrate->cfg->history_engine, migrate->is_status,
                         &migrate->engine, err));
    BP_TRY(read_applied(migrate, err));
    for (int i = 0; i < SQL_MIGRATION_COUNT; i++)
        BP_TRY(migrate_one(migrate, (SqlMigration)i, err));
    if (migrate->is_status)
        return BP_OK;
    BP_TRY(tell_rows(migrate, SQL_UPSERT_SETTING_KINDS, migrate_settings_json(), "settings", err));
    BP_TRY(tell_rows(migrate, SQL_UPSERT_ROLE_RIGHTS, migrate_rights_json(), "rights", err));
    return settle(migrate, err);
}

/* How readings are kept, last, and in JSON with all that was told before. */
static void tell_engine(const Migrate *migrate)
{
    const Engine *engine = &migrate->engine;
    if (migrate->is_json) {
        say_json_print(json_pack("{s:{s:s, s:s?, s:b, s:b}, s:O}", "engine", "name", engine->name, "version",
                                 engine->version, "is_there", engine->is_there, "is_compressed",
                                 engine->is_compressed, "migrations", migrate->report));
        return;
    }
    printf("%-32s %s%s%s%s%s\n", "engine", engine->name, engine->version ? " " : "",
           engine->version ? engine->version : "",
           !engine->version || !engine->is_there ? ""
           : engine->is_compressed               ? ", compressed"
                                                 : ", not compressed",
           engine->is_there ? "" : ", chosen for the new database");
}

static int run(Migrate *migrate, const Cfg *cfg)
{
    BpError err = {0};
    PgOptions options;
    if (pg_settings_options(cfg, PG_ADMIN, "bacpipes migrate", &migrate->arena, &options, &err) != BP_OK)
        return say_fail_with(EX_CONFIG, "bacpipes migrate", bp_str(err.text));
    migrate->cfg = cfg;
    options.owner = migrate;
    options.on_lost = on_lost;
    Loop *loop = loop_new();
    migrate->pg = pg_new(loop, &options);
    migrate->report = json_array();
    const BpStatus status = migrate_all(migrate, &err);
    if (status == BP_OK)
        tell_engine(migrate);
    json_decref(migrate->report);
    pg_free(migrate->pg);
    loop_free(loop);
    if (status == BP_OK)
        return EX_OK;
    return say_fail_with(status == BP_UNAVAILABLE ? EX_UNAVAILABLE : EX_SOFTWARE, "bacpipes migrate",
                         bp_str(err.text));
}

int migrate_main(int argc, char **argv)
{
    Migrate migrate = {0};
    const CfgOption options[] = {
        {.name = "status",
         .meaning = "Say what is applied and what is pending, and change nothing",
         .flag = &migrate.is_status},
        {0},
    };
    const CfgCommand command = {
        .name = "bacpipes migrate",
        .summary =
            "Brings the database's tables up to date. Running it again, or twice at once, does no harm.",
        .options = options,
        .offers_json = true,
        .details = "How readings are kept is decided when sensor_readings is made: by setting "
                   "history.engine, and in "
                   "TimescaleDB\nwhere that can be had (docs/operating.md).\n"
                   "Exit codes: 0 up to date; 64 wrong use; 69 the database is away, or TimescaleDB is asked "
                   "for and "
                   "cannot be had; "
                   "70 a migration\nfailed, and changed nothing; 78 a setting is wrong.\n",
        .examples = "bacpipes migrate\nbacpipes migrate --status --json\nbacpipes migrate --set "
                    "history.engine=native",
    };
    CfgArguments arguments;
    Cfg cfg;
    int code = say_begin(&command, argc, argv, &migrate.arena, &arguments, &cfg);
    if (code == SAY_GO_ON) {
        migrate.is_json = arguments.json;
        code = run(&migrate, &cfg);
    }
    bp_arena_done(&migrate.arena);
    return code;
}
