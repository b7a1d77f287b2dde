#include "base/time.h"
#include "site/witness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];

static int begin(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/witness.XXXXXX");
    const int fd = mkstemp(path);
    return fd < 0 || close(fd) != 0;
}

static int end(void **state)
{
    (void)state;
    return unlink(path);
}

static void put(const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void the_last_of_each_day_and_epoch_is_kept(void **state)
{
    (void)state;
    SiteWitnesses *kept = calloc(1, sizeof *kept), *read = calloc(1, sizeof *read);
    BpError err;
    for (int i = 0; i < 10; i++)
        site_witnesses_add(kept, &(JournalPosition){.epoch = i < 8 ? 1 : 2, .seq = i + 1, .digest = {7}},
                           i * BP_DAY / 4);
    assert_int_equal(kept->count, 3);
    assert_int_equal(site_witness_of(kept, 1)->position.seq, 8);
    assert_int_equal(site_witness_of(kept, 2)->position.seq, 10);
    assert_null(site_witness_of(kept, 3));
    assert_int_equal(site_witnesses_write(path, kept, &err), BP_OK);
    assert_int_equal(site_witnesses_read(path, read, &err), BP_OK);
    assert_int_equal(read->count, 3);
    assert_memory_equal(read->items, kept->items, 3 * sizeof read->items[0]);
    for (int i = 0; i < 2 * SITE_WITNESS_MAX; i++)
        site_witnesses_add(kept, &(JournalPosition){.epoch = 3, .seq = i + 1}, i * BP_DAY);
    assert_int_equal(kept->count, SITE_WITNESS_MAX);
    assert_int_equal(site_witness_of(kept, 3)->position.seq, 2 * SITE_WITNESS_MAX);
    free(kept);
    free(read);
}

static void a_damaged_line_is_named(void **state)
{
    (void)state;
    SiteWitnesses *read = calloc(1, sizeof *read);
    BpError err;
    static const char *const wrong[] = {"\n", "1 2 3 4\n", "hello\n", "1 0 00 1\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        put(wrong[i]);
        assert_int_equal(site_witnesses_read(path, read, &err), BP_MALFORMED);
        assert_non_null(strstr(err.text, "line 1 is damaged"));
    }
    assert_int_equal(site_witnesses_read("/nowhere/signed", read, &err), BP_NOT_FOUND);
    free(read);
}

static void a_file_of_the_collector_without_a_position_says_nothing(void **state)
{
    (void)state;
    JournalPosition position;
    BpError err;
    put("0123456789abcdef {\"k\":\"position\",\"epoch\":1,\"seq\":2,\"digest\":\"00\"}\nrubbish\n");
    assert_int_equal(site_kept_position(path, &position, &err), BP_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_of_each_day_and_epoch_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(a_damaged_line_is_named, begin, end),
        cmocka_unit_test_setup_teardown(a_file_of_the_collector_without_a_position_says_nothing, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
