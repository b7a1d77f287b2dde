/* The head of a request: its first line and its headers (RFC 9112), read strictly. Plain code: octets in,
 * what they mean or why they are refused out. Not for others.
 *
 * What is refused, since two readers of it (a proxy and we) could differ, or nobody honest sends it: lines
 * that do not end with CR LF, a header continued on a second line, white space before a colon, control
 * characters anywhere, "%00" and the like in a path, a target that is not a path (absolute, "*"), no Host or
 * two, any header that we look at twice (lists of what is accepted apart), a Content-Length that is no plain
 * number, any Transfer-Encoding (411; with a Content-Length 400), a body for GET and HEAD, another version
 * than 1.1 (505), another method than the six (405), another Expect than 100-continue (417). */
#ifndef IO_HTTPD_HEAD_H
#define IO_HTTPD_HEAD_H

#include "io/httpd/httpd.h"

enum { HEAD_FIELDS_MAX = 64 };

typedef struct Head {
    HttpdMethod method;
    BpStr path, query;
    BpStr headers[HTTPD_HEADERS]; /* data NULL: not there */
    size_t body_size;
    bool is_last;       /* "Connection: close" */
    bool must_continue; /* waits for "100 Continue" before it sends its body */
    bool is_upgrade;    /* asks for a WebSocket */
    BpStr websocket_key;
} Head;

typedef struct HeadRefusal {
    int status;
    const char *why; /* a sentence for who wrote the client */
} HeadRefusal;

/* How many octets the head at the beginning of `in` has, with the empty line that ends it; 0: its end is not
 * there yet. */
size_t head_size(BpStr in);

/* `in`: a whole head, as head_size found it. False: refused, and *ret_refusal says why; *ret_head's method is
 * of use even then, if it is one (else GET). What is in *ret_head is borrowed from `in`. */
bool head_read(BpStr in, Head *ret_head, HeadRefusal *ret_refusal);

/* What to say of `in` that is as large as can be and without an end. */
HeadRefusal head_too_large(BpStr in);

#endif
