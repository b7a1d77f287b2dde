#include "io/tls/pair.h"

#include "base/file.h"
#include "base/time.h"
#include "io/tls/pem.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SERIAL_BITS = 159 }; /* RFC 5280, 4.1.2.2 */

void pair_done(Pair *pair)
{
    EVP_PKEY_free(pair->key);
    X509_free(pair->certificate);
    *pair = (Pair){0};
}

void pair_must(bool is_done)
{
    if (!is_done)
        abort();
}

/* ---- names, as certificates have them ---- */

bool pair_read_ip(const char *name, uint8_t ret_octets[4])
{
    struct in_addr ip;
    if (inet_pton(AF_INET, name, &ip) != 1)
        return false;
    memcpy(ret_octets, &ip, 4);
    return true;
}

/* Of a constraint an address has its mask behind it. */
void pair_set_name(GENERAL_NAME *general, const char *name, bool is_constraint)
{
    uint8_t octets[8] = {0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};
    const bool is_ip = pair_read_ip(name, octets);
    ASN1_STRING *value = is_ip ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    pair_must(value);
    pair_must(is_ip ? ASN1_STRING_set(value, octets, is_constraint ? 8 : 4)
                    : ASN1_STRING_set(value, name, -1));
    GENERAL_NAME_set0_value(general, is_ip ? GEN_IPADD : GEN_DNS, value);
}

X509_EXTENSION *pair_make_names(const char *const *names)
{
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    pair_must(all);
    for (size_t i = 0; names[i]; i++) {
        GENERAL_NAME *name = GENERAL_NAME_new();
        pair_must(name && sk_GENERAL_NAME_push(all, name) > 0);
        pair_set_name(name, names[i], false);
    }
    X509_EXTENSION *extension = X509V3_EXT_i2d(NID_subject_alt_name, 0, all);
    pair_must(extension);
    GENERAL_NAMES_free(all);
    return extension;
}

/* Whether the certificate's own is this one, which is freed. */
bool pair_has_extension(const X509 *certificate, int kind, X509_EXTENSION *wanted)
{
    const int place = X509_get_ext_by_NID(certificate, kind, -1);
    const bool is_same =
        place >= 0 && ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(X509_get_ext(certificate, place)),
                                            X509_EXTENSION_get_data(wanted)) == 0;
    X509_EXTENSION_free(wanted);
    return is_same;
}

/* ---- making one ---- */

void pair_add(X509 *certificate, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    pair_must(extension && X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static void set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    pair_must(number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
              BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)));
    BN_free(number);
}

void pair_set_subject(X509 *certificate, const char *common_name)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    pair_must(X509_NAME_add_entry_by_NID(name, NID_organizationName, MBSTRING_ASC,
                                         (const unsigned char *)"BacPipes", -1, -1, 0) &&
              X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                         (const unsigned char *)common_name, -1, -1, 0));
}

void pair_begin(Pair *pair, int64_t from_us, int64_t until_us)
{
    if (!pair->key)
        pair->key = EVP_EC_gen("P-256");
    pair->certificate = X509_new();
    pair_must(pair->key && pair->certificate && X509_set_version(pair->certificate, X509_VERSION_3) &&
              ASN1_TIME_set(X509_getm_notBefore(pair->certificate), (time_t)(from_us / BP_SECOND)) &&
              ASN1_TIME_set(X509_getm_notAfter(pair->certificate), (time_t)(until_us / BP_SECOND)) &&
              X509_set_pubkey(pair->certificate, pair->key));
    set_serial(pair->certificate);
}

void pair_add_extension(X509 *certificate, X509_EXTENSION *extension)
{
    pair_must(X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

void pair_sign(Pair *pair, const Pair *issuer, const char *usage)
{
    pair_add(pair->certificate, issuer->certificate, NID_ext_key_usage, usage);
    pair_add(pair->certificate, issuer->certificate, NID_subject_key_identifier, "hash");
    pair_add(pair->certificate, issuer->certificate, NID_authority_key_identifier, "keyid:always");
    pair_must(X509_set_issuer_name(pair->certificate, X509_get_subject_name(issuer->certificate)) &&
              X509_sign(pair->certificate, issuer->key, EVP_sha256()));
}

/* ---- files ---- */

BpStatus pair_write(const char *path, EVP_PKEY *key, X509 *certificate, BpError *err)
{
    BpBuf text = bp_buf_growing(64 * 1024);
    BIO *octets = BIO_new(BIO_s_mem());
    pair_must(octets && (!key || PEM_write_bio_PKCS8PrivateKey(octets, key, NULL, NULL, 0, NULL, NULL)) &&
              (!certificate || PEM_write_bio_X509(octets, certificate)));
    pem_put(octets, &text);
    const BpStatus status = bp_file_write(path, bp_buf_text(&text), 0600, err);
    bp_buf_done(&text);
    return status;
}

void pair_read(const char *certificate_path, const char *key_path, Pair *ret_pair)
{
    BpError unknown;
    if (pem_read_certificate(certificate_path, &ret_pair->certificate, &unknown) != BP_OK ||
        pem_read_key(key_path, &ret_pair->key, &unknown) != BP_OK ||
        X509_check_private_key(ret_pair->certificate, ret_pair->key) != 1)
        pair_done(ret_pair);
    ERR_clear_error();
}

bool pair_has_left(const X509 *certificate, int64_t now_us, int64_t left_us)
{
    return pem_instant(X509_get0_notBefore(certificate)) <= now_us &&
           pem_instant(X509_get0_notAfter(certificate)) - now_us >= left_us;
}
