/* The connection: made, lost and made again. */
#include "io/pg/connection.h"

#include "base/buf.h"
#include "base/time.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_PAUSE_MS = 500,
    LONGEST_PAUSE_MS = 15000,
    CONNECT_TIMEOUT_S = 15,
    PATIENCE_S = 60,
    OPTIONS_MAX = 512
};

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
    pg->octets = pg_octets(pg);
    pg->octets_seen = (PgOctets){0};
    PQfinish(pg->connection);
    pg->connection = NULL;
    pg->is_connecting = pg->is_connected = false;
    pg_exchange_forget(pg);
}

static void lose(Pg *pg, const BpError *why)
{
    disconnect(pg);
    pg_cancel_forget(pg);
    pg_queue_end_all(&pg->waiting, BP_UNAVAILABLE, why->text);
    pg_cancel_look_at_due(pg);
    if (pg->options.on_lost)
        pg->options.on_lost(pg->options.owner, why);
    loop_timer_set(pg->timer, loop_now_us(pg->loop) + pg->pause_ms * BP_MS);
    pg->pause_ms = pg->pause_ms * 2 < LONGEST_PAUSE_MS ? pg->pause_ms * 2 : LONGEST_PAUSE_MS;
}

void pg_connection_lose(Pg *pg, const char *what)
{
    BpError why;
    const BpStr line = first_line(pg->connection ? PQerrorMessage(pg->connection) : "");
    if (line.size)
        bp_fail(&why, BP_UNAVAILABLE, "%s: %.*s", what, BP_STR_ARGS(line));
    else
        bp_fail(&why, BP_UNAVAILABLE, "%s", what);
    lose(pg, &why);
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
    if (pg->options.is_pipelined && !PQenterPipelineMode(pg->connection))
        abort(); /* it is idle */
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
    default: pg_connection_lose(pg, "connecting to the database"); break;
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
        pg_connection_lose(pg, "the database's connection broke");
        return;
    }
    pg_exchange_advance(pg);
    BP_INVARIANT(pg_check(pg));
}

static void quiet(void *context, const PGresult *result)
{
    (void)context; /* NOTICEs are for psql */
    (void)result;
}

/* What the session has set from its first statement on. In a value of libpq's options a white space and a
 * backslash have a backslash before them. */
static void write_options(const Pg *pg, char ret_text[OPTIONS_MAX])
{
    BpBuf out = bp_buf(ret_text, OPTIONS_MAX - 1);
    bp_buf_printf(&out, "-c timezone=UTC -c datestyle=ISO -c extra_float_digits=3");
    if (pg->options.person)
        bp_buf_printf(&out, " -c bacpipes.person=");
    for (const char *c = pg->options.person; c && *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == '\\')
            bp_buf_u8(&out, '\\');
        bp_buf_u8(&out, (uint8_t)*c);
    }
    ret_text[out.size] = '\0';
}

/* `address` is NULL for a socket folder. */
static void start_connecting(Pg *pg, const char *address)
{
    char port[8], patience[16], options[OPTIONS_MAX];
    write_options(pg, options);
    snprintf(port, sizeof port, "%u", pg->options.port);
    snprintf(patience, sizeof patience, "%d",
             (pg->options.patience_s ? pg->options.patience_s : PATIENCE_S) * 1000);
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
        {"options", options},
        {"keepalives_idle", "30"},
        {"keepalives_interval", "10"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", patience},
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
        pg_connection_lose(pg, "connecting to the database");
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
        pg_connection_lose(pg, "the database did not answer in time");
    else if (pg->options.host[0] == '/')
        start_connecting(pg, NULL);
    else
        pg->resolve = loop_resolve(pg->loop, pg->options.host, on_resolved, pg);
}

/* ---- making and freeing ---- */

/* Copies the options' texts into one piece of memory that `texts` keeps. */
static void copy_texts(Pg *pg)
{
    const char **const fields[] = {&pg->options.host,       &pg->options.database,
                                   &pg->options.user,       &pg->options.password,
                                   &pg->options.ca_file,    &pg->options.client_certificate,
                                   &pg->options.client_key, &pg->options.application_name,
                                   &pg->options.person,     &pg->options.tls};
    enum { FIELDS = sizeof fields / sizeof fields[0] };
    size_t size = 0;
    for (size_t i = 0; i < FIELDS; i++)
        size += *fields[i] ? strlen(*fields[i]) + 1 : 0;
    char *out = pg->texts = pg_allocate(size);
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
    Pg *pg = pg_allocate(sizeof *pg);
    pg->loop = loop;
    pg->options = *options;
    pg->socket = -1;
    pg->pause_ms = FIRST_PAUSE_MS;
    copy_texts(pg);
    pg->cancel_by_us = INT64_MAX;
    pg->soon = loop_timer_new(loop, pg_ask_on_soon, pg);
    pg->due = loop_timer_new(loop, pg_cancel_on_due, pg);
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
    pg_cancel_forget(pg);
    pg_queue_end_all(&pg->ended, BP_UNAVAILABLE, "");
    pg_queue_end_all(&pg->waiting, BP_UNAVAILABLE, "the connection to the database was closed");
    assert(!pg->waiting.first && !pg->ended.first); /* who is answered here asks no more */
    loop_timer_free(pg->timer);
    loop_timer_free(pg->soon);
    loop_timer_free(pg->due);
    for (size_t i = 0; i < pg->channel_count; i++)
        free(pg->channels[i]);
    free(pg->texts);
    free(pg);
}

void pg_listen(Pg *pg, const char *channel)
{
    assert(pg->channel_count < PG_CHANNELS_MAX && strlen(channel) < 64);
    pg->channels[pg->channel_count++] = strdup(channel);
    if (pg->is_connected)
        listen_to(pg, channel);
}

void pg_check(const Pg *pg)
{
    pg_queue_check(&pg->waiting);
    pg_queue_check(&pg->ended);
    assert(pg->waiting.count <= PG_WAITING_MAX);
    assert(!pg->is_connected || (pg->connection && pg->poll && !pg->is_connecting));
    assert(pg->is_connected || (!pg->is_busy && !pg->needs_fence && !pg->cancel));
    assert(!pg->is_fencing || pg->is_busy);
    assert((!pg->is_fencing && !pg->cancel) || pg->cancel_by_us != INT64_MAX);
    assert(!pg->is_busy || pg->is_fencing || pg->waiting.first);
    assert(pg->sent <= pg->waiting.count && (pg->sent == 0 || pg->options.is_pipelined));
    assert(!pg->is_stopped || (pg->is_busy && pg->waiting.first->kind == PG_STREAMED));
    for (const PgRequest *i = pg->waiting.first; i; i = i->next) {
        const bool may_be_under_way = i == pg->waiting.first || i->is_sent;
        assert(may_be_under_way || (i->phase == PG_SEND_BEGIN && !i->is_preparing && !i->is_over &&
                                    i->unwanted == BP_OK && i->status == BP_OK));
    }
    for (const PgRequest *i = pg->ended.first; i; i = i->next)
        assert(i->status != BP_OK && !i->result);
}
