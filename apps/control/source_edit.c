/* bacpipes source add, set and remove. */
#include "apps/control/source.h"

#include "base/time.h"
#include "io/pg/verifier.h"
#include "io/tls/password.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/number.h"
#include "site/database.h"
#include "tool/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *kind = "sql", *note;
static int64_t highest, rate, hold_us;
static bool automatic, by_hand, endless, on, off;

enum { HIGHEST_UNLESS_SAID = 8 };
static const int64_t TRIED_US = 1800 * BP_SECOND; /* so long the example holds */

#define MAY_OPTIONS                                                                                          \
    {"automatic", NULL, "It is a program: what it writes must say when it ends (release_after).",            \
     .flag = &automatic},                                                                                    \
        {"priority",          "N",      "The smallest priority that it may write at: 8 leaves it 8 to 16.",  \
         .integer = &highest, .min = 1, .max = 16},                                                          \
        {"hold", "DURATION", "It may hold a value for so long at most, and says for how long.",              \
         .duration_us = &hold_us},                                                                           \
        {"rate", "N", "Values a minute, and as many releases.", .integer = &rate, .min = 1, .max = 100000},  \
    {                                                                                                        \
        "note", "TEXT", "What it is, for people.", .text = &note                                             \
    }

static PgValue number_or_null(int64_t number)
{
    return number ? pg_integer(number) : pg_null();
}

static PgValue hold_or_null(void)
{
    return hold_us ? pg_double((double)hold_us / BP_SECOND) : pg_null();
}

/* ---- add ---- */

static const CfgOption add_options[] = {
    {"kind", "KIND",
     "sql, or model for one that computes. Default: sql. One of MQTT is made by `bacpipes "
     "account add NAME --writes`.",
     .text = &kind},
    MAY_OPTIONS,
    {"by-hand", NULL, "It is a person: what it writes may stay. A model is a program unless this is said.",
     .flag = &by_hand},
    {0},
};

static const CfgCommand add_command = {
    .name = "bacpipes source add",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Adds somebody who may ask for commands, with a login to the database that may insert into "
               "write_commands, read its own rows, and no more. Its password is made here and shown once.",
    .options = add_options,
    .offers_json = true,
    .details =
        "Unless said: priority 8 to 16, 60 a minute, and no end of what it holds.\n"
        "Exit codes: 0 added; 1 there is one of that name, or the database refuses;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes source add optimiser --automatic --hold 30min\n"
                "bacpipes source add bms --priority 8 --rate 120 --note 'the old BMS'",
};

/* What is made: the login, and a point to try it with. */
typedef struct Added {
    char login[64], password[TLS_PASSWORD_LETTERS + 1];
    int64_t point_id; /* 0: the site has none that could be written */
    bool is_writable;
    double value;
} Added;

enum { LOGIN, POINT_ID, IS_WRITABLE, VALUE }; /* columns of add_source.sql */

static void keep_added(void *context, const PgRows *rows, size_t row)
{
    Added *added = context;
    (void)bp_str_copy(pg_get_text(rows, row, LOGIN), added->login, sizeof added->login);
    if (pg_is_null(rows, row, POINT_ID))
        return;
    added->point_id = pg_get_integer(rows, row, POINT_ID);
    added->is_writable = pg_get_bool(rows, row, IS_WRITABLE);
    added->value = pg_get_double(rows, row, VALUE);
}

static BpStatus add(const char *name, const Cfg *cfg, BpArena *arena, Added *ret_added, BpError *err)
{
    SiteDatabase database;
    const char *verifier = NULL;
    if (strcmp(kind, "sql") != 0 && strcmp(kind, "model") != 0)
        return bp_fail(err, BP_INVALID, "--kind is sql or model%s",
                       strcmp(kind, "mqtt") == 0
                           ? ": `bacpipes account add NAME --writes` makes one of MQTT, with its account"
                           : "");
    if (automatic && by_hand)
        return bp_fail(err, BP_INVALID, "--automatic and --by-hand say different things");
    BP_TRY(tls_password_draw(ret_added->password, err));
    BpStatus status = site_database_open(&database, cfg, arena, err);
    if (status == BP_OK)
        status = pg_password_verifier(database.pg, ret_added->password, arena, &verifier, err);
    const PgValue values[] = {pg_text(bp_str(name)),
                              pg_text(bp_str(kind)),
                              automatic || by_hand ? pg_bool(automatic) : pg_null(),
                              pg_integer(highest ? highest : HIGHEST_UNLESS_SAID),
                              hold_or_null(),
                              pg_integer(rate ? rate : 60),
                              pg_text(bp_str(note ? note : "")),
                              pg_text(bp_str(verifier)),
                              pg_text(bp_str(cfg->site))};
    if (status == BP_OK)
        status = site_database_ask(&database, SQL_ADD_SOURCE, values, 9, keep_added, ret_added, err);
    site_database_close(&database);
    /* That it is there is an answer, and no reason to try again. */
    return status == BP_CONFLICT
               ? bp_fail(err, BP_REFUSED,
                         "there is a source \"%s\" already: `bacpipes source set` changes it", name)
               : status;
}

static void tell_example(const Added *added, const Cfg *cfg)
{
    char point[32] = "POINT_ID", memory[64];
    BpBuf value = bp_buf(memory, sizeof memory);
    const int64_t priority = highest ? highest : HIGHEST_UNLESS_SAID,
                  span_us = hold_us && hold_us < TRIED_US ? hold_us : TRIED_US;
    say_number(&value, added->point_id ? added->value : 21.5);
    if (added->point_id)
        snprintf(point, sizeof point, "%" PRId64, added->point_id);
    printf("It asks so, on this machine:\n  psql \"host=127.0.0.1 port=%" PRId64
           " dbname=%s user=%s\" -c \"insert into write_commands (site_id, point_id, command_type, value, "
           "priority, release_after)\n    values ('%s', %s, 'write_value', %.*s, %" PRId64
           ", '%g min') returning id, "
           "status, error_message\"\n",
           cfg->database_port, cfg->database_name, added->login, cfg->site, point,
           BP_STR_ARGS(bp_buf_text(&value)), priority, (double)span_us / (60 * BP_SECOND));
    if (!added->point_id)
        printf("No point of the site can be written yet: `bacpipes points` lists them.\n");
    else if (!added->is_writable)
        printf(
            "No point is writable yet: `bacpipes points set --writable yes --point %s` makes that one so.\n",
            point);
}

static int run_add(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    Added added = {0};
    const char *name = arguments->positionals.items[0];
    if (add(name, cfg, arena, &added, &err) != BP_OK)
        return say_fail(add_command.name, &err);
    if (arguments->json) {
        say_json_print(
            json_pack("{s:s, s:s, s:s}", "name", name, "login", added.login, "password", added.password));
        return EX_OK;
    }
    printf("source    %s\nlogin     %s\npassword  %s   (shown once: only its verifier is kept)\n\n", name,
           added.login, added.password);
    tell_example(&added, cfg);
    return EX_OK;
}

int control_source_add(int argc, char **argv)
{
    return say_run(&add_command, argc, argv, run_add);
}

/* ---- set and remove ---- */

static const CfgOption set_options[] = {
    MAY_OPTIONS,
    {"by-hand", NULL, "It is a person: what it writes may stay.", .flag = &by_hand},
    {"hold-endless", NULL, "It may hold for as long as it likes.", .flag = &endless},
    {"on", NULL, "It may ask.", .flag = &on},
    {"off", NULL, "It may not.", .flag = &off},
    {0},
};

static const CfgCommand set_command = {
    .name = "bacpipes source set",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary =
        "Changes what a source may, for what it asks from now on, or turns it off and on. What it holds "
        "stays: `bacpipes overrides --source NAME --release` lets go of it.",
    .options = set_options,
    .offers_json = true,
    .details = "Exit codes: 0 changed; 1 there is no such source;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes source set mqtt --on\nbacpipes source set mqtt --off\n"
                "bacpipes source set central --hold 1h",
};

static const CfgCommand remove_command = {
    .name = "bacpipes source remove",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Takes a source and its login away, and ends its sessions. Where it has asked for commands it "
               "stays on record, and is off.",
    .offers_json = true,
    .details = "Exit codes: 0 removed; 1 there is no such source;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes source remove optimiser",
};

static int done(BpStatus status, const CfgCommand *command, const char *what, const CfgArguments *arguments,
                const BpError *err)
{
    const char *name = arguments->positionals.items[0];
    if (status != BP_OK)
        return say_fail(command->name, err);
    if (arguments->json)
        say_json_print(json_pack("{s:s}", what, name));
    else
        printf("Source %s is %s.\n", name, what);
    return EX_OK;
}

static BpStatus check_set(BpError *err)
{
    if ((on && off) || (automatic && by_hand) || (hold_us && endless))
        return bp_fail(err, BP_INVALID, "--%s and --%s say different things",
                       on && off            ? "on"
                       : hold_us && endless ? "hold"
                                            : "automatic",
                       on && off            ? "off"
                       : hold_us && endless ? "hold-endless"
                                            : "by-hand");
    if (!on && !off && !automatic && !by_hand && !hold_us && !endless && !highest && !rate && !note)
        return bp_fail(err, BP_INVALID,
                       "what is to be set: --on, --off, --priority, --hold, --rate, "
                       "--automatic or another says it");
    return BP_OK;
}

static BpStatus ask(const Cfg *cfg, SqlQuery query, const PgValue *values, size_t count, BpArena *arena,
                    BpError *err)
{
    SiteDatabase database;
    BpStatus status = site_database_open(&database, cfg, arena, err);
    if (status == BP_OK)
        status = site_database_ask(&database, query, values, count, NULL, NULL, err);
    site_database_close(&database);
    return status;
}

static int run_set(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const PgValue values[] = {pg_text(bp_str(arguments->positionals.items[0])),
                              automatic || by_hand ? pg_bool(automatic) : pg_null(),
                              number_or_null(highest),
                              hold_or_null(),
                              endless ? pg_bool(false) : pg_null(),
                              number_or_null(rate),
                              on || off ? pg_bool(on) : pg_null(),
                              note ? pg_text(bp_str(note)) : pg_null()};
    BpStatus status = check_set(&err);
    if (status == BP_OK)
        status = ask(cfg, SQL_SET_SOURCE, values, 8, arena, &err);
    return done(status, &set_command, "changed", arguments, &err);
}

static int run_remove(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    const PgValue value = pg_text(bp_str(arguments->positionals.items[0]));
    const BpStatus status = ask(cfg, SQL_REMOVE_SOURCE, &value, 1, arena, &err);
    return done(status, &remove_command, "removed", arguments, &err);
}

int control_source_set(int argc, char **argv)
{
    return say_run(&set_command, argc, argv, run_set);
}

int control_source_remove(int argc, char **argv)
{
    return say_run(&remove_command, argc, argv, run_remove);
}
