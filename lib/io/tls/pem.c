/* PEM files are read by ourselves, so that what the system says of one can be told. */
#include "io/tls/pem.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_MAX = 1024 * 1024 };

/* The file's octets, to be freed. */
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

BpStatus pem_read_certificate(const char *path, X509 **ret_certificate, BpError *err)
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

BpStatus pem_read_key(const char *path, EVP_PKEY **ret_key, BpError *err)
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

void pem_put(BIO *octets, BpBuf *out)
{
    char *data = NULL;
    const long size = BIO_get_mem_data(octets, &data);
    bp_buf_octets(out, data, (size_t)size);
    BIO_free(octets);
}

int64_t pem_instant(const ASN1_TIME *time)
{
    struct tm parts = {0};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) * BP_SECOND : 0;
}
