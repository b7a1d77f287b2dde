/* HTTP/1.1 for others, on a loop, through libwebsockets. The only includer of libwebsockets.h.
 *
 * A door on the loopback or a Unix socket: whoever wants TLS or HTTP/2 puts a proxy in front. It knows GET
 * and HEAD; other methods are told so (405), and a request with a body is the last of its connection. */
#ifndef IO_HTTPD_H
#define IO_HTTPD_H

#include "io/loop/loop.h"

typedef struct Httpd Httpd;
typedef struct HttpdRequest HttpdRequest;

enum {
    HTTPD_CONNECTIONS_MAX = 256,      /* more wait to be accepted, or are closed */
    HTTPD_HEADERS_MAX = 8 * 1024,     /* octets of a request's headers; a larger one is closed */
    HTTPD_QUIET_S = 20,               /* a client that says nothing for so long is closed */
    HTTPD_BODY_MAX = 64 * 1024 * 1024 /* of an answer */
};

typedef struct HttpdOptions {
    const char
        *address;  /* of this host ("127.0.0.1"), or the path of a Unix socket ("/...") that is made anew */
    uint16_t port; /* 0: any free one; of no meaning for a Unix socket */
    void *owner;
    /* A request for `path` ("/points/17": decoded, without what follows a "?"; gone when this returns). Is
     * answered by httpd_answer before it returns, or with "404 Not Found". */
    void (*on_request)(void *owner, HttpdRequest *request, BpStr path);
} HttpdOptions;

/* Listens. Texts are copied. BP_CONFLICT: the address is taken, or not ours. */
Httpd *httpd_new(Loop *loop, const HttpdOptions *options, BpError *err) BP_CHECKED;
uint16_t httpd_port(const Httpd *httpd); /* the one it got */

/* Once a request, from inside on_request. `body` is copied; `type` is its Content-Type. */
void httpd_answer(HttpdRequest *request, int status, const char *type, BpStr body);

/* Closes every connection; none of its own is called any more. From any callback, on_request too. Its handles
 * linger on the loop, at the latest in loop_free. */
void httpd_free(Httpd *httpd);

#endif
