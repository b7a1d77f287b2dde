/* Jobs: what is asked of the site, how far it is, those that there are, and taking one back. */
#include "apps/web/control/control.h"
#include "apps/web/control/parts.h"
#include "apps/web/control/proof.h"
#include "apps/web/control/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const RowField fields[] = {
    {"id", ROW_TEXT},         {"kind", ROW_TEXT},     {"points", ROW_JSON},     {"status", ROW_TEXT},
    {"progress", ROW_REAL},   {"text", ROW_TEXT},     {"created_at", ROW_TIME}, {"created_by", ROW_TEXT},
    {"expires_at", ROW_TIME}, {"taken_at", ROW_TIME}, {"ended_at", ROW_TIME},   {"handed_over_at", ROW_TIME},
    {"request", ROW_JSON},    {"result", ROW_JSON}};
enum { KIND = 1, FIELDS = sizeof fields / sizeof fields[0] };

/* What asking for a kind needs, as table job_kind has it: whoever may not ask is shown none in lists. */
static const struct {
    const char *name;
    Right needs;
} kinds[] = {{"read-slots", RIGHT_VIEW},
             {"read-point", RIGHT_VIEW},
             {"discover", RIGHT_EDIT_POINTS},
             {"doctor", RIGHT_EDIT_SETTINGS},
             {"prove-audit", RIGHT_READ_AUDIT}};
enum { KINDS = sizeof kinds / sizeof kinds[0], KINDS_TEXT_MAX = 128 };

/* The first `count` fields. A list of points' outcomes is told as such, whatever else is as it is. */
static json_t *job_json(const PgRows *rows, size_t row, size_t count)
{
    json_t *job = row_json(rows, row, 0, fields, count);
    json_t *points = json_object_get(json_object_get(job, "result"), "points");
    if (json_is_null(json_object_get(job, "points")))
        json_object_set_new(job, "points", json_array());
    if (json_is_array(points))
        json_object_set(job, "result", points);
    return job;
}

static void tell_taken(Call *call, const PgRows *rows)
{
    char location[256];
    json_t *job = job_json(rows, 0, FIELDS);
    snprintf(location, sizeof location, "/api/v1/sites/%s/jobs/%s", call_site(call),
             json_string_value(json_object_get(job, "id")));
    call_set_field(call, "Location", bp_str(bp_arena_text(call_arena(call), bp_str(location))));
    call_reply(call, 202, job);
}

static void on_asked(Call *call, const PgRows *rows)
{
    if (pg_row_count(rows) == 0) {
        call_set_field(call, "Retry-After", bp_str("10"));
        call_problem(
            call, 429, "too-many-requests",
            "too many jobs are under way, of yours (20) or of the site (200): wait for some of them");
        return;
    }
    if (bp_str_equal(pg_get_text(rows, 0, KIND), bp_str("prove-audit")))
        control_proofs_look(call_web(call)->control, call_site(call));
    tell_taken(call, rows);
}

static void ask(Call *call, const char *kind, const json_t *request, CallRows next)
{
    PgValue *values = bp_arena_take(call_arena(call), 3 * sizeof *values);
    values[0] = pg_text(bp_str(call_site(call)));
    values[1] = pg_text(bp_str(bp_arena_text(call_arena(call), bp_str(kind))));
    values[2] = control_json_value(call, request);
    PgStep *step = bp_arena_take(call_arena(call), sizeof *step);
    *step = (PgStep){SQL_ASK_WEB_JOB, values, 3};
    call_change(call, step, 1, next);
}

void web_ask_job(Call *call)
{
    const char *kind;
    json_auto_t *request = NULL;
    AskProblem problem = {0};
    if (ask_job_read(call_body(call), &kind, &request, &problem) != BP_OK)
        control_tell_problem(call, &problem);
    else
        ask(call, kind, request, on_asked);
}

static void on_job(Call *call, const PgRows *rows)
{
    if (pg_row_count(rows) == 0)
        call_problem(call, 404, "not-found", "site \"%s\" has no such job: they are kept for an hour",
                     call_site(call));
    else
        call_reply(call, 200, job_json(rows, 0, FIELDS));
}

void web_get_job(Call *call)
{
    PgValue id;
    if (!control_id(call, "job", &id))
        return;
    const PgValue values[] = {pg_text(bp_str(call_site(call))), id};
    call_ask(call, SQL_SELECT_WEB_JOB, values, 2, on_job);
}

/* ---- their list, without what came of them: that may be long ---- */

static bool may_ask(const Call *call, size_t kind)
{
    return person_may(call_person(call), call_site(call), kinds[kind].needs);
}

/* Kinds as an array of the database's: the one that is named, or all that the person may ask for. False: it
 * is none, or not the person's to see, and that has been answered. */
static bool read_kinds(Call *call, PgValue *ret_kinds)
{
    char memory[KINDS_TEXT_MAX];
    BpBuf text = bp_buf(memory, sizeof memory);
    const BpStr named = call_query_text(call, "kind");
    bp_buf_printf(&text, "{");
    size_t known = 0;
    for (size_t i = 0; i < KINDS; i++) {
        const bool is_meant = !named.data || bp_str_equal(named, bp_str(kinds[i].name));
        known += is_meant;
        if (is_meant && may_ask(call, i))
            bp_buf_printf(&text, "%s%s", text.size > 1 ? "," : "", kinds[i].name);
        else if (is_meant && named.data) {
            call_problem_with(call, 403, "not-allowed",
                              json_pack("{s:s}", "right", right_rows[kinds[i].needs].name),
                              "jobs %s are shown to who may ask for them (%s)", kinds[i].name,
                              right_rows[kinds[i].needs].name);
            return false;
        }
    }
    if (!known) {
        call_problem_with(call, 400, "bad-request", json_pack("{s:s}", "field", "kind"),
                          "kind is one of read-slots, read-point, discover, doctor, prove-audit");
        return false;
    }
    bp_buf_printf(&text, "}");
    *ret_kinds = pg_text(bp_str(bp_arena_text(call_arena(call), bp_buf_text(&text))));
    return true;
}

static void on_page(Call *call, const PgRows *rows)
{
    enum { NUMBER = FIELDS - 1 }; /* in the place of the result */
    const size_t limit = *(const size_t *)call_context(call), count = pg_row_count(rows);
    const bool has_more = count > limit;
    json_t *items = json_array();
    for (size_t row = 0; row < count - has_more; row++)
        json_array_append_new(items, job_json(rows, row, FIELDS - 1));
    json_t *body = rows_items(items);
    json_object_set_new(body, "next",
                        has_more ? json_sprintf("%" PRId64, pg_get_integer(rows, count - 2, NUMBER))
                                 : json_null());
    call_reply(call, 200, body);
}

void web_list_jobs(Call *call)
{
    static const char *const parameters[] = {"kind", "open", "after", "limit", NULL};
    enum { VALUES = 5 };
    int64_t after = 0, most = 0;
    bool is_open = false;
    PgValue asked;
    if (!call_query_is_known(call, parameters) || !call_query_bool(call, "open", false, &is_open) ||
        !call_query_number(call, "after", 1, INT64_MAX, 0, &after) ||
        !call_query_number(call, "limit", 1, 1000, 100, &most) || !read_kinds(call, &asked))
        return;
    size_t *limit = bp_arena_take(call_arena(call), sizeof *limit);
    *limit = (size_t)most;
    const PgValue values[VALUES] = {pg_text(bp_str(call_site(call))), asked,
                                    call_query_text(call, "open").data ? pg_bool(!is_open) : pg_null(),
                                    after ? pg_integer(after) : pg_null(), pg_integer(most + 1)};
    call_set_context(call, limit);
    call_ask(call, SQL_SELECT_WEB_JOBS, values, VALUES, on_page);
}

static void on_cancelled(Call *call, const PgRows *rows)
{
    if (pg_is_null(rows, 0, 0))
        call_problem(call, 404, "not-found", "there is no such job, or it was forgotten");
    else if (pg_get_bool(rows, 0, 0))
        call_reply_empty(call, 204);
    else
        call_problem(call, 409, "conflict", "the job has ended");
}

void web_cancel_job(Call *call)
{
    PgValue *values = bp_arena_take(call_arena(call), 2 * sizeof *values);
    values[0] = pg_text(bp_str(call_site(call)));
    if (!control_id(call, "job", &values[1]))
        return;
    const PgStep step = {SQL_CANCEL_WEB_JOB, values, 2};
    call_change(call, &step, 1, on_cancelled);
}

/* ---- the proof of the journal is the last one that was made, or a job that makes it ---- */

static void on_proof_asked(Call *call, const PgRows *rows)
{
    if (pg_row_count(rows) == 0)
        call_problem(call, 429, "too-many-requests", "too many jobs are under way");
    else
        on_asked(call, rows);
}

static void on_proof(Call *call, const PgRows *rows)
{
    enum { STATUS, RESULT };
    const BpStr result = pg_row_count(rows) ? pg_get_text(rows, 0, RESULT) : (BpStr){0};
    json_auto_t *nothing = json_object();
    if (pg_row_count(rows) && bp_str_equal(pg_get_text(rows, 0, STATUS), bp_str("completed")))
        call_reply(call, 200, json_loadb(result.data, result.size, 0, NULL));
    else
        ask(call, "prove-audit", nothing, on_proof_asked);
}

void web_get_audit_proof(Call *call)
{
    const PgValue site = pg_text(bp_str(call_site(call)));
    call_ask(call, SQL_SELECT_WEB_PROOF, &site, 1, on_proof);
}
