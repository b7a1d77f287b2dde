/* bacpipes user list. */
#include "apps/user/user.h"

#include "say/begin.h"
#include "say/exit.h"
#include "say/when.h"
#include "tool/listing.h"

#include <stdio.h>

static const CfgCommand command = {
    .name = "bacpipes user list",
    .summary =
        "Lists the users of the web: their roles, whether they have a password and a second factor, how many "
        "sessions and tokens go on.",
    .offers_json = true,
    .details = "Exit codes: 0 fine;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes user list\nbacpipes user list --json",
};

/* Columns of select_users.sql. */
enum { NAME, FULL_NAME, GRANTS, ENABLED, HAS_PASSWORD, HAS_TOTP, SESSIONS, TOKENS, SEEN, ID };

static const SayColumn columns[] = {
    {"user"},       {"name", .may_be_cut = true},    {"may", .may_be_cut = true},
    {"logs in by"}, {"sessions", .is_number = true}, {"tokens", .is_number = true},
    {"last"}};

static void add_grants(SayTable *table, BpStr json)
{
    json_auto_t *grants = json_loadb(json.data, json.size, 0, NULL);
    BpBuf out = bp_buf_growing(4096);
    user_say_grants(grants, &out);
    say_table_add(table, bp_buf_text(&out));
    bp_buf_done(&out);
}

static void add_row(ToolListing *listing, const PgRows *rows, size_t row)
{
    SayTable *table = &listing->table;
    char when[BP_TIME_TEXT_MAX];
    say_table_add(table, pg_get_text(rows, row, NAME));
    say_table_add(table, pg_get_text(rows, row, FULL_NAME));
    add_grants(table, pg_get_text(rows, row, GRANTS));
    say_table_add(table, bp_str(!pg_get_bool(rows, row, ENABLED)        ? "shut out"
                                : !pg_get_bool(rows, row, HAS_PASSWORD) ? "nothing yet"
                                : pg_get_bool(rows, row, HAS_TOTP)      ? "password, code"
                                                                        : "password"));
    say_table_add(table, pg_get_text(rows, row, SESSIONS));
    say_table_add(table, pg_get_text(rows, row, TOKENS));
    say_table_add(table, pg_is_null(rows, row, SEEN)
                             ? bp_str("never")
                             : bp_str(say_time(pg_get_time_us(rows, row, SEEN), 0, when)));
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    const BpStr grants = pg_get_text(rows, row, GRANTS);
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:o, s:o, s:o}", "id", tool_integer_json(rows, row, ID), "name",
        tool_text_json(rows, row, NAME), "full_name", tool_text_json(rows, row, FULL_NAME), "grants",
        json_loadb(grants.data, grants.size, 0, NULL), "enabled", pg_get_bool(rows, row, ENABLED),
        "has_password", pg_get_bool(rows, row, HAS_PASSWORD), "totp", pg_get_bool(rows, row, HAS_TOTP),
        "sessions", tool_integer_json(rows, row, SESSIONS), "tokens", tool_integer_json(rows, row, TOKENS),
        "last_login_at", tool_time_json(rows, row, SEEN, 0));
}

static void tell_nothing(void)
{
    fprintf(stderr, "There is no user yet: `bacpipes user add NAME --role admin` adds one.\n");
}

static const ToolList users = {.command = &command,
                               .columns = columns,
                               .column_count = sizeof columns / sizeof columns[0],
                               .query = SQL_SELECT_USERS,
                               .add_row = add_row,
                               .make_json = make_json,
                               .tell_nothing = tell_nothing};

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    const ToolListWish wish = {NULL, 0, NULL, false, arguments->json};
    return tool_list_show(&users, &wish, cfg, arena);
}

int user_list(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
