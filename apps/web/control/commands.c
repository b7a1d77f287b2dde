/* Commands that were asked for: their list, one of them, and taking it back. */
#include "apps/web/control/command_json.h"
#include "apps/web/control/control.h"
#include "apps/web/control/parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STATES_TEXT_MAX = 128, VALUES = 7 };

/* "pending,executing" as an array of the database's; false: one is none, and that has been answered. */
static bool read_states(Call *call, PgValue *ret_states)
{
    static const char *const known[] = {"pending", "executing", "completed", "failed",
                                        "expired", "cancelled", "refused"};
    char memory[STATES_TEXT_MAX];
    BpBuf text = bp_buf(memory, sizeof memory);
    BpStr left = call_query_text(call, "status");
    *ret_states = pg_null();
    if (left.size == 0)
        return true;
    bp_buf_printf(&text, "{");
    while (left.size) {
        const BpStr one = bp_str_cut(left, ',', &left);
        size_t i = 0;
        while (i < sizeof known / sizeof known[0] && !bp_str_equal(one, bp_str(known[i])))
            i++;
        if (i == sizeof known / sizeof known[0] || text.failed) {
            call_problem_with(call, 400, "bad-request", json_pack("{s:s}", "field", "status"),
                              "status is one or more, with commas, of pending, executing, completed, failed, "
                              "expired, cancelled, refused");
            return false;
        }
        bp_buf_printf(&text, "%s%s", text.size > 1 ? "," : "", known[i]);
    }
    bp_buf_printf(&text, "}");
    *ret_states = pg_text(bp_str(bp_arena_text(call_arena(call), bp_buf_text(&text))));
    return true;
}

typedef struct Page {
    int64_t limit;
} Page;

static void on_page(Call *call, const PgRows *rows)
{
    const Page *page = call_context(call);
    const size_t count = pg_row_count(rows);
    const bool has_more = count > (size_t)page->limit;
    char next[24];
    json_t *items = json_array();
    for (size_t row = 0; row < count - has_more; row++)
        json_array_append_new(items, command_json(rows, row, 0));
    json_t *body = rows_items(items);
    if (has_more)
        snprintf(next, sizeof next, "%" PRId64, command_number(rows, count - 2, 0));
    json_object_set_new(body, "next", has_more ? json_string(next) : json_null());
    call_reply(call, 200, body);
}

void web_list_commands(Call *call)
{
    static const char *const parameters[] = {"status", "point", "person", "after", "limit", NULL};
    int64_t point = 0, after = 0;
    Page *page = bp_arena_take(call_arena(call), sizeof *page);
    PgValue states;
    if (!call_query_is_known(call, parameters) || !read_states(call, &states) ||
        !call_query_number(call, "point", 1, INT32_MAX, 0, &point) ||
        !call_query_number(call, "after", 1, INT64_MAX, 0, &after) ||
        !call_query_number(call, "limit", 1, 1000, 100, &page->limit))
        return;
    const BpStr person = call_query_text(call, "person");
    const PgValue values[VALUES] = {pg_text(bp_str(call_site(call))),
                                    states,
                                    point ? pg_integer(point) : pg_null(),
                                    person.size ? pg_text(person) : pg_null(),
                                    pg_null(),
                                    after ? pg_integer(after) : pg_null(),
                                    pg_integer(page->limit + 1)};
    call_set_context(call, page);
    call_ask(call, SQL_SELECT_WEB_COMMANDS, values, VALUES, on_page);
}

static void on_command(Call *call, const PgRows *rows)
{
    if (pg_row_count(rows) == 0)
        call_problem(call, 404, "not-found", "site \"%s\" has no such command", call_site(call));
    else
        call_reply(call, 200, command_json(rows, 0, 0));
}

void web_get_command(Call *call)
{
    PgValue id;
    if (!control_id(call, "command", &id))
        return;
    const PgValue values[VALUES] = {
        pg_text(bp_str(call_site(call))), pg_null(), pg_null(), pg_null(), id, pg_null(), pg_integer(1)};
    call_ask(call, SQL_SELECT_WEB_COMMANDS, values, VALUES, on_command);
}

static void on_cancelled(Call *call, const PgRows *rows)
{
    const BpStr outcome = pg_get_text(rows, 0, 0), text = pg_get_text(rows, 0, 1);
    if (bp_str_equal(outcome, bp_str("cancelled")))
        call_reply(call, 200, command_json(rows, 0, 2));
    else if (bp_str_equal(outcome, bp_str("asked"))) /* the site has it, and is asked */
        call_reply(call, 202, command_json(rows, 0, 2));
    else if (bp_str_equal(outcome, bp_str("late")))
        call_problem(call, 409, "conflict", "%.*s: release what it wrote", BP_STR_ARGS(text));
    else
        call_problem(call, 404, "not-found", "%.*s", BP_STR_ARGS(text));
}

void web_cancel_command(Call *call)
{
    PgValue *values = bp_arena_take(call_arena(call), 2 * sizeof *values);
    values[0] = pg_text(bp_str(call_site(call)));
    if (!control_id(call, "command", &values[1]))
        return;
    const PgStep step = {SQL_CANCEL_WEB_COMMAND, values, 2};
    call_change(call, &step, 1, on_cancelled);
}
