/* The private PostgreSQL: made once, configured at each start, listening on loopback alone. And ports. */
#include "apps/up/up.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/time.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    POSTGRESQL_OLDEST = 15,
    FIRST_DATABASE_PORT = 54320,
    STARTS_MAX = 4, /* in vain: within 7 s. One that was killed may be about to end */
};
/* Of a session at a central: a site may ask for a statement of a GB, and more to sort it. */
static const int64_t SESSION_MEMORY = 1024LL * 1024 * 1024;
static const int64_t READY_PATIENCE_US = 60 * BP_SECOND;

/* ---- PostgreSQL ---- */

/* The newest of Debian's, such as /usr/lib/postgresql/15/bin. */
BpStatus up_find_database(Up *up, BpError *err)
{
    glob_t found;
    int64_t newest = 0;
    if (glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            BpStr rest;
            int64_t version;
            const BpStr number =
                bp_str_cut(bp_str(found.gl_pathv[i] + strlen("/usr/lib/postgresql/")), '/', &rest);
            if (bp_parse_i64(number, 1, 1000, &version, NULL) == BP_OK && version > newest)
                newest = version;
        }
        globfree(&found);
    }
    if (newest < POSTGRESQL_OLDEST)
        return bp_fail(err, BP_NOT_FOUND,
                       "PostgreSQL %d or newer is not installed (apt-get install postgresql); or set "
                       "database.host to a server that is there",
                       POSTGRESQL_OLDEST);
    char text[64];
    snprintf(text, sizeof text, "/usr/lib/postgresql/%d/bin", (int)newest);
    up->database.programs = bp_arena_text(&up->arena, bp_str(text));
    snprintf(text, sizeof text, "%d", (int)newest);
    up->database.version = bp_arena_text(&up->arena, bp_str(text));
    return BP_OK;
}

const char *up_program(Up *up, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", up->database.programs, name);
    return bp_arena_text(&up->arena, bp_str(path));
}

/* What is there is not ours to remove: it may be all readings. */
static BpStatus tell_damaged(Up *up, const char *what, BpError *err)
{
    return bp_fail(
        err, BP_INVALID,
        "the database in %s is damaged: PG_VERSION %s; bring the folder back from a backup, or move "
        "it away, and a new and empty one is made",
        up_path(up, "postgresql"), what);
}

static BpStatus check_version(Up *up, BpError *err)
{
    char version[16];
    const BpStatus status = up_read_line(up_path(up, "postgresql/PG_VERSION"), version, sizeof version, err);
    if (status != BP_OK)
        return status;
    if (strcmp(version, up->database.version) == 0)
        return BP_OK;
    if (!*version)
        return tell_damaged(up, "says nothing", err);
    return bp_fail(err, BP_CONFLICT,
                   "%s was made by PostgreSQL %s and this is %s: install postgresql-%s beside it, or carry "
                   "the data over with pg_upgrade",
                   up_path(up, "postgresql"), version, up->database.version, version);
}

static BpStatus make_cluster(Up *up, BpError *err)
{
    const char *folder = up_path(up, "postgresql");
    if (access(up_path(up, "postgresql/PG_VERSION"), F_OK) == 0)
        return check_version(up, err);
    if (errno != ENOENT)
        return bp_fail(err, BP_UNAVAILABLE, "%s/PG_VERSION: %s", folder, bp_errno_text(errno));
    if (rmdir(folder) != 0 && errno != ENOENT) /* an empty one is in nobody's way */
        return errno == ENOTEMPTY || errno == EEXIST
                   ? tell_damaged(up, "is missing", err)
                   : bp_fail(err, BP_UNAVAILABLE, "%s: %s", folder, bp_errno_text(errno));
    up_say(up, "making a database in %s", folder);
    /* Beside its place, for a database that is there is whole. */
    const char *draft = up_path(up, "postgresql.new");
    const char *const clearing[] = {"rm", "-rf", draft, NULL}; /* of a start that was cut short */
    BP_TRY(up_run(up, "initdb", "rm", clearing, err));
    BP_TRY(up_make_folder(draft, err));
    const char *const arguments[] = {up_program(up, "initdb"), /* by its path it finds postgres beside it */
                                     "-D",
                                     draft,
                                     "--username=bacpipes",
                                     "--encoding=UTF8",
                                     "--locale=C.UTF-8",
                                     "--auth=peer",
                                     "--data-checksums",
                                     NULL};
    BP_TRY(up_run(up, "initdb", arguments[0], arguments, err));
    if (rename(draft, folder) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot become %s: %s", draft, folder, bp_errno_text(errno));
    return BP_OK;
}

BpStatus up_choose_port(Up *up, const char *name, int64_t first, int64_t *ret_port, BpError *err)
{
    const char *path = up_path(up, "%s.port", name);
    char text[16];
    int64_t before = 0;
    BpStatus status = up_read_line(path, text, sizeof text, err);
    if (status != BP_OK && status != BP_NOT_FOUND)
        return status;
    if (status == BP_OK && bp_parse_i64(bp_str(text), 1, 65535, &before, NULL) != BP_OK)
        before = 0;
    status = up_free_port(before ? before : first, ret_port, err);
    if (status != BP_OK || *ret_port == before)
        return status;
    if (before)
        up_warn("port %d of the %s is taken by another program: it is %d from now on", (int)before, name,
                (int)*ret_port);
    snprintf(text, sizeof text, "%d\n", (int)*ret_port);
    return up_write_file(path, bp_str(text), err);
}

/* Before each start. Who has sat down at its port meanwhile keeps it: PostgreSQL takes another one, or, once
 * the roles and tools know its name, does with its socket alone. */
static BpStatus prepare_database(Up *up, BpError *err)
{
    int64_t port = up->database.port;
    const bool is_known = up->database.pg;
    up_end_orphans(up);
    const BpStatus status = is_known              ? up_free_port(port, &port, err)
                            : up->wish.is_central ? up_choose_central_port(up, &up->database.port, err)
                                                  : up_choose_port(up, "postgresql", FIRST_DATABASE_PORT,
                                                                   &up->database.port, err);
    const bool has_port = !is_known || port == up->database.port;
    if (!is_known && status != BP_OK)
        return status;
    if (!has_port)
        up_warn("port %d is taken by another program: PostgreSQL has its socket alone, until the next start",
                (int)up->database.port);
    return up_configure_database(up, has_port, err);
}

/* As PostgreSQL tells it: its own process is in the first line of postmaster.pid, how far it is in the
 * eighth. */
static bool is_database_ready(Up *up, const Part *part)
{
    char line[UP_PATH_MAX] = "";
    int64_t pid = 0;
    bool is_ready = false;
    FILE *file = part_is_running(part) ? up_read_file(up_path(up, "postgresql/postmaster.pid"), NULL) : NULL;
    if (!file)
        return false;
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        const BpStr text = bp_str_trim(bp_str(line));
        if (number == 1 && bp_parse_i64(text, 1, INT32_MAX, &pid, NULL) != BP_OK)
            pid = 0;
        is_ready = number == 8 && bp_str_equal(text, bp_str("ready"));
    }
    fclose(file);
    return is_ready && pid == loop_process_pid(part->process);
}

void up_answered(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Up *up = context;
    (void)rows;
    up->database.answer.is_over = true;
    up->database.answer.status = status;
    if (err)
        up->database.answer.err = *err;
}

BpStatus up_wait_for_answer(Up *up, BpError *err)
{
    while (!up->database.answer.is_over)
        if (!up_wait(up, INT64_MAX, err))
            return BP_UNAVAILABLE;
    if (up->database.answer.status != BP_OK)
        *err = up->database.answer.err;
    return up->database.answer.status;
}

void up_request(Up *up, SqlQuery query, const PgValue *values, size_t count, PgDone done)
{
    up->database.answer = (UpAnswer){0};
    pg_request(up->database.pg, query, values, count, done, up);
}

BpStatus up_query(Up *up, SqlQuery query, const PgValue *values, size_t count, BpError *err)
{
    up_request(up, query, values, count, up_answered);
    return up_wait_for_answer(up, err);
}

BpStatus up_query_text(Up *up, BpStr sql, BpError *err)
{
    up->database.answer = (UpAnswer){0};
    pg_request_text(up->database.pg, sql, up_answered, up);
    return up_wait_for_answer(up, err);
}

BpStatus up_connect_database(Up *up, const char *database, const char *user, BpError *err)
{
    const PgOptions options = {.host = up->folder.run,
                               .port = (uint16_t)up->database.port,
                               .database = database,
                               .user = user,
                               .application_name = "bacpipes up"};
    pg_free(up->database.pg);
    up->database.pg = pg_new(up->loop, &options);
    const int64_t until_us = loop_now_us(up->loop) + READY_PATIENCE_US;
    while (!pg_is_connected(up->database.pg))
        if (!up_wait(up, until_us, err))
            return bp_within(err, "the database at %s port %d", up->folder.run, (int)up->database.port);
    return BP_OK;
}

void up_disconnect_database(Up *up)
{
    pg_free(up->database.pg);
    up->database.pg = NULL;
}

/* The database, and the password of those who only read, once the tables are there. */
static BpStatus make_database(Up *up, BpError *err)
{
    BpError exists;
    BP_TRY(up_connect_database(up, "postgres", "bacpipes", err));
    if (up_query_text(up, bp_str("create database bacpipes"), &exists) == BP_OK)
        up_say(up, "made database bacpipes");
    return up_connect_database(up, "bacpipes", "bacpipes", err);
}

static void tell_recovery(const Up *up, const char *path)
{
    char text[32];
    int64_t pid = 0;
    if (up_read_line(path, text, sizeof text, NULL) == BP_OK &&
        bp_parse_i64(bp_str(text), 1, INT32_MAX, &pid, NULL) == BP_OK && kill((pid_t)pid, 0) != 0 &&
        errno == ESRCH)
        up_warn("the database was not shut down properly the last time; it recovers by itself");
}

BpStatus up_start_database(Up *up, BpError *err)
{
    const int64_t begin_us = loop_now_us(up->loop);
    BP_TRY(make_cluster(up, err));
    BP_TRY(part_wait_for_last(up, "PostgreSQL", up_path(up, "postgresql"), err));
    tell_recovery(up, up_path(up, "postgresql/postmaster.pid"));
    BP_TRY(up_choose_preload(up, err));
    const char *postgres = up_program(up, "postgres");
    Part *part = up_add_part(up, &(UpPartOptions){.name = "postgresql",
                                                  .path = postgres,
                                                  .stop_signal = SIGINT, /* a fast shutdown */
                                                  .memory_limit = up->wish.is_central ? SESSION_MEMORY : 0,
                                                  .prepare = prepare_database});
    part_argument(part, postgres);
    part_argument(part, "-D");
    part_argument(part, up_path(up, "postgresql"));
    BP_TRY(part_start(part, err));
    const int64_t until_us = begin_us + READY_PATIENCE_US;
    while (!is_database_ready(up, part)) {
        if (part->exits >= STARTS_MAX) {
            (void)!bp_fail(err, BP_UNAVAILABLE, "it ended %d times", STARTS_MAX);
            return part_is_not_ready(part, err);
        }
        if (!up_wait(up, until_us, err))
            return part_is_not_ready(part, err);
    }
    BP_TRY(make_database(up, err));
    char interval[BP_TIME_TEXT_MAX];
    up_say(up, "PostgreSQL %s is ready after %s, on port %d", up->database.version,
           bp_interval_format(loop_now_us(up->loop) - begin_us, interval), (int)up->database.port);
    return BP_OK;
}

/* ---- what the roles and tools find ---- */

static bool is_ours(const Up *up, const CfgSetting *setting)
{
    return strcmp(setting->name, "site") == 0 || strcmp(setting->name, "data") == 0 ||
           (!up->database.is_yours && strncmp(setting->name, "database.", strlen("database.")) == 0);
}

/* What was said to us, by a file, the environment or the command line, is for the roles and tools, and for
 * the next start that says nothing else. */
static void write_settings(const Up *up, BpBuf *out)
{
    char before[4200], now[4200];
    Cfg defaults;
    BpArena arena = {0};
    BpBuf problems = bp_buf(NULL, 0);
    const BpStatus status = cfg_load(&(CfgSource){0}, &arena, &defaults, &problems);
    assert(status == BP_OK);
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++) {
        BpBuf otherwise = bp_buf(before, sizeof before), value = bp_buf(now, sizeof now);
        cfg_format(&defaults, &cfg_settings[i], &otherwise);
        cfg_format(&up->wish.cfg, &cfg_settings[i], &value);
        if (!is_ours(up, &cfg_settings[i]) && !bp_str_equal(bp_buf_text(&otherwise), bp_buf_text(&value)))
            bp_buf_printf(out, "%s = %.*s\n", cfg_settings[i].name, BP_STR_ARGS(bp_buf_text(&value)));
    }
    bp_arena_done(&arena);
}

void up_forget_variables(const Up *up)
{
    char variable[64];
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++) {
        if (!is_ours(up, &cfg_settings[i]))
            continue;
        snprintf(variable, sizeof variable, "BACPIPES_%s", cfg_settings[i].name);
        for (char *letter = variable; *letter; letter++)
            *letter = *letter == '.' ? '_' : (char)toupper((unsigned char)*letter);
        unsetenv(variable);
    }
}

BpStatus up_write_configuration(Up *up, BpError *err)
{
    BpBuf out = bp_buf_growing(64 * 1024);
    bp_buf_printf(&out,
                  "# Written by `bacpipes up` at each start: where this site's database is, and the settings "
                  "that it was started\n# with, or found here. Of table setting is what acts at once.\n"
                  "site = %s\ndata = \"%s\"\n",
                  up->wish.site, up->folder.data);
    if (!up->database.is_yours)
        bp_buf_printf(&out, "database.host = \"%s\"\ndatabase.port = %d\n", up->folder.run,
                      (int)up->database.port);
    write_settings(up, &out);
    const BpStatus status = up_write_file(up_path(up, "bacpipes.conf"), bp_buf_text(&out), err);
    bp_buf_done(&out);
    return status;
}
