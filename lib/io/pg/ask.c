/* Requests: taken in, or ended without having been sent. */
#include "io/pg/connection.h"

#include <stdio.h>

/* ---- what ends without having been sent ---- */

void pg_ask_end_soon(Pg *pg, PgRequest *request, BpStatus status, const char *why)
{
    pg_request_fail(request, status, why);
    pg_queue_add(&pg->ended, request);
    loop_timer_set(pg->soon, 0);
}

void pg_ask_on_soon(void *owner)
{
    Pg *pg = owner;
    pg_queue_end_all(&pg->ended, BP_UNAVAILABLE, "");
    if (!pg->is_connected)
        pg_queue_end_all(&pg->waiting, BP_UNAVAILABLE, "there is no connection to the database");
    else
        pg_exchange_advance(pg); /* a stream may go on */
    BP_INVARIANT(pg_check(pg));
}

/* ---- taking requests in ---- */

void pg_ask_take(Pg *pg, PgRequest *request)
{
    if (pg->waiting.count >= PG_WAITING_MAX) {
        char why[64];
        snprintf(why, sizeof why, "%d requests wait for the database already", PG_WAITING_MAX);
        pg_ask_end_soon(pg, request, BP_FULL, why);
        return;
    }
    pg_queue_add(&pg->waiting, request);
    if (request->due_us != INT64_MAX)
        pg_cancel_look_at_due(pg);
    if (pg->is_connected)
        pg_exchange_begin(pg);
    else
        loop_timer_set(pg->soon, 0);
    BP_INVARIANT(pg_check(pg));
}

static PgTicket take(Pg *pg, PgRequest *request)
{
    const PgTicket ticket = request->ticket;
    pg_ask_take(pg, request);
    return ticket;
}

PgTicket pg_request(Pg *pg, SqlQuery query, const PgValue *values, size_t count, PgDone done, void *context)
{
    return take(pg, pg_request_new_query(query, values, count, done, context));
}

PgTicket pg_request_text(Pg *pg, BpStr sql, PgDone done, void *context)
{
    return take(pg, pg_request_new_text(sql, done, context));
}

PgTicket pg_transaction(Pg *pg, const PgStep *steps, size_t step_count, PgDone done, void *context)
{
    return take(pg, pg_request_new_transaction(steps, step_count, done, context));
}

PgTicket pg_copy(Pg *pg, SqlQuery copy, BpStr octets, const PgStep *steps, size_t step_count, PgDone done,
                 void *context)
{
    PgRequest *request = pg_request_new_transaction(steps, step_count, done, context);
    request->has_copy = true;
    request->query = copy;
    request->octets = octets;
    return take(pg, request);
}
