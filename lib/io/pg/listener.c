#include "io/pg/listener.h"

#include <stdlib.h>

struct PgListener {
    PgListenerOptions options;
    Pg *pg;
};

static void on_notice(void *owner, const char *channel, const char *payload)
{
    PgListener *listener = owner;
    listener->options.on_notice(listener->options.owner, channel, payload);
}

static void on_lost(void *owner, const BpError *why)
{
    PgListener *listener = owner;
    if (listener->options.on_lost)
        listener->options.on_lost(listener->options.owner, why);
}

static void on_fence(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)rows, (void)err;
    PgListener *listener = context;
    if (status == BP_OK)
        listener->options.on_listening(listener->options.owner);
}

/* The LISTENs have been sent by then: what is answered behind them says that they hold. */
static void on_connected(void *owner)
{
    PgListener *listener = owner;
    pg_request_text(listener->pg, bp_str("select 1"), on_fence, listener);
}

PgListener *pg_listener_new(Loop *loop, const PgListenerOptions *options)
{
    PgListener *listener = calloc(1, sizeof *listener);
    if (!listener)
        abort();
    listener->options = *options;
    PgOptions connection = options->connection;
    connection.owner = listener;
    connection.on_connected = on_connected;
    connection.on_lost = on_lost;
    connection.on_notice = on_notice;
    listener->pg = pg_new(loop, &connection);
    for (size_t i = 0; i < options->channel_count; i++)
        pg_listen(listener->pg, options->channels[i]);
    return listener;
}

void pg_listener_free(PgListener *listener)
{
    if (!listener)
        return;
    pg_free(listener->pg);
    free(listener);
}
