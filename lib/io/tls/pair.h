/* Of this folder: a key and its certificate, made, signed, and kept in PEM files. */
#ifndef IO_TLS_PAIR_H
#define IO_TLS_PAIR_H

#include "base/error.h"

#include <openssl/x509v3.h>

typedef struct Pair {
    EVP_PKEY *key;
    X509 *certificate;
} Pair;

void pair_done(Pair *pair);

/* Memory has run out, or OpenSSL is broken. */
void pair_must(bool is_done);

/* A certificate that lives so long, of a random serial of 159 bits, for the key, which is drawn where there
 * is none. */
void pair_begin(Pair *pair, int64_t from_us, int64_t until_us);
void pair_set_subject(X509 *certificate, const char *common_name);
void pair_add(X509 *certificate, X509 *issuer, int kind,
              const char *value); /* an extension, as in openssl.cnf */
/* For what it is ("serverAuth"), and by whom; `issuer` may be the pair itself. */
void pair_sign(Pair *pair, const Pair *issuer, const char *usage);

/* The names and IPv4 addresses, closed by NULL, that a server has, as an extension that is to be freed. */
X509_EXTENSION *pair_make_names(const char *const *names);
void pair_set_name(GENERAL_NAME *general, const char *name, bool is_constraint);
bool pair_read_ip(const char *name, uint8_t ret_octets[4]);
void pair_add_extension(X509 *certificate, X509_EXTENSION *extension); /* which is freed */
bool pair_has_extension(const X509 *certificate, int kind,
                        X509_EXTENSION *wanted); /* just this one, which is freed */

/* What is there; empty where it is not, or the two do not belong together. */
void pair_read(const char *certificate_path, const char *key_path, Pair *ret_pair);
/* Whole or not at all: a key and its certificate in one file are always of each other. Either may be NULL. */
BpStatus pair_write(const char *path, EVP_PKEY *key, X509 *certificate, BpError *err) BP_CHECKED;

/* It has begun, and lives so much longer. */
bool pair_has_left(const X509 *certificate, int64_t now_us, int64_t left_us);

#endif
