/* libwebsockets works on our libuv loop with handles of its own; what it has to say comes to on_event.
 *
 * Its memory for a connection is a HttpdRequest, used by one request after the other. Its handles
 * are closed in later rounds of the loop, and of a loop that is not its own it does not notice when that is
 * done: on_closed does. */
#include "io/httpd/httpd.h"

#include <assert.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PIECE_MAX = 16 * 1024, /* of a body, written at once */
    CLOSING_ROUNDS = 2,    /* connections, and then what libwebsockets has one of */
};

struct Httpd {
    Loop *loop;
    struct lws_context *context;
    struct lws_vhost *listener;
    HttpdOptions options;
    char *address; /* the options' own */
    struct lws_protocols protocols[2];
    void *loops[1];
    bool is_inside;  /* on_request: libwebsockets works on the connection */
    bool is_leaving; /* httpd_free was called */
};

/* What a connection is asked for and is given. */
struct HttpdRequest {
    bool is_answered;
    bool is_head; /* wants no body */
    bool is_last; /* of its connection */
    int status;
    char type[128];
    uint8_t *body; /* LWS_PRE octets for libwebsockets come first */
    size_t size, sent;
};

static void forget(HttpdRequest *request)
{
    free(request->body);
    *request = (HttpdRequest){0};
}

void httpd_answer(HttpdRequest *request, int status, const char *type, BpStr body)
{
    assert(!request->is_answered && status >= 200 && status <= 599 && body.size <= HTTPD_BODY_MAX);
    request->is_answered = true;
    request->status = status;
    snprintf(request->type, sizeof request->type, "%s", type);
    request->size = body.size;
    request->body = malloc(LWS_PRE + body.size);
    if (!request->body)
        abort();
    if (body.size)
        memcpy(request->body + LWS_PRE, body.data, body.size);
}

static bool has_body(struct lws *wsi)
{
    char length[32] = "";
    const int got = lws_hdr_copy(wsi, length, sizeof length, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 ||
           (got != 0 && strcmp(length, "0") != 0);
}

/* Asks the owner, and writes the headers. Not 0: the connection is to be closed, as libwebsockets has it. */
static int receive(Httpd *httpd, struct lws *wsi, HttpdRequest *request, BpStr path)
{
    if (httpd->is_leaving)
        return -1;
    forget(request);
    request->is_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    request->is_last = has_body(wsi);
    if (!request->is_head && lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) == 0) {
        request->is_last = true;
        httpd_answer(request, 405, "text/plain", bp_str("GET and HEAD are all there is\n"));
    } else {
        httpd->is_inside = true;
        httpd->options.on_request(httpd->options.owner, request, path);
        httpd->is_inside = false;
    }
    if (httpd->is_leaving)
        return -1;
    if (!request->is_answered)
        httpd_answer(request, 404, "text/plain", bp_str("not found\n"));

    uint8_t headers[LWS_PRE + 1024], *at = headers + LWS_PRE, *const end = headers + sizeof headers;
    if (lws_add_http_common_headers(wsi, (unsigned)request->status, request->type, request->size, &at, end) ||
        lws_finalize_write_http_header(wsi, headers + LWS_PRE, &at, end))
        return -1;
    lws_callback_on_writable(wsi);
    return 0;
}

/* Writes the next piece of the body. */
static int go_on(struct lws *wsi, HttpdRequest *request)
{
    const size_t left = request->is_head ? 0 : request->size - request->sent;
    const size_t piece = left < PIECE_MAX ? left : PIECE_MAX;
    const bool is_end = piece == left;
    if (piece && lws_write(wsi, request->body + LWS_PRE + request->sent, piece,
                           is_end ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) != (int)piece)
        return -1;
    request->sent += piece;
    if (!is_end) {
        lws_callback_on_writable(wsi);
        return 0;
    }
    const bool is_last = request->is_last;
    forget(request);
    return lws_http_transaction_completed(wsi) || is_last ? -1 : 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
    HttpdRequest *request = user;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return receive(lws_context_user(lws_get_context(wsi)), wsi, request, (BpStr){in, size});
    case LWS_CALLBACK_HTTP_WRITEABLE: return request && request->is_answered ? go_on(wsi, request) : 0;
    case LWS_CALLBACK_HTTP_BODY: return -1; /* of no interest, and its connection's last */
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (request)
            forget(request);
        return 0;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return -1; /* no WebSockets */
    default: return lws_callback_http_dummy(wsi, reason, user, in, size);
    }
}

static void on_closed(void *owner)
{
    Httpd *httpd = owner;
    lws_context_destroy(httpd->context); /* the second time: now it does */
    free(httpd->address);
    free(httpd);
}

Httpd *httpd_new(Loop *loop, const HttpdOptions *options, BpError *err)
{
    assert(options->address && options->on_request);
    lws_set_log_level(0, NULL); /* what goes wrong is told by our own errors; clients' mistakes are theirs */
    Httpd *httpd = calloc(1, sizeof *httpd);
    if (!httpd || !(httpd->address = strdup(options->address)))
        abort();
    httpd->options = *options;
    httpd->options.address = httpd->address;
    httpd->loop = loop;
    httpd->loops[0] = loop_uv(loop);
    httpd->protocols[0] = (struct lws_protocols){
        .name = "http", .callback = on_event, .per_session_data_size = sizeof(HttpdRequest)};
    const bool is_unix = *httpd->address == '/';
    const struct lws_context_creation_info info = {
        .port = is_unix ? 0 : options->port,
        .iface = httpd->address,
        .protocols = httpd->protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   (is_unix ? LWS_SERVER_OPTION_UNIX_SOCK : 0),
        .foreign_loops = httpd->loops,
        .user = httpd,
        .fd_limit_per_thread = HTTPD_CONNECTIONS_MAX,
        .max_http_header_data = HTTPD_HEADERS_MAX,
        .timeout_secs = HTTPD_QUIET_S,
        .keepalive_timeout = HTTPD_QUIET_S,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };
    httpd->context = lws_create_context(&info);
    if (!httpd->context)
        abort(); /* no memory, or its part for libuv is not installed (libwebsockets-evlib-uv) */
    httpd->listener = lws_create_vhost(httpd->context, &info);
    if (!httpd->listener) {
        bp_fail(err, BP_CONFLICT, "cannot listen on %s port %u", options->address, options->port);
        httpd_free(httpd);
        return NULL;
    }
    return httpd;
}

uint16_t httpd_port(const Httpd *httpd)
{
    return (uint16_t)lws_get_vhost_listen_port(httpd->listener);
}

void httpd_free(Httpd *httpd)
{
    if (!httpd || httpd->is_leaving)
        return;
    httpd->is_leaving = true;
    lws_context_destroy(httpd->context);
    loop_after_closing(httpd->loop, CLOSING_ROUNDS, on_closed, httpd);
}
