/* POST points/changes, and its undo: many points or none. */
#include "apps/web/points/changes.h"

#include "apps/web/points/point_json.h"
#include "apps/web/points/points.h"

#include "base/parse.h"
#include "base/time.h"
#include "say/json.h"

#include <inttypes.h>
#include <stdlib.h>

/* 10,000 points take a second where nothing else is done. */
static const int64_t PATIENCE_US = 45 * BP_SECOND;

bool changes_read_version(BpStr text, int64_t *ret_version)
{
    return text.size && text.data[0] >= '0' && text.data[0] <= '9' &&
           bp_parse_i64(text, 0, INT64_MAX, ret_version, NULL) == BP_OK;
}

bool changes_check_set(Call *call, const char *where, json_t *set)
{
    static const char *const names[] = {
        "name",     "description", "units",     "tags", "enabled", "poll_interval_s",
        "writable", "write_min",   "write_max", NULL};
    if (json_is_object(set) && json_object_size(set) > 0)
        return call_fields_are_known(call, set, where, names);
    call_problem(call, 400, "bad-request",
                 "%s%sat least one of name, description, units, tags, enabled, poll_interval_s, writable, "
                 "write_min and write_max is to be set",
                 where, *where ? ": " : "");
    return false;
}

void changes_ask(Call *call, json_t *asked, bool is_dry_run, CallRows next)
{
    char *text = json_dumps(asked, JSON_COMPACT | say_json_digits(asked));
    if (!text)
        abort();
    PgValue *values = bp_arena_take(call_arena(call), 3 * sizeof *values);
    PgStep *step = bp_arena_take(call_arena(call), sizeof *step);
    values[0] = pg_text(bp_str(call_site(call)));
    values[1] = pg_text(bp_str(bp_arena_text(call_arena(call), bp_str(text))));
    values[2] = pg_bool(is_dry_run);
    *step = (PgStep){SQL_WEB_POINTS_CHANGE, values, 3};
    free(text);
    call_set_patience(call, PATIENCE_US);
    call_change(call, step, 1, next);
}

/* ---- the answer ---- */

static void add_json(BpBuf *out, const char *name, BpStr json)
{
    bp_buf_printf(out, ",\"%s\":", name);
    bp_buf_str(out, json.size ? json : bp_str("{}"));
}

static void reply(Call *call, const PgRows *rows)
{
    bool has_problem = false;
    BpBuf body = points_buf();
    bp_buf_str(&body, bp_str("{\"items\":["));
    for (size_t row = 0; row < pg_row_count(rows) && !pg_is_null(rows, row, CHANGED_POINT); row++) {
        const BpStr problem = pg_get_text(rows, row, CHANGED_PROBLEM),
                    rule = pg_get_text(rows, row, CHANGED_RULE);
        bp_buf_printf(&body, "%s{\"id\":%" PRId64 ",\"path\":", row ? "," : "",
                      pg_get_integer(rows, row, CHANGED_POINT));
        point_json_text(&body, pg_get_text(rows, row, CHANGED_PATH));
        if (!pg_is_null(rows, row, CHANGED_VERSION))
            bp_buf_printf(&body, ",\"version\":\"%" PRId64 "\"", pg_get_integer(rows, row, CHANGED_VERSION));
        add_json(&body, "before", pg_get_text(rows, row, CHANGED_BEFORE));
        add_json(&body, "after", pg_get_text(rows, row, CHANGED_AFTER));
        if (rule.size) {
            bp_buf_str(&body, bp_str(",\"problem\":"));
            point_json_text(&body, problem);
            has_problem = true;
        }
        bp_buf_u8(&body, '}');
    }
    const bool is_change = pg_row_count(rows) && !pg_is_null(rows, 0, CHANGED_CHANGE);
    const bool is_waiting = pg_row_count(rows) && !pg_is_null(rows, 0, CHANGED_WAITING);
    if (is_change)
        bp_buf_printf(&body, "],\"change\":%" PRId64, pg_get_integer(rows, 0, CHANGED_CHANGE));
    else
        bp_buf_str(&body, bp_str("],\"change\":null"));
    if (is_waiting) {
        bp_buf_str(&body, bp_str(",\"waiting\":"));
        bp_buf_str(&body, pg_get_text(rows, 0, CHANGED_WAITING));
    }
    bp_buf_u8(&body, '}');
    if (body.failed)
        call_problem(call, 500, "failed", "the answer is too large: change fewer points at once");
    else
        call_reply_text(call,
                        has_problem  ? 422
                        : is_waiting ? 202
                                     : 200,
                        "application/json", bp_buf_text(&body));
    bp_buf_done(&body);
}

/* ---- many ---- */

static bool refuse(Call *call, size_t i, const char *what)
{
    call_problem(call, 400, "bad-request", "points[%zu]: %s", i, what);
    return false;
}

/* One of them, with its version as a number. */
static bool check_one(Call *call, size_t i, json_t *one)
{
    static const char *const names[] = {"id", "version", "set", NULL};
    char where[32];
    int64_t version;
    snprintf(where, sizeof where, "points[%zu]", i);
    if (!json_is_object(one))
        return refuse(
            call, i, "an object is right, as {\"id\": 41, \"version\": \"7\", \"set\": {\"enabled\": true}}");
    if (!call_fields_are_known(call, one, where, names))
        return false;
    const json_t *id = json_object_get(one, "id");
    const char *seen = json_string_value(json_object_get(one, "version"));
    if (!json_is_integer(id) || json_integer_value(id) < 1 || json_integer_value(id) > INT32_MAX)
        return refuse(call, i, "\"id\" is to be the number of a point");
    if (!seen || !changes_read_version(bp_str(seen), &version))
        return refuse(call, i, "\"version\" is to be the version of the point that you saw, as \"7\"");
    json_object_set_new(one, "version", json_integer(version));
    return changes_check_set(call, where, json_object_get(one, "set"));
}

void web_change_points(Call *call)
{
    static const char *const names[] = {"points", "dry_run", NULL}, *const no_names[] = {NULL};
    json_t *points = json_object_get(call_body(call), "points"), *one;
    bool is_dry_run = false;
    size_t i;
    if (!call_query_is_known(call, no_names) || !call_fields_are_known(call, call_body(call), "", names) ||
        !call_field_bool(call, "dry_run", CALL_OPTIONAL, &is_dry_run) || !points_site(call))
        return;
    if (!json_is_array(points) || json_array_size(points) < 1 ||
        json_array_size(points) > CHANGES_POINTS_MAX) {
        call_problem(call, 400, "bad-request", "\"points\" is to be a list of 1 to %d", CHANGES_POINTS_MAX);
        return;
    }
    json_array_foreach (points, i, one) {
        if (!check_one(call, i, one))
            return;
    }
    changes_ask(call, points, is_dry_run, reply);
}

static void on_undone(Call *call, const PgRows *rows)
{
    if (pg_row_count(rows))
        reply(call, rows);
    else
        call_problem(call, 404, "not-found",
                     "there is no such change at this site, or it is older than 90 days");
}

void web_undo_change(Call *call)
{
    static const char *const no_names[] = {NULL};
    int64_t change;
    if (!call_query_is_known(call, no_names) || !points_site(call) ||
        !call_path_number(call, "change", &change))
        return;
    PgValue *values = bp_arena_take(call_arena(call), 2 * sizeof *values);
    PgStep *step = bp_arena_take(call_arena(call), sizeof *step);
    values[0] = pg_text(bp_str(call_site(call)));
    values[1] = pg_integer(change);
    *step = (PgStep){SQL_WEB_POINTS_UNDO, values, 2};
    call_set_patience(call, PATIENCE_US);
    call_change(call, step, 1, on_undone);
}
