#include "io/tls/certificate.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_MAX = 1024 * 1024 };

/* The file's octets, to be freed. Read by ourselves, so that what the system says of it can be told. */
static BpStatus open_pem(const char *path, BIO **ret_pem, BpError *err)
{
    struct stat status;
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be read (%s)", path, bp_errno_text(errno));
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > FILE_MAX) {
        close(fd);
        return bp_fail(err, BP_INVALID, "%s is no PEM file", path);
    }
    *ret_pem = BIO_new_fd(fd, BIO_CLOSE);
    if (!*ret_pem)
        abort();
    return BP_OK;
}

/* A passphrase is nobody's to type at a server's start: none, and that it was wanted is noted. */
static int refuse_passphrase(char *ret_passphrase, int size, int is_written, void *context)
{
    bool *is_wanted = context;
    (void)ret_passphrase, (void)size, (void)is_written;
    *is_wanted = true;
    return -1;
}

static BpStatus read_certificate(const char *path, X509 **ret_certificate, BpError *err)
{
    BIO *pem = NULL;
    BP_TRY(open_pem(path, &pem, err));
    *ret_certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL);
    BIO_free(pem);
    ERR_clear_error();
    return *ret_certificate ? BP_OK
                            : bp_fail(err, BP_INVALID,
                                      "%s has no certificate in it: it must be PEM, beginning "
                                      "with -----BEGIN CERTIFICATE-----",
                                      path);
}

static BpStatus read_key(const char *path, EVP_PKEY **ret_key, BpError *err)
{
    BIO *pem = NULL;
    bool wants_passphrase = false;
    BP_TRY(open_pem(path, &pem, err));
    *ret_key = PEM_read_bio_PrivateKey(pem, NULL, refuse_passphrase, &wants_passphrase);
    BIO_free(pem);
    ERR_clear_error();
    if (*ret_key)
        return BP_OK;
    return wants_passphrase
               ? bp_fail(err, BP_INVALID, "%s has a passphrase: take it off (openssl pkey -in ... -out ...)",
                         path)
               : bp_fail(err, BP_INVALID,
                         "%s has no key in it: it must be PEM, with -----BEGIN PRIVATE KEY-----", path);
}

static int64_t instant_of(const ASN1_TIME *time)
{
    struct tm parts = {0};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) * BP_SECOND : 0;
}

static BpStatus check_times(const char *path, const X509 *certificate, int64_t now_us, int64_t *ret_until_us,
                            BpError *err)
{
    char when[BP_TIME_TEXT_MAX];
    const int64_t from_us = instant_of(X509_get0_notBefore(certificate));
    *ret_until_us = instant_of(X509_get0_notAfter(certificate));
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
    BpStatus status = read_certificate(certificate_path, &certificate, err);
    if (status == BP_OK)
        status = read_key(key_path, &key, err);
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
    const BpStatus status = read_certificate(path, &certificate, err);
    X509_free(certificate);
    return status;
}
