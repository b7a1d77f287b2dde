#include "link/ca.h"

#include "base/file.h"
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

enum { PATH_SIZE = 200, PEM_SIZE = 8192 };
static const int64_t NOW_US = (int64_t)1800000000 * BP_SECOND, YEAR_US = 365 * BP_DAY;

static char folder[PATH_SIZE];

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
    strcpy(folder, "/tmp/bacpipes-ca.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
    static const char *const names[] = {"ca.crt",   "ca.key",  "next.crt",   "next.key",   "past.crt",
                                        "past.key", "issued",  "revoked",    "lock",       "site.key",
                                        "site.crt", "trusted", "server.pem", "old.trusted"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(in_folder(names[i]));
    return rmdir(folder);
}

static LinkCa *open_at(int64_t now_us, LinkCaStep wanted)
{
    LinkCa *ca = NULL;
    LinkCaStep step;
    BpError err;
    const BpStatus status = link_ca_open(folder, "BacPipes central", now_us, true, &ca, &step, &err);
    assert_int_equal(status, BP_OK);
    assert_int_equal(step, wanted);
    return ca;
}

static LinkSigned sign(LinkCa *ca, int64_t number, const char *site, int64_t now_us, BpStatus wanted)
{
    char request[PEM_SIZE], made[PEM_SIZE];
    BpBuf asked = bp_buf(request, sizeof request), out = bp_buf(made, sizeof made);
    LinkSigned ret_signed = {0};
    assert_int_equal(tls_request_make(in_folder("site.key"), "site", &asked, NULL), BP_OK);
    const LinkSigning signing = {.request = bp_buf_text(&asked), .number = number, .site_id = site};
    assert_int_equal(link_ca_sign(ca, &signing, now_us, &out, &ret_signed, NULL), wanted);
    if (wanted == BP_OK)
        assert_int_equal(bp_file_write(in_folder("site.crt"), bp_buf_text(&out), 0600, NULL), BP_OK);
    return ret_signed;
}

static void trust(const LinkCa *ca, const char *name)
{
    char memory[4 * PEM_SIZE];
    BpBuf out = bp_buf(memory, sizeof memory);
    link_ca_authorities(ca, &out);
    assert_int_equal(bp_file_write(in_folder(name), bp_buf_text(&out), 0600, NULL), BP_OK);
}

static bool is_trusted(const char *trusted)
{
    TlsAbout about;
    return tls_client_check(in_folder("site.crt"), in_folder("site.key"), in_folder(trusted), &about, NULL) ==
           BP_OK;
}

static void a_site_is_signed_for_two_years_and_written_down(void **state)
{
    (void)state;
    LinkCa *ca = open_at(NOW_US, LINK_CA_BEGUN);
    const LinkSigned made = sign(ca, 7, "macau", NOW_US, BP_OK);
    assert_true(made.until_us == NOW_US + LINK_SITE_DAYS * BP_DAY);
    link_ca_free(ca);
    ca = open_at(NOW_US, LINK_CA_KEPT);
    const LinkLedger *ledger = link_ca_ledger(ca);
    assert_int_equal(ledger->issued_count, 1);
    assert_string_equal(ledger->issued[0].serial, made.serial);
    assert_string_equal(ledger->issued[0].site_id, "macau");
    assert_int_equal(link_ledger_last_number(ledger), 7);
    link_ca_free(ca);
}

static void a_number_that_was_another_sites_is_not_given_again(void **state)
{
    (void)state;
    LinkCa *ca = open_at(NOW_US, LINK_CA_BEGUN);
    (void)sign(ca, 7, "macau", NOW_US, BP_OK);
    (void)sign(ca, 7, "klcc", NOW_US, BP_CONFLICT);
    (void)sign(ca, 8, "klcc", NOW_US, BP_OK);
    link_ca_free(ca);
}

static void what_is_revoked_stays_so_and_is_written_once(void **state)
{
    (void)state;
    LinkCa *ca = open_at(NOW_US, LINK_CA_BEGUN);
    (void)sign(ca, 7, "macau", NOW_US, BP_OK);
    (void)sign(ca, 7, "macau", NOW_US, BP_OK);
    (void)sign(ca, 8, "klcc", NOW_US, BP_OK);
    assert_int_equal(link_ca_revoke(ca, 7, NOW_US, NULL), BP_OK);
    assert_int_equal(link_ca_revoke(ca, 7, NOW_US, NULL), BP_OK);
    link_ca_free(ca);
    ca = open_at(NOW_US, LINK_CA_KEPT);
    assert_int_equal(link_ca_ledger(ca)->revoked_count, 2);
    /* What has ended by itself needs no list. */
    assert_int_equal(link_ca_revoke(ca, 8, NOW_US + 3 * YEAR_US, NULL), BP_OK);
    assert_int_equal(link_ca_ledger(ca)->revoked_count, 2);
    link_ca_free(ca);
}

static void what_was_issued_counts_until_its_end_or_until_it_is_revoked(void **state)
{
    (void)state;
    LinkCa *ca = open_at(NOW_US, LINK_CA_BEGUN);
    const LinkLedger *ledger = link_ca_ledger(ca);
    assert_false(link_ledger_counts(ledger, NOW_US));
    (void)sign(ca, 7, "macau", NOW_US, BP_OK);
    assert_true(link_ledger_counts(ledger, NOW_US));
    assert_false(link_ledger_counts(ledger, NOW_US + LINK_SITE_DAYS * BP_DAY));
    assert_int_equal(link_ca_revoke(ca, 7, NOW_US, NULL), BP_OK);
    assert_false(link_ledger_counts(ledger, NOW_US));
    (void)sign(ca, 8, "klcc", NOW_US, BP_OK);
    assert_true(link_ledger_counts(ledger, NOW_US));
    link_ca_free(ca);
}

static void a_line_that_was_cut_short_counts_for_nothing_and_harms_no_other(void **state)
{
    (void)state;
    LinkCa *ca = open_at(NOW_US, LINK_CA_BEGUN);
    (void)sign(ca, 7, "macau", NOW_US, BP_OK);
    link_ca_free(ca);
    struct stat about;
    assert_int_equal(stat(in_folder("issued"), &about), 0);
    for (off_t size = about.st_size - 1; size >= 0; size -= 7) {
        assert_int_equal(truncate(in_folder("issued"), size), 0);
        ca = open_at(NOW_US, LINK_CA_KEPT);
        (void)sign(ca, 9, "klcc", NOW_US, BP_OK);
        link_ca_free(ca);
        ca = open_at(NOW_US, LINK_CA_KEPT);
        assert_string_equal(link_ledger_owner(link_ca_ledger(ca), 9), "klcc");
        link_ca_free(ca);
    }
}

static void a_new_authority_is_trusted_long_before_it_signs_and_the_old_one_long_after(void **state)
{
    (void)state;
    LinkCa *ca = open_at(NOW_US, LINK_CA_BEGUN);
    trust(ca, "old.trusted");
    link_ca_free(ca);
    int64_t now_us = NOW_US + 4 * YEAR_US;
    link_ca_free(open_at(now_us, LINK_CA_KEPT));
    now_us = NOW_US + 5 * YEAR_US + 10 * BP_DAY;
    ca = open_at(now_us, LINK_CA_NEXT_MADE);
    trust(ca, "trusted");
    (void)sign(ca, 7, "macau", now_us, BP_OK); /* still by the old one: who knows that alone goes on */
    assert_true(is_trusted("trusted") && is_trusted("old.trusted"));
    link_ca_free(ca);
    link_ca_free(open_at(now_us + 390 * BP_DAY, LINK_CA_KEPT));
    now_us += 410 * BP_DAY;
    ca = open_at(now_us, LINK_CA_SUCCEEDED);
    assert_true(is_trusted("trusted"));
    trust(ca, "trusted"); /* now: what the old one signed still counts */
    assert_true(is_trusted("trusted"));
    (void)sign(ca, 7, "macau", now_us, BP_OK);
    assert_true(is_trusted("trusted") && !is_trusted("old.trusted"));
    assert_true(link_ca_until_us(ca) > now_us + 8 * YEAR_US);
    link_ca_free(ca);
    link_ca_free(open_at(now_us, LINK_CA_KEPT));
}

static void a_succession_that_was_cut_short_is_finished(void **state)
{
    (void)state;
    int64_t now_us = NOW_US + 5 * YEAR_US + 10 * BP_DAY;
    link_ca_free(open_at(NOW_US, LINK_CA_BEGUN));
    link_ca_free(open_at(now_us, LINK_CA_NEXT_MADE));
    now_us += 410 * BP_DAY;
    /* As a crash leaves it: the key has moved and its certificate has not. */
    assert_int_equal(rename(in_folder("ca.key"), in_folder("past.key")), 0);
    LinkCa *ca = NULL;
    LinkCaStep step;
    BpError err;
    assert_int_equal(link_ca_open(folder, "BacPipes central", now_us, false, &ca, &step, &err), BP_OK);
    trust(ca, "trusted");
    (void)sign(ca, 7, "macau", now_us, BP_OK);
    assert_true(is_trusted("trusted"));
    link_ca_free(ca);
    assert_int_equal(access(in_folder("past.crt"), F_OK), 0);
    assert_int_not_equal(access(in_folder("next.crt"), F_OK), 0);
}

static void a_key_that_is_lost_is_told_and_not_replaced(void **state)
{
    (void)state;
    LinkCa *ca = NULL;
    LinkCaStep step;
    BpError err;
    link_ca_free(open_at(NOW_US, LINK_CA_BEGUN));
    unlink(in_folder("ca.key"));
    assert_int_equal(link_ca_open(folder, "BacPipes central", NOW_US, true, &ca, &step, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "bring it back from a copy"));
    assert_int_equal(chmod(folder, 0750), 0);
    assert_int_equal(link_ca_open(folder, "BacPipes central", NOW_US, true, &ca, &step, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "open to others"));
}

static void an_authority_is_made_where_it_may_and_nowhere_else(void **state)
{
    (void)state;
    LinkCa *ca = NULL;
    LinkCaStep step;
    BpError err;
    assert_int_equal(link_ca_open(folder, "BacPipes central", NOW_US, false, &ca, &step, &err), BP_NOT_FOUND);
    assert_int_equal(link_ca_open("/proc/nowhere", "BacPipes central", NOW_US, true, &ca, &step, &err),
                     BP_UNAVAILABLE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_site_is_signed_for_two_years_and_written_down),
        TEST(a_number_that_was_another_sites_is_not_given_again),
        TEST(what_is_revoked_stays_so_and_is_written_once),
        TEST(what_was_issued_counts_until_its_end_or_until_it_is_revoked),
        TEST(a_line_that_was_cut_short_counts_for_nothing_and_harms_no_other),
        TEST(a_new_authority_is_trusted_long_before_it_signs_and_the_old_one_long_after),
        TEST(a_succession_that_was_cut_short_is_finished),
        TEST(a_key_that_is_lost_is_told_and_not_replaced),
        TEST(an_authority_is_made_where_it_may_and_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
