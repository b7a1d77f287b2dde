/* PATCH a point: by the version that was seen, or not at all. */
#include "apps/web/points/changes.h"
#include "apps/web/points/points.h"

#include <inttypes.h>

/* If-Match: "7", or * for whatever it is. False: it was answered. */
static bool read_version(Call *call, json_t **ret_version)
{
    const BpStr text = bp_str_trim(call_header(call, HTTPD_IF_MATCH));
    int64_t version;
    if (!text.size) {
        call_problem(call, 428, "version-needed",
                     "send If-Match with the version that you saw, as `version` and ETag say it");
        return false;
    }
    if (bp_str_equal(text, bp_str("*"))) {
        *ret_version = json_null();
        return true;
    }
    const BpStr digits = text.size > 2 ? (BpStr){text.data + 1, text.size - 2} : (BpStr){"", 0};
    if (text.data[0] != '"' || text.data[text.size - 1] != '"' || !changes_read_version(digits, &version))
        version = 0; /* no version of ours: it is another one */
    *ret_version = json_integer(version);
    return true;
}

static void on_read(Call *call, const PgRows *rows)
{
    points_reply_point(call, rows);
}

static void on_changed(Call *call, const PgRows *rows)
{
    const BpStr rule = pg_get_text(rows, 0, CHANGED_RULE), problem = pg_get_text(rows, 0, CHANGED_PROBLEM);
    if (bp_str_equal(rule, bp_str("unknown")))
        call_problem(call, 404, "not-found", "%.*s", BP_STR_ARGS(problem));
    else if (bp_str_equal(rule, bp_str("version")))
        call_problem_with(
            call, 412, "changed",
            json_pack("{s:o}", "version", json_sprintf("%" PRId64, pg_get_integer(rows, 0, CHANGED_VERSION))),
            "%.*s", BP_STR_ARGS(problem));
    else if (rule.size)
        call_problem(call, 422, "invalid", "%.*s", BP_STR_ARGS(problem));
    else if (!pg_is_null(rows, 0, CHANGED_WAITING))
        call_reply_waiting(call, pg_get_text(rows, 0, CHANGED_WAITING));
    else {
        char ids[24];
        snprintf(ids, sizeof ids, "{%" PRId64 "}", pg_get_integer(rows, 0, CHANGED_POINT));
        const PgValue values[] = {pg_text(bp_str(call_site(call))), pg_text(bp_str(ids))};
        call_ask(call, SQL_SELECT_WEB_POINTS, values, 2, on_read);
    }
}

void web_edit_point(Call *call)
{
    static const char *const names[] = {NULL};
    json_t *version;
    int64_t id;
    if (!call_query_is_known(call, names) || !points_site(call) || !call_path_number(call, "point", &id) ||
        !read_version(call, &version))
        return;
    json_auto_t *asked =
        json_pack("[{s:I, s:o, s:O}]", "id", (json_int_t)id, "version", version, "set", call_body(call));
    if (id > INT32_MAX) {
        call_problem(call, 404, "not-found", "there is no point %" PRId64 " at this site", id);
        return;
    }
    if (!changes_check_set(call, "", call_body(call)))
        return;
    changes_ask(call, asked, false, on_changed);
}
