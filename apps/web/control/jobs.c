/* Jobs: what is asked of the site, how far it is, and taking it back. */
#include "apps/web/control/control.h"
#include "apps/web/control/parts.h"
#include "apps/web/control/proof.h"
#include "apps/web/control/rows.h"

#include <stdio.h>
#include <string.h>

static const RowField fields[] = {{"id", ROW_TEXT},
                                  {"kind", ROW_TEXT},
                                  {"points", ROW_JSON},
                                  {"status", ROW_TEXT},
                                  {"progress", ROW_REAL},
                                  {"text", ROW_TEXT},
                                  {"created_at", ROW_TIME},
                                  {"created_by", ROW_TEXT},
                                  {"expires_at", ROW_TIME},
                                  {"taken_at", ROW_TIME},
                                  {"ended_at", ROW_TIME},
                                  {"result", ROW_JSON},
                                  {"handed_over_at", ROW_TIME},
                                  {"request", ROW_JSON}};
enum { KIND = 1, STATUS = 3, RESULT = 11, FIELDS = sizeof fields / sizeof fields[0] };

/* A list of points' outcomes is told as such, whatever else is as it is. */
static json_t *job_json(const PgRows *rows, size_t row)
{
    json_t *job = row_json(rows, row, 0, fields, FIELDS);
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
    json_t *job = job_json(rows, 0);
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
        call_reply(call, 200, job_json(rows, 0));
}

void web_get_job(Call *call)
{
    PgValue id;
    if (!control_id(call, "job", &id))
        return;
    const PgValue values[] = {pg_text(bp_str(call_site(call))), id};
    call_ask(call, SQL_SELECT_WEB_JOB, values, 2, on_job);
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
