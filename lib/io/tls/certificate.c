#include "io/tls/certificate.h"

#include "base/time.h"
#include "io/tls/pem.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

static BpStatus check_times(const char *path, const X509 *certificate, int64_t now_us, int64_t *ret_until_us,
                            BpError *err)
{
    char when[BP_TIME_TEXT_MAX];
    const int64_t from_us = pem_instant(X509_get0_notBefore(certificate));
    *ret_until_us = pem_instant(X509_get0_notAfter(certificate));
    if (now_us < from_us)
        return bp_fail(err, BP_INVALID, "%s begins at %s only", path, bp_time_format(from_us, 0, when));
    if (now_us > *ret_until_us)
        return bp_fail(err, BP_CONFLICT, "%s ended at %s: have it renewed", path,
                       bp_time_format(*ret_until_us, 0, when));
    return BP_OK;
}

/* As a server does it that is to use them: with the others of the chain, and no key that is too short. */
static BpStatus check_as_server(const char *certificate_path, const char *key_path, BpError *err)
{
    SSL_CTX *server = SSL_CTX_new(TLS_server_method());
    if (!server)
        abort();
    const bool is_fit = SSL_CTX_use_certificate_chain_file(server, certificate_path) == 1 &&
                        SSL_CTX_use_PrivateKey_file(server, key_path, SSL_FILETYPE_PEM) == 1;
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    SSL_CTX_free(server);
    ERR_clear_error();
    return is_fit ? BP_OK
                  : bp_fail(err, BP_INVALID, "no server can use %s (%s): have it made anew", certificate_path,
                            reason ? reason : "OpenSSL gives no reason");
}

BpStatus tls_certificate_check(const char *certificate_path, const char *key_path, int64_t now_us,
                               int64_t *ret_until_us, BpError *err)
{
    X509 *certificate = NULL;
    EVP_PKEY *key = NULL;
    BpStatus status = pem_read_certificate(certificate_path, &certificate, err);
    if (status == BP_OK)
        status = pem_read_key(key_path, &key, err);
    if (status == BP_OK && X509_check_private_key(certificate, key) != 1)
        status = bp_fail(err, BP_INVALID, "%s is not the key of %s", key_path, certificate_path);
    ERR_clear_error();
    if (status == BP_OK)
        status = check_as_server(certificate_path, key_path, err);
    if (status == BP_OK)
        status = check_times(certificate_path, certificate, now_us, ret_until_us, err);
    EVP_PKEY_free(key);
    X509_free(certificate);
    return status;
}

BpStatus tls_authority_check(const char *path, BpError *err)
{
    X509 *certificate = NULL;
    const BpStatus status = pem_read_certificate(path, &certificate, err);
    X509_free(certificate);
    return status;
}
