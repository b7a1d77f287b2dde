/* The connection and its queue. One request at a time is on the wire; each is a list of parts (statements and
 * at most one COPY) that libpq carries out in turn. */
#include "io/pg/pg.h"

#include "base/buf.h"
#include "base/parse.h"
#include "base/time.h"

#include <assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_PAUSE_MS = 500,
    LONGEST_PAUSE_MS = 15000,
    CONNECT_TIMEOUT_S = 15,
    CHANNELS_MAX = 8,
    COPY_CHUNK = 256 * 1024,
    PARAMETER_TEXT_MAX = 40, /* of a number or an instant */
};

/* Parameters as libpq wants them: texts, all in one piece of memory. */
typedef struct Parameters {
    int count;
    const char *texts[PG_VALUES_MAX];
    int lengths[PG_VALUES_MAX];
    int formats[PG_VALUES_MAX];
    char *memory;
} Parameters;

typedef enum RequestKind { ONE_QUERY, ONE_TEXT, TRANSACTION } RequestKind;

/* Where a transaction is: before each part stands what is to be sent next. */
typedef enum Phase {
    SEND_BEGIN,
    SEND_COPY,
    COPYING,
    END_OF_COPY,
    SEND_STEP,
    SEND_COMMIT,
    SEND_ROLLBACK,
    ENDED
} Phase;

typedef struct Request Request;
struct Request {
    Request *next;
    RequestKind kind;
    PgDone done;
    void *context;

    SqlQuery query; /* of ONE_QUERY, or the COPY of a transaction */
    Parameters parameters;
    char *text;

    bool has_copy;
    BpStr octets;
    size_t copied;
    const PgStep *steps;
    size_t step_count, step;

    Phase phase;
    bool is_preparing; /* the answer awaited is that of PREPARE; the statement itself comes next */
    BpStatus status;
    BpError err;
    PGresult *result; /* the last one, for `done` */
};

struct Pg {
    Loop *loop;
    PgOptions options;
    char *texts; /* the options' own, in one piece */
    PGconn *connection;
    LoopPoll *poll;
    int socket;
    LoopTimer *timer; /* the next try to connect, or the end of our patience with this one */
    LoopResolve *resolve;
    int64_t pause_ms;
    bool is_connecting, is_connected;
    bool prepared[SQL_QUERY_COUNT];
    struct Queue {
        Request *first, *last;
        size_t count;
    } waiting,   /* the first one is on the wire when `is_busy` */
        refused; /* there was no room for them; gone in the loop's next turn */
    bool is_busy;
    LoopTimer *refusal; /* answers requests made while there is no connection, or no room */
    char *channels[CHANNELS_MAX];
    size_t channel_count;
};

struct PgRows {
    PGresult *result;
};

static void send_next(Pg *pg);

static void *allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        abort();
    return memory;
}

/* ---- parameters ---- */

static size_t parameter_size(const PgValue *value)
{
    return value->kind == PG_TEXT ? value->text.size + 1 : PARAMETER_TEXT_MAX;
}

static int write_parameter(const PgValue *value, char *out)
{
    switch (value->kind) {
    case PG_TEXT:
        if (value->text.size)
            memcpy(out, value->text.data, value->text.size);
        out[value->text.size] = '\0';
        return (int)value->text.size;
    case PG_INTEGER: return snprintf(out, PARAMETER_TEXT_MAX, "%" PRId64, value->integer);
    case PG_DOUBLE: return snprintf(out, PARAMETER_TEXT_MAX, "%.17g", value->real);
    case PG_BOOL: return snprintf(out, PARAMETER_TEXT_MAX, "%s", value->truth ? "t" : "f");
    case PG_TIME: bp_time_format(value->instant_us, 6, out); return (int)strlen(out);
    case PG_NULL:
    case PG_OCTETS: break;
    }
    return 0;
}

static void set_parameters(Parameters *parameters, const PgValue *values, size_t count)
{
    assert(count <= PG_VALUES_MAX);
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += values[i].kind == PG_OCTETS ? values[i].text.size + 1 : parameter_size(&values[i]);
    parameters->count = (int)count;
    parameters->memory = allocate(size);
    char *out = parameters->memory;
    for (size_t i = 0; i < count; i++) {
        parameters->texts[i] = values[i].kind == PG_NULL ? NULL : out;
        if (values[i].kind == PG_OCTETS) {
            parameters->formats[i] = 1;
            parameters->lengths[i] = (int)values[i].text.size;
            if (values[i].text.size)
                memcpy(out, values[i].text.data, values[i].text.size);
            out += values[i].text.size + 1;
        } else {
            parameters->lengths[i] = write_parameter(&values[i], out);
            out += parameter_size(&values[i]);
        }
    }
}

/* ---- the queue ---- */

static Request *enqueue(struct Queue *queue, PgDone done, void *context)
{
    Request *request = allocate(sizeof *request);
    request->done = done;
    request->context = context;
    if (queue->last)
        queue->last->next = request;
    else
        queue->first = request;
    queue->last = request;
    queue->count++;
    return request;
}

static Request *dequeue(struct Queue *queue)
{
    Request *request = queue->first;
    queue->first = request->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    return request;
}

static void answer(Request *request)
{
    const PgRows rows = {request->result};
    if (request->done)
        request->done(request->context, request->status, request->status == BP_OK ? &rows : NULL,
                      request->status == BP_OK ? NULL : &request->err);
    PQclear(request->result);
    free(request->parameters.memory);
    free(request->text);
    free(request);
}

/* Answers all of the queue; requests that the callbacks make are not among them. */
static void refuse_all(struct Queue *queue, BpStatus status, const char *why)
{
    for (size_t left = queue->count; left > 0; left--) {
        Request *request = dequeue(queue);
        request->status = bp_fail(&request->err, status, "%s", why);
        PQclear(request->result);
        request->result = NULL;
        answer(request);
    }
}

static void refuse_full(Pg *pg)
{
    char why[64];
    snprintf(why, sizeof why, "%d requests wait for the database already", PG_WAITING_MAX);
    refuse_all(&pg->refused, BP_FULL, why);
}

static void on_refusal(void *owner)
{
    Pg *pg = owner;
    refuse_full(pg);
    if (!pg->is_connected)
        refuse_all(&pg->waiting, BP_UNAVAILABLE, "there is no connection to the database");
}

/* Sends the request when its turn is now, or sees to its refusal from the loop. */
static void begin(Pg *pg)
{
    if (!pg->is_connected)
        loop_timer_set(pg->refusal, 0);
    else if (!pg->is_busy)
        send_next(pg);
}

/* ---- losing the connection ---- */

static BpStr first_line(const char *text)
{
    BpStr rest;
    return bp_str_trim(bp_str_cut(bp_str(text ? text : ""), '\n', &rest));
}

static void disconnect(Pg *pg)
{
    loop_poll_free(pg->poll);
    pg->poll = NULL;
    pg->socket = -1;
    PQfinish(pg->connection);
    pg->connection = NULL;
    pg->is_connecting = pg->is_connected = pg->is_busy = false;
    memset(pg->prepared, 0, sizeof pg->prepared);
}

static void lose(Pg *pg, const BpError *why)
{
    disconnect(pg);
    refuse_all(&pg->waiting, BP_UNAVAILABLE, why->text);
    if (pg->options.on_lost)
        pg->options.on_lost(pg->options.owner, why);
    loop_timer_set(pg->timer, loop_now_us(pg->loop) + pg->pause_ms * BP_MS);
    pg->pause_ms = pg->pause_ms * 2 < LONGEST_PAUSE_MS ? pg->pause_ms * 2 : LONGEST_PAUSE_MS;
}

static void lose_because(Pg *pg, const char *what)
{
    BpError why;
    const BpStr line = first_line(pg->connection ? PQerrorMessage(pg->connection) : "");
    if (line.size)
        bp_fail(&why, BP_UNAVAILABLE, "%s: %.*s", what, BP_STR_ARGS(line));
    else
        bp_fail(&why, BP_UNAVAILABLE, "%s", what);
    lose(pg, &why);
}

/* ---- sending ---- */

/* Prepares the statement on its first use; the statement follows when that has been answered. */
static bool send_query(Pg *pg, Request *request, SqlQuery query, const Parameters *parameters)
{
    const char *name = sql_query_name(query);
    request->is_preparing = !pg->prepared[query];
    if (request->is_preparing)
        return PQsendPrepare(pg->connection, name, sql_query_text(query), 0, NULL);
    return PQsendQueryPrepared(pg->connection, name, parameters->count, parameters->texts,
                               parameters->lengths, parameters->formats, 0);
}

static bool send_step(Pg *pg, Request *request)
{
    const PgStep *step = &request->steps[request->step];
    Parameters parameters = {0};
    set_parameters(&parameters, step->values, step->count);
    const bool sent = send_query(pg, request, step->query, &parameters);
    free(parameters.memory);
    return sent;
}

static bool send_part(Pg *pg, Request *request)
{
    switch (request->kind) {
    case ONE_QUERY: return send_query(pg, request, request->query, &request->parameters);
    case ONE_TEXT: return PQsendQuery(pg->connection, request->text);
    case TRANSACTION: break;
    }
    switch (request->phase) {
    case SEND_BEGIN: return PQsendQuery(pg->connection, "begin");
    case SEND_COPY: return PQsendQuery(pg->connection, sql_query_text(request->query));
    case SEND_STEP: return send_step(pg, request);
    case SEND_COMMIT: return PQsendQuery(pg->connection, "commit");
    case SEND_ROLLBACK: return PQsendQuery(pg->connection, "rollback");
    default: return true;
    }
}

/* Hands libpq what its buffer takes of the COPY's octets. False when the connection is broken. */
static bool copy_more(Pg *pg, Request *request)
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
    request->phase = END_OF_COPY;
    return true;
}

static void want_events(Pg *pg)
{
    const int unsent = PQflush(pg->connection);
    const bool copying = pg->is_busy && pg->waiting.first->phase == COPYING;
    loop_poll_set(pg->poll, LOOP_READABLE | (unsent > 0 || copying ? LOOP_WRITABLE : 0));
}

static void send_next(Pg *pg)
{
    if (!pg->waiting.first)
        return;
    pg->is_busy = true;
    if (send_part(pg, pg->waiting.first))
        want_events(pg);
    else
        lose_because(pg, "sending to the database");
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
    if (strcmp(state, "23505") == 0)
        return BP_CONFLICT;
    if (strcmp(state, "23514") == 0 && !constraint)
        return BP_NOT_FOUND;
    return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 ? BP_INVALID : BP_REFUSED;
}

static void keep_error(Request *request, const PGresult *result)
{
    if (request->status != BP_OK)
        return; /* the first is the cause of the others */
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    request->status = bp_fail(&request->err,
                              status_of(PQresultErrorField(result, PG_DIAG_SQLSTATE),
                                        PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME)),
                              "%s%s%s", message ? message : PQresultErrorMessage(result), detail ? ": " : "",
                              detail ? detail : "");
}

static SqlQuery current_query(const Request *request)
{
    return request->kind == ONE_QUERY ? request->query : request->steps[request->step].query;
}

/* A result of the part under way has come; it is taken over. */
static void take_result(Pg *pg, PGresult *result)
{
    Request *request = pg->waiting.first;
    const ExecStatusType status = PQresultStatus(result);
    switch (status) {
    case PGRES_COPY_IN: request->phase = COPYING; break;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        if (request->is_preparing) {
            pg->prepared[current_query(request)] = true;
        } else if (request->kind != TRANSACTION || request->phase == SEND_STEP) {
            PQclear(request->result);
            request->result = result;
            return;
        }
        break;
    default: keep_error(request, result); break;
    }
    PQclear(result);
}

/* What comes after the part that has just been answered. */
static Phase next_phase(Request *request)
{
    if (request->phase == SEND_COMMIT || request->phase == SEND_ROLLBACK)
        return ENDED;
    if (request->status != BP_OK)
        return SEND_ROLLBACK;
    switch (request->phase) {
    case SEND_BEGIN:
        if (request->has_copy)
            return SEND_COPY;
        break;
    case SEND_STEP: request->step++; break;
    default: break;
    }
    return request->step < request->step_count ? SEND_STEP : SEND_COMMIT;
}

/* The part under way has been answered whole: the next part, or the next request. */
static void end_part(Pg *pg)
{
    Request *request = pg->waiting.first;
    if (request->is_preparing && request->status == BP_OK) {
        send_next(pg);
        return;
    }
    request->is_preparing = false;
    if (request->kind == TRANSACTION)
        request->phase = next_phase(request);
    if (request->kind == TRANSACTION && request->phase != ENDED) {
        send_next(pg);
        return;
    }
    pg->is_busy = false;
    answer(dequeue(&pg->waiting));
    if (pg->is_connected && !pg->is_busy)
        send_next(pg);
}

static void give_notices(Pg *pg)
{
    for (PGnotify *notice; pg->connection && (notice = PQnotifies(pg->connection)) != NULL; PQfreemem(notice))
        if (pg->options.on_notice)
            pg->options.on_notice(pg->options.owner, notice->relname, notice->extra);
}

/* Takes what has arrived, as long as libpq need not wait for more. */
static void advance(Pg *pg)
{
    while (pg->is_busy && !PQisBusy(pg->connection)) {
        if (pg->waiting.first->phase == COPYING) {
            if (!copy_more(pg, pg->waiting.first)) {
                lose_because(pg, "sending to the database");
                return;
            }
            if (pg->waiting.first->phase == COPYING)
                break;
            continue;
        }
        PGresult *result = PQgetResult(pg->connection);
        if (result)
            take_result(pg, result);
        else
            end_part(pg);
        if (!pg->is_connected)
            return; /* lost, or freed in a callback */
    }
    give_notices(pg);
    if (pg->is_connected)
        want_events(pg);
}

/* ---- connecting ---- */

static void on_ready(void *owner, int events);

/* libpq may change its socket between tries of several addresses. */
static void watch_socket(Pg *pg, int events)
{
    const int socket = PQsocket(pg->connection);
    if (socket != pg->socket) {
        loop_poll_free(pg->poll);
        pg->poll = loop_poll_new(pg->loop, socket, on_ready, pg);
        pg->socket = socket;
    }
    if (pg->poll)
        loop_poll_set(pg->poll, events);
}

static void listen_to(Pg *pg, const char *channel)
{
    char text[128];
    const int size = snprintf(text, sizeof text, "listen \"%s\"", channel);
    pg_request_text(pg, (BpStr){text, (size_t)size}, NULL, NULL);
}

static void on_connection(Pg *pg)
{
    pg->is_connecting = false;
    pg->is_connected = true;
    pg->pause_ms = FIRST_PAUSE_MS;
    loop_timer_clear(pg->timer);
    PQsetnonblocking(pg->connection, 1);
    watch_socket(pg, LOOP_READABLE);
    for (size_t i = 0; i < pg->channel_count; i++)
        listen_to(pg, pg->channels[i]);
    if (pg->is_connected && pg->options.on_connected)
        pg->options.on_connected(pg->options.owner);
}

static void go_on_connecting(Pg *pg)
{
    switch (PQconnectPoll(pg->connection)) {
    case PGRES_POLLING_READING: watch_socket(pg, LOOP_READABLE); break;
    case PGRES_POLLING_WRITING: watch_socket(pg, LOOP_WRITABLE); break;
    case PGRES_POLLING_OK: on_connection(pg); break;
    default: lose_because(pg, "connecting to the database"); break;
    }
}

static void on_ready(void *owner, int events)
{
    Pg *pg = owner;
    if (pg->is_connecting) {
        go_on_connecting(pg);
        return;
    }
    if (events & LOOP_READABLE && !PQconsumeInput(pg->connection)) {
        lose_because(pg, "the database's connection broke");
        return;
    }
    advance(pg);
}

static void quiet(void *context, const PGresult *result)
{
    (void)context; /* NOTICEs are for psql */
    (void)result;
}

/* `address` is NULL for a socket folder. */
static void start_connecting(Pg *pg, const char *address)
{
    char port[8];
    snprintf(port, sizeof port, "%u", pg->options.port);
    const bool verified = pg->options.ca_file != NULL;
    const char *tls = pg->options.tls ? pg->options.tls : verified ? "verify-full" : NULL;
    const struct {
        const char *keyword, *value;
    } all[] = {
        {"host", pg->options.host},
        {"hostaddr", address},
        {"port", port},
        {"dbname", pg->options.database},
        {"user", pg->options.user},
        {"password", pg->options.password},
        {"application_name", pg->options.application_name},
        {"sslmode", tls},
        {"sslrootcert", pg->options.ca_file},
        {"ssl_min_protocol_version", verified ? "TLSv1.3" : NULL},
        {"sslcert", pg->options.client_certificate},
        {"sslkey", pg->options.client_key},
        {"client_encoding", "UTF8"},
        {"options", "-c timezone=UTC -c datestyle=ISO -c extra_float_digits=3"},
        {"keepalives_idle", "30"},
        {"tcp_user_timeout", "60000"},
    };
    enum { ALL = sizeof all / sizeof all[0] };
    const char *keywords[ALL + 1] = {0}, *values[ALL + 1] = {0};
    size_t used = 0;
    for (size_t i = 0; i < ALL; i++)
        if (all[i].value) {
            keywords[used] = all[i].keyword;
            values[used++] = all[i].value;
        }
    pg->is_connecting = true;
    pg->connection = PQconnectStartParams(keywords, values, 0);
    if (!pg->connection)
        abort();
    PQsetNoticeReceiver(pg->connection, quiet, NULL);
    loop_timer_set(pg->timer, loop_now_us(pg->loop) + CONNECT_TIMEOUT_S * BP_SECOND);
    if (PQstatus(pg->connection) == CONNECTION_BAD)
        lose_because(pg, "connecting to the database");
    else
        watch_socket(pg, LOOP_WRITABLE);
}

static void on_resolved(void *owner, const char *address, const BpError *err)
{
    Pg *pg = owner;
    pg->resolve = NULL;
    if (address)
        start_connecting(pg, address);
    else
        lose(pg, err);
}

static void connect_now(void *owner)
{
    Pg *pg = owner;
    if (pg->is_connecting)
        lose_because(pg, "the database did not answer in time");
    else if (pg->options.host[0] == '/')
        start_connecting(pg, NULL);
    else
        pg->resolve = loop_resolve(pg->loop, pg->options.host, on_resolved, pg);
}

/* ---- making and freeing ---- */

/* Copies the options' texts into one piece of memory that `texts` keeps. */
static void copy_texts(Pg *pg)
{
    const char **const fields[] = {
        &pg->options.host,       &pg->options.database,         &pg->options.user,
        &pg->options.password,   &pg->options.ca_file,          &pg->options.client_certificate,
        &pg->options.client_key, &pg->options.application_name, &pg->options.tls};
    enum { FIELDS = sizeof fields / sizeof fields[0] };
    size_t size = 0;
    for (size_t i = 0; i < FIELDS; i++)
        size += *fields[i] ? strlen(*fields[i]) + 1 : 0;
    char *out = pg->texts = allocate(size);
    for (size_t i = 0; i < FIELDS; i++)
        if (*fields[i]) {
            const size_t length = strlen(*fields[i]) + 1;
            *fields[i] = memcpy(out, *fields[i], length);
            out += length;
        }
}

Pg *pg_new(Loop *loop, const PgOptions *options)
{
    assert(options->host && options->database && options->user);
    Pg *pg = allocate(sizeof *pg);
    pg->loop = loop;
    pg->options = *options;
    pg->socket = -1;
    pg->pause_ms = FIRST_PAUSE_MS;
    copy_texts(pg);
    pg->refusal = loop_timer_new(loop, on_refusal, pg);
    pg->timer = loop_timer_new(loop, connect_now, pg);
    loop_timer_set(pg->timer, 0);
    return pg;
}

bool pg_is_connected(const Pg *pg)
{
    return pg->is_connected;
}

void pg_free(Pg *pg)
{
    if (!pg)
        return;
    disconnect(pg);
    loop_resolve_forget(pg->resolve);
    refuse_full(pg);
    refuse_all(&pg->waiting, BP_UNAVAILABLE, "the connection to the database was closed");
    assert(!pg->waiting.first && !pg->refused.first); /* who is answered here asks no more */
    loop_timer_free(pg->timer);
    loop_timer_free(pg->refusal);
    for (size_t i = 0; i < pg->channel_count; i++)
        free(pg->channels[i]);
    free(pg->texts);
    free(pg);
}

/* ---- requests ---- */

/* NULL: there is no room, and `done` will be told. */
static Request *take(Pg *pg, RequestKind kind, PgDone done, void *context)
{
    if (pg->waiting.count >= PG_WAITING_MAX) {
        (void)enqueue(&pg->refused, done, context);
        loop_timer_set(pg->refusal, 0);
        return NULL;
    }
    Request *request = enqueue(&pg->waiting, done, context);
    request->kind = kind;
    return request;
}

void pg_request(Pg *pg, SqlQuery query, const PgValue *values, size_t count, PgDone done, void *context)
{
    Request *request = take(pg, ONE_QUERY, done, context);
    if (!request)
        return;
    request->query = query;
    set_parameters(&request->parameters, values, count);
    begin(pg);
}

void pg_request_text(Pg *pg, BpStr sql, PgDone done, void *context)
{
    Request *request = take(pg, ONE_TEXT, done, context);
    if (!request)
        return;
    request->text = strndup(sql.data, sql.size);
    begin(pg);
}

void pg_copy(Pg *pg, SqlQuery copy, BpStr octets, const PgStep *steps, size_t step_count, PgDone done,
             void *context)
{
    Request *request = take(pg, TRANSACTION, done, context);
    if (!request)
        return;
    request->has_copy = true;
    request->query = copy;
    request->octets = octets;
    request->steps = steps;
    request->step_count = step_count;
    begin(pg);
}

void pg_transaction(Pg *pg, const PgStep *steps, size_t step_count, PgDone done, void *context)
{
    Request *request = take(pg, TRANSACTION, done, context);
    if (!request)
        return;
    request->steps = steps;
    request->step_count = step_count;
    begin(pg);
}

void pg_listen(Pg *pg, const char *channel)
{
    assert(pg->channel_count < CHANNELS_MAX && strlen(channel) < 64);
    pg->channels[pg->channel_count++] = strdup(channel);
    if (pg->is_connected)
        listen_to(pg, channel);
}

/* ---- results ---- */

size_t pg_row_count(const PgRows *rows)
{
    return rows->result ? (size_t)PQntuples(rows->result) : 0;
}

bool pg_is_null(const PgRows *rows, size_t row, int column)
{
    return PQgetisnull(rows->result, (int)row, column);
}

BpStr pg_get_text(const PgRows *rows, size_t row, int column)
{
    return (BpStr){PQgetvalue(rows->result, (int)row, column),
                   (size_t)PQgetlength(rows->result, (int)row, column)};
}

int64_t pg_get_integer(const PgRows *rows, size_t row, int column)
{
    int64_t value = 0;
    if (bp_parse_i64(pg_get_text(rows, row, column), INT64_MIN, INT64_MAX, &value, NULL) != BP_OK)
        return 0;
    return value;
}

double pg_get_double(const PgRows *rows, size_t row, int column)
{
    double value = 0;
    if (bp_parse_double(pg_get_text(rows, row, column), &value, NULL) != BP_OK)
        return 0;
    return value;
}

bool pg_get_bool(const PgRows *rows, size_t row, int column)
{
    return bp_str_equal(pg_get_text(rows, row, column), bp_str("t"));
}

int64_t pg_get_time_us(const PgRows *rows, size_t row, int column)
{
    int64_t instant_us = 0;
    if (bp_time_parse(pg_get_text(rows, row, column), &instant_us, NULL) != BP_OK)
        return 0;
    return instant_us;
}

/* ---- for tools ---- */

typedef struct Wait {
    bool is_done;
    BpStatus status;
    BpError err;
    void (*each)(void *context, const PgRows *rows, size_t row);
    void *context;
} Wait;

static void on_waited(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Wait *wait = context;
    wait->is_done = true;
    wait->status = status;
    if (err)
        wait->err = *err;
    for (size_t row = 0; wait->each && rows && row < pg_row_count(rows); row++)
        wait->each(wait->context, rows, row);
}

static BpStatus wait_for(Pg *pg, Wait *wait, BpError *err)
{
    while (!wait->is_done)
        loop_run_once(pg->loop, BP_SECOND);
    if (wait->status != BP_OK && err)
        *err = wait->err;
    return wait->status;
}

BpStatus pg_wait_connected(Pg *pg, int64_t timeout_us, BpError *err)
{
    const int64_t until_us = loop_now_us(pg->loop) + timeout_us;
    while (!pg->is_connected) {
        const int64_t left_us = until_us - loop_now_us(pg->loop);
        if (left_us <= 0)
            return bp_fail(err, BP_UNAVAILABLE, "the database at %s port %u does not answer",
                           pg->options.host, pg->options.port);
        loop_run_once(pg->loop, left_us);
    }
    return BP_OK;
}

BpStatus pg_wait(Pg *pg, SqlQuery query, const PgValue *values, size_t count,
                 void (*each)(void *context, const PgRows *rows, size_t row), void *context, BpError *err)
{
    Wait wait = {.each = each, .context = context};
    pg_request(pg, query, values, count, on_waited, &wait);
    return wait_for(pg, &wait, err);
}

BpStatus pg_wait_text(Pg *pg, BpStr sql, BpError *err)
{
    Wait wait = {0};
    pg_request_text(pg, sql, on_waited, &wait);
    return wait_for(pg, &wait, err);
}
