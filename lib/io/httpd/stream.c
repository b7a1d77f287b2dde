/* Bodies that go on, in chunks (RFC 9112, 7.1), and what they have in common with WebSockets. */
#include "io/httpd/server.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

HttpdStream *httpd_stream(HttpdRequest *request, const HttpdStreamOptions *options)
{
    Connection *c = request;
    assert(c->state == ASKED && !c->is_upgrading);
    const bool is_head = c->asked->head.method == HTTPD_HEAD;
    c->is_last = true; /* what it might say meanwhile is not kept */
    out_add(&c->out,
            answer_head(c, options->status, options->type, options->fields, options->field_count, SIZE_MAX));
    connection_forget(c);
    if (is_head) {
        connection_be(c, ANSWERED);
        connection_flush(c);
        return NULL;
    }
    free(c->asked);
    c->asked = NULL;
    HttpdStream *stream = calloc(1, sizeof *stream);
    if (!stream)
        abort();
    *stream = (HttpdStream){.httpd = c->httpd, .options = *options, .connection = c};
    if (!stream->options.queue_max)
        stream->options.queue_max = HTTPD_QUEUE_MAX;
    c->stream = stream;
    connection_be(c, STREAMING);
    size_t sent;
    (void)out_send(&c->out, c->fd, &sent); /* what fails is noticed by the loop */
    connection_be(c, STREAMING);
    connection_watch(c);
    return stream;
}

HttpdStream *httpd_accept(HttpdRequest *request, const HttpdStreamOptions *options)
{
    assert(request->state == ASKED && request->is_upgrading);
    return websocket_new(request, options);
}

static Out *out_of(HttpdStream *stream)
{
    return stream->connection ? &stream->connection->out : &stream->out;
}

size_t httpd_stream_waiting(const HttpdStream *stream)
{
    return stream->connection ? stream->connection->out.waiting : stream->out.waiting;
}

static bool has_room(HttpdStream *stream, size_t size)
{
    const size_t waiting = out_of(stream)->waiting;
    const bool has = waiting == 0 || waiting + size <= stream->options.queue_max;
    stream->was_refused |= !has;
    return has;
}

bool httpd_stream_send_text(HttpdStream *stream, HttpdText *text)
{
    Out *out = out_of(stream);
    if (text->size == 0)
        return true; /* an empty chunk would end the body */
    if (!has_room(stream, text->size))
        return false;
    const bool is_first = !out->first;
    out_add_text(out, text, stream->connection);
    if (!stream->connection) {
        websocket_writable(stream);
    } else if (is_first) {
        size_t sent;
        (void)out_send(out, stream->connection->fd, &sent);
        connection_be(stream->connection, STREAMING);
        connection_watch(stream->connection);
    }
    return true;
}

bool httpd_stream_send(HttpdStream *stream, BpStr text)
{
    if (!has_room(stream, text.size))
        return false;
    HttpdText *copy = httpd_text_new(text);
    const bool is_taken = httpd_stream_send_text(stream, copy);
    httpd_text_leave(copy);
    return is_taken;
}

void stream_drained(HttpdStream *stream)
{
    if (!stream->was_refused)
        return;
    stream->was_refused = false;
    if (stream->options.on_drained)
        stream->options.on_drained(stream->options.owner);
}

void stream_end(HttpdStream *stream)
{
    void (*const on_closed)(void *) = stream->options.on_closed;
    void *const owner = stream->options.owner;
    const bool is_told = on_closed && !stream->httpd->is_leaving;
    free(stream);
    if (is_told)
        on_closed(owner);
}

void httpd_stream_close(HttpdStream *stream, int code, BpStr reason)
{
    Connection *c = stream->connection;
    if (!c) {
        stream->options.on_drained = stream->options.on_closed = NULL;
        stream->options.on_message = NULL;
        stream->code = code ? code : 1000;
        (void)bp_str_copy(reason, stream->reason, sizeof stream->reason);
        websocket_writable(stream);
        return;
    }
    c->stream = NULL;
    free(stream);
    if (code) {
        connection_close(c);
        return;
    }
    out_add(&c->out, bp_str("0\r\n\r\n"));
    connection_be(c, ANSWERED);
    connection_flush(c);
}
