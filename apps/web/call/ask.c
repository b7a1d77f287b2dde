/* Questions to the database: on the pool, over in a few seconds, cancelled when nobody waits for the answer.
 */
#include "apps/web/call/parts.h"
#include "base/log.h"
#include "base/time.h"

#include <assert.h>

static const int64_t PATIENCE_US = 5 * BP_SECOND;

static bool somebody_waits(const Call *call)
{
    return call->request || (call->stream && !call->has_ended);
}

void call_tell(Call *call, BpStatus status, const BpError *err)
{
    static BpLogKind kind;
    static const char ended[] = "the session has ended"; /* web_act's words */
    switch (status) {
    case BP_CANCELLED: return; /* its client has left */
    case BP_TIMEOUT:
        call_problem(call, 504, "too-slow", "the database took too long: ask for less at once");
        return;
    case BP_FULL:
        call_set_field(call, "Retry-After", bp_str("5"));
        call_problem(call, 429, "too-many-requests",
                     "too much is asked for at once: try again in some seconds");
        return;
    case BP_UNAVAILABLE:
        call_set_field(call, "Retry-After", bp_str("5"));
        call_problem(call, 503, "database-away", "the database is away: try again in some seconds");
        return;
    case BP_FORBIDDEN:
        if (strcmp(err->text, ended) == 0) {
            call_refuse_stranger(call);
            return;
        }
        bp_log_some(&kind, loop_now_us(call->web->loop), BP_LOG_WARNING, "%s: %s",
                    call->match.operation->name, err->text);
        call_problem(call, 403, "not-allowed", "%s", err->text);
        return;
    case BP_CONFLICT: call_problem(call, 409, "conflict", "%s", err->text); return;
    case BP_INVALID: call_problem(call, 422, "invalid", "%s", err->text); return;
    default:
        bp_log_some(&kind, loop_now_us(call->web->loop), BP_LOG_ERROR, "%s: %s", call->match.operation->name,
                    err->text);
        call_problem(call, 500, "failed", "this is our fault, and the log of bacpipes web has more");
    }
}

static void on_answer(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Call *call = context;
    const CallRows next = call->next_rows;
    const CallRefused refused = call->refused;
    call->ticket = 0;
    call->next_rows = NULL;
    call->refused = NULL;
    if (!somebody_waits(call))
        call_let_go(call);
    else if (status == BP_OK)
        next(call, rows);
    else if (refused)
        refused(call, status, err);
    else
        call_tell(call, status, err);
}

static void expect(Call *call, PgTicket ticket)
{
    const int64_t patience_us = call->patience_us ? call->patience_us : PATIENCE_US;
    call->patience_us = 0;
    call->ticket = ticket;
    pg_pool_set_deadline(call->web->pool, ticket, loop_now_us(call->web->loop) + patience_us);
}

void call_set_patience(Call *call, int64_t patience_us)
{
    call->patience_us = patience_us;
}

void call_on_refused(Call *call, CallRefused refused)
{
    call->refused = refused;
}

void call_ask(Call *call, SqlQuery query, const PgValue *values, size_t count, CallRows next)
{
    assert(!call->ticket);
    call->next_rows = next;
    expect(call, pg_pool_request(call->web->pool, query, values, count, on_answer, call));
}

void call_change(Call *call, const PgStep *steps, size_t count, CallRows next)
{
    const Person *person = call->person;
    assert(!call->ticket && person);
    PgStep *all = bp_arena_take(&call->arena, (count + 1) * sizeof *all);
    PgValue *who = bp_arena_take(&call->arena, 2 * sizeof *who);
    who[0] = pg_text(bp_str(person->credential));
    who[1] = pg_text(bp_str(call->address));
    all[0] = (PgStep){SQL_WEB_ACT, who, 2};
    for (size_t i = 0; i < count; i++) {
        PgValue *values = bp_arena_take(&call->arena, (steps[i].count + 1) * sizeof *values);
        for (size_t j = 0; j < steps[i].count; j++)
            values[j] = steps[i].values[j];
        all[i + 1] = (PgStep){steps[i].query, values, steps[i].count};
    }
    call->next_rows = next;
    expect(call, pg_pool_transaction(call->web->pool, all, count + 1, on_answer, call));
}

void call_wait(Call *call)
{
    call->working++;
}

bool call_waited(Call *call)
{
    call->working--;
    if (somebody_waits(call))
        return true;
    call_let_go(call);
    return false;
}

/* ---- other threads ---- */

typedef struct CallWork {
    Call *call;
    void *job;
    void (*work)(void *job);
    void (*done)(Call *call, void *job);
} CallWork;

static void carry_out(void *context)
{
    const CallWork *work = context;
    work->work(work->job);
}

static void on_worked(void *context)
{
    const CallWork work = *(CallWork *)context; /* its memory goes with the call */
    work.call->working--;
    if (somebody_waits(work.call))
        work.done(work.call, work.job);
    else
        call_let_go(work.call);
}

void call_work(Call *call, void (*work)(void *job), void (*done)(Call *call, void *job), void *job)
{
    CallWork *kept = bp_arena_take(&call->arena, sizeof *kept);
    *kept = (CallWork){call, job, work, done};
    call->working++;
    loop_work(call->web->loop, carry_out, on_worked, kept);
}
