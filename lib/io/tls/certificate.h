/* Certificates and keys in PEM files, looked at before a server is started with them: what it would end for,
 * or what its clients would refuse it for. This room is the only includer of OpenSSL. */
#ifndef IO_TLS_CERTIFICATE_H
#define IO_TLS_CERTIFICATE_H

#include "base/error.h"

/* A server's certificate, the first in its file, and its key. `ret_until_us` is its last instant, also where
 * BP_CONFLICT says that this is over. BP_UNAVAILABLE: a file cannot be read; BP_INVALID: it is something
 * else, the key has a passphrase, the two do not belong together, or its time has not begun. */
BpStatus tls_certificate_check(const char *certificate, const char *key, int64_t now_us,
                               int64_t *ret_until_us, BpError *err) BP_CHECKED;

/* A file with an authority's certificate. BP_UNAVAILABLE, BP_INVALID as above. */
BpStatus tls_authority_check(const char *path, BpError *err) BP_CHECKED;

#endif
