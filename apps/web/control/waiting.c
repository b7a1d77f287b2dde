/* What waits for a site elsewhere, or did: the edits that central has asked it for, and taking one back. */
#include "apps/web/control/control.h"
#include "apps/web/control/parts.h"
#include "apps/web/control/rows.h"

static json_t *change_json(const PgRows *rows, size_t row)
{
    const BpStr told = pg_get_text(rows, row, 0);
    json_t *json = json_loadb(told.data, told.size, 0, NULL);
    return json ? json : json_null();
}

static void on_changes(Call *call, const PgRows *rows)
{
    json_t *items = json_array();
    for (size_t row = 0; row < pg_row_count(rows); row++)
        json_array_append_new(items, change_json(rows, row));
    call_reply(call, 200, rows_items(items));
}

void web_list_changes(Call *call)
{
    static const char *const names[] = {"open", "limit", NULL};
    bool is_open;
    int64_t limit;
    if (!call_query_is_known(call, names) || !call_query_bool(call, "open", false, &is_open) ||
        !call_query_number(call, "limit", 1, 1000, 100, &limit))
        return;
    const PgValue values[] = {pg_text(bp_str(call_site(call))), pg_null(), pg_bool(is_open),
                              pg_integer(limit)};
    call_ask(call, SQL_SELECT_WEB_CHANGES, values, 4, on_changes);
}

static void on_change(Call *call, const PgRows *rows)
{
    if (pg_row_count(rows) == 0)
        call_problem(call, 404, "not-found", "site \"%s\" was asked for no such change, or 90 days ago",
                     call_site(call));
    else
        call_reply(call, 200, change_json(rows, 0));
}

static void ask_one(Call *call)
{
    PgValue id;
    if (!control_id(call, "change", &id))
        return;
    const PgValue values[] = {pg_text(bp_str(call_site(call))), id, pg_bool(false), pg_integer(1)};
    call_ask(call, SQL_SELECT_WEB_CHANGES, values, 4, on_change);
}

void web_get_change(Call *call)
{
    static const char *const names[] = {NULL};
    if (call_query_is_known(call, names))
        ask_one(call);
}

static void on_cancelled(Call *call, const PgRows *rows)
{
    const BpStr outcome = pg_get_text(rows, 0, 0), text = pg_get_text(rows, 0, 1);
    if (bp_str_equal(outcome, bp_str("cancelled")))
        ask_one(call);
    else if (bp_str_equal(outcome, bp_str("late")))
        call_problem(call, 409, "conflict", "%.*s", BP_STR_ARGS(text));
    else
        call_problem(call, 404, "not-found", "%.*s", BP_STR_ARGS(text));
}

void web_cancel_change(Call *call)
{
    PgValue *values = bp_arena_take(call_arena(call), 2 * sizeof *values);
    values[0] = pg_text(bp_str(call_site(call)));
    if (!control_id(call, "change", &values[1]))
        return;
    const PgStep step = {SQL_CANCEL_WEB_CHANGE, values, 2};
    call_change(call, &step, 1, on_cancelled);
}
