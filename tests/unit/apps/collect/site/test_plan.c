/* The plan on disk: it is all there, the old one, or refused. */
#include "apps/collect/site/plan.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Two columns as text, two rows; one value is NULL and one is empty. */
static const char rows[] = "\0\2\0\0\0\2\0\0"
                           "\0\0\0\7poll.me\0\0\0\3"
                           "15s"
                           "\377\377\377\377\0\0\0\0";
static const BpStr SETTINGS = {rows, sizeof rows - 1}, NONE = {"\0\2\0\0\0\0\0\0", 8};

static BpBuf a_plan(const char *site)
{
    BpBuf out = bp_buf_growing(COLLECT_PLAN_OCTETS_MAX);
    collect_plan_encode(&out, bp_str(site), 1234567, SETTINGS, NONE);
    assert_false(out.failed);
    return out;
}

static BpStatus read_as(const BpBuf *octets, const char *site, BpError *err)
{
    CollectPlan plan;
    const BpStatus status =
        collect_plan_decode(bp_cursor(octets->data, octets->size), bp_str(site), &plan, err);
    if (status == BP_OK)
        collect_plan_done(&plan);
    return status;
}

static void what_was_kept_is_what_comes_back(void **state)
{
    (void)state;
    BpBuf octets = a_plan("plant"), again = bp_buf_growing(1000);
    CollectPlan plan;
    assert_int_equal(collect_plan_decode(bp_cursor(octets.data, octets.size), bp_str("plant"), &plan, NULL),
                     BP_OK);
    assert_int_equal(plan.known_us, 1234567);
    assert_int_equal(pg_row_count(plan.known), 0);
    assert_int_equal(pg_row_count(plan.settings), 2);
    assert_true(bp_str_equal(pg_get_text(plan.settings, 0, 0), bp_str("poll.me")));
    assert_true(bp_str_equal(pg_get_text(plan.settings, 0, 1), bp_str("15s")));
    assert_true(pg_is_null(plan.settings, 1, 0));
    assert_false(pg_is_null(plan.settings, 1, 1));
    pg_rows_encode(&again, plan.settings);
    assert_true(bp_str_equal(bp_buf_text(&again), SETTINGS));
    collect_plan_done(&plan);
    bp_buf_done(&octets);
    bp_buf_done(&again);
}

static void a_plan_that_is_cut_short_or_damaged_is_refused(void **state)
{
    (void)state;
    BpBuf octets = a_plan("plant");
    const size_t size = octets.size;
    for (octets.size = 0; octets.size < size; octets.size++)
        assert_int_equal(read_as(&octets, "plant", NULL), BP_MALFORMED);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        octets.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(read_as(&octets, "plant", NULL), BP_MALFORMED);
        octets.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    bp_buf_u8(&octets, 0);
    assert_int_equal(read_as(&octets, "plant", NULL), BP_MALFORMED);
    bp_buf_done(&octets);
}

static void put_hash(const BpBuf *octets)
{
    enum { MAGIC = 16, HASH = 8 };
    BpBuf place = bp_buf(octets->data + MAGIC, HASH);
    bp_buf_unsigned(&place, bp_hash(octets->data + MAGIC + HASH, octets->size - MAGIC - HASH, 0), HASH);
}

/* Whatever is in it, where its hash is right. */
static void any_octets_are_read_or_refused(void **state)
{
    (void)state;
    BpBuf octets = a_plan("plant");
    for (size_t i = 24; i < octets.size; i++)
        for (int octet = 0; octet < 256; octet += 15) {
            const uint8_t before = octets.data[i];
            octets.data[i] = (uint8_t)octet;
            put_hash(&octets);
            (void)read_as(&octets, "plant", NULL);
            octets.data[i] = before;
        }
    bp_buf_done(&octets);
}

static void a_plan_of_another_site_or_version_is_refused_and_says_so(void **state)
{
    (void)state;
    BpError err;
    BpBuf octets = a_plan("plant");
    assert_int_equal(read_as(&octets, "plan", &err), BP_REFUSED);
    assert_string_equal(err.text, "it is of site plant");
    octets.data[24] ^= 1; /* of the queries */
    put_hash(&octets);
    assert_int_equal(read_as(&octets, "plant", &err), BP_REFUSED);
    assert_string_equal(err.text, "another version of BacPipes wrote it");
    bp_buf_done(&octets);
}

static void a_file_is_the_old_plan_until_the_new_one_is_whole(void **state)
{
    (void)state;
    char folder[] = "/tmp/bacpipes-plan.XXXXXX", path[64], draft[64];
    CollectPlan plan;
    BpBuf octets = a_plan("plant");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/plan", folder);
    snprintf(draft, sizeof draft, "%s/plan.new", folder);
    assert_int_equal(collect_plan_read(path, bp_str("plant"), &plan, NULL), BP_NOT_FOUND);
    assert_int_equal(collect_plan_write(path, bp_buf_text(&octets), NULL), BP_OK);
    /* The power goes while the next one is written: half of it is there. */
    FILE *half = fopen(draft, "w");
    assert_non_null(half);
    fwrite(octets.data, 1, octets.size / 2, half);
    fclose(half);
    assert_int_equal(collect_plan_read(path, bp_str("plant"), &plan, NULL), BP_OK);
    collect_plan_done(&plan);
    assert_int_equal(collect_plan_write(path, bp_buf_text(&octets), NULL), BP_OK);
    assert_int_equal(access(draft, F_OK), -1);
    assert_int_equal(truncate(path, (off_t)octets.size / 2), 0);
    assert_int_equal(collect_plan_read(path, bp_str("plant"), &plan, NULL), BP_MALFORMED);
    unlink(path);
    rmdir(folder);
    bp_buf_done(&octets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_kept_is_what_comes_back),
        cmocka_unit_test(a_plan_that_is_cut_short_or_damaged_is_refused),
        cmocka_unit_test(any_octets_are_read_or_refused),
        cmocka_unit_test(a_plan_of_another_site_or_version_is_refused_and_says_so),
        cmocka_unit_test(a_file_is_the_old_plan_until_the_new_one_is_whole),
    };
    return cmocka_run_group_tests_name("collect plan", tests, NULL, NULL);
}
