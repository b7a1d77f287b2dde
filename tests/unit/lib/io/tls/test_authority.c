#include "io/tls/authority.h"

#include "base/time.h"
#include "io/tls/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { PATH_SIZE = 200 };
static const int64_t NOW_US = (int64_t)1800000000 * BP_SECOND;
static const char *const both[] = {"10.2.0.5", "bms.example.org", NULL};
static const char *const ip_only[] = {"10.2.0.5", NULL};
static const char *const name_only[] = {"bms.example.org", NULL};

static char folder[] = "/tmp/bacpipes-authority.XXXXXX";

static char *in_folder(const char *name)
{
    static char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/bacpipes-authority.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"authority.crt", "authority.key", "server.pem"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(in_folder(names[i]));
    return rmdir(folder);
}

static TlsRenewal renew(const char *const *names, int64_t now_us)
{
    BpError err;
    TlsRenewal renewal;
    const TlsAuthorityOptions options = {
        .folder = folder, .title = "BacPipes, site macau", .names = names, .now_us = now_us};
    assert_int_equal(tls_authority_renew(&options, &renewal, &err), BP_OK);
    return renewal;
}

static const char *fingerprint(const char *name)
{
    static char texts[4][TLS_FINGERPRINT_TEXT_MAX];
    static size_t turn;
    int64_t until_us;
    BpError err;
    char *text = texts[turn++ % 4];
    assert_int_equal(tls_fingerprint(in_folder(name), text, &until_us, &err), BP_OK);
    return text;
}

static X509 *read_certificate(const char *name)
{
    FILE *file = fopen(in_folder(name), "r");
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(certificate);
    return certificate;
}

static EVP_PKEY *read_key(const char *name)
{
    FILE *file = fopen(in_folder(name), "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(key);
    return key;
}

/* X509_V_OK, or why a browser that trusts the authority refuses the certificate for that server. */
static int verify(X509 *certificate, STACK_OF(X509) * between, const char *host, const char *ip,
                  int64_t at_us)
{
    X509 *authority = read_certificate("authority.crt");
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, authority);
    X509_STORE_CTX_init(context, store, certificate, between);
    X509_VERIFY_PARAM *wanted = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(wanted, (time_t)(at_us / BP_SECOND));
    X509_VERIFY_PARAM_set_flags(wanted, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_purpose(wanted, X509_PURPOSE_SSL_SERVER);
    if (host)
        X509_VERIFY_PARAM_set1_host(wanted, host, 0);
    if (ip)
        X509_VERIFY_PARAM_set1_ip_asc(wanted, ip);
    X509_verify_cert(context);
    const int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(authority);
    return error;
}

static int verify_server(const char *host, const char *ip, int64_t at_us)
{
    X509 *certificate = read_certificate("server.pem");
    const int error = verify(certificate, NULL, host, ip, at_us);
    X509_free(certificate);
    return error;
}

/* What somebody makes who has stolen the authority's key. */
static X509 *forge(const char *names, const char *constraints, EVP_PKEY *subject_key)
{
    X509V3_CTX context;
    X509 *authority = read_certificate("authority.crt"), *certificate = X509_new();
    EVP_PKEY *key = read_key("authority.key");
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7);
    ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)(NOW_US / BP_SECOND - 10));
    ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)(NOW_US / BP_SECOND + 1000));
    X509_set_pubkey(certificate, subject_key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "O", MBSTRING_ASC,
                               (const unsigned char *)"forged", -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(authority));
    X509V3_set_ctx(&context, authority, certificate, NULL, NULL, 0);
    const struct {
        int kind;
        const char *value;
    } extensions[] = {{NID_basic_constraints, constraints},
                      {NID_subject_alt_name, names},
                      {NID_subject_key_identifier, "hash"},
                      {NID_authority_key_identifier, "keyid"}};
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        X509_EXTENSION *extension =
            X509V3_EXT_conf_nid(NULL, &context, extensions[i].kind, extensions[i].value);
        assert_non_null(extension);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    EVP_PKEY_free(key);
    X509_free(authority);
    return certificate;
}

static int verify_forged(const char *names, const char *host, const char *ip)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = forge(names, "critical,CA:FALSE", key);
    const int error = verify(certificate, NULL, host, ip, NOW_US);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return error;
}

/* ---- */

static void a_browser_that_trusts_the_authority_takes_the_server_by_each_of_its_names(void **state)
{
    (void)state;
    assert_int_equal(renew(both, NOW_US), TLS_BEGUN);
    assert_int_equal(verify_server("bms.example.org", NULL, NOW_US), X509_V_OK);
    assert_int_equal(verify_server(NULL, "10.2.0.5", NOW_US), X509_V_OK);
    assert_int_equal(verify_server("other.example.org", NULL, NOW_US), X509_V_ERR_HOSTNAME_MISMATCH);
    assert_int_equal(verify_server(NULL, "10.2.0.6", NOW_US), X509_V_ERR_IP_ADDRESS_MISMATCH);
    int64_t until_us;
    BpError err;
    assert_int_equal(
        tls_certificate_check(in_folder("server.pem"), in_folder("server.pem"), NOW_US, &until_us, &err),
        BP_OK);
    assert_true(until_us - NOW_US <= TLS_LEAF_DAYS * BP_DAY);
    assert_true(until_us - NOW_US > (TLS_LEAF_DAYS - 2) * BP_DAY);
}

static void nobody_but_their_owner_reads_the_keys(void **state)
{
    static const char *const names[] = {"authority.crt", "authority.key", "server.pem"};
    struct stat status;
    (void)state;
    umask(0);
    renew(both, NOW_US);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(stat(in_folder(names[i]), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
    }
}

static void who_steals_the_authority_can_pose_as_nobody_else(void **state)
{
    (void)state;
    renew(both, NOW_US);
    assert_int_equal(verify_forged("DNS:bms.example.org", "bms.example.org", NULL), X509_V_OK);
    assert_int_equal(verify_forged("DNS:bank.example", "bank.example", NULL), X509_V_ERR_PERMITTED_VIOLATION);
    assert_int_equal(verify_forged("IP:10.2.0.6", NULL, "10.2.0.6"), X509_V_ERR_PERMITTED_VIOLATION);
    assert_int_not_equal(verify_forged("IP:2001:db8::1", NULL, "2001:db8::1"), X509_V_OK);
    renew(ip_only, NOW_US);
    assert_int_equal(verify_forged("IP:10.2.0.5", NULL, "10.2.0.5"), X509_V_OK);
    assert_int_equal(verify_forged("DNS:bank.example", "bank.example", NULL), X509_V_ERR_EXCLUDED_VIOLATION);
    renew(name_only, NOW_US);
    assert_int_equal(verify_forged("IP:10.2.0.5", NULL, "10.2.0.5"), X509_V_ERR_EXCLUDED_VIOLATION);
}

static void nothing_that_it_signs_is_an_authority(void **state)
{
    (void)state;
    renew(both, NOW_US);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *below = forge("DNS:bms.example.org", "critical,CA:TRUE", key), *leaf = X509_new();
    X509_set_version(leaf, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(leaf), 8);
    ASN1_TIME_set(X509_getm_notBefore(leaf), (time_t)(NOW_US / BP_SECOND - 10));
    ASN1_TIME_set(X509_getm_notAfter(leaf), (time_t)(NOW_US / BP_SECOND + 1000));
    X509_set_pubkey(leaf, key);
    X509_set_issuer_name(leaf, X509_get_subject_name(below));
    X509_sign(leaf, key, EVP_sha256());
    STACK_OF(X509) *between = sk_X509_new_null();
    sk_X509_push(between, below);
    assert_int_not_equal(verify(leaf, between, NULL, NULL, NOW_US), X509_V_OK);
    sk_X509_free(between);
    X509_free(leaf);
    X509_free(below);
    EVP_PKEY_free(key);
}

static void what_is_good_is_kept_and_renewed_in_time_under_the_authority_that_people_trust(void **state)
{
    (void)state;
    renew(both, NOW_US);
    const char *authority = fingerprint("authority.crt"), *server = fingerprint("server.pem");
    assert_int_equal(renew(both, NOW_US + 300 * BP_DAY), TLS_KEPT);
    assert_string_equal(fingerprint("server.pem"), server);
    const int64_t later_us = NOW_US + 340 * BP_DAY;
    assert_int_equal(renew(both, later_us), TLS_RENEWED);
    assert_string_not_equal(fingerprint("server.pem"), server);
    assert_string_equal(fingerprint("authority.crt"), authority);
    assert_int_equal(verify_server("bms.example.org", NULL, later_us + 390 * BP_DAY), X509_V_OK);
    assert_int_equal(renew(both, later_us), TLS_KEPT);
    /* No leaf outlives its authority. */
    assert_int_equal(renew(both, NOW_US + 3300 * BP_DAY), TLS_BEGUN);
    assert_string_not_equal(fingerprint("authority.crt"), authority);
    assert_int_equal(verify_server("bms.example.org", NULL, NOW_US + 3301 * BP_DAY), X509_V_OK);
}

static void other_names_take_another_authority(void **state)
{
    (void)state;
    assert_int_equal(renew(ip_only, NOW_US), TLS_BEGUN);
    assert_int_equal(renew(both, NOW_US), TLS_BEGUN);
    assert_int_equal(verify_server("bms.example.org", NULL, NOW_US), X509_V_OK);
    assert_int_equal(renew(name_only, NOW_US), TLS_BEGUN);
    assert_int_not_equal(verify_server(NULL, "10.2.0.5", NOW_US), X509_V_OK);
}

static void cut(const char *name, off_t size)
{
    assert_int_equal(truncate(in_folder(name), size), 0);
}

static void files_that_are_cut_short_or_of_another_are_made_anew(void **state)
{
    (void)state;
    renew(both, NOW_US);
    for (off_t size = 0; size < 700; size += 97) {
        cut("server.pem", size);
        assert_int_equal(renew(both, NOW_US), TLS_RENEWED);
    }
    cut("authority.key", 20);
    assert_int_equal(renew(both, NOW_US), TLS_BEGUN);
    cut("authority.crt", 20);
    assert_int_equal(renew(both, NOW_US), TLS_BEGUN);
    char other[PATH_SIZE]; /* of before: the key of one authority with the certificate of another */
    snprintf(other, sizeof other, "%s", in_folder("kept"));
    assert_int_equal(rename(in_folder("authority.key"), other), 0);
    renew(both, NOW_US);
    assert_int_equal(rename(other, in_folder("authority.key")), 0);
    assert_int_equal(renew(both, NOW_US), TLS_BEGUN);
    assert_int_equal(verify_server("bms.example.org", NULL, NOW_US), X509_V_OK);
    /* A clock that was ahead: its certificates have not begun. */
    assert_int_equal(renew(both, NOW_US + 900 * BP_DAY), TLS_RENEWED);
    assert_int_equal(renew(both, NOW_US - 900 * BP_DAY), TLS_BEGUN);
}

static void a_folder_that_cannot_be_written_is_told(void **state)
{
    (void)state;
    BpError err;
    TlsRenewal renewal;
    const TlsAuthorityOptions options = {
        .folder = "/proc/nowhere", .title = "BacPipes", .names = both, .now_us = NOW_US};
    assert_int_equal(tls_authority_renew(&options, &renewal, &err), BP_UNAVAILABLE);
    assert_non_null(strstr(err.text, "/proc/nowhere/authority.key"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(a_browser_that_trusts_the_authority_takes_the_server_by_each_of_its_names),
        TEST(nobody_but_their_owner_reads_the_keys),
        TEST(who_steals_the_authority_can_pose_as_nobody_else),
        TEST(nothing_that_it_signs_is_an_authority),
        TEST(what_is_good_is_kept_and_renewed_in_time_under_the_authority_that_people_trust),
        TEST(other_names_take_another_authority),
        TEST(files_that_are_cut_short_or_of_another_are_made_anew),
        TEST(a_folder_that_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
