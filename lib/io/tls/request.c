#include "io/tls/request.h"

#include "io/tls/pair.h"
#include "io/tls/pem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

/* ---- keys and requests ---- */

static void put_request(EVP_PKEY *key, const char *common_name, BpBuf *out)
{
    X509_REQ *request = X509_REQ_new();
    X509_NAME *name = X509_NAME_new();
    BIO *octets = BIO_new(BIO_s_mem());
    pair_must(request && name && octets &&
              X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                         (const unsigned char *)common_name, -1, -1, 0) &&
              X509_REQ_set_version(request, X509_REQ_VERSION_1) && X509_REQ_set_subject_name(request, name) &&
              X509_REQ_set_pubkey(request, key) && X509_REQ_sign(request, key, EVP_sha256()) &&
              PEM_write_bio_X509_REQ(octets, request));
    pem_put(octets, out);
    X509_NAME_free(name);
    X509_REQ_free(request);
}

BpStatus tls_request_make(const char *path, const char *common_name, BpBuf *out, BpError *err)
{
    EVP_PKEY *key = NULL;
    if (access(path, F_OK) == 0 || errno != ENOENT) {
        BP_TRY(pem_read_key(path, &key, err));
    } else {
        key = EVP_EC_gen("P-256");
        pair_must(key);
        const BpStatus status = pair_write(path, key, NULL, err);
        if (status != BP_OK) {
            EVP_PKEY_free(key);
            return status;
        }
    }
    put_request(key, common_name, out);
    EVP_PKEY_free(key);
    return BP_OK;
}

void tls_request_draw(const char *common_name, BpBuf *out_key, BpBuf *out_request)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *octets = BIO_new(BIO_s_mem());
    pair_must(key && octets && PEM_write_bio_PKCS8PrivateKey(octets, key, NULL, NULL, 0, NULL, NULL));
    pem_put(octets, out_key);
    put_request(key, common_name, out_request);
    EVP_PKEY_free(key);
}

/* ---- what came back ---- */

static STACK_OF(X509_INFO) * read_all(BIO *pem)
{
    STACK_OF(X509_INFO) *all = pem ? PEM_X509_INFO_read_bio(pem, NULL, NULL, NULL) : NULL;
    BIO_free(pem);
    ERR_clear_error();
    return all;
}

/* `all` is freed. */
static bool is_of_one(X509 *certificate, STACK_OF(X509_INFO) * all)
{
    bool is_signed = false;
    for (int i = 0; i < sk_X509_INFO_num(all) && !is_signed; i++) {
        X509 *authority = sk_X509_INFO_value(all, i)->x509;
        is_signed = authority && X509_verify(certificate, X509_get0_pubkey(authority)) == 1;
    }
    sk_X509_INFO_pop_free(all, X509_INFO_free);
    ERR_clear_error();
    return is_signed;
}

static BpStatus check(X509 *certificate, EVP_PKEY *key, const char *path, const char *authorities,
                      BpError *err)
{
    if (X509_check_private_key(certificate, key) != 1) {
        ERR_clear_error();
        return bp_fail(err, BP_INVALID, "%s is for another key", path);
    }
    return is_of_one(certificate, read_all(BIO_new_file(authorities, "r")))
               ? BP_OK
               : bp_fail(err, BP_INVALID, "%s is of no authority in %s", path, authorities);
}

static TlsAbout about(X509 *certificate)
{
    TlsAbout about = {.from_us = pem_instant(X509_get0_notBefore(certificate)),
                      .until_us = pem_instant(X509_get0_notAfter(certificate))};
    (void)X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, about.common_name,
                                    sizeof about.common_name);
    return about;
}

BpStatus tls_client_check(const char *certificate_path, const char *key_path, const char *authorities,
                          TlsAbout *ret_about, BpError *err)
{
    X509 *certificate = NULL;
    EVP_PKEY *key = NULL;
    BpStatus status = pem_read_certificate(certificate_path, &certificate, err);
    if (status == BP_OK)
        status = pem_read_key(key_path, &key, err);
    if (status == BP_OK)
        status = check(certificate, key, certificate_path, authorities, err);
    if (status == BP_OK)
        *ret_about = about(certificate);
    EVP_PKEY_free(key);
    X509_free(certificate);
    return status;
}

static BIO *octets_of(BpStr text)
{
    BIO *octets = BIO_new_mem_buf(text.data, (int)text.size);
    pair_must(octets);
    return octets;
}

static BpStatus check_texts(X509 *certificate, EVP_PKEY *key, BpStr authorities, BpError *err)
{
    STACK_OF(X509_INFO) *all = read_all(octets_of(authorities));
    if (!certificate || !key || sk_X509_INFO_num(all) < 1) {
        sk_X509_INFO_pop_free(all, X509_INFO_free);
        return bp_fail(err, BP_INVALID, "its %s damaged",
                       !certificate ? "certificate is"
                       : !key       ? "key is"
                                    : "authorities are");
    }
    if (X509_check_private_key(certificate, key) != 1) {
        sk_X509_INFO_pop_free(all, X509_INFO_free);
        ERR_clear_error();
        return bp_fail(err, BP_INVALID, "its key is of another certificate");
    }
    return is_of_one(certificate, all)
               ? BP_OK
               : bp_fail(err, BP_INVALID, "its certificate is of none of its authorities");
}

BpStatus tls_client_check_texts(BpStr certificate_text, BpStr key_text, BpStr authorities,
                                TlsAbout *ret_about, BpError *err)
{
    static char no_passphrase[] = "";
    BIO *of_certificate = octets_of(certificate_text), *of_key = octets_of(key_text);
    X509 *certificate = PEM_read_bio_X509(of_certificate, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(of_key, NULL, NULL, no_passphrase);
    ERR_clear_error();
    const BpStatus status = check_texts(certificate, key, authorities, err);
    if (status == BP_OK)
        *ret_about = about(certificate);
    EVP_PKEY_free(key);
    X509_free(certificate);
    BIO_free(of_certificate);
    BIO_free(of_key);
    return status;
}

bool tls_authorities_overlap(BpStr known, BpStr told)
{
    STACK_OF(X509_INFO) *ours = read_all(octets_of(known));
    STACK_OF(X509_INFO) *theirs = read_all(octets_of(told));
    bool is_same = false;
    for (int i = 0; i < sk_X509_INFO_num(ours); i++)
        for (int j = 0; j < sk_X509_INFO_num(theirs); j++) {
            const X509 *one = sk_X509_INFO_value(ours, i)->x509, *other = sk_X509_INFO_value(theirs, j)->x509;
            is_same = is_same || (one && other && X509_cmp(one, other) == 0);
        }
    sk_X509_INFO_pop_free(ours, X509_INFO_free);
    sk_X509_INFO_pop_free(theirs, X509_INFO_free);
    return is_same;
}
