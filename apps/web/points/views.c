/* Saved views: one's own, and those that are shared. */
#include "apps/web/points/changes.h"
#include "apps/web/points/point_json.h"
#include "apps/web/points/points.h"

#include <inttypes.h>

static const char *const no_names[] = {NULL};

enum { NAME_OCTETS_MAX = 400, SCREEN_OCTETS_MAX = 40, QUERY_OCTETS_MAX = 4000 };

/* Columns of web_views.sql; web_view_store.sql has them behind its outcome. */
enum { ID, NAME, SCREEN, QUERY, SHARED, OWNER, IS_MINE, VERSION };

static void add_text(BpBuf *out, const char *name, BpStr text)
{
    bp_buf_printf(out, ",\"%s\":", name);
    point_json_text(out, text);
}

static void add_view(BpBuf *out, const PgRows *rows, size_t row, int first)
{
    bp_buf_printf(out, "{\"id\":%" PRId64, pg_get_integer(rows, row, first + ID));
    add_text(out, "name", pg_get_text(rows, row, first + NAME));
    add_text(out, "screen", pg_get_text(rows, row, first + SCREEN));
    add_text(out, "query", pg_get_text(rows, row, first + QUERY));
    add_text(out, "owner", pg_get_text(rows, row, first + OWNER));
    bp_buf_printf(out, ",\"shared\":%s,\"is_mine\":%s,\"version\":\"%" PRId64 "\"}",
                  pg_get_bool(rows, row, first + SHARED) ? "true" : "false",
                  pg_get_bool(rows, row, first + IS_MINE) ? "true" : "false",
                  pg_get_integer(rows, row, first + VERSION));
}

static void on_views(Call *call, const PgRows *rows)
{
    BpBuf body = points_buf();
    bp_buf_str(&body, bp_str("{\"items\":["));
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        bp_buf_str(&body, bp_str(row ? "," : ""));
        add_view(&body, rows, row, 0);
    }
    bp_buf_str(&body, bp_str("]}"));
    points_reply(call, &body);
}

void web_list_views(Call *call)
{
    if (!call_query_is_known(call, no_names))
        return;
    const PgValue values[] = {pg_text(bp_str(call_site(call))), pg_integer(call_person(call)->user_id)};
    call_ask(call, SQL_WEB_VIEWS, values, 2, on_views);
}

/* Tells what became of it where that is not what was asked for. */
static bool is_done(Call *call, BpStr outcome, const char *done)
{
    if (bp_str_equal(outcome, bp_str("unknown")))
        call_problem(call, 404, "not-found", "there is no such view, or it is somebody else's own");
    else if (bp_str_equal(outcome, bp_str("forbidden")))
        call_problem(call, 403, "not-allowed",
                     "to share a view, or to change what somebody else shares, is an engineer's");
    else if (bp_str_equal(outcome, bp_str("changed")))
        call_problem(call, 412, "changed", "somebody has changed it since: look at it again");
    else
        return bp_str_equal(outcome, bp_str(done));
    return false;
}

static void on_stored(Call *call, const PgRows *rows)
{
    if (!is_done(call, pg_get_text(rows, 0, 0), "stored"))
        return;
    BpBuf body = points_buf();
    add_view(&body, rows, 0, 1);
    call_set_etag(call, "%" PRId64, pg_get_integer(rows, 0, 1 + VERSION));
    call_reply_text(call, call_context(call) ? 201 : 200, "application/json", bp_buf_text(&body));
    bp_buf_done(&body);
}

/* `seen` is null where any version is right. */
static void store_view(Call *call, PgValue view, PgValue seen)
{
    static const char *const names[] = {"name", "screen", "query", "shared", NULL};
    const char *name = "", *screen = "", *query = "";
    bool is_shared = false;
    if (!call_query_is_known(call, no_names) || !call_fields_are_known(call, call_body(call), "", names) ||
        !call_field_text(call, "name", CALL_NEEDED, NAME_OCTETS_MAX, &name) ||
        !call_field_text(call, "screen", CALL_NEEDED, SCREEN_OCTETS_MAX, &screen) ||
        !call_field_text(call, "query", CALL_OPTIONAL, QUERY_OCTETS_MAX, &query) ||
        !call_field_bool(call, "shared", CALL_OPTIONAL, &is_shared))
        return;
    PgValue *values = bp_arena_take(call_arena(call), 7 * sizeof *values);
    PgStep *step = bp_arena_take(call_arena(call), sizeof *step);
    values[0] = pg_text(bp_str(call_site(call)));
    values[1] = view;
    values[2] = seen;
    values[3] = pg_text(bp_str(name));
    values[4] = pg_text(bp_str(screen));
    values[5] = pg_text(bp_str(query));
    values[6] = pg_bool(is_shared);
    *step = (PgStep){SQL_WEB_VIEW_STORE, values, 7};
    call_change(call, step, 1, on_stored);
}

void web_add_view(Call *call)
{
    static bool is_new;
    call_set_context(call, &is_new); /* 201 */
    store_view(call, pg_null(), pg_null());
}

void web_edit_view(Call *call)
{
    const BpStr text = bp_str_trim(call_header(call, HTTPD_IF_MATCH));
    int64_t view, seen = 0;
    if (!call_path_number(call, "view", &view))
        return;
    const bool is_any = !text.size || bp_str_equal(text, bp_str("*"));
    if (!is_any && (text.size < 3 || !changes_read_version((BpStr){text.data + 1, text.size - 2}, &seen)))
        seen = 0; /* no version of ours */
    store_view(call, pg_integer(view), is_any ? pg_null() : pg_integer(seen));
}

static void on_removed(Call *call, const PgRows *rows)
{
    if (is_done(call, pg_get_text(rows, 0, 0), "removed"))
        call_reply_empty(call, 204);
}

void web_remove_view(Call *call)
{
    int64_t view;
    if (!call_query_is_known(call, no_names) || !call_path_number(call, "view", &view))
        return;
    PgValue *values = bp_arena_take(call_arena(call), 2 * sizeof *values);
    PgStep *step = bp_arena_take(call_arena(call), sizeof *step);
    values[0] = pg_text(bp_str(call_site(call)));
    values[1] = pg_integer(view);
    *step = (PgStep){SQL_WEB_VIEW_REMOVE, values, 2};
    call_change(call, step, 1, on_removed);
}
