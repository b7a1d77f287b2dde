/* A connection on which several requests are under way at once (documentation of libpq, "Pipeline Mode"):
 * each is a statement, and a transaction, of its own, with a sync behind it. */
#include "io/pg/connection.h"

#include <assert.h>

/* ---- sending ---- */

static PgRequest *first_unsent(const Pg *pg)
{
    PgRequest *request = pg->waiting.first;
    while (request && request->is_sent)
        request = request->next;
    return request;
}

static bool send_request(Pg *pg, PgRequest *request)
{
    request->is_sent = true;
    pg->sent++;
    assert(request->kind == PG_ONE_QUERY || request->kind == PG_ONE_TEXT); /* as the header says */
    if (request->kind == PG_ONE_TEXT)
        return PQsendQueryParams(pg->connection, request->text, 0, NULL, NULL, NULL, NULL, 0) &&
               PQpipelineSync(pg->connection);
    const char *name = sql_query_name(request->query);
    request->is_preparing = !pg->prepared[request->query];
    pg->prepared[request->query] =
        true; /* what is sent behind it relies on that; taken back where it fails */
    return (!request->is_preparing ||
            PQsendPrepare(pg->connection, name, sql_query_text(request->query), 0, NULL)) &&
           PQsendQueryPrepared(pg->connection, name, request->parameters.count, request->parameters.texts,
                               request->parameters.lengths, request->parameters.formats, 0) &&
           PQpipelineSync(pg->connection);
}

static void want_events(Pg *pg)
{
    const int unsent = PQflush(pg->connection);
    loop_poll_set(pg->poll, LOOP_READABLE | (unsent > 0 ? LOOP_WRITABLE : 0));
}

void pg_pipeline_begin(Pg *pg)
{
    for (PgRequest *next = first_unsent(pg); next && pg->sent < PG_PIPELINE_MAX; next = next->next)
        if (!send_request(pg, next)) {
            pg_connection_lose(pg, "sending to the database");
            return;
        }
    pg->is_busy = pg->sent > 0;
    want_events(pg);
}

/* ---- receiving ---- */

static void end_first(Pg *pg)
{
    PgRequest *request = pg_queue_take_first(&pg->waiting);
    pg->sent--;
    pg->is_busy = pg->sent > 0;
    if (request->is_preparing)
        pg->prepared[request->query] = false; /* it could not be: the next one tries again */
    pg_cancel_look_at_due(pg);
    pg_request_end(request);
    if (pg->is_connected)
        pg_pipeline_begin(pg);
}

static void take_result(Pg *pg, PGresult *result)
{
    PgRequest *request = pg->waiting.first;
    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        PQclear(result);
        end_first(pg);
        return;
    case PGRES_PIPELINE_ABORTED: break; /* the error before it says why */
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        if (request->is_preparing) {
            request->is_preparing = false;
            break;
        }
        PQclear(request->result);
        request->result = result;
        return;
    default: pg_exchange_keep_error(request, result); break;
    }
    PQclear(result);
}

void pg_pipeline_advance(Pg *pg)
{
    while (pg->is_connected && pg->sent > 0 && !PQisBusy(pg->connection)) {
        PGresult *result = PQgetResult(pg->connection);
        if (!result && PQstatus(pg->connection) == CONNECTION_BAD) {
            pg_connection_lose(pg, "the database's connection broke");
            return;
        }
        if (result) /* without one a statement has ended, and its sync comes next */
            take_result(pg, result);
    }
}
