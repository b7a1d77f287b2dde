/* What stands in priority arrays: of a point, of the whole site, and letting go of it. */
#include "apps/web/control/control.h"
#include "apps/web/control/parts.h"
#include "apps/web/control/rows.h"

#include <stdlib.h>
#include <string.h>

/* ---- of a point ---- */

static void on_slots(Call *call, const PgRows *rows)
{
    static const RowField fields[] = {{"priority", ROW_INTEGER}, {"value", ROW_REAL}, {"text", ROW_TEXT},
                                      {"is_ours", ROW_BOOL},     {"by", ROW_TEXT},    {"source", ROW_TEXT},
                                      {"since", ROW_TIME},       {"until", ROW_TIME}, {"reason", ROW_TEXT},
                                      {"command", ROW_TEXT}};
    static const RowField head[] = {{"has_array", ROW_BOOL}, {"read_at", ROW_TIME}};
    enum { SINCE = 8, FIRST = 2 };
    int64_t point;
    size_t row = 0;
    if (pg_row_count(rows) == 0) {
        call_problem(call, 404, "not-found", "site \"%s\" has no such point", call_site(call));
        return;
    }
    if (!call_path_number(call, "point", &point))
        return;
    json_t *body = row_json(rows, 0, 0, head, 2);
    while (row < pg_row_count(rows) && pg_is_null(rows, row, SINCE))
        row++;
    json_object_set_new(body, "point", json_integer(point));
    json_object_set_new(body, "slots", rows_json(rows, FIRST, fields, sizeof fields / sizeof fields[0]));
    json_object_set_new(body, "in_effect",
                        row < pg_row_count(rows) ? json_integer((json_int_t)row + 1) : json_null());
    call_reply(call, 200, body);
}

void web_get_slots(Call *call)
{
    int64_t point;
    if (!call_path_number(call, "point", &point))
        return;
    const PgValue values[] = {pg_text(bp_str(call_site(call))), pg_integer(point > INT32_MAX ? 0 : point)};
    call_ask(call, SQL_SELECT_WEB_SLOTS, values, 2, on_slots);
}

/* ---- of the site ---- */

static void on_overrides(Call *call, const PgRows *rows)
{
    static const RowField fields[] = {
        {"point", ROW_INTEGER},   {"path", ROW_TEXT},   {"device", ROW_INTEGER},    {"priority", ROW_INTEGER},
        {"value", ROW_REAL},      {"text", ROW_TEXT},   {"unit_symbol", ROW_UNITS}, {"is_ours", ROW_BOOL},
        {"is_holding", ROW_BOOL}, {"by", ROW_TEXT},     {"source", ROW_TEXT},       {"since", ROW_TIME},
        {"until", ROW_TIME},      {"reason", ROW_TEXT}, {"seen_at", ROW_TIME},      {"command", ROW_TEXT}};
    enum { FIELDS = sizeof fields / sizeof fields[0] };
    json_t *body = rows_items(rows_json(rows, 0, fields, FIELDS));
    json_object_set_new(body, "total",
                        json_integer(pg_row_count(rows) ? pg_get_integer(rows, 0, FIELDS) : 0));
    call_reply(call, 200, body);
}

void web_list_overrides(Call *call)
{
    const PgValue site = pg_text(bp_str(call_site(call)));
    call_ask(call, SQL_LIST_WEB_OVERRIDES, &site, 1, on_overrides);
}

/* ---- letting go ---- */

static json_t *text_or_null(BpStr text)
{
    return text.size ? json_stringn(text.data, text.size) : json_null();
}

static void on_released(Call *call, const PgRows *rows)
{
    enum { POINT, PRIORITY, OUTCOME, RULE, TEXT, ID };
    json_t *items = json_array();
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const BpStr outcome = pg_get_text(rows, row, OUTCOME);
        const bool is_asked =
            bp_str_equal(outcome, bp_str("asked")) || bp_str_equal(outcome, bp_str("again"));
        json_t *item =
            json_pack("{s:I, s:I, s:o, s:o, s:o}", "point", (json_int_t)pg_get_integer(rows, row, POINT),
                      "priority", (json_int_t)pg_get_integer(rows, row, PRIORITY), "command",
                      text_or_null(pg_get_text(rows, row, ID)), "problem",
                      is_asked ? json_null() : text_or_null(pg_get_text(rows, row, TEXT)), "rule",
                      is_asked ? json_null() : text_or_null(pg_get_text(rows, row, RULE)));
        if (!item || json_array_append_new(items, item) != 0)
            abort();
    }
    call_reply(call, 202, rows_items(items));
}

/* Each has a key of its own, made of the one for all. */
static void complete(Call *call, json_t *requests, BpStr key)
{
    size_t i;
    json_t *request;
    json_array_foreach (requests, i, request) {
        json_object_set_new(request, "site_id", json_string(call_site(call)));
        if (key.size)
            json_object_set_new(request, "idempotency_key",
                                json_sprintf("%.*s/%zu", BP_STR_ARGS(key), i + 1));
    }
}

void web_release_overrides(Call *call)
{
    json_auto_t *requests = NULL;
    AskProblem problem = {0};
    BpStr key;
    if (!control_key(call, &key))
        return;
    if (ask_releases_read(call_body(call), &requests, &problem) != BP_OK) {
        control_tell_problem(call, &problem);
        return;
    }
    complete(call, requests, key);
    PgValue *values = bp_arena_take(call_arena(call), sizeof *values);
    values[0] = control_json_value(call, requests);
    const PgStep step = {SQL_RELEASE_WEB_OVERRIDES, values, 1};
    call_change(call, &step, 1, on_released);
}
