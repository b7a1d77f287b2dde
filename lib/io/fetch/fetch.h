/* HTTP from others, on a loop, through libcurl. The only includer of curl/curl.h. */
#ifndef IO_FETCH_H
#define IO_FETCH_H

#include "io/loop/loop.h"

typedef struct Fetch Fetch;

enum { FETCH_MAX = 64 }; /* under way at once */

typedef struct FetchOptions {
    const char *url; /* "http://..." or "https://...", whose certificate is checked; nothing is redirected */
    const char *socket; /* path of a Unix socket to connect to, whatever `url` says; NULL: none */
    int64_t timeout_us; /* for all of it */
    size_t size_max;    /* octets of the body */
    void *owner;
    /* Once, unless the Fetch is freed first: with the HTTP status, whichever it is, and the body, which is
     * gone when this returns; or with `err` and neither. BP_TIMEOUT, BP_FULL: the body is larger than
     * `size_max`, BP_UNAVAILABLE: nobody there, a name that is not known, a broken answer. */
    void (*on_end)(void *owner, int status, BpStr body, const BpError *err);
} FetchOptions;

Fetch *fetch_new(Loop *loop);

/* Begins a GET. Texts are copied. BP_FULL: FETCH_MAX are under way; BP_INVALID: `url` is none of ours. Then,
 * and only then, on_end is not called. */
BpStatus fetch_get(Fetch *fetch, const FetchOptions *options, BpError *err) BP_CHECKED;

/* Breaks off what is under way, without on_end. From any callback, on_end too. */
void fetch_free(Fetch *fetch);

#endif
