#include "apps/collect/outbox.h"

#include "apps/collect/spool.h"
#include "base/time.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SENT_MAX = 2000 };

static Outbox outbox;
static struct {
    char run[MDL_RUN_TEXT + 1];
    int64_t n, oldest;
} sent[SENT_MAX];
static size_t sent_count;
static bool is_connected;
static int64_t segment_done;

static bool send_batch(void *owner, const MdlRun *run, int64_t n, int64_t oldest, BpStr payload)
{
    (void)owner;
    if (!is_connected)
        return false;
    assert_true(payload.size > 0 && sent_count < SENT_MAX);
    memcpy(sent[sent_count].run, run->text, sizeof sent[0].run);
    sent[sent_count].n = n;
    sent[sent_count++].oldest = oldest;
    return true;
}

static void on_segment_done(void *owner, int64_t segment)
{
    (void)owner;
    segment_done = segment;
}

static int set_up(void **state)
{
    (void)state;
    const MdlRun run = mdl_run(7);
    outbox = (Outbox){
        .send = send_batch, .segment_done = on_segment_done, .memory_max = 1 << 20, .disk_max = 1 << 20};
    outbox_init(&outbox, &run);
    sent_count = 0;
    is_connected = true;
    segment_done = -1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    outbox_done(&outbox);
    return 0;
}

static void put(size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)outbox_put(&outbox, bp_str("0123456789"), 5, 0);
}

static void announce(uint64_t session, uint64_t run, int64_t stored, int64_t now_us)
{
    const MdlRun name = mdl_run(session);
    const MdlPosition position = {.run = mdl_run(run), .stored = stored};
    outbox_stored(&outbox, &name, &position, 1, now_us);
}

static void batches_are_numbered_and_sent_in_order_and_name_the_oldest(void **state)
{
    (void)state;
    put(3);
    assert_false(outbox_send(&outbox, 0));
    assert_int_equal(sent_count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sent[i].n, i + 1);
        assert_int_equal(sent[i].oldest, 1);
    }
    announce(1, 7, 2, 0);
    put(1);
    sent_count = 0;
    (void)outbox_send(&outbox, 0); /* a session never heard of: 3 again, then 4 */
    assert_int_equal(sent_count, 2);
    assert_int_equal(sent[0].n, 3);
    assert_int_equal(sent[0].oldest, 3);
    assert_int_equal(sent[1].n, 4);
}

static void no_more_than_the_window_is_on_its_way(void **state)
{
    (void)state;
    put(MDL_WINDOW_BATCHES + 10);
    announce(1, 7, 0, 0);
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent_count, MDL_WINDOW_BATCHES);
    announce(1, 7, 4, 0);
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent_count, MDL_WINDOW_BATCHES + 4);
    assert_int_equal(outbox.count, MDL_WINDOW_BATCHES + 6);
}

static void a_new_session_and_a_wish_have_them_sent_again_from_there(void **state)
{
    (void)state;
    put(10);
    announce(1, 7, 0, 0);
    (void)outbox_send(&outbox, 0);
    announce(2, 7, 4, 0);
    sent_count = 0;
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent_count, 6);
    assert_int_equal(sent[0].n, 5);
    const MdlRun own = mdl_run(7), other = mdl_run(8);
    outbox_want(&outbox, &other, 1);
    outbox_want(&outbox, &own, 8);
    sent_count = 0;
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent_count, 3);
    assert_int_equal(sent[0].n, 8);
}

static void silence_is_waited_for_longer_and_longer(void **state)
{
    (void)state;
    static const int64_t patience_s[] = {10, 20, 40, 60, 60};
    put(1);
    int64_t now_us = 0;
    outbox.quiet_since_us = 0;
    (void)outbox_send(&outbox, 0);
    for (size_t i = 0; i < 5; i++) {
        assert_false(outbox_is_quiet(&outbox, now_us + patience_s[i] * BP_SECOND));
        now_us += patience_s[i] * BP_SECOND + 1;
        assert_true(outbox_is_quiet(&outbox, now_us));
        outbox_rewind(&outbox, now_us);
        (void)outbox_send(&outbox, now_us);
    }
    announce(1, 7, 1, now_us);
    assert_int_equal(outbox.count, 0);
    assert_int_equal(outbox.patience_us, 10 * BP_SECOND);
}

static void without_a_connection_nothing_is_lost(void **state)
{
    (void)state;
    is_connected = false;
    put(5);
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent_count, 0);
    is_connected = true;
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent_count, 5);
}

static void what_is_on_disk_leaves_memory_when_that_is_short_and_comes_back(void **state)
{
    (void)state;
    BpBuf records = bp_buf_growing(1 << 20);
    put(20);
    assert_int_equal(outbox_spill(&outbox, 0, 1 << 20, &records), 20);
    assert_int_equal(outbox_spill(&outbox, 0, 1 << 20, &records), 0); /* they are on their way */
    outbox.memory_max = 50;
    outbox_spilled(&outbox, 4);
    assert_true(outbox.memory <= 50);
    assert_int_equal(outbox.on_disk, 200);
    assert_true(outbox_send(&outbox, 0)); /* the sixth is only there */
    assert_int_equal(sent_count, 5);
    assert_int_equal(outbox_missing(&outbox), 4);
    const MdlRun own = mdl_run(7);
    outbox_load(&outbox, &own, 6, bp_str("0123456789"));
    assert_true(outbox_send(&outbox, 0));
    assert_int_equal(sent_count, 6);
    announce(1, 7, 19, 0);
    assert_int_equal(segment_done, -1);
    announce(1, 7, 20, 0);
    assert_int_equal(segment_done, 4);
    assert_int_equal(outbox.on_disk, 0);
    bp_buf_done(&records);
}

static void announced_while_it_was_written_leaves_no_segment(void **state)
{
    (void)state;
    BpBuf records = bp_buf_growing(1 << 20);
    put(2);
    (void)outbox_spill(&outbox, 0, 1 << 20, &records);
    announce(1, 7, 2, 0);
    outbox_spilled(&outbox, 9);
    assert_int_equal(segment_done, 9);
    bp_buf_done(&records);
}

static void a_full_spool_drops_the_oldest_and_says_how_many(void **state)
{
    (void)state;
    BpBuf records = bp_buf_growing(1 << 20);
    put(10);
    (void)outbox_spill(&outbox, 0, 1 << 20, &records);
    outbox_spilled(&outbox, 0);
    outbox.disk_max = 75;
    assert_int_equal(outbox_put(&outbox, bp_str("0123456789"), 5, 0), 3);
    assert_int_equal(outbox.counts.dropped, 3);
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent[0].n, 4);
    assert_int_equal(sent[0].oldest, 4); /* so ingest knows that 1 to 3 never come */
    bp_buf_done(&records);
}

static void runs_of_before_come_first_with_their_own_numbers(void **state)
{
    (void)state;
    const MdlRun before = mdl_run(3), own = mdl_run(7);
    outbox_done(&outbox);
    outbox = (Outbox){.send = send_batch, .memory_max = 1 << 20, .disk_max = 1 << 20};
    outbox_recover(&outbox, &before, 41, 0, 10);
    outbox_recover(&outbox, &before, 42, 0, 10);
    outbox_init(&outbox, &own);
    put(1);
    assert_true(outbox_send(&outbox, 0));
    outbox_load(&outbox, &before, 41, bp_str("0123456789"));
    outbox_load(&outbox, &before, 42, bp_str("0123456789"));
    assert_false(outbox_send(&outbox, 0));
    assert_int_equal(sent_count, 3);
    assert_string_equal(sent[0].run, before.text);
    assert_int_equal(sent[1].oldest, 41);
    assert_string_equal(sent[2].run, own.text);
    assert_int_equal(sent[2].n, 1);
    announce(1, 3, 42, 0);
    assert_int_equal(outbox.count, 1);
}

/* ---- the spool's files ---- */

static char folder[] = "/tmp/bacpipes-test-spool.XXXXXX";
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

static void a_torn_or_damaged_end_is_passed_over(void **state)
{
    (void)state;
    const MdlRun run = mdl_run(7);
    BpError err;
    size_t torn;
    char path[128];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/000000000003.spool", folder);
    BpBuf records = bp_buf_growing(1 << 20);
    for (int64_t n = 1; n <= 3; n++)
        spool_record(&records, &run, n, bp_str("\"device\":1,\"readings\":[]}"));
    const size_t record = records.size / 3;
    for (size_t size = 0; size <= records.size; size++) {
        assert_int_equal(spool_append(folder, 3, (BpStr){(const char *)records.data, size}, &err), BP_OK);
        read_count = 0;
        assert_int_equal(spool_read(folder, 3, count_record, NULL, &torn, &err), BP_OK);
        assert_int_equal(read_count, size / record);
        assert_int_equal(torn, size % record);
        spool_remove(folder, 3);
    }
    for (size_t i = record; i < 2 * record; i++) { /* one octet of the second */
        if (i >= record + 40 && i < record + 48)
            continue; /* what is to come */
        records.data[i] ^= 0x10;
        assert_int_equal(spool_append(folder, 3, bp_buf_text(&records), &err), BP_OK);
        read_count = 0;
        assert_int_equal(spool_read(folder, 3, count_record, NULL, &torn, &err), BP_OK);
        assert_int_equal(read_count, 1);
        spool_remove(folder, 3);
        records.data[i] ^= 0x10;
    }
    assert_int_equal(spool_read(folder, 3, count_record, NULL, &torn, &err), BP_NOT_FOUND);
    bp_buf_done(&records);
}

static void segments_are_listed_in_order_and_one_collector_has_them(void **state)
{
    (void)state;
    BpArena arena = {0};
    BpError err;
    int64_t *segments;
    size_t count;
    static const int64_t wanted[] = {12, 5, 1000000000000};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(spool_append(folder, wanted[i], bp_str("x"), &err), BP_OK);
    assert_int_equal(spool_list(folder, &arena, &segments, &count, &err), BP_OK);
    assert_int_equal(count, 3);
    assert_int_equal(segments[0], 5);
    assert_int_equal(segments[2], 1000000000000);
    const int lock = spool_lock(folder, &err);
    assert_true(lock >= 0);
    assert_int_equal(spool_lock(folder, &err), -1);
    assert_int_equal(err.status, BP_CONFLICT);
    close(lock);
    for (size_t i = 0; i < 3; i++)
        spool_remove(folder, wanted[i]);
    char path[128];
    snprintf(path, sizeof path, "%s/lock", folder);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(spool_append(folder, 1, bp_str("x"), &err), BP_UNAVAILABLE);
    bp_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(batches_are_numbered_and_sent_in_order_and_name_the_oldest, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_more_than_the_window_is_on_its_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_session_and_a_wish_have_them_sent_again_from_there, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(silence_is_waited_for_longer_and_longer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_connection_nothing_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_on_disk_leaves_memory_when_that_is_short_and_comes_back,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(announced_while_it_was_written_leaves_no_segment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_spool_drops_the_oldest_and_says_how_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(runs_of_before_come_first_with_their_own_numbers, set_up, tear_down),
        cmocka_unit_test(a_torn_or_damaged_end_is_passed_over),
        cmocka_unit_test(segments_are_listed_in_order_and_one_collector_has_them),
    };
    return cmocka_run_group_tests_name("collect outbox", tests, NULL, NULL);
}
