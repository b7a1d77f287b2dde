/* Central's authority: it says who its sites are, and who central is, for the link between them and for
 * nothing else. Its key is a file that only its owner reads. Requests come from outside: of one only its key
 * is taken over. */
#ifndef IO_TLS_ISSUER_H
#define IO_TLS_ISSUER_H

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

enum {
    TLS_SERIAL_MAX = 41, /* hexadecimal digits in small letters, without zeros in front, and a closing zero */
    TLS_REQUEST_MAX = 4096, /* octets of a request, as PEM */
    TLS_ISSUER_DAYS = 3653
};

typedef struct TlsIssuer TlsIssuer;

/* Makes an authority of that title, which lives ten years and is dated back a day: its certificate for
 * everybody, its key for us alone. What stands there is replaced, the key first. */
BpStatus tls_issuer_make(const char *certificate, const char *key, const char *title, int64_t now_us,
                         BpError *err) BP_CHECKED;

/* BP_NOT_FOUND: neither file is there; BP_INVALID: one is missing, is something else, or may be read by
 * others; BP_UNAVAILABLE: it cannot be read. */
BpStatus tls_issuer_open(const char *certificate, const char *key, TlsIssuer **ret_issuer,
                         BpError *err) BP_CHECKED;
void tls_issuer_free(TlsIssuer *issuer); /* NULL is fine */

int64_t tls_issuer_from_us(const TlsIssuer *issuer);
int64_t tls_issuer_until_us(const TlsIssuer *issuer);
void tls_issuer_write(const TlsIssuer *issuer, BpBuf *out); /* its certificate, as PEM */

typedef struct TlsWish {
    const char *common_name;
    const char *const *names; /* a server's, closed by NULL; NULL: it is a client's */
    int64_t from_us, until_us;
} TlsWish;

/* Writes a certificate (PEM) for the key of the request, whatever else that asks for. BP_INVALID: it is no
 * request, is not signed by its own key, or that is no P-256. */
BpStatus tls_issuer_sign(const TlsIssuer *issuer, BpStr request, const TlsWish *wish, BpBuf *out,
                         char ret_serial[TLS_SERIAL_MAX], BpError *err) BP_CHECKED;

/* Sees to it that the file has a key and a server's certificate of this authority, for just these names, that
 * has `left_us` left at least. */
BpStatus tls_issuer_keep_server(const TlsIssuer *issuer, const char *path, const TlsWish *wish,
                                int64_t now_us, int64_t left_us, bool *ret_is_new, BpError *err) BP_CHECKED;

/* Writes (PEM) which certificates of this authority count no more. It says so as long as the authority lives:
 * a clock that was put right shuts nobody out. */
void tls_issuer_revoke(const TlsIssuer *issuer, const char *const *serials, size_t count, BpBuf *out);

#endif
