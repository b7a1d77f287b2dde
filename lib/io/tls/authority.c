#include "io/tls/authority.h"

#include "base/time.h"
#include "io/tls/pair.h"
#include "io/tls/pem.h"

#include <limits.h>
#include <openssl/err.h>
#include <stdio.h>

enum { NAME_MAX_LETTERS = 64 }; /* RFC 5280, A.1: ub-common-name */
static const int64_t LEAF_US = (int64_t)TLS_LEAF_DAYS * BP_DAY, AUTHORITY_US = 3653 * BP_DAY,
                     RENEW_US = 60 * BP_DAY, /* what a leaf must have left */
    AGO_US = BP_DAY;                         /* clocks of people's machines are behind ours by up to that */

static const char *path_of(const TlsAuthorityOptions *options, const char *name, char ret_path[PATH_MAX])
{
    pair_must(snprintf(ret_path, PATH_MAX, "%s/%s", options->folder, name) < PATH_MAX);
    return ret_path;
}

/* ---- for which names alone it vouches ---- */

static GENERAL_SUBTREE *add_subtree(STACK_OF(GENERAL_SUBTREE) * *trees)
{
    GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();
    if (!*trees)
        *trees = sk_GENERAL_SUBTREE_new_null();
    pair_must(tree && *trees && sk_GENERAL_SUBTREE_push(*trees, tree) > 0);
    return tree;
}

static void exclude(NAME_CONSTRAINTS *constraints, int type, const char *octets, int size)
{
    ASN1_STRING *value = type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    pair_must(value && ASN1_STRING_set(value, octets, size));
    GENERAL_NAME_set0_value(add_subtree(&constraints->excludedSubtrees)->base, type, value);
}

/* A kind of names of which none is allowed would be without a limit: all of it is excluded. */
static X509_EXTENSION *make_constraints(const char *const *names)
{
    static const char every_ip[32] = {0};
    NAME_CONSTRAINTS *constraints = NAME_CONSTRAINTS_new();
    bool has_ip = false, has_dns = false;
    uint8_t octets[4];
    pair_must(constraints);
    for (size_t i = 0; names[i]; i++) {
        pair_set_name(add_subtree(&constraints->permittedSubtrees)->base, names[i], true);
        if (pair_read_ip(names[i], octets))
            has_ip = true;
        else
            has_dns = true;
    }
    if (!has_dns)
        exclude(constraints, GEN_DNS, "", 0);
    if (!has_ip)
        exclude(constraints, GEN_IPADD, every_ip, 8);
    exclude(constraints, GEN_IPADD, every_ip, 32); /* IPv6 */
    X509_EXTENSION *extension = X509V3_EXT_i2d(NID_name_constraints, 1, constraints);
    pair_must(extension);
    NAME_CONSTRAINTS_free(constraints);
    return extension;
}

/* ---- making one ---- */

static void set_title(X509 *certificate, const char *title, const char *what)
{
    char text[NAME_MAX_LETTERS + 1];
    snprintf(text, sizeof text, "%.40s, %s", title, what);
    pair_set_subject(certificate, text);
}

static void make_authority(const TlsAuthorityOptions *options, Pair *ret_pair)
{
    pair_begin(ret_pair, options->now_us - AGO_US, options->now_us + AUTHORITY_US);
    set_title(ret_pair->certificate, options->title, "its authority");
    pair_add(ret_pair->certificate, ret_pair->certificate, NID_basic_constraints,
             "critical,CA:TRUE,pathlen:0");
    pair_add(ret_pair->certificate, ret_pair->certificate, NID_key_usage, "critical,keyCertSign");
    pair_add_extension(ret_pair->certificate, make_constraints(options->names));
    pair_sign(ret_pair, ret_pair, "serverAuth");
}

static void make_leaf(const TlsAuthorityOptions *options, const Pair *authority, Pair *ret_pair)
{
    pair_begin(ret_pair, options->now_us - AGO_US, options->now_us - AGO_US + LEAF_US);
    set_title(ret_pair->certificate, options->title, "its web");
    pair_add(ret_pair->certificate, authority->certificate, NID_basic_constraints, "critical,CA:FALSE");
    pair_add(ret_pair->certificate, authority->certificate, NID_key_usage, "critical,digitalSignature");
    pair_add_extension(ret_pair->certificate, pair_make_names(options->names));
    pair_sign(ret_pair, authority, "serverAuth");
}

/* ---- files ---- */

static BpStatus write_pem(const TlsAuthorityOptions *options, const char *name, EVP_PKEY *key,
                          X509 *certificate, BpError *err)
{
    char path[PATH_MAX];
    return pair_write(path_of(options, name, path), key, certificate, err);
}

static void read_pair(const TlsAuthorityOptions *options, const char *certificate, const char *key,
                      Pair *ret_pair)
{
    char path[PATH_MAX], key_path[PATH_MAX];
    pair_read(path_of(options, certificate, path), path_of(options, key, key_path), ret_pair);
}

/* ---- keeping them ---- */

static BpStatus begin_authority(const TlsAuthorityOptions *options, Pair *authority, BpError *err)
{
    pair_done(authority);
    make_authority(options, authority);
    BP_TRY(write_pem(options, "authority.key", authority->key, NULL, err));
    return write_pem(options, "authority.crt", NULL, authority->certificate, err);
}

static BpStatus renew_leaf(const TlsAuthorityOptions *options, const Pair *authority, BpError *err)
{
    Pair leaf = {0};
    make_leaf(options, authority, &leaf);
    const BpStatus status = write_pem(options, "server.pem", leaf.key, leaf.certificate, err);
    pair_done(&leaf);
    return status;
}

static bool authority_is_good(const TlsAuthorityOptions *options, const Pair *authority)
{
    return authority->certificate && pair_has_left(authority->certificate, options->now_us, LEAF_US) &&
           pair_has_extension(authority->certificate, NID_name_constraints, make_constraints(options->names));
}

static bool leaf_is_good(const TlsAuthorityOptions *options, const Pair *authority)
{
    Pair leaf = {0};
    read_pair(options, "server.pem", "server.pem", &leaf);
    const bool is_good =
        leaf.certificate && pair_has_left(leaf.certificate, options->now_us, RENEW_US) &&
        X509_verify(leaf.certificate, authority->key) == 1 &&
        pair_has_extension(leaf.certificate, NID_subject_alt_name, pair_make_names(options->names));
    pair_done(&leaf);
    ERR_clear_error();
    return is_good;
}

BpStatus tls_authority_renew(const TlsAuthorityOptions *options, TlsRenewal *ret_renewal, BpError *err)
{
    Pair authority = {0};
    TlsRenewal renewal = TLS_KEPT;
    BpStatus status = BP_OK;
    read_pair(options, "authority.crt", "authority.key", &authority);
    if (!authority_is_good(options, &authority)) {
        renewal = TLS_BEGUN;
        status = begin_authority(options, &authority, err);
    }
    if (status == BP_OK && !leaf_is_good(options, &authority)) {
        renewal = renewal == TLS_KEPT ? TLS_RENEWED : renewal;
        status = renew_leaf(options, &authority, err);
    }
    pair_done(&authority);
    if (status == BP_OK)
        *ret_renewal = renewal;
    return status;
}

BpStatus tls_fingerprint(const char *path, char ret_text[TLS_FINGERPRINT_TEXT_MAX], int64_t *ret_until_us,
                         BpError *err)
{
    X509 *certificate = NULL;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    BP_TRY(pem_read_certificate(path, &certificate, err));
    pair_must(X509_digest(certificate, EVP_sha256(), digest, &size) == 1);
    for (unsigned i = 0; i < size && 3 * (i + 1) <= TLS_FINGERPRINT_TEXT_MAX; i++)
        snprintf(ret_text + (size_t)3 * i, 4, i + 1 < size ? "%02X:" : "%02X", digest[i]);
    *ret_until_us = pem_instant(X509_get0_notAfter(certificate));
    X509_free(certificate);
    return BP_OK;
}
