/* HTTP/1.1 and WebSockets for others, on a loop. The only includer of libwebsockets.h.
 *
 * A door on a loopback address or a Unix socket: whoever wants TLS or HTTP/2 puts a proxy in front. It is
 * strict: what two readers could read differently is refused with a sentence, and the connection closed
 * (head.h says what). Requests of one connection are answered one after the other, in their order. One
 * client, slow, silent or hostile, costs the others nothing: each thing that it may keep us holding has a
 * largest size and a longest time.
 *
 * Texts of a request are borrowed, until it is answered or gone. */
#ifndef IO_HTTPD_H
#define IO_HTTPD_H

#include "base/str.h"
#include "io/loop/loop.h"

typedef struct Httpd Httpd;
typedef struct HttpdRequest HttpdRequest;
typedef struct HttpdStream HttpdStream;

enum {
    HTTPD_CONNECTIONS_MAX = 4096,             /* WebSockets too; one more is told 503 */
    HTTPD_CONNECTIONS_PER_ADDRESS_MAX = 2048, /* none for a Unix socket, where a proxy counts */
    HTTPD_HEAD_MAX = 8 * 1024,                /* octets of a request line and its headers: else 414, 431 */
    HTTPD_BODY_IN_MAX = 1024 * 1024,          /* else 413 */
    HTTPD_MESSAGE_MAX = 64 * 1024,            /* of a WebSocket: else it is closed with 1009 */
    HTTPD_QUEUE_MAX = 256 * 1024,             /* octets that wait for a stream's client, where not told */
};

typedef enum HttpdMethod {
    HTTPD_GET,
    HTTPD_HEAD,
    HTTPD_POST,
    HTTPD_PUT,
    HTTPD_PATCH,
    HTTPD_DELETE,
} HttpdMethod;

typedef enum HttpdHeader {
    HTTPD_HOST,
    HTTPD_AUTHORIZATION,
    HTTPD_COOKIE,
    HTTPD_ORIGIN,
    HTTPD_SEC_FETCH_SITE,
    HTTPD_CONTENT_TYPE,
    HTTPD_ACCEPT,
    HTTPD_ACCEPT_ENCODING,
    HTTPD_IF_MATCH,
    HTTPD_IF_NONE_MATCH,
    HTTPD_IDEMPOTENCY_KEY,
    HTTPD_CSRF, /* "x-csrf-token" */
    HTTPD_LAST_EVENT_ID,
    HTTPD_FORWARDED_FOR,   /* "x-forwarded-for" */
    HTTPD_FORWARDED_PROTO, /* "x-forwarded-proto" */
    HTTPD_USER_AGENT,
    HTTPD_HEADERS
} HttpdHeader;

/* How long a client may take, in microseconds; 0 each: what stands beside it. */
typedef struct HttpdTimes {
    int64_t head_us;  /* 25 s from its first octet (or the connection's begin) to the end of a head */
    int64_t body_us;  /* 60 s for all of a body */
    int64_t idle_us;  /* 75 s between two requests */
    int64_t stall_us; /* 30 s in which it takes nothing of what waits for it */
    int64_t reply_us; /* 60 s until on_request's owner has answered: then on_gone, and 504 */
} HttpdTimes;

typedef struct HttpdOptions {
    const char
        *address;  /* of this host ("127.0.0.1"), or the path of a Unix socket ("/...") that is made anew */
    uint16_t port; /* 0: any free one; of no meaning for a Unix socket */
    size_t connections_max;             /* 0: as above, and for the next */
    size_t connections_per_address_max; /* 0 */
    HttpdTimes times;
    void *owner;
    /* A whole request, with its body. Answered by httpd_answer or httpd_stream, now or later. */
    void (*on_request)(void *owner, HttpdRequest *request);
    /* Its client left before it was answered (closed, or ended what it sends), or the time for a reply is
     * over: the request is gone when this returns. NULL: nobody wants to know. */
    void (*on_gone)(void *owner, HttpdRequest *request);
    /* Asks for a WebSocket. Is answered by httpd_answer (a refusal) or httpd_accept before this returns.
     * NULL: none are taken (404). */
    void (*on_upgrade)(void *owner, HttpdRequest *request);
} HttpdOptions;

/* Listens. Texts are copied. BP_CONFLICT: the address is taken, or not ours. */
Httpd *httpd_new(Loop *loop, const HttpdOptions *options, BpError *err) BP_CHECKED;
uint16_t httpd_port(const Httpd *httpd);           /* the one it got; 0 for a Unix socket */
size_t httpd_connection_count(const Httpd *httpd); /* WebSockets too */

/* Closes every connection; nothing of its owners is called any more, and requests and streams are gone. From
 * any callback, on_request too. Its handles linger on the loop, at the latest in loop_free. */
void httpd_free(Httpd *httpd);

/* ---- requests ---- */

HttpdMethod httpd_method(const HttpdRequest *request);
const char *httpd_method_name(HttpdMethod method); /* "GET" */
BpStr httpd_path(const HttpdRequest *request);     /* as sent ("/a%20b"), without the query */
BpStr httpd_query(const HttpdRequest *request);    /* as sent, what follows the first "?"; may be empty */
BpStr httpd_header(const HttpdRequest *request, HttpdHeader header); /* trimmed; data NULL: not there */
BpStr httpd_body(const HttpdRequest *request);
BpStr httpd_peer(const HttpdRequest *request); /* "127.0.0.1"; empty for a Unix socket */

/* Whatever the owner wants to find again; NULL at first. */
void httpd_set_context(HttpdRequest *request, void *context);
void *httpd_context(const HttpdRequest *request);

/* ---- answers ---- */

typedef struct HttpdField {
    const char *name;
    BpStr value; /* control characters in it become spaces */
} HttpdField;

typedef struct HttpdAnswer {
    int status;               /* 200 to 599 */
    const char *type;         /* Content-Type; NULL: none */
    const HttpdField *fields; /* others, borrowed; Content-Length, Date and Connection are not for owners */
    size_t field_count;
    BpStr body;       /* not sent to HEAD, nor with 204 and 304 */
    bool is_borrowed; /* `body` lives as long as the Httpd: it is not copied */
} HttpdAnswer;

/* Once a request, which is gone when this returns. */
void httpd_answer(HttpdRequest *request, const HttpdAnswer *what);

/* ---- bodies that go on: events, large tables; and WebSockets ---- */

/* A text that many streams send without a copy each; counted. */
typedef struct HttpdText HttpdText;
HttpdText *httpd_text_new(BpStr text);  /* copied; one user: who made it */
void httpd_text_leave(HttpdText *text); /* one user less; the last one frees it */

typedef struct HttpdStreamOptions {
    int status; /* as of an answer; of no meaning for a WebSocket, as are the next two */
    const char *type;
    const HttpdField *fields;
    size_t field_count;
    size_t queue_max; /* octets that may wait for the client; 0: HTTPD_QUEUE_MAX */
    void *owner;
    void (*on_drained)(void *owner); /* what was refused by httpd_stream_send has room now. May be NULL */
    void (*on_message)(void *owner, BpStr text); /* of a WebSocket: a whole one, UTF-8. May be NULL */
    void (*on_closed)(void *owner); /* the client left, or was too slow: the stream is gone. May be NULL */
} HttpdStreamOptions;

/* Answers with a body in chunks. The request is gone when this returns. A HEAD is answered by the head alone,
 * and NULL returned. */
HttpdStream *httpd_stream(HttpdRequest *request, const HttpdStreamOptions *options);

/* From inside on_upgrade: takes the WebSocket. The request is gone when this returns. */
HttpdStream *httpd_accept(HttpdRequest *request, const HttpdStreamOptions *options);

/* One piece of the body, or one text message, copied. False: something waits for the client, and with `text`
 * it would be more than queue_max; nothing was taken. */
bool httpd_stream_send(HttpdStream *stream, BpStr text);
bool httpd_stream_send_text(HttpdStream *stream, HttpdText *text); /* the same, not copied */
size_t httpd_stream_waiting(const HttpdStream *stream);            /* octets not yet given to the client */

/* The last of a stream: it is gone when this returns, without a callback. `code` 0: what waits is still sent,
 * for a while, and the body ends as it should (a WebSocket: 1000). Another: the body breaks off, so that the
 * client sees that something is missing; a WebSocket's client is told code and reason (up to 123 octets). */
void httpd_stream_close(HttpdStream *stream, int code, BpStr reason);

#endif
