/* Octets that wait for a client: texts in a row, each with the frame of a chunk where it is one. Not for
 * others. */
#ifndef IO_HTTPD_OUT_H
#define IO_HTTPD_OUT_H

#include "io/httpd/httpd.h"

enum { TEXT_ROOM = 16 }; /* in front of a text, for the head of a frame that libwebsockets writes there */

struct HttpdText {
    size_t users;
    size_t size;
    uint8_t octets[]; /* TEXT_ROOM, then the text */
};

typedef struct Piece Piece;

typedef struct Out {
    Piece *first, **last;
    size_t sent;    /* of the first */
    size_t waiting; /* octets of texts, and of chunks' frames, that are not sent */
} Out;

typedef enum OutStatus { OUT_EMPTY, OUT_WAITS, OUT_FAILED } OutStatus;

void out_init(Out *out);
void out_done(Out *out);
void out_add(Out *out, BpStr octets);                        /* copied */
void out_add_borrowed(Out *out, BpStr octets);               /* lives longer */
void out_add_text(Out *out, HttpdText *text, bool is_chunk); /* one more user of it */

/* Sends what the socket takes. */
OutStatus out_send(Out *out, int fd, size_t *ret_sent);

/* A head and a body behind what waits; sent at once, as far as the socket takes them, where nothing does. */
OutStatus out_answer(Out *out, int fd, BpStr head, BpStr body, bool is_borrowed);

/* The first text, for who sends it whole; NULL: none. out_drop takes it away. */
HttpdText *out_first(const Out *out);
void out_drop(Out *out);

#endif
