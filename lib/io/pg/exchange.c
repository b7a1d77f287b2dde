/* Sending and receiving: one request at a time is on the wire, part by part. */
#include "io/pg/connection.h"

#include <assert.h>
#include <stdio.h>

enum { COPY_CHUNK = 256 * 1024 };

static void send_next(Pg *pg);

/* ---- sending ---- */

/* Prepares the statement on its first use; the statement follows when that has been answered. */
static bool send_query(Pg *pg, PgRequest *request, SqlQuery query, const PgParameters *parameters)
{
    const char *name = sql_query_name(query);
    const bool is_streamed = request->kind == PG_STREAMED;
    request->is_preparing = !pg->prepared[query];
    if (request->is_preparing)
        return PQsendPrepare(pg->connection, name, sql_query_text(query), 0, NULL);
    return PQsendQueryPrepared(pg->connection, name, parameters->count, parameters->texts,
                               parameters->lengths, parameters->formats, is_streamed) &&
           (!is_streamed || PQsetSingleRowMode(pg->connection));
}

static bool send_step(Pg *pg, PgRequest *request)
{
    const PgStep *step = &request->steps[request->step];
    PgParameters parameters = {0};
    pg_parameters_set(&parameters, step->values, step->count);
    const bool sent = send_query(pg, request, step->query, &parameters);
    pg_parameters_done(&parameters);
    return sent;
}

static bool send_part(Pg *pg, PgRequest *request)
{
    switch (request->kind) {
    case PG_STREAMED:
        if (request->text)
            return PQsendQueryParams(pg->connection, request->text, 0, NULL, NULL, NULL, NULL, 1) &&
                   PQsetSingleRowMode(pg->connection);
        return send_query(pg, request, request->query, &request->parameters);
    case PG_ONE_QUERY: return send_query(pg, request, request->query, &request->parameters);
    case PG_ONE_TEXT: return PQsendQuery(pg->connection, request->text);
    case PG_TRANSACTION: break;
    }
    switch (request->phase) {
    case PG_SEND_BEGIN: return PQsendQuery(pg->connection, "begin");
    case PG_SEND_COPY: return PQsendQuery(pg->connection, sql_query_text(request->query));
    case PG_SEND_STEP: return send_step(pg, request);
    case PG_SEND_COMMIT: return PQsendQuery(pg->connection, "commit");
    case PG_SEND_ROLLBACK: return PQsendQuery(pg->connection, "rollback");
    default: return true;
    }
}

/* Hands libpq what its buffer takes of the COPY's octets. False when the connection is broken. */
static bool copy_more(Pg *pg, PgRequest *request)
{
    while (request->copied < request->octets.size) {
        const size_t left = request->octets.size - request->copied;
        const size_t size = left < COPY_CHUNK ? left : COPY_CHUNK;
        const int taken = PQputCopyData(pg->connection, request->octets.data + request->copied, (int)size);
        if (taken < 0)
            return false;
        if (taken == 0)
            return true; /* the socket is full: more when it is writable */
        request->copied += size;
        const int unsent = PQflush(pg->connection);
        if (unsent < 0)
            return false;
        if (unsent > 0)
            return true;
    }
    if (PQputCopyEnd(pg->connection, NULL) < 0)
        return false;
    request->phase = PG_END_OF_COPY;
    return true;
}

static bool is_copying(const Pg *pg)
{
    return pg->is_busy && !pg->is_fencing && pg->waiting.first->phase == PG_COPYING;
}

static void want_events(Pg *pg)
{
    const int unsent = PQflush(pg->connection);
    loop_poll_set(pg->poll,
                  (pg->is_stopped ? 0 : LOOP_READABLE) | (unsent > 0 || is_copying(pg) ? LOOP_WRITABLE : 0));
}

/* A text that failed behind a BEGIN of its own leaves a transaction that nobody can use. */
static bool is_in_failed_transaction(const Pg *pg)
{
    return PQtransactionStatus(pg->connection) == PQTRANS_INERROR;
}

static bool send_fence(Pg *pg)
{
    return PQsendQuery(pg->connection, is_in_failed_transaction(pg) ? "rollback" : "select 1");
}

static void send_next(Pg *pg)
{
    pg->is_busy = false;
    if (pg->cancel || (!pg->waiting.first && !pg->needs_fence))
        return;
    pg->is_busy = true;
    pg->is_fencing = pg->needs_fence;
    pg->needs_fence = false;
    if (pg->is_fencing)
        pg_cancel_expect_end(pg);
    if (pg->is_fencing ? send_fence(pg) : send_part(pg, pg->waiting.first))
        want_events(pg);
    else
        pg_connection_lose(pg, "sending to the database");
}

void pg_exchange_begin(Pg *pg)
{
    if (pg->options.is_pipelined)
        pg_pipeline_begin(pg);
    else if (!pg->is_busy)
        send_next(pg);
}

/* ---- receiving ---- */

/* What an error of the server means for who asked (documentation of PostgreSQL, "Error Codes"). Without a
 * state libpq lost the server. A row that no partition takes is a check violation of no constraint. */
static BpStatus status_of(const char *state, const char *constraint)
{
    static const char *const passing[] = {"08", "40", "53", "55P03", "57", "58"};
    if (!state)
        return BP_UNAVAILABLE;
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (strncmp(state, passing[i], strlen(passing[i])) == 0)
            return BP_UNAVAILABLE;
    if (strncmp(state, "28", 2) == 0 || strcmp(state, "42501") == 0)
        return BP_FORBIDDEN;
    if (strcmp(state, "23505") == 0)
        return BP_CONFLICT;
    if (strcmp(state, "55006") == 0)
        return BP_TIMEOUT;
    if (strcmp(state, "23514") == 0 && !constraint)
        return BP_NOT_FOUND;
    return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 ? BP_INVALID : BP_REFUSED;
}

void pg_exchange_keep_error(PgRequest *request, const PGresult *result)
{
    static const char cancelled[] = "57014";
    if (request->status != BP_OK)
        return; /* the first is the cause of the others */
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (request->unwanted != BP_OK && state && strcmp(state, cancelled) == 0) {
        request->is_over = false; /* nor are the statements before it, where it is a text with several */
        return;                   /* it ends as it was to end */
    }
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    request->status = bp_fail(
        &request->err, status_of(state, PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME)), "%s%s%s",
        message ? message : PQresultErrorMessage(result), detail ? ": " : "", detail ? detail : "");
}

static SqlQuery current_query(const PgRequest *request)
{
    return request->kind == PG_TRANSACTION ? request->steps[request->step].query : request->query;
}

static void give_row(Pg *pg, const PgRequest *request, PGresult *result)
{
    const PgRows rows = {result};
    if (request->unwanted == BP_OK)
        pg->is_stopped = !pg_stream_give(request->stream, &rows) && request->unwanted == BP_OK;
}

/* A result of the part under way has come; it is taken over. */
static void take_result(Pg *pg, PGresult *result)
{
    PgRequest *request = pg->waiting.first;
    switch (PQresultStatus(result)) {
    case PGRES_COPY_IN: request->phase = PG_COPYING; break;
    case PGRES_SINGLE_TUPLE: give_row(pg, request, result); break;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        if (request->is_preparing) {
            pg->prepared[current_query(request)] = true;
            break;
        }
        request->is_over = request->kind != PG_TRANSACTION || request->phase == PG_SEND_COMMIT;
        if (request->kind == PG_STREAMED ||
            (request->kind == PG_TRANSACTION && request->phase != PG_SEND_STEP))
            break;
        PQclear(request->result);
        request->result = result;
        return;
    default: pg_exchange_keep_error(request, result); break;
    }
    PQclear(result);
}

/* What comes after the part that has just been answered. */
static PgPhase next_phase(PgRequest *request)
{
    if (request->phase == PG_SEND_COMMIT || request->phase == PG_SEND_ROLLBACK)
        return PG_ENDED;
    if (request->status != BP_OK)
        return PG_SEND_ROLLBACK;
    switch (request->phase) {
    case PG_SEND_BEGIN:
        if (request->has_copy)
            return PG_SEND_COPY;
        break;
    case PG_SEND_STEP: request->step++; break;
    default: break;
    }
    return request->step < request->step_count ? PG_SEND_STEP : PG_SEND_COMMIT;
}

static void end_request(Pg *pg)
{
    PgRequest *request = pg_queue_take_first(&pg->waiting);
    pg->is_busy = pg->is_stopped = false;
    if (request->unwanted != BP_OK && !pg->cancel && !pg->needs_fence)
        pg_cancel_end(pg);
    if (is_in_failed_transaction(pg))
        pg->needs_fence = true;
    pg_cancel_look_at_due(pg);
    pg_request_end(request);
    if (pg->is_connected && !pg->is_busy)
        send_next(pg);
    if (pg->is_connected && !pg->waiting.first && pg->on_idle)
        pg->on_idle(pg->idle_owner);
}

/* The part under way has been answered whole: the next part, or the next request. */
static void end_part(Pg *pg)
{
    PgRequest *request = pg->waiting.first;
    if (request->unwanted != BP_OK && !request->is_over)
        pg_request_fail(request, request->unwanted,
                        request->unwanted == BP_TIMEOUT ? "the time for it was over: it was cancelled"
                                                        : "it was cancelled");
    if (request->is_preparing && request->status == BP_OK) {
        send_next(pg);
        return;
    }
    request->is_preparing = false;
    if (request->kind == PG_TRANSACTION)
        request->phase = next_phase(request);
    if (request->kind == PG_TRANSACTION && request->phase != PG_ENDED)
        send_next(pg);
    else
        end_request(pg);
}

/* Notices that came. */
static void give_notices(Pg *pg)
{
    for (PGnotify *notice; pg->connection && (notice = PQnotifies(pg->connection)) != NULL;
         PQfreemem(notice)) {
        pg->noticed_by = notice->be_pid == PQbackendPID(pg->connection) ? 0 : notice->be_pid;
        if (pg->options.on_notice)
            pg->options.on_notice(pg->options.owner, notice->relname, notice->extra);
    }
}

int pg_noticed_by(const Pg *pg)
{
    return pg->noticed_by;
}

static void end_fence(Pg *pg)
{
    pg->is_fencing = false;
    pg_cancel_end(pg);
    pg_cancel_look_at_due(pg);
    if (is_in_failed_transaction(pg)) /* a late cancel has hit the rollback */
        pg->needs_fence = true;
    send_next(pg);
}

/* Each returns false when the connection is broken, or has nothing more for now. */
static bool go_on_copying(Pg *pg)
{
    if (!copy_more(pg, pg->waiting.first)) {
        pg_connection_lose(pg, "sending to the database");
        return false;
    }
    return pg->waiting.first->phase != PG_COPYING;
}

static bool take_next_result(Pg *pg)
{
    PGresult *result = PQgetResult(pg->connection);
    if (!pg->is_fencing && result)
        take_result(pg, result);
    else if (!pg->is_fencing)
        end_part(pg);
    else if (!result)
        end_fence(pg);
    else
        PQclear(result);
    return pg->is_connected; /* not lost, nor freed in a callback */
}

void pg_exchange_advance(Pg *pg)
{
    if (pg->options.is_pipelined)
        pg_pipeline_advance(pg);
    while (!pg->options.is_pipelined && pg->is_busy && !pg->is_stopped && !PQisBusy(pg->connection))
        if (is_copying(pg) ? !go_on_copying(pg) : !take_next_result(pg))
            break;
    if (pg->is_connected)
        give_notices(pg);
    if (pg->is_connected)
        want_events(pg);
}

void pg_exchange_forget(Pg *pg)
{
    pg->is_busy = pg->is_fencing = pg->needs_fence = pg->is_stopped = false;
    pg->sent = 0;
    memset(pg->prepared, 0, sizeof pg->prepared);
}
