#include "apps/collect/deliver/spool/notes.h"
#include "apps/collect/deliver/spool/spool.h"

#include "tests/unit/apps/collect/deliver/spool/a_spool.h"

static size_t read_count;
static int64_t last_n;

static void count_record(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload)
{
    (void)context;
    (void)segment;
    assert_string_equal(run->text, mdl_run(7).text);
    assert_true(bp_str_equal(payload, bp_str("\"device\":1,\"readings\":[]}")));
    read_count++;
    last_n = n;
}

static void what_is_torn_or_damaged_is_passed_over(void **state)
{
    (void)state;
    const MdlRun run = mdl_run(7);
    BpError err;
    SpoolSize size;
    BpBuf records = bp_buf_growing(1 << 20);
    for (int64_t n = 1; n <= 3; n++)
        spool_record(&records, &run, n, bp_str("\"device\":1,\"readings\":[]}"));
    const size_t record = records.size / 3;
    for (size_t cut = 1; cut <= records.size; cut++) {
        append_to(3, (BpStr){(const char *)records.data, cut});
        read_count = 0;
        assert_int_equal(spool_read(&spool, 3, count_record, NULL, &size, &err), BP_OK);
        assert_int_equal(read_count, cut / record);
        assert_int_equal(size.octets, cut);
        assert_int_equal(size.damaged, cut % record);
        remove_from_disk(3);
    }
    for (size_t i = record; i < 2 * record; i++) { /* one octet of the second */
        if (i >= record + 40 && i < record + 48)
            continue; /* what is to come */
        records.data[i] ^= 0x10;
        append_to(3, bp_buf_text(&records));
        read_count = 0;
        assert_int_equal(spool_read(&spool, 3, count_record, NULL, &size, &err), BP_OK);
        assert_int_equal(read_count, 2);
        assert_int_equal(last_n, 3); /* what stands behind it is found */
        assert_int_equal(size.damaged, record);
        remove_from_disk(3);
        records.data[i] ^= 0x10;
    }
    assert_int_equal(spool_read(&spool, 3, count_record, NULL, &size, &err), BP_NOT_FOUND);
    remove_from_disk(3); /* twice is fine */
    bp_buf_done(&records);
}

static void a_failed_append_leaves_the_segment_as_it_was(void **state)
{
    (void)state;
    static const char *const calls[] = {"sync", "write", "size"};
    BpError err;
    append_to(3, bp_str("before"));
    for (size_t i = 0; i < 3; i++) {
        const Spool bad = failing_spool(calls[i]);
        size_t octets = 6;
        assert_int_equal(spool_append(&bad, 3, bp_str("0123456789"), &octets, &err), BP_UNAVAILABLE);
        assert_int_equal(octets, 6);
        assert_int_equal(size_on_disk(3), 6);
        octets = 0;
        assert_int_equal(spool_append(&bad, 4, bp_str("0123456789"), &octets, &err), BP_UNAVAILABLE);
        assert_int_equal(octets, 0);
        assert_true(size_on_disk(4) <= 0); /* one that was made for it is gone, or empty */
        remove_from_disk(4);
    }
    remove_from_disk(3);
}

static void a_call_that_a_signal_interrupts_is_made_again(void **state)
{
    (void)state;
    const MdlRun run = mdl_run(7);
    BpError err;
    SpoolSize size;
    size_t octets = 0;
    int64_t at_us = 0;
    BpBuf record = bp_buf_growing(1024);
    spool_record(&record, &run, 5, bp_str("\"device\":1,\"readings\":[]}"));
    const Spool bothered = failing_spool("signals");
    assert_int_equal(spool_append(&bothered, 3, bp_buf_text(&record), &octets, &err), BP_OK);
    assert_int_equal(octets, record.size);
    read_count = 0;
    assert_int_equal(spool_read(&bothered, 3, count_record, NULL, &size, &err), BP_OK);
    assert_int_equal(read_count, 1);
    assert_int_equal(size.damaged, 0);
    assert_int_equal(spool_mark(&bothered, 1795488719000001, true, &err), BP_OK);
    assert_int_equal(spool_marked(&bothered, &at_us, &err), BP_OK);
    assert_int_equal(at_us, 1795488719000001);
    assert_in_range(interrupted, 4, 100);
    spool_unmark(&spool);
    remove_from_disk(3);
    bp_buf_done(&record);
}

static void segments_are_listed_in_order_and_one_collector_has_them(void **state)
{
    (void)state;
    BpArena arena = {0};
    BpError err;
    int64_t *segments;
    size_t count, size = 0;
    static const int64_t wanted[] = {12, 5, 1000000000000};
    for (size_t i = 0; i < 3; i++)
        append_to(wanted[i], bp_str("x"));
    const int lock = spool_lock(folder, &err);
    assert_true(lock >= 0);
    assert_int_equal(spool_lock(folder, &err), -1);
    assert_int_equal(err.status, BP_CONFLICT);
    assert_int_equal(spool_list(&spool, &arena, &segments, &count, &err), BP_OK);
    assert_int_equal(count, 3);
    assert_int_equal(segments[0], 5);
    assert_int_equal(segments[2], 1000000000000);
    close(lock);
    for (size_t i = 0; i < 3; i++)
        remove_from_disk(wanted[i]);
    bp_arena_done(&arena);
    assert_int_equal(spool_append(&(Spool){&spool_files, "/nowhere"}, 1, bp_str("x"), &size, &err),
                     BP_UNAVAILABLE);
}

static void a_run_that_is_killed_leaves_the_instant_until_which_all_is_kept(void **state)
{
    (void)state;
    BpError err;
    int64_t at_us = 0;
    char path[128];
    assert_int_equal(spool_marked(&spool, &at_us, &err), BP_NOT_FOUND);
    const Spool counting = failing_spool("none");
    assert_int_equal(spool_mark(&counting, 1795488719000001, true, &err), BP_OK);
    assert_int_equal(syncs, 2); /* it, and its name */
    assert_int_equal(spool_mark(&counting, 1795488720500000, false, &err), BP_OK);
    assert_int_equal(syncs, 2); /* twice a second, it is not waited for */
    const Spool bad = failing_spool("sync");
    assert_int_equal(spool_mark(&bad, 1795488720500000, true, &err), BP_UNAVAILABLE);
    assert_int_equal(spool_marked(&spool, &at_us, &err), BP_OK);
    assert_int_equal(at_us, 1795488720500000);
    snprintf(path, sizeof path, "%s/running", folder);
    assert_int_equal(truncate(path, 0), 0); /* power was lost before it was written */
    assert_int_equal(spool_marked(&spool, &at_us, &err), BP_MALFORMED);
    spool_unmark(&spool);
    assert_int_equal(spool_marked(&spool, &at_us, &err), BP_NOT_FOUND);
}

static bool keep_disowned(void *context, const MdlRun *run)
{
    MdlRun *kept = context;
    *kept = *run;
    return strcmp(run->text, mdl_run(7).text) == 0;
}

static void disowned_runs_are_remembered_as_long_as_something_of_them_is_left(void **state)
{
    (void)state;
    char path[64];
    const MdlRun own = mdl_run(7), other = mdl_run(8);
    MdlRun kept = {0};
    BpError err;
    spool_disowned(&spool, keep_disowned, &kept); /* none */
    assert_int_equal(kept.text[0], '\0');
    assert_int_equal(spool_disown(&spool, &own, &err), BP_OK);
    assert_int_equal(spool_disown(&spool, &other, &err), BP_OK);
    for (int i = 0; i < 2; i++) {
        spool_disowned(&spool, keep_disowned, &kept);
        assert_string_equal(kept.text, other.text); /* the last one */
    }
    snprintf(path, sizeof path, "%s/disowned", folder);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(spool_disown(&spool, &other, &err), BP_OK);
    spool_disowned(&spool, keep_disowned, &kept); /* nothing of it is left */
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disowned_runs_are_remembered_as_long_as_something_of_them_is_left),
        cmocka_unit_test(what_is_torn_or_damaged_is_passed_over),
        cmocka_unit_test(a_failed_append_leaves_the_segment_as_it_was),
        cmocka_unit_test(a_call_that_a_signal_interrupts_is_made_again),
        cmocka_unit_test(segments_are_listed_in_order_and_one_collector_has_them),
        cmocka_unit_test(a_run_that_is_killed_leaves_the_instant_until_which_all_is_kept),
    };
    return cmocka_run_group_tests_name("collect spool", tests, make_folder, remove_folder);
}
