/* bacpipes commands: what was asked to be written, by whom, and what became of it. */
#include "apps/control/target.h"

#include "apps/roles.h"
#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/number.h"
#include "say/when.h"
#include "tool/listing.h"
#include "tool/site.h"

#include <stdio.h>
#include <string.h>

enum { LIST_DEFAULT = 100, LIST_MAX = 1000000, VALUE_TEXT_MAX = 300 };

static const char *status, *source, *since, *id, *cancel, *reason, *site;
static int64_t limit = LIST_DEFAULT;
static size_t cancelled;

static const CfgOption options[] = {
    {"status", "STATUS", "Only those: pending, executing, completed, failed, expired, cancelled or refused.",
     .text = &status},
    {"source", "SOURCE", "Only of this source (`bacpipes source list`).", .text = &source},
    {"since", "TIME", "Asked for since then: 2h, 7d, or a time.", .text = &since},
    {"id", "ID", "Only this one; the first letters of it will do.", .text = &id},
    {"cancel", "ID", "Takes back the command of this id, which must be pending.", .text = &cancel},
    {"reason", "TEXT", "Why, with --cancel.", .text = &reason},
    {"site", "SITE", "Of this site. Default: setting site; of a central the only one that it has.",
     .text = &site},
    {"limit", "COUNT", "The newest so many. Default: 100.", .integer = &limit, .min = 1, .max = LIST_MAX},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes commands",
    .positionals = "[POINT]",
    .positionals_max = 1,
    .summary =
        "Lists commands, the newest last: who asked for what, and what became of it. All that is known "
        "of each is in --json; `bacpipes audit` has each of their steps.",
    .options = options,
    .offers_json = true,
    .details = SAY_TIMES_HELP "Exit codes: 0 fine; 1 there is none, or no such point;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes commands\n"
                "bacpipes commands AHU-1/DUCT-SP --since 7d\n"
                "bacpipes commands --status refused --json\n"
                "bacpipes commands --status pending",
};

/* Columns of select_commands.sql. */
enum {
    ID,
    CREATED_AT,
    CREATED_BY,
    SOURCE,
    POINT_ID,
    POINT,
    TYPE,
    VALUE,
    STATE,
    UNITS,
    PRIORITY,
    RELEASE_AFTER,
    STATUS,
    VERDICT,
    RULE,
    TEXT,
    REASON,
    EXECUTE_AT,
    EXPIRES_AT,
    EXECUTED_AT,
    COMPLETED_AT,
    NUMBER,
    CLAIM,
    ADDRESS,
    KEY,
    ORIGIN,
    STEP,
    HANDED_OVER_AT,
    ARRIVED_AT,
    TAKEN_TOLD_AT,
    ENDED_TOLD_AT,
};

static const SayColumn columns[] = {{"id"},
                                    {"asked"},
                                    {"by", .may_be_cut = true},
                                    {"point", .may_be_cut = true},
                                    {"value"},
                                    {"slot", .is_number = true},
                                    {"status"},
                                    {"outcome", .may_be_cut = true}};

static bool is_release(const PgRows *rows, size_t row)
{
    return bp_str_equal(pg_get_text(rows, row, TYPE), bp_str("release_priority"));
}

/* "21.5 °C", "occupied", "released"; with what it was to be let go of after. */
static void show_value(BpBuf *out, const PgRows *rows, size_t row)
{
    char span[BP_TIME_TEXT_MAX];
    const BpStr state = pg_get_text(rows, row, STATE), units = say_units(pg_get_text(rows, row, UNITS));
    if (is_release(rows, row)) {
        bp_buf_printf(out, "release");
        return;
    }
    if (state.size)
        bp_buf_str(out, state);
    else
        say_number(out, pg_get_double(rows, row, VALUE));
    if (!state.size && units.size)
        bp_buf_printf(out, " %.*s", BP_STR_ARGS(units));
    if (!pg_is_null(rows, row, RELEASE_AFTER))
        bp_buf_printf(
            out, " for %s",
            bp_interval_format((int64_t)(pg_get_double(rows, row, RELEASE_AFTER) * BP_SECOND), span));
}

/* Of what is pending: until when, and of a site elsewhere how far it is. */
static void add_outcome(SayTable *table, const PgRows *rows, size_t row)
{
    char at[BP_TIME_TEXT_MAX], until[BP_TIME_TEXT_MAX];
    if (!bp_str_equal(pg_get_text(rows, row, STATUS), bp_str("pending")))
        say_table_add(table, pg_get_text(rows, row, TEXT));
    else if (!pg_is_null(rows, row, STEP))
        say_table_addf(table, "%.*s, until %s", BP_STR_ARGS(pg_get_text(rows, row, STEP)),
                       say_time(pg_get_time_us(rows, row, EXPIRES_AT), 0, until));
    else if (pg_is_null(rows, row, EXECUTE_AT))
        say_table_addf(table, "until %s", say_time(pg_get_time_us(rows, row, EXPIRES_AT), 0, until));
    else
        say_table_addf(table, "at %s, until %s", say_time(pg_get_time_us(rows, row, EXECUTE_AT), 0, at),
                       say_time(pg_get_time_us(rows, row, EXPIRES_AT), 0, until));
}

static void add_row(ToolListing *listing, const PgRows *rows, size_t row)
{
    SayTable *table = &listing->table;
    char time[BP_TIME_TEXT_MAX], memory[VALUE_TEXT_MAX];
    BpBuf value = bp_buf(memory, sizeof memory);
    show_value(&value, rows, row);
    say_table_addf(table, "%.8s", pg_get_text(rows, row, ID).data);
    say_table_add(table, bp_str(say_time(pg_get_time_us(rows, row, CREATED_AT), 0, time)));
    say_table_addf(table, "%.*s (%.*s)", BP_STR_ARGS(pg_get_text(rows, row, CREATED_BY)),
                   BP_STR_ARGS(pg_get_text(rows, row, SOURCE)));
    say_table_add(table, pg_get_text(rows, row, POINT));
    say_table_add(table, bp_buf_text(&value));
    say_table_add(table, pg_get_text(rows, row, PRIORITY));
    say_table_add(table, pg_get_text(rows, row, STATUS));
    add_outcome(table, rows, row);
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    static const struct {
        const char *key;
        int column;
    } texts[] = {{"id", ID},
                 {"created_by", CREATED_BY},
                 {"created_by_claim", CLAIM},
                 {"source", SOURCE},
                 {"source_ip", ADDRESS},
                 {"point", POINT},
                 {"command_type", TYPE},
                 {"state", STATE},
                 {"units", UNITS},
                 {"status", STATUS},
                 {"verdict", VERDICT},
                 {"rule", RULE},
                 {"text", TEXT},
                 {"reason", REASON},
                 {"idempotency_key", KEY}},
      times[] = {{"created_at", CREATED_AT},
                 {"execute_at", EXECUTE_AT},
                 {"expires_at", EXPIRES_AT},
                 {"executed_at", EXECUTED_AT},
                 {"completed_at", COMPLETED_AT}},
      steps[] = {{"handed_over_at", HANDED_OVER_AT},
                 {"arrived_at", ARRIVED_AT},
                 {"taken_told_at", TAKEN_TOLD_AT},
                 {"ended_told_at", ENDED_TOLD_AT}};
    json_t *json =
        json_pack("{s:o, s:o, s:o}", "point_id", tool_integer_json(rows, row, POINT_ID), "priority",
                  tool_integer_json(rows, row, PRIORITY), "value", tool_real_json(rows, row, VALUE));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        json_object_set_new(json, texts[i].key, tool_text_json(rows, row, texts[i].column));
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        json_object_set_new(json, times[i].key, tool_time_json(rows, row, times[i].column, 3));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !pg_is_null(rows, row, STEP); i++)
        json_object_set_new(json, steps[i].key, tool_time_json(rows, row, steps[i].column, 3));
    if (!pg_is_null(rows, row, STEP)) {
        json_object_set_new(json, "origin", tool_text_json(rows, row, ORIGIN));
        json_object_set_new(json, "step", tool_text_json(rows, row, STEP));
    }
    return json;
}

static void tell_nothing(void)
{
    if (status || source || since || id)
        fprintf(stderr, "No such command. `bacpipes commands` lists all of them.\n");
    else
        fprintf(stderr, "No commands. `bacpipes write POINT VALUE` asks for one.\n");
}

static const ToolList commands = {.command = &command,
                                  .columns = columns,
                                  .column_count = sizeof columns / sizeof columns[0],
                                  .query = SQL_SELECT_COMMANDS,
                                  .add_row = add_row,
                                  .make_json = make_json,
                                  .tell_nothing = tell_nothing};

/* ---- what is wanted ---- */

static BpStatus check_status(BpError *err)
{
    static const char *const all[] = {"pending", "executing", "completed", "failed",
                                      "expired", "cancelled", "refused"};
    for (size_t i = 0; status && i < sizeof all / sizeof all[0]; i++)
        if (strcmp(status, all[i]) == 0)
            return BP_OK;
    return !status ? BP_OK
                   : bp_fail(err, BP_INVALID,
                             "no command is \"%s\": they are pending, executing, completed, failed, expired, "
                             "cancelled or refused",
                             status);
}

/* "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", or how it begins. */
static BpStatus check_id(const char *text, BpError *err)
{
    const size_t letters = text ? strspn(text, "0123456789abcdefABCDEF-") : 0;
    return !text || (text[letters] == '\0' && letters >= 4 && letters <= 36)
               ? BP_OK
               : bp_fail(
                     err, BP_INVALID,
                     "%s is no command's id, as f81d4fae-7dec-11d0-a765-00a0c91e6bf6, nor four or more of "
                     "the letters that it begins with",
                     text);
}

/* Which site, and where a point is named, which. */
static BpStatus choose(SiteDatabase *database, const CfgTexts *words, Cfg *cfg, BpArena *arena,
                       PgValue *ret_point, BpError *err)
{
    bool is_elsewhere;
    ControlTarget target;
    *ret_point = pg_null();
    BP_TRY(site_database_open(database, cfg, arena, err));
    BP_TRY(tool_site_choose(database, site, arena, cfg, &is_elsewhere, err));
    if (!words->count)
        return BP_OK;
    BP_TRY(control_target_find(database, cfg, NULL, words->items[0], arena, &target, err));
    *ret_point = pg_integer(target.point_id);
    return BP_OK;
}

static BpStatus read_wish(PgValue *ret_since, BpError *err)
{
    int64_t since_us;
    BP_TRY(check_status(err));
    BP_TRY(check_id(id, err));
    BP_TRY(check_id(cancel, err));
    if (reason && !cancel)
        return bp_fail(err, BP_INVALID, "--reason is of --cancel ID: a listing has none");
    *ret_since = pg_null();
    if (since) {
        BP_TRY(say_when("since", since, bp_wall_us(), &since_us, err));
        *ret_since = pg_time(since_us);
    }
    return BP_OK;
}

/* ---- taking one back ---- */

static void tell_cancelled(void *context, const PgRows *rows, size_t row)
{
    const bool *as_json = context;
    if (*as_json)
        say_json_print(json_pack("{s:o, s:o, s:o}", "id", tool_text_json(rows, row, 0), "status",
                                 tool_text_json(rows, row, 1), "text", tool_text_json(rows, row, 2)));
    else
        printf("%.*s: %.*s.\n", BP_STR_ARGS(pg_get_text(rows, row, 3)),
               BP_STR_ARGS(pg_get_text(rows, row, 2)));
    cancelled++;
}

static BpStatus take_back(SiteDatabase *database, const Cfg *cfg, bool as_json, BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(cfg->site)), pg_text(bp_str(cancel)), tool_text_or_any(reason)};
    BP_TRY(site_database_ask(database, SQL_CANCEL_COMMAND, values, 3, tell_cancelled, &as_json, err));
    return cancelled
               ? BP_OK
               : bp_fail(err, BP_NOT_FOUND,
                         "no command, or more than one, has an id that begins with %s: `bacpipes commands "
                         "--status pending` lists those that can be taken back",
                         cancel);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    PgValue point, from;
    Cfg of = *cfg;
    SiteDatabase database = {0};
    BpStatus wished = read_wish(&from, &err);
    if (wished == BP_OK)
        wished = choose(&database, &arguments->positionals, &of, arena, &point, &err);
    if (wished == BP_OK && cancel)
        wished = take_back(&database, &of, arguments->json, &err);
    site_database_close(&database);
    if (wished != BP_OK || cancel)
        return wished == BP_OK ? EX_OK : say_fail(command.name, &err);
    const PgValue values[] = {pg_text(bp_str(of.site)), point, tool_text_or_any(status),
                              tool_text_or_any(source), from,  tool_text_or_any(id),
                              pg_integer(limit)};
    const ToolListWish wish = {values, sizeof values / sizeof values[0], of.site, false, arguments->json};
    return tool_list_show(&commands, &wish, &of, arena);
}

int control_commands_main(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
