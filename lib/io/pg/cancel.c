/* Requests that are given up: cancelled, or past their deadlines. */
#include "io/pg/connection.h"

#include "base/time.h"

#include <stdlib.h>

/* From a cancel to the end of its request, and to the answer behind it. */
static const int64_t CANCEL_PATIENCE_US = 5 * BP_SECOND;

/* ---- cancels: libpq's waits for the server, so another thread does it ---- */

struct PgCancelJob {
    Pg *pg; /* NULL: it has no connection any more to which this matters */
    PGcancel *cancel;
};

static void do_cancel(void *context)
{
    PgCancelJob *job = context;
    char why[256];
    (void)PQcancel(job->cancel, why, sizeof why); /* what that does not end, the deadline of cancels does */
}

static void on_cancelled(void *context)
{
    PgCancelJob *job = context;
    Pg *pg = job->pg;
    PQfreeCancel(job->cancel);
    free(job);
    if (!pg)
        return;
    pg->cancel = NULL;
    /* The server may take it upon itself only now: not with the next statement that matters. */
    pg->needs_fence = true;
    pg_exchange_begin(pg);
}

void pg_cancel_expect_end(Pg *pg)
{
    pg->cancel_by_us = loop_now_us(pg->loop) + CANCEL_PATIENCE_US;
    pg_cancel_look_at_due(pg);
}

static void cancel_first(Pg *pg)
{
    PgCancelJob *job = pg_allocate(sizeof *job);
    *job = (PgCancelJob){pg, PQgetCancel(pg->connection)};
    pg->cancel = job;
    loop_work(pg->loop, do_cancel, on_cancelled, job);
}

void pg_cancel_end(Pg *pg)
{
    pg->cancel_by_us = INT64_MAX;
}

void pg_cancel_forget(Pg *pg)
{
    if (pg->cancel)
        pg->cancel->pg = NULL;
    pg->cancel = NULL;
    pg_cancel_end(pg);
    for (PgRequest *i = pg->waiting.first; i; i = i->next)
        i->status = BP_OK; /* whatever was to become of it: it is not known now */
}

/* The first, which is on the wire. */
static void give_up_first(Pg *pg, BpStatus status)
{
    PgRequest *request = pg->waiting.first;
    if (request->unwanted != BP_OK)
        return;
    request->unwanted = status;
    const bool is_stopped = pg->is_stopped;
    pg->is_stopped = false; /* the rest of its rows is thrown away */
    if (is_stopped)
        loop_timer_set(pg->soon, 0);
    if (request->phase != PG_SEND_COMMIT && request->phase != PG_SEND_ROLLBACK && !pg->cancel)
        cancel_first(pg); /* else it ends as it does */
    pg_cancel_expect_end(pg);
}

static bool give_up(Pg *pg, PgTicket ticket, BpStatus status)
{
    PgRequest *request = pg_queue_find(&pg->waiting, ticket);
    if (!request || request->is_sent)
        return false; /* of what is under way in a pipeline none can be told from the others */
    if (request == pg->waiting.first && pg->is_busy && !pg->is_fencing) {
        give_up_first(pg, status);
    } else {
        pg_queue_remove(&pg->waiting, request);
        pg_ask_end_soon(pg, request, status, "it was cancelled before its turn came");
    }
    return true;
}

void pg_cancel(Pg *pg, PgTicket ticket)
{
    (void)give_up(pg, ticket, BP_CANCELLED);
    BP_INVARIANT(pg_check(pg));
}

/* ---- deadlines ---- */

/* The last that is. */
static const PgRequest *on_the_wire(const Pg *pg)
{
    PgRequest *last = pg->is_busy && !pg->is_fencing ? pg->waiting.first : NULL;
    while (last && last->is_sent && last->next && last->next->is_sent)
        last = last->next;
    return last;
}

static bool is_pipeline_late(const Pg *pg, int64_t now_us)
{
    for (const PgRequest *i = pg->waiting.first; i && i->is_sent; i = i->next)
        if (i->due_us <= now_us)
            return true;
    return false;
}

void pg_cancel_look_at_due(Pg *pg)
{
    int64_t due_us = pg->cancel_by_us;
    for (const PgRequest *i = pg->waiting.first; i; i = i->next)
        if (i->unwanted == BP_OK && i->due_us < due_us)
            due_us = i->due_us;
    if (due_us == INT64_MAX)
        loop_timer_clear(pg->due);
    else
        loop_timer_set(pg->due, due_us);
}

void pg_cancel_on_due(void *owner)
{
    Pg *pg = owner;
    const int64_t now_us = loop_now_us(pg->loop);
    if (pg->cancel_by_us <= now_us) {
        pg_connection_lose(pg, "the database does not end what was cancelled; the connection is given up");
        return;
    }
    if (is_pipeline_late(pg, now_us)) {
        pg_connection_lose(pg, "the database does not answer in time; the connection is given up");
        return;
    }
    const PgRequest *first = on_the_wire(pg);
    (void)pg_queue_expire(&pg->waiting, first, now_us, &pg->ended);
    if (pg->ended.first)
        loop_timer_set(pg->soon, 0);
    if (first && !first->is_sent && first->due_us <= now_us)
        give_up_first(pg, BP_TIMEOUT);
    pg_cancel_look_at_due(pg);
    BP_INVARIANT(pg_check(pg));
}

void pg_set_deadline(Pg *pg, PgTicket ticket, int64_t due_us)
{
    PgRequest *request = pg_queue_find(&pg->waiting, ticket);
    if (!request)
        return;
    request->due_us = due_us;
    pg_cancel_look_at_due(pg);
    BP_INVARIANT(pg_check(pg));
}
