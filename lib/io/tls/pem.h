/* Of this folder: PEM files read, and what is in them. */
#ifndef IO_TLS_PEM_H
#define IO_TLS_PEM_H

#include "base/buf.h"
#include "base/error.h"

#include <openssl/x509.h>

/* The first certificate, or key, in the file, to be freed. BP_UNAVAILABLE: the file cannot be read;
 * BP_INVALID: it has none, or a key with a passphrase. */
BpStatus pem_read_certificate(const char *path, X509 **ret_certificate, BpError *err) BP_CHECKED;
BpStatus pem_read_key(const char *path, EVP_PKEY **ret_key, BpError *err) BP_CHECKED;

void pem_put(BIO *octets, BpBuf *out); /* what was written into `octets`, which is freed */

int64_t pem_instant(const ASN1_TIME *time); /* microseconds since 1970; 0: it is none */

#endif
