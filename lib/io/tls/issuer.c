#include "io/tls/issuer.h"

#include "base/time.h"
#include "io/tls/pair.h"
#include "io/tls/pem.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const int64_t LIFE_US = (int64_t)TLS_ISSUER_DAYS * BP_DAY, AGO_US = BP_DAY;

struct TlsIssuer {
    Pair pair;
};

/* ---- the authority itself ---- */

BpStatus tls_issuer_make(const char *certificate, const char *key, const char *title, int64_t now_us,
                         BpError *err)
{
    Pair pair = {0};
    pair_begin(&pair, now_us - AGO_US, now_us + LIFE_US);
    pair_set_subject(pair.certificate, title);
    pair_add(pair.certificate, pair.certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    pair_add(pair.certificate, pair.certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    pair_sign(&pair, &pair, "serverAuth,clientAuth");
    BpStatus status = pair_write(key, pair.key, NULL, err);
    if (status == BP_OK)
        status = pair_write(certificate, NULL, pair.certificate, err);
    pair_done(&pair);
    return status;
}

static BpStatus check_mode(const char *key, BpError *err)
{
    struct stat about;
    if (stat(key, &about) == 0 && about.st_mode & 077)
        return bp_fail(err, BP_INVALID, "%s may be read by others (mode %04o): chmod 600 it, if nobody has",
                       key, about.st_mode & 07777);
    return BP_OK;
}

BpStatus tls_issuer_open(const char *certificate, const char *key, TlsIssuer **ret_issuer, BpError *err)
{
    Pair pair = {0};
    if (access(certificate, F_OK) != 0 && errno == ENOENT && access(key, F_OK) != 0 && errno == ENOENT)
        return bp_fail(err, BP_NOT_FOUND, "there is no authority: %s is missing", certificate);
    BP_TRY(check_mode(key, err));
    BpStatus status = pem_read_certificate(certificate, &pair.certificate, err);
    if (status == BP_OK)
        status = pem_read_key(key, &pair.key, err);
    if (status == BP_OK && X509_check_private_key(pair.certificate, pair.key) != 1)
        status = bp_fail(err, BP_INVALID, "%s is not the key of %s: bring both back from a copy", key,
                         certificate);
    ERR_clear_error();
    if (status != BP_OK) {
        pair_done(&pair);
        return status == BP_UNAVAILABLE && access(certificate, F_OK) == 0 && access(key, F_OK) != 0 &&
                       errno == ENOENT
                   ? bp_fail(err, BP_INVALID, "%s is there and %s is missing: bring it back from a copy",
                             certificate, key)
                   : status;
    }
    *ret_issuer = calloc(1, sizeof **ret_issuer);
    pair_must(*ret_issuer);
    (*ret_issuer)->pair = pair;
    return BP_OK;
}

void tls_issuer_free(TlsIssuer *issuer)
{
    if (issuer)
        pair_done(&issuer->pair);
    free(issuer);
}

int64_t tls_issuer_from_us(const TlsIssuer *issuer)
{
    return pem_instant(X509_get0_notBefore(issuer->pair.certificate));
}

int64_t tls_issuer_until_us(const TlsIssuer *issuer)
{
    return pem_instant(X509_get0_notAfter(issuer->pair.certificate));
}

static void put_certificate(X509 *certificate, BpBuf *out)
{
    BIO *octets = BIO_new(BIO_s_mem());
    pair_must(octets && PEM_write_bio_X509(octets, certificate));
    pem_put(octets, out);
}

void tls_issuer_write(const TlsIssuer *issuer, BpBuf *out)
{
    put_certificate(issuer->pair.certificate, out);
}

/* ---- what it signs ---- */

/* For the pair's key, or for one that is drawn. */
static void make_certificate(const TlsIssuer *issuer, const TlsWish *wish, Pair *pair)
{
    X509 *authority = issuer->pair.certificate;
    pair_begin(pair, wish->from_us, wish->until_us);
    pair_set_subject(pair->certificate, wish->common_name);
    pair_add(pair->certificate, authority, NID_basic_constraints, "critical,CA:FALSE");
    pair_add(pair->certificate, authority, NID_key_usage, "critical,digitalSignature");
    if (wish->names)
        pair_add_extension(pair->certificate, pair_make_names(wish->names));
    pair_sign(pair, &issuer->pair, wish->names ? "serverAuth" : "clientAuth");
}

static void write_serial(const X509 *certificate, char ret_serial[TLS_SERIAL_MAX])
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *digits = number ? BN_bn2hex(number) : NULL;
    if (!digits)
        abort();
    const char *from = digits;
    while (*from == '0' && from[1])
        from++;
    size_t size = 0;
    for (; from[size] && size + 1 < TLS_SERIAL_MAX; size++)
        ret_serial[size] =
            (char)(from[size] >= 'A' && from[size] <= 'F' ? from[size] - 'A' + 'a' : from[size]);
    ret_serial[size] = '\0';
    OPENSSL_free(digits);
    BN_free(number);
}

static BpStatus read_request(BpStr text, EVP_PKEY **ret_key, BpError *err)
{
    if (text.size > TLS_REQUEST_MAX)
        return bp_fail(err, BP_INVALID, "a request has at most %d octets", TLS_REQUEST_MAX);
    BIO *octets = BIO_new_mem_buf(text.data, (int)text.size);
    pair_must(octets);
    X509_REQ *request = PEM_read_bio_X509_REQ(octets, NULL, NULL, NULL);
    EVP_PKEY *key = request ? X509_REQ_get_pubkey(request) : NULL;
    char group[32] = "";
    size_t size = 0;
    const bool is_p256 = key && EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1 &&
                         strcmp(group, "prime256v1") == 0;
    const bool is_own = is_p256 && X509_REQ_verify(request, key) == 1;
    X509_REQ_free(request);
    BIO_free(octets);
    ERR_clear_error();
    if (is_own) {
        *ret_key = key;
        return BP_OK;
    }
    EVP_PKEY_free(key);
    return bp_fail(err, BP_INVALID, "%s",
                   !key       ? "that is no request for a certificate"
                   : !is_p256 ? "the key of a request is an elliptic one, of P-256"
                              : "the request is not signed by its own key");
}

BpStatus tls_issuer_sign(const TlsIssuer *issuer, BpStr request, const TlsWish *wish, BpBuf *out,
                         char ret_serial[TLS_SERIAL_MAX], BpError *err)
{
    Pair pair = {0};
    BP_TRY(read_request(request, &pair.key, err));
    make_certificate(issuer, wish, &pair);
    put_certificate(pair.certificate, out);
    write_serial(pair.certificate, ret_serial);
    pair_done(&pair);
    return BP_OK;
}

static bool is_good_server(const TlsIssuer *issuer, const char *path, const TlsWish *wish, int64_t now_us,
                           int64_t left_us)
{
    Pair pair = {0};
    pair_read(path, path, &pair);
    const bool is_good =
        pair.certificate && pair_has_left(pair.certificate, now_us, left_us) &&
        X509_verify(pair.certificate, issuer->pair.key) == 1 &&
        pair_has_extension(pair.certificate, NID_subject_alt_name, pair_make_names(wish->names));
    pair_done(&pair);
    ERR_clear_error();
    return is_good;
}

BpStatus tls_issuer_keep_server(const TlsIssuer *issuer, const char *path, const TlsWish *wish,
                                int64_t now_us, int64_t left_us, bool *ret_is_new, BpError *err)
{
    Pair pair = {0};
    *ret_is_new = !is_good_server(issuer, path, wish, now_us, left_us);
    if (!*ret_is_new)
        return BP_OK;
    make_certificate(issuer, wish, &pair);
    const BpStatus status = pair_write(path, pair.key, pair.certificate, err);
    pair_done(&pair);
    return status;
}

/* ---- what counts no more ---- */

static void add_revoked(X509_CRL *list, const char *serial, const ASN1_TIME *when)
{
    BIGNUM *number = NULL;
    if (!BN_hex2bn(&number, serial))
        return;
    X509_REVOKED *one = X509_REVOKED_new();
    ASN1_INTEGER *value = BN_to_ASN1_INTEGER(number, NULL);
    pair_must(one && value && X509_REVOKED_set_serialNumber(one, value) &&
              X509_REVOKED_set_revocationDate(one, (ASN1_TIME *)(uintptr_t)when) &&
              X509_CRL_add0_revoked(list, one));
    ASN1_INTEGER_free(value);
    BN_free(number);
}

void tls_issuer_revoke(const TlsIssuer *issuer, const char *const *serials, size_t count, BpBuf *out)
{
    const X509 *authority = issuer->pair.certificate;
    X509_CRL *list = X509_CRL_new();
    BIO *octets = BIO_new(BIO_s_mem());
    pair_must(list && octets && X509_CRL_set_version(list, X509_CRL_VERSION_2) &&
              X509_CRL_set_issuer_name(list, X509_get_subject_name(authority)) &&
              X509_CRL_set1_lastUpdate(list, X509_get0_notBefore(authority)) &&
              X509_CRL_set1_nextUpdate(list, X509_get0_notAfter(authority)));
    for (size_t i = 0; i < count; i++)
        add_revoked(list, serials[i], X509_get0_notBefore(authority));
    X509_CRL_sort(list);
    pair_must(X509_CRL_sign(list, issuer->pair.key, EVP_sha256()) && PEM_write_bio_X509_CRL(octets, list));
    pem_put(octets, out);
    X509_CRL_free(list);
}
