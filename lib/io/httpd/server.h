/* What the files of this folder share: the door and its connections. Not for others.
 *
 * A connection reads a head, then a body (connection.c); is asked of the owner; is answered (answer.c), or
 * becomes a stream (stream.c) or a WebSocket (websocket.c), whose descriptor libwebsockets has from then on.
 * What is closed is buried, that is freed, when the last callback that may still look at it has ended. */
#ifndef IO_HTTPD_SERVER_H
#define IO_HTTPD_SERVER_H

#include "base/buf.h"
#include "io/httpd/head.h"
#include "io/httpd/out.h"

#include <netinet/in.h>

struct lws_context;
struct lws_vhost;
struct lws;

typedef HttpdRequest Connection;

typedef enum ConnectionState {
    READING_HEAD,
    READING_BODY,
    ASKED,     /* the owner has it */
    ANSWERED,  /* and what is left of the answer waits for the client */
    STREAMING, /* a body that goes on */
    LEAVING,   /* all is sent: what the client still says is thrown away until it hears of the end */
    CLOSED,    /* to be buried */
} ConnectionState;

/* What a request was asked with; there only while there are octets of it. */
typedef struct Asked {
    Head head;
    size_t size; /* octets of the head in `octets` */
    size_t got;  /* octets there, those of requests that follow too */
    char octets[HTTPD_HEAD_MAX];
} Asked;

struct HttpdRequest {
    Httpd *httpd;
    Connection *next, **link;
    int fd;
    LoopPoll *poll;
    ConnectionState state;
    bool is_last;      /* of its connection: closed when answered */
    bool is_working;   /* connection_work is at it */
    bool is_upgrading; /* inside on_upgrade */
    int64_t due_us;    /* when the state has lasted too long; INT64_MAX: never */
    Asked *asked;
    BpBuf body;
    Out out;
    HttpdStream *stream;
    void *context;
    char peer[INET6_ADDRSTRLEN];
};

struct HttpdStream {
    Httpd *httpd;
    HttpdStreamOptions options; /* of a WebSocket that is being closed: without callbacks */
    bool was_refused;           /* something was: on_drained is to be called */
    Connection *connection;     /* NULL: a WebSocket */
    /* A WebSocket's. */
    struct lws *wsi;
    HttpdStream *next, **link;
    Out out;
    BpBuf message;
    int64_t due_us;
    bool has_said_goodbye;
    int code; /* to be closed with, once all is sent; 0: not to be closed */
    char reason[124];
    char peer[INET6_ADDRSTRLEN];
};

struct Httpd {
    Loop *loop;
    HttpdOptions options;
    char *address; /* the options' own */
    bool is_unix, is_leaving;
    int fd;
    LoopPoll *poll;
    LoopTimer *timer; /* looks at what has lasted too long */
    Connection *connections, *dead;
    size_t count; /* connections and WebSockets */
    int depth;    /* callbacks that may look at connections */
    BpBuf head;   /* of the answer that is being made */
    char date[40];
    int64_t dated_us;
    /* WebSockets. */
    HttpdStream *sockets;
    struct lws_context *context;
    struct lws_vhost *vhost;
    void *loops[1];
};

/* httpd.c: around whatever the loop calls us for. */
void httpd_enter(Httpd *httpd);
void httpd_leave(Httpd *httpd);

/* connection.c */
void connection_new(Httpd *httpd, int fd, const char *peer);
void connection_work(Connection *connection);  /* goes on with what was read */
void connection_flush(Connection *connection); /* sends what waits, and what follows from that */
void connection_watch(Connection *connection); /* for what its state waits for */
void connection_be(Connection *connection, ConnectionState state);
void connection_forget(Connection *connection); /* what it was asked */
/* Without a word to its client. Its owner is told. */
void connection_close(Connection *connection);
void connection_look(Connection *connection, int64_t now_us); /* has it lasted too long? */
/* Out of the list and off the loop; its descriptor is the caller's from then on. */
int connection_leave(Connection *connection);

/* answer.c */
void answer_refusal(Connection *connection, int status, const char *why); /* and closes */
/* The head of an answer; `size`: of its body, SIZE_MAX for chunks. Borrowed until the next. */
BpStr answer_head(Connection *connection, int status, const char *type, const HttpdField *fields,
                  size_t field_count, size_t size);

/* stream.c */
void stream_end(HttpdStream *stream);     /* its connection is closing: tells the owner, frees */
void stream_drained(HttpdStream *stream); /* all of `out` was sent */

/* websocket.c */
void websockets_new(Httpd *httpd);
void websockets_free(Httpd *httpd); /* closes them; to be followed by websockets_bury */
void websockets_bury(Httpd *httpd); /* two rounds of closing later */
HttpdStream *websocket_new(Connection *connection, const HttpdStreamOptions *options);
void websocket_writable(HttpdStream *stream); /* something waits, or it is to be closed */
void websocket_look(HttpdStream *stream, int64_t now_us);

#endif
