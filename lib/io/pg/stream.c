#include "io/pg/request.h"

#include "io/pg/connection.h"

#include <stdlib.h>
#include <string.h>

struct PgStream {
    PgStreamOptions options; /* `values` are in the request */
    Pg *pg;                  /* NULL: it waits in a pool */
    PgTicket ticket;
};

static void on_end(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)rows;
    PgStream *stream = context;
    stream->options.on_end(stream->options.owner, status, err);
    free(stream);
}

PgRequest *pg_stream_request_new(const PgStreamOptions *options)
{
    PgStream *stream = pg_allocate(sizeof *stream);
    PgRequest *request = pg_request_new(PG_STREAMED, on_end, stream);
    stream->options = *options;
    stream->ticket = request->ticket;
    request->stream = stream;
    request->query = options->query;
    request->text = options->text ? strdup(options->text) : NULL;
    pg_parameters_set(&request->parameters, options->values, options->count);
    return request;
}

void pg_stream_set_connection(PgStream *stream, Pg *pg)
{
    stream->pg = pg;
}

bool pg_stream_give(PgStream *stream, const PgRows *rows)
{
    return stream->options.on_row(stream->options.owner, rows);
}

PgStream *pg_stream_new(Pg *pg, const PgStreamOptions *options)
{
    PgRequest *request = pg_stream_request_new(options);
    PgStream *stream = request->stream;
    pg_stream_set_connection(stream, pg);
    pg_ask_take(pg, request);
    return stream;
}

void pg_stream_go_on(PgStream *stream)
{
    Pg *pg = stream->pg;
    if (!pg || !pg->is_stopped || pg->waiting.first->stream != stream)
        return;
    pg->is_stopped = false;
    loop_timer_set(pg->soon, 0);
    BP_INVARIANT(pg_check(pg));
}

void pg_stream_cancel(PgStream *stream)
{
    pg_cancel(stream->pg, stream->ticket);
}

void pg_stream_set_deadline(PgStream *stream, int64_t due_us)
{
    pg_set_deadline(stream->pg, stream->ticket, due_us);
}
