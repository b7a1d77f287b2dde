/* WebSockets (RFC 6455) by libwebsockets, on our loop with handles of its own. It is given the descriptor of
 * a connection whose request was read and accepted here, and a request that we write ourselves: what the
 * client offered beside it (extensions, protocols) does not reach it.
 *
 * Its handles are closed in later rounds of the loop, and of a loop that is not its own it does not notice
 * when that is done: websockets_bury does. */
#include "base/time.h"
#include "io/httpd/server.h"

#include <assert.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

_Static_assert(TEXT_ROOM >= LWS_PRE, "libwebsockets writes a frame's head in front of a text");

static const int64_t LEAVING_US = 2 * BP_SECOND; /* in which a client may hear of the end */
enum { PING_S = 30, HANG_UP_S = 50 };            /* of silence */

static void end(HttpdStream *stream)
{
    Httpd *httpd = stream->httpd;
    *stream->link = stream->next;
    if (stream->next)
        stream->next->link = stream->link;
    httpd->count--;
    out_done(&stream->out);
    bp_buf_done(&stream->message);
    stream_end(stream);
}

/* The frame is written by hand: a connection that is closed from inside this callback, as libwebsockets would
 * have it, waits for ever to be writable for it. */
static int say_goodbye(HttpdStream *stream)
{
    const size_t size = strlen(stream->reason);
    uint8_t frame[LWS_PRE + 4 + sizeof stream->reason], *const at = frame + LWS_PRE;
    at[0] = 0x88;                /* the only one, a close (RFC 6455, 5.5.1) */
    at[1] = (uint8_t)(2 + size); /* at most 125 */
    at[2] = (uint8_t)(stream->code >> 8);
    at[3] = (uint8_t)stream->code;
    memcpy(at + 4, stream->reason, size);
    if (stream->has_said_goodbye)
        return 0;
    stream->has_said_goodbye = true;
    if (lws_write(stream->wsi, at, 4 + size, LWS_WRITE_RAW) < 0)
        return -1;
    stream->due_us = loop_now_us(stream->httpd->loop) + LEAVING_US;
    shutdown(lws_get_socket_fd(stream->wsi), SHUT_WR);
    return 0;
}

static int write_some(HttpdStream *stream)
{
    HttpdText *text = out_first(&stream->out);
    if (text) {
        if (lws_write(stream->wsi, text->octets + TEXT_ROOM, text->size, LWS_WRITE_TEXT) < (int)text->size)
            return -1;
        out_drop(&stream->out);
        stream->due_us = loop_now_us(stream->httpd->loop) + stream->httpd->options.times.stall_us;
    }
    if (out_first(&stream->out)) {
        lws_callback_on_writable(stream->wsi);
        return 0;
    }
    if (stream->code)
        return say_goodbye(stream);
    stream_drained(stream);
    return 0;
}

static int refuse(HttpdStream *stream, int code, const char *why)
{
    lws_close_reason(stream->wsi, (enum lws_close_status)code, (unsigned char *)(uintptr_t)why, strlen(why));
    return -1;
}

static int receive(HttpdStream *stream, const void *octets, size_t size)
{
    if (lws_frame_is_binary(stream->wsi))
        return refuse(stream, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "texts only");
    bp_buf_octets(&stream->message, octets, size);
    if (stream->message.failed)
        return refuse(stream, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "a message is at most 64 kB");
    if (!lws_is_final_fragment(stream->wsi) || lws_remaining_packet_payload(stream->wsi))
        return 0;
    const BpStr text = {(const char *)stream->message.data, stream->message.size};
    if (!bp_str_is_utf8(text))
        return refuse(stream, LWS_CLOSE_STATUS_INVALID_PAYLOAD, "no UTF-8");
    if (stream->options.on_message)
        stream->options.on_message(stream->options.owner, text);
    bp_buf_clear(&stream->message);
    return 0;
}

static int tell(struct lws *wsi, enum lws_callback_reasons reason, HttpdStream *stream, void *in, size_t size)
{
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        if (out_first(&stream->out) || stream->code)
            lws_callback_on_writable(wsi);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE: return write_some(stream);
    case LWS_CALLBACK_RECEIVE: return stream->code ? 0 : receive(stream, in, size);
    case LWS_CALLBACK_WSI_DESTROY:
        lws_set_opaque_user_data(wsi, NULL);
        end(stream);
        return 0;
    default: return 0;
    }
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
    HttpdStream *stream = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!stream)
        return lws_callback_http_dummy(wsi, reason, user, in, size);
    Httpd *httpd = stream->httpd;
    httpd_enter(httpd);
    const int answer =
        httpd->is_leaving && reason != LWS_CALLBACK_WSI_DESTROY ? 0 : tell(wsi, reason, stream, in, size);
    httpd_leave(httpd);
    return answer;
}

void websockets_new(Httpd *httpd)
{
    static const struct lws_protocols protocols[] = {
        {.name = "text", .callback = on_event, .rx_buffer_size = 4096}, {0}};
    static const lws_retry_bo_t silence = {.secs_since_valid_ping = PING_S,
                                           .secs_since_valid_hangup = HANG_UP_S};
    lws_set_log_level(0, NULL); /* what goes wrong is told by our own errors; clients' mistakes are theirs */
    httpd->loops[0] = loop_uv(httpd->loop);
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .foreign_loops = httpd->loops,
        .fd_limit_per_thread = (unsigned)httpd->options.connections_max + 16,
        .pt_serv_buf_size = HTTPD_MESSAGE_MAX, /* one for all: what is sent and read at once */
        .retry_and_idle_policy = &silence,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };
    httpd->context = lws_create_context(&info);
    if (!httpd->context || !(httpd->vhost = lws_create_vhost(httpd->context, &info)))
        abort(); /* no memory, or its part for libuv is not installed (libwebsockets-evlib-uv) */
}

void websockets_free(Httpd *httpd)
{
    if (httpd->context)
        lws_context_destroy(httpd->context);
}

void websockets_bury(Httpd *httpd)
{
    if (httpd->context)
        lws_context_destroy(httpd->context); /* the second time: now it does */
}

HttpdStream *websocket_new(Connection *c, const HttpdStreamOptions *options)
{
    Httpd *httpd = c->httpd;
    HttpdStream *stream = calloc(1, sizeof *stream);
    if (!stream)
        abort();
    *stream = (HttpdStream){.httpd = httpd,
                            .options = *options,
                            .message = bp_buf_growing(HTTPD_MESSAGE_MAX),
                            .link = &httpd->sockets,
                            .next = httpd->sockets};
    if (!stream->options.queue_max)
        stream->options.queue_max = HTTPD_QUEUE_MAX;
    out_init(&stream->out);
    memcpy(stream->peer, c->peer, sizeof stream->peer);
    if (stream->next)
        stream->next->link = &stream->next;
    httpd->sockets = stream;
    char request[256];
    const BpStr key = c->asked->head.websocket_key;
    const int size = snprintf(request, sizeof request,
                              "GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %.*s\r\n\r\n",
                              BP_STR_ARGS(key));
    const int fd = connection_leave(c);
    httpd->count++;
    stream->due_us = INT64_MAX;
    stream->wsi = lws_adopt_socket_vhost_readbuf(httpd->vhost, fd, request, (size_t)size);
    if (!stream->wsi)
        abort(); /* no memory: connections_max has been looked at */
    lws_set_opaque_user_data(stream->wsi, stream);
    return stream;
}

void websocket_writable(HttpdStream *stream)
{
    if (stream->due_us == INT64_MAX || !out_first(&stream->out))
        stream->due_us = loop_now_us(stream->httpd->loop) + stream->httpd->options.times.stall_us;
    lws_callback_on_writable(stream->wsi);
}

void websocket_look(HttpdStream *stream, int64_t now_us)
{
    if (!out_first(&stream->out) && !stream->code)
        stream->due_us = INT64_MAX;
    if (now_us >= stream->due_us) /* libwebsockets would first send what it holds, to who takes nothing */
        shutdown(lws_get_socket_fd(stream->wsi), SHUT_RDWR);
}
