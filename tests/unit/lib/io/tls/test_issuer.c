#include "io/tls/issuer.h"

#include "base/time.h"
#include "io/tls/request.h"

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

enum { PATH_SIZE = 200, PEM_SIZE = 8192 };
static const int64_t NOW_US = (int64_t)1800000000 * BP_SECOND;
static const char *const both[] = {"10.2.0.5", "central.example.org", NULL};

static char folder[PATH_SIZE];
static TlsIssuer *issuer;

static const char *in_folder(const char *name)
{
    static char paths[8][PATH_SIZE + 64];
    static size_t turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int begin(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/bacpipes-issuer.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    assert_int_equal(
        tls_issuer_make(in_folder("ca.crt"), in_folder("ca.key"), "BacPipes central", NOW_US, NULL), BP_OK);
    return tls_issuer_open(in_folder("ca.crt"), in_folder("ca.key"), &issuer, NULL) == BP_OK ? 0 : -1;
}

static int end(void **state)
{
    static const char *const names[] = {"ca.crt",   "ca.key",   "other.crt", "other.key",
                                        "site.crt", "site.key", "list",      "server.pem"};
    (void)state;
    tls_issuer_free(issuer);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(in_folder(names[i]));
    return rmdir(folder);
}

static void put(const char *name, const BpBuf *text)
{
    FILE *file = fopen(in_folder(name), "w");
    assert_int_equal(fwrite(text->data, 1, text->size, file), text->size);
    fclose(file);
}

static X509 *read_certificate(const char *name)
{
    FILE *file = fopen(in_folder(name), "r");
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(certificate);
    return certificate;
}

/* As PostgreSQL has it looked at: with the list of what counts no more, if there is one. */
static int verify(const char *name, int purpose, const char *list, int64_t at_us)
{
    X509 *authority = read_certificate("ca.crt"), *certificate = read_certificate(name);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, authority);
    if (list) {
        FILE *file = fopen(in_folder(list), "r");
        X509_CRL *revoked = PEM_read_X509_CRL(file, NULL, NULL, NULL);
        fclose(file);
        assert_non_null(revoked);
        X509_STORE_add_crl(store, revoked);
        X509_CRL_free(revoked);
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    }
    X509_STORE_CTX_init(context, store, certificate, NULL);
    X509_VERIFY_PARAM *wanted = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(wanted, (time_t)(at_us / BP_SECOND));
    X509_VERIFY_PARAM_set_flags(wanted, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_purpose(wanted, purpose);
    X509_verify_cert(context);
    const int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(certificate);
    X509_free(authority);
    return error;
}

static void sign_site(const char *common_name, int64_t from_us, int64_t until_us,
                      char ret_serial[TLS_SERIAL_MAX])
{
    char request[PEM_SIZE], certificate[PEM_SIZE];
    BpBuf asked = bp_buf(request, sizeof request), made = bp_buf(certificate, sizeof certificate);
    const TlsWish wish = {.common_name = common_name, .from_us = from_us, .until_us = until_us};
    assert_int_equal(tls_request_make(in_folder("site.key"), "somebody else", &asked, NULL), BP_OK);
    assert_int_equal(tls_issuer_sign(issuer, bp_buf_text(&asked), &wish, &made, ret_serial, NULL), BP_OK);
    put("site.crt", &made);
}

static void a_site_is_who_the_authority_says_and_not_who_it_asked_to_be(void **state)
{
    (void)state;
    char serial[TLS_SERIAL_MAX];
    TlsAbout about;
    BpError err;
    sign_site("site_7", NOW_US - BP_DAY, NOW_US + 730 * BP_DAY, serial);
    assert_int_equal(
        tls_client_check(in_folder("site.crt"), in_folder("site.key"), in_folder("ca.crt"), &about, &err),
        BP_OK);
    assert_string_equal(about.common_name, "site_7");
    assert_true(about.from_us == NOW_US - BP_DAY && about.until_us == NOW_US + 730 * BP_DAY);
    assert_int_equal(verify("site.crt", X509_PURPOSE_SSL_CLIENT, NULL, NOW_US), X509_V_OK);
    assert_int_not_equal(verify("site.crt", X509_PURPOSE_SSL_SERVER, NULL, NOW_US), X509_V_OK);
    assert_int_equal(verify("site.crt", X509_PURPOSE_SSL_CLIENT, NULL, NOW_US + 731 * BP_DAY),
                     X509_V_ERR_CERT_HAS_EXPIRED);
    assert_true(strlen(serial) > 32); /* more than 128 bits; one of 2^31 has fewer digits */
}

static void a_key_is_kept_for_the_next_request_and_nobody_else_reads_it(void **state)
{
    (void)state;
    char first[TLS_SERIAL_MAX], second[TLS_SERIAL_MAX];
    struct stat about;
    umask(0);
    sign_site("site_7", NOW_US, NOW_US + BP_DAY, first);
    X509 *one = read_certificate("site.crt");
    sign_site("site_7", NOW_US, NOW_US + BP_DAY, second);
    X509 *other = read_certificate("site.crt");
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(one), X509_get0_pubkey(other)), 1);
    assert_string_not_equal(first, second);
    assert_int_equal(stat(in_folder("site.key"), &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    X509_free(one);
    X509_free(other);
}

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
    char serial[TLS_SERIAL_MAX], memory[PEM_SIZE], request[PEM_SIZE], key[PEM_SIZE];
    BpBuf made = bp_buf(memory, sizeof memory), asked = bp_buf(request, sizeof request),
          drawn = bp_buf(key, sizeof key);
    BpError err;
    const TlsWish wish = {.common_name = "site_7", .from_us = NOW_US, .until_us = NOW_US + BP_DAY};
    assert_int_equal(tls_issuer_sign(issuer, bp_str(""), &wish, &made, serial, &err), BP_INVALID);
    assert_int_equal(
        tls_issuer_sign(issuer, bp_str("-----BEGIN CERTIFICATE REQUEST-----\n"), &wish, &made, serial, &err),
        BP_INVALID);
    tls_request_draw("site_7", &drawn, &asked);
    assert_int_equal(tls_issuer_sign(issuer, (BpStr){request, asked.size - 60}, &wish, &made, serial, &err),
                     BP_INVALID);
    /* A letter of the signature is another one. */
    request[asked.size - 60] = request[asked.size - 60] == 'A' ? 'B' : 'A';
    assert_int_equal(tls_issuer_sign(issuer, bp_buf_text(&asked), &wish, &made, serial, &err), BP_INVALID);
}

static void a_short_key_is_refused(void **state)
{
    (void)state;
    char serial[TLS_SERIAL_MAX], memory[PEM_SIZE], *text = NULL;
    BpBuf made = bp_buf(memory, sizeof memory);
    BpError err;
    const TlsWish wish = {.common_name = "site_7", .from_us = NOW_US, .until_us = NOW_US + BP_DAY};
    EVP_PKEY *key = EVP_RSA_gen(1024);
    X509_REQ *request = X509_REQ_new();
    BIO *octets = BIO_new(BIO_s_mem());
    X509_REQ_set_pubkey(request, key);
    X509_REQ_sign(request, key, EVP_sha256());
    PEM_write_bio_X509_REQ(octets, request);
    const long size = BIO_get_mem_data(octets, &text);
    assert_int_equal(tls_issuer_sign(issuer, (BpStr){text, (size_t)size}, &wish, &made, serial, &err),
                     BP_INVALID);
    assert_non_null(strstr(err.text, "P-256"));
    BIO_free(octets);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
}

static void what_is_revoked_counts_no_more_and_the_others_do(void **state)
{
    (void)state;
    char serial[TLS_SERIAL_MAX], memory[PEM_SIZE];
    BpBuf list = bp_buf(memory, sizeof memory);
    sign_site("site_7", NOW_US - BP_DAY, NOW_US + 730 * BP_DAY, serial);
    tls_issuer_revoke(issuer, NULL, 0, &list);
    put("list", &list);
    assert_int_equal(verify("site.crt", X509_PURPOSE_SSL_CLIENT, "list", NOW_US), X509_V_OK);
    const char *const serials[] = {"abcdef", serial};
    bp_buf_clear(&list);
    tls_issuer_revoke(issuer, serials, 2, &list);
    put("list", &list);
    assert_int_equal(verify("site.crt", X509_PURPOSE_SSL_CLIENT, "list", NOW_US), X509_V_ERR_CERT_REVOKED);
    assert_int_equal(verify("site.crt", X509_PURPOSE_SSL_CLIENT, "list", NOW_US + 700 * BP_DAY),
                     X509_V_ERR_CERT_REVOKED);
}

static void a_server_has_its_certificate_renewed_in_time_and_for_other_names(void **state)
{
    (void)state;
    static const char *const other[] = {"10.2.0.6", NULL};
    const char *path = in_folder("server.pem");
    bool is_new = false;
    TlsWish wish = {.common_name = "central",
                    .names = both,
                    .from_us = NOW_US - BP_DAY,
                    .until_us = NOW_US + 396 * BP_DAY};
    assert_int_equal(tls_issuer_keep_server(issuer, path, &wish, NOW_US, 60 * BP_DAY, &is_new, NULL), BP_OK);
    assert_true(is_new);
    assert_int_equal(verify("server.pem", X509_PURPOSE_SSL_SERVER, NULL, NOW_US), X509_V_OK);
    assert_int_equal(
        tls_issuer_keep_server(issuer, path, &wish, NOW_US + 300 * BP_DAY, 60 * BP_DAY, &is_new, NULL),
        BP_OK);
    assert_false(is_new);
    wish.until_us = NOW_US + 700 * BP_DAY;
    assert_int_equal(
        tls_issuer_keep_server(issuer, path, &wish, NOW_US + 340 * BP_DAY, 60 * BP_DAY, &is_new, NULL),
        BP_OK);
    assert_true(is_new);
    wish.names = other;
    assert_int_equal(
        tls_issuer_keep_server(issuer, path, &wish, NOW_US + 340 * BP_DAY, 60 * BP_DAY, &is_new, NULL),
        BP_OK);
    assert_true(is_new);
}

static void a_certificate_of_another_key_or_authority_is_told(void **state)
{
    (void)state;
    char serial[TLS_SERIAL_MAX];
    TlsAbout about;
    BpError err;
    sign_site("site_7", NOW_US, NOW_US + BP_DAY, serial);
    assert_int_equal(
        tls_issuer_make(in_folder("other.crt"), in_folder("other.key"), "BacPipes central", NOW_US, NULL),
        BP_OK);
    assert_int_equal(
        tls_client_check(in_folder("site.crt"), in_folder("site.key"), in_folder("other.crt"), &about, &err),
        BP_INVALID);
    assert_non_null(strstr(err.text, "authority"));
    assert_int_equal(
        tls_client_check(in_folder("site.crt"), in_folder("other.key"), in_folder("ca.crt"), &about, &err),
        BP_INVALID);
    assert_non_null(strstr(err.text, "another key"));
}

static void an_authority_that_is_half_there_is_told_and_not_made_anew(void **state)
{
    (void)state;
    TlsIssuer *opened = NULL;
    BpError err;
    assert_int_equal(tls_issuer_open(in_folder("other.crt"), in_folder("other.key"), &opened, &err),
                     BP_NOT_FOUND);
    chmod(in_folder("ca.key"), 0640);
    assert_int_equal(tls_issuer_open(in_folder("ca.crt"), in_folder("ca.key"), &opened, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "chmod 600"));
    unlink(in_folder("ca.key"));
    assert_int_equal(tls_issuer_open(in_folder("ca.crt"), in_folder("ca.key"), &opened, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "ca.key is missing"));
}

static void who_trusts_one_authority_is_told_of_the_next_beside_it(void **state)
{
    (void)state;
    char memory[2 * PEM_SIZE], one[PEM_SIZE];
    BpBuf all = bp_buf(memory, sizeof memory), old = bp_buf(one, sizeof one);
    TlsIssuer *other = NULL;
    tls_issuer_write(issuer, &old);
    assert_int_equal(tls_issuer_make(in_folder("other.crt"), in_folder("other.key"), "next", NOW_US, NULL),
                     BP_OK);
    assert_int_equal(tls_issuer_open(in_folder("other.crt"), in_folder("other.key"), &other, NULL), BP_OK);
    tls_issuer_write(other, &all);
    assert_false(tls_authorities_overlap(bp_buf_text(&old), bp_buf_text(&all)));
    tls_issuer_write(issuer, &all);
    assert_true(tls_authorities_overlap(bp_buf_text(&old), bp_buf_text(&all)));
    assert_false(tls_authorities_overlap(bp_buf_text(&old), bp_str("no authority")));
    tls_issuer_free(other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_site_is_who_the_authority_says_and_not_who_it_asked_to_be),
        TEST(a_key_is_kept_for_the_next_request_and_nobody_else_reads_it),
        TEST(what_is_no_request_is_refused),
        TEST(a_short_key_is_refused),
        TEST(what_is_revoked_counts_no_more_and_the_others_do),
        TEST(a_server_has_its_certificate_renewed_in_time_and_for_other_names),
        TEST(a_certificate_of_another_key_or_authority_is_told),
        TEST(an_authority_that_is_half_there_is_told_and_not_made_anew),
        TEST(who_trusts_one_authority_is_told_of_the_next_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
