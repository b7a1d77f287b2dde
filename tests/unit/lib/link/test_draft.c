#include "link/draft.h"

#include "base/file.h"
#include "base/time.h"
#include "io/tls/issuer.h"

#include <jansson.h>
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

static char folder[PATH_SIZE];
static BpArena arena;
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
    strcpy(folder, "/tmp/bacpipes-draft.XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(tls_issuer_make(in_folder("ca.crt"), in_folder("ca.key"), "central", bp_wall_us(), NULL),
                     BP_OK);
    return tls_issuer_open(in_folder("ca.crt"), in_folder("ca.key"), &issuer, NULL) == BP_OK ? 0 : -1;
}

static int end(void **state)
{
    char command[PATH_SIZE + 16];
    (void)state;
    tls_issuer_free(issuer);
    bp_arena_done(&arena);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command); /* NOLINT(cert-env33-c): a name of our own making */
}

static BpStr begin_draft(const char *purpose)
{
    BpStr request;
    BpError err;
    assert_int_equal(link_draft_begin(folder, bp_str(purpose), &arena, &request, &err), BP_OK);
    return request;
}

/* What central answers. */
static BpStr answer(BpStr request, const char *common_name, int number)
{
    char made[PEM_SIZE] = "", known[PEM_SIZE] = "", serial[TLS_SERIAL_MAX];
    BpBuf certificate = bp_buf(made, sizeof made - 1), authorities = bp_buf(known, sizeof known - 1);
    const TlsWish wish = {
        .common_name = common_name, .from_us = bp_wall_us() - BP_DAY, .until_us = bp_wall_us() + BP_DAY};
    assert_int_equal(tls_issuer_sign(issuer, request, &wish, &certificate, serial, NULL), BP_OK);
    tls_issuer_write(issuer, &authorities);
    json_t *json = json_pack("{s:i, s:s, s:i, s:s, s:s, s:s, s:s, s:i}", "v", 1, "site_id", "macau", "number",
                             number, "certificate", made, "authorities", known, "central", "Lisboa", "host",
                             "10.9.0.1", "port", 54320);
    char *text = json_dumps(json, 0);
    const BpStr kept = bp_str(bp_arena_text(&arena, bp_str(text)));
    free(text);
    json_decref(json);
    return kept;
}

static void what_central_signed_becomes_the_link(void **state)
{
    (void)state;
    Link link;
    BpError err;
    const BpStr request = begin_draft("file 1");
    assert_int_equal(link_read(folder, &arena, &link, NULL), BP_NOT_FOUND);
    assert_int_equal(link_draft_complete(folder, answer(request, "site_7", 7), &arena, &link, &err), BP_OK);
    assert_string_equal(link.user, "site_7");
    assert_string_equal(link.central, "Lisboa");
    assert_int_not_equal(access(in_folder("link.next"), F_OK), 0);
    assert_true(link_is_made_for(folder, bp_str("file 1")));
    assert_false(link_is_made_for(folder, bp_str("file 2")));
}

static void that_it_is_another_central_stays_known_until_the_database_knows(void **state)
{
    (void)state;
    Link link;
    BpError err;
    BpStr request = begin_draft("file 1");
    assert_int_equal(link_draft_note_other(folder, true, &err), BP_OK);
    assert_false(link_is_to_other(folder)); /* the link that is there is not */
    assert_int_equal(link_draft_complete(folder, answer(request, "site_7", 7), &arena, &link, &err), BP_OK);
    assert_true(link_is_to_other(folder));
    link_forget_other(folder);
    assert_false(link_is_to_other(folder));
    request = begin_draft("file 2");
    assert_int_equal(link_draft_note_other(folder, true, &err), BP_OK);
    assert_int_equal(link_draft_note_other(folder, false, &err), BP_OK);
    assert_int_equal(link_draft_complete(folder, answer(request, "site_7", 7), &arena, &link, &err), BP_OK);
    assert_false(link_is_to_other(folder));
}

static void what_was_cut_short_is_asked_again_with_the_same_key(void **state)
{
    (void)state;
    const BpStr first = begin_draft("file 1"), again = begin_draft("file 1");
    assert_true(bp_str_equal(first, again));
    assert_false(bp_str_equal(first, begin_draft("file 2")));
}

static void a_draft_that_is_half_there_is_begun_anew(void **state)
{
    static const char *const parts[] = {"link.next/purpose", "link.next/request.pem", "link.next/site.key"};
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const BpStr first = begin_draft("file 1");
        assert_int_equal(unlink(in_folder(parts[i])), 0);
        const BpStr again = begin_draft("file 1");
        assert_false(bp_str_equal(first, again));
    }
}

static void an_answer_that_does_not_fit_leaves_the_link_as_it_was(void **state)
{
    (void)state;
    Link link;
    BpError err;
    char before[PEM_SIZE], after[PEM_SIZE];
    BpStr certificate;
    assert_int_equal(
        link_draft_complete(folder, answer(begin_draft("file 1"), "site_7", 7), &arena, &link, &err), BP_OK);
    assert_int_equal(bp_file_read(link.certificate, PEM_SIZE, &arena, &certificate, NULL), BP_OK);
    snprintf(before, sizeof before, "%s", certificate.data);
    const BpStr other = answer(begin_draft("file 2"), "site_8", 8); /* for a key that is given up */
    (void)begin_draft("file 3");
    static const char *const bad[] = {"", "null", "[]", "{}", "{\"certificate\": 7}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(link_draft_complete(folder, bp_str(bad[i]), &arena, &link, &err), BP_INVALID);
    assert_int_equal(link_draft_complete(folder, other, &arena, &link, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "another key"));
    assert_int_equal(link_read(folder, &arena, &link, &err), BP_OK);
    assert_int_equal(bp_file_read(link.certificate, PEM_SIZE, &arena, &certificate, NULL), BP_OK);
    snprintf(after, sizeof after, "%s", certificate.data);
    assert_string_equal(before, after);
}

static void a_link_is_followed_by_another_in_one_step(void **state)
{
    (void)state;
    Link link;
    BpError err;
    assert_int_equal(
        link_draft_complete(folder, answer(begin_draft("file 1"), "site_7", 7), &arena, &link, &err), BP_OK);
    assert_int_equal(
        link_draft_complete(folder, answer(begin_draft("its certificate"), "site_7", 7), &arena, &link, &err),
        BP_OK);
    assert_true(link_is_made_for(folder, bp_str("its certificate")));
    assert_int_not_equal(access(in_folder("link.next"), F_OK), 0);
    /* One that was cut short behind that step is in nobody's way. */
    assert_int_equal(mkdir(in_folder("link.next"), 0700), 0);
    assert_int_equal(bp_file_write(in_folder("link.next/purpose"), bp_str("file 1"), 0600, NULL), BP_OK);
    assert_int_equal(
        link_draft_complete(folder, answer(begin_draft("file 1"), "site_7", 7), &arena, &link, &err), BP_OK);
}

static void it_trusts_what_it_is_told_beside_what_it_knows_and_never_instead(void **state)
{
    (void)state;
    Link link;
    BpError err;
    bool is_news = false;
    char memory[2 * PEM_SIZE];
    BpBuf all = bp_buf(memory, sizeof memory);
    TlsIssuer *other = NULL;
    assert_int_equal(
        link_draft_complete(folder, answer(begin_draft("file 1"), "site_7", 7), &arena, &link, &err), BP_OK);
    assert_int_equal(
        tls_issuer_make(in_folder("other.crt"), in_folder("other.key"), "next", bp_wall_us(), NULL), BP_OK);
    assert_int_equal(tls_issuer_open(in_folder("other.crt"), in_folder("other.key"), &other, NULL), BP_OK);
    tls_issuer_write(other, &all);
    assert_int_equal(link_trust(folder, bp_buf_text(&all), &is_news, &err), BP_INVALID);
    tls_issuer_write(issuer, &all);
    assert_int_equal(link_trust(folder, bp_buf_text(&all), &is_news, &err), BP_OK);
    assert_true(is_news);
    assert_int_equal(link_trust(folder, bp_buf_text(&all), &is_news, &err), BP_OK);
    assert_false(is_news);
    tls_issuer_free(other);
}

static LinkJoinFile example(void)
{
    return (LinkJoinFile){.site_id = "macau",
                          .name = "Macau \"tower\" \xE5\xA1\x94",
                          .central = "Lisboa",
                          .host = "central.example.org",
                          .number = 7,
                          .port = 54320,
                          .until_us = (int64_t)1800000000 * BP_SECOND,
                          .authorities = "CA",
                          .certificate = "CRT",
                          .key = "KEY"};
}

static void a_join_file_is_read_as_it_was_written(void **state)
{
    (void)state;
    char memory[PEM_SIZE];
    BpBuf out = bp_buf(memory, sizeof memory);
    LinkJoinFile file = example(), read;
    BpError err;
    assert_int_equal(link_join_file_write(&file, &out, &err), BP_OK);
    assert_int_equal(link_join_file_read(bp_buf_text(&out), &arena, &read, &err), BP_OK);
    assert_string_equal(read.name, file.name);
    assert_string_equal(read.key, "KEY");
    assert_true(read.until_us == file.until_us && read.number == 7 && read.port == 54320);
    for (size_t size = 0; size + 3 < out.size; size += 11) /* without its end */
        assert_int_equal(link_join_file_read((BpStr){memory, size}, &arena, &read, &err), BP_INVALID);
}

static void a_join_file_that_no_site_reads_is_not_written(void **state)
{
    (void)state;
    char memory[PEM_SIZE], name[802];
    BpBuf out = bp_buf(memory, sizeof memory), small = bp_buf(memory, 16);
    LinkJoinFile file = example();
    BpError err;
    memset(name, 'z', sizeof name);
    name[801] = '\0';
    file.central = name;
    assert_int_equal(link_join_file_write(&file, &out, &err), BP_FULL);
    assert_non_null(strstr(err.text, "its \"central\" has 801 octets"));
    name[800] = '\0';
    assert_int_equal(link_join_file_write(&file, &out, &err), BP_OK);
    assert_int_equal(link_join_file_write(&file, &small, &err), BP_FULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(what_central_signed_becomes_the_link),
        TEST(that_it_is_another_central_stays_known_until_the_database_knows),
        TEST(what_was_cut_short_is_asked_again_with_the_same_key),
        TEST(a_draft_that_is_half_there_is_begun_anew),
        TEST(an_answer_that_does_not_fit_leaves_the_link_as_it_was),
        TEST(a_link_is_followed_by_another_in_one_step),
        TEST(it_trusts_what_it_is_told_beside_what_it_knows_and_never_instead),
        TEST(a_join_file_is_read_as_it_was_written),
        TEST(a_join_file_that_no_site_reads_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
