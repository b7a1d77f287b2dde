/* An authority of our own, which vouches for one server's certificate and can do so for no other: its names
 * are in critical constraints of its certificate, and what it signs is a server's and no authority's. People
 * trust it once; the server's certificate is renewed without them. */
#ifndef IO_TLS_AUTHORITY_H
#define IO_TLS_AUTHORITY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { TLS_NAMES_MAX = 64, TLS_FINGERPRINT_TEXT_MAX = 3 * 32, TLS_LEAF_DAYS = 397 };

typedef struct TlsAuthorityOptions {
    /* Exists, and is closed to others. In it: authority.crt, authority.key, and server.pem, which has the
     * server's key and certificate. Only their owner reads them. */
    const char *folder;
    const char *title;        /* what people see when they trust it: "BacPipes, site macau" */
    const char *const *names; /* closed by NULL: the server's names and IPv4 addresses, one at least */
    int64_t now_us;
} TlsAuthorityOptions;

typedef enum TlsRenewal {
    TLS_KEPT,    /* what is there is good */
    TLS_RENEWED, /* the server has a new certificate, of the same authority */
    TLS_BEGUN    /* the authority is a new one, too: there was none, it nears its end, or names are others */
} TlsRenewal;

/* Sees to it that the server's certificate is for just these names and good for 60 days at least. It lives
 * 397 days, the longest that browsers take, the authority ten years. BP_UNAVAILABLE: a file cannot be read or
 * written; then what was there still is. */
BpStatus tls_authority_renew(const TlsAuthorityOptions *options, TlsRenewal *ret_renewal,
                             BpError *err) BP_CHECKED;

/* SHA-256 of the first certificate in a PEM file, as browsers show it ("AB:01:..."), and its last instant. */
BpStatus tls_fingerprint(const char *path, char ret_text[TLS_FINGERPRINT_TEXT_MAX], int64_t *ret_until_us,
                         BpError *err) BP_CHECKED;

#endif
