#include "apps/collect/deliver/outbox.h"

#include "apps/collect/deliver/spool_job.h"
#include "base/time.h"

#include <errno.h>
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

static int set_up(void **state)
{
    (void)state;
    const MdlRun run = mdl_run(7);
    outbox = (Outbox){.send = send_batch, .memory_max = 1 << 20, .disk_max = 1 << 20};
    outbox_init(&outbox, &run);
    sent_count = 0;
    is_connected = true;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    outbox_check(&outbox);
    outbox_done(&outbox);
    return 0;
}

static void put(size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)outbox_put(&outbox, bp_str("0123456789"), 5, 0);
}

/* All that is in memory alone goes to a segment. */
static void spill_to(int64_t segment)
{
    BpBuf records = bp_buf_growing(1 << 24);
    outbox_spill(&outbox, INT64_MAX, 1 << 24, &records);
    const OutboxSegment *before = outbox_find_segment(&outbox, segment);
    outbox_set_segment(&outbox, segment, (before ? before->octets : 0) + records.size);
    outbox_spilled(&outbox, segment);
    bp_buf_done(&records);
    outbox_check(&outbox);
}

static size_t live_in(int64_t segment)
{
    const OutboxSegment *found = outbox_find_segment(&outbox, segment);
    return found ? found->live : SIZE_MAX;
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

enum { RECORD = SPOOL_RECORD_HEADER + 10 };

static void what_is_on_disk_leaves_memory_when_that_is_short_and_comes_back(void **state)
{
    (void)state;
    BpBuf records = bp_buf_growing(1 << 20);
    put(20);
    assert_int_equal(outbox_due(&outbox, 0, 1 << 20), 20 * RECORD);
    outbox_spill(&outbox, 0, 1 << 20, &records);
    assert_int_equal(records.size, 20 * RECORD);
    assert_int_equal(outbox_due(&outbox, 0, 1 << 20), 0); /* they are on their way */
    outbox.memory_max = 80;
    outbox_set_segment(&outbox, 4, records.size);
    outbox_spilled(&outbox, 4);
    assert_int_equal(outbox.memory, 60); /* three quarters, the ones that are sent first */
    assert_int_equal(outbox.on_disk, 20 * RECORD);
    assert_true(outbox_send(&outbox, 0)); /* the seventh is only there */
    assert_int_equal(sent_count, 6);
    assert_int_equal(outbox_missing(&outbox), 4);
    const MdlRun own = mdl_run(7);
    outbox_load(&outbox, &own, 7, 3, bp_str("0123456789")); /* from elsewhere: not what was looked for */
    outbox_load(&outbox, &own, 7, 4, bp_str("0123"));       /* its own number in another's record */
    outbox_load(&outbox, &own, 7, 4, bp_str("0123456789abcdef"));
    assert_int_equal(outbox_missing(&outbox), 4);
    outbox_load(&outbox, &own, 7, 4, bp_str("0123456789"));
    assert_true(outbox_send(&outbox, 0));
    assert_int_equal(sent_count, 7);
    announce(1, 7, 19, 0);
    assert_null(outbox_done_segment(&outbox));
    announce(1, 7, 20, 0);
    assert_int_equal(outbox_done_segment(&outbox)->number, 4);
    assert_int_equal(outbox.on_disk, 20 * RECORD); /* until it is removed */
    outbox_set_segment(&outbox, 4, 0);
    assert_int_equal(outbox.on_disk, 0);
    bp_buf_done(&records);
}

/* Whatever the memory is short of, what is sent next is there: or it would be read again and again. */
static void a_batch_larger_than_the_memory_is_sent_all_the_same(void **state)
{
    (void)state;
    put(2);
    spill_to(1);
    outbox.memory_max = 5;
    put(1);
    assert_false(outbox_send(&outbox, 0) && sent_count == 0);
    assert_int_equal(sent[0].n, 1);
    const MdlRun own = mdl_run(7);
    outbox_load(&outbox, &own, 2, 1, bp_str("0123456789"));
    put(1);
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent[1].n, 2);
}

static void no_more_than_its_octets_are_in_the_window(void **state)
{
    (void)state;
    enum { SIZE = MDL_WINDOW_OCTETS / 4 };
    char *text = malloc(SIZE + 1);
    memset(text, 'x', SIZE);
    text[SIZE] = '\0';
    outbox.memory_max = INT64_C(1) << 40;
    for (int i = 0; i < 6; i++)
        (void)outbox_put(&outbox, (BpStr){text, SIZE}, 5, 0);
    announce(1, 7, 0, 0);
    assert_false(outbox_send(&outbox, 0));
    assert_int_equal(sent_count, 4);
    announce(1, 7, 1, 0);
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent_count, 5);
    free(text);
}

static void announced_while_it_was_written_leaves_a_segment_that_is_done(void **state)
{
    (void)state;
    BpBuf records = bp_buf_growing(1 << 20);
    put(2);
    outbox_spill(&outbox, 0, 1 << 20, &records);
    announce(1, 7, 2, 0);
    outbox_set_segment(&outbox, 9, records.size);
    outbox_spilled(&outbox, 9);
    assert_int_equal(outbox_done_segment(&outbox)->number, 9);
    bp_buf_done(&records);
}

/* Two runs, each in a segment, the newer announced first: an outage with a restart in it. */
static void a_segment_is_done_when_its_last_batch_has_gone_and_not_before(void **state)
{
    (void)state;
    const MdlRun before = mdl_run(3), own = mdl_run(7);
    outbox_done(&outbox);
    outbox = (Outbox){.send = send_batch, .memory_max = 1 << 20, .disk_max = 1 << 20};
    outbox_recover_segment(&outbox, 5, 2 * RECORD);
    outbox_recover(&outbox, &before, 1, 5, 10);
    outbox_recover(&outbox, &before, 2, 5, 10);
    outbox_init(&outbox, &own);
    put(4);
    spill_to(6);
    put(2);
    spill_to(7);
    const MdlRun session = mdl_run(1);
    const MdlPosition positions[] = {{.run = own, .stored = 1}, {.run = before, .stored = 1}};
    outbox_stored(&outbox, &session, positions, 2, 0);
    assert_null(outbox_done_segment(&outbox));
    assert_int_equal(live_in(5), 1);
    assert_int_equal(live_in(6), 3);
    announce(1, 7, 5, 0);
    assert_int_equal(outbox_done_segment(&outbox)->number, 6);
    outbox_set_segment(&outbox, 6, 0);
    assert_null(outbox_done_segment(&outbox));
    announce(1, 3, 2, 0);
    assert_int_equal(outbox_done_segment(&outbox)->number, 5);
    assert_int_equal(live_in(7), 1);
}

static void a_full_spool_gives_up_its_oldest_segment_and_says_so(void **state)
{
    (void)state;
    put(4);
    spill_to(1);
    put(4);
    spill_to(2);
    assert_true(outbox_drop_segment(&outbox));
    assert_int_equal(outbox.counts.given_up, 4);
    assert_int_equal(outbox.counts.dropped, 4); /* never sent, so never stored */
    assert_int_equal(outbox_done_segment(&outbox)->number, 1);
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent[0].n, 5);
    assert_int_equal(sent[0].oldest, 5); /* so ingest knows that 1 to 4 never come */
    assert_true(outbox_drop_segment(&outbox));
    assert_false(outbox_drop_segment(&outbox));
    assert_int_equal(outbox.counts.given_up, 8);
    assert_int_equal(outbox.counts.dropped, 4); /* 5 to 8 are on their way: who knows */
    assert_int_equal(outbox_unsure(&outbox), 4);
}

static void what_was_given_up_and_is_stored_all_the_same_is_not_dropped(void **state)
{
    (void)state;
    const MdlRun session = mdl_run(1), own = mdl_run(7);
    put(6);
    spill_to(1);
    (void)outbox_send(&outbox, 0);
    put(2);
    spill_to(2);
    (void)outbox_drop_segment(&outbox); /* 1 to 6 were sent */
    (void)outbox_drop_segment(&outbox); /* 7 and 8 were not */
    assert_int_equal(outbox.counts.dropped, 2);
    assert_int_equal(outbox_unsure(&outbox), 6);
    put(1);
    (void)outbox_send(&outbox, 0); /* 9, the oldest */
    const MdlPosition partly = {.run = own, .stored = 4};
    outbox_stored(&outbox, &session, &partly, 1, 0);
    assert_int_equal(outbox.counts.dropped, 2);
    for (int64_t skipped = 1; skipped <= 3; skipped++) { /* the two that are known, then another */
        const MdlPosition next = {.run = own, .stored = 4 + skipped, .skipped = skipped};
        outbox_stored(&outbox, &session, &next, 1, 0);
        assert_int_equal(outbox.counts.dropped, skipped < 3 ? 2 : 3);
    }
    const MdlPosition late = {.run = own, .stored = 4}, again = {.run = own, .stored = 7, .skipped = 3};
    outbox_stored(&outbox, &session, &late, 1, 0);
    outbox_stored(&outbox, &session, &again, 1, 0);
    assert_int_equal(outbox.counts.dropped, 3);
    const MdlPosition position = {.run = own, .stored = 9, .skipped = 4}; /* 5 to 8 */
    outbox_stored(&outbox, &session, &position, 1, 0);
    assert_int_equal(outbox.counts.dropped, 4);
    assert_int_equal(outbox_unsure(&outbox), 0);
    assert_int_equal(outbox.counts.given_up, 8);
    outbox_stored(&outbox, &session, &position, 1, 0); /* said twice */
    assert_int_equal(outbox.counts.dropped, 4);
}

static void
what_the_disk_does_not_take_is_kept_in_four_times_the_memory_and_what_is_on_disk_stays(void **state)
{
    (void)state;
    put(2);
    spill_to(1);
    outbox.memory_max = 20;
    put(1);
    assert_int_equal(outbox.memory, 20); /* 3, and 1, which is next */
    for (int i = 0; i < 20; i++)
        (void)outbox_put(&outbox, bp_str("0123456789"), 5, 0);
    assert_int_equal(outbox.memory, 80);
    assert_int_equal(live_in(1), 2);
    assert_int_equal(outbox.counts.given_up, 14); /* of 21: 7 and the first fill 80 */
}

static void what_is_on_its_way_to_disk_is_not_given_up(void **state)
{
    (void)state;
    BpBuf records = bp_buf_growing(1 << 20);
    outbox.memory_max = 20; /* and four times that */
    put(4);
    outbox_spill(&outbox, INT64_MAX, 1 << 20, &records);
    for (int i = 0; i < 6; i++)
        (void)outbox_put(&outbox, bp_str("0123456789"), 5, 0);
    assert_int_equal(outbox.counts.given_up, 2); /* 5 and 6 */
    outbox_set_segment(&outbox, 1, records.size);
    outbox_spilled(&outbox, 1);
    assert_int_equal(live_in(1), 4);
    assert_int_equal(outbox.counts.spooled, 4);
    bp_buf_done(&records);
}

static void batches_of_too_many_runs_stay_in_their_segments_until_room_is_needed(void **state)
{
    (void)state;
    enum { RUNS = OUTBOX_RUNS_MAX + 2, MIXED = OUTBOX_RUNS_MAX };
    const MdlRun own = mdl_run(1 << 20);
    outbox_done(&outbox);
    outbox = (Outbox){.send = send_batch, .memory_max = 1 << 20, .disk_max = 1 << 20};
    for (int run = 1; run <= RUNS; run++) {
        const MdlRun name = mdl_run((uint64_t)run);
        const int segment = run <= MIXED ? run : run - 1; /* one has a batch of each kind */
        outbox_recover_segment(&outbox, segment, 2 * RECORD);
        outbox_recover(&outbox, &name, 1, segment, 10);
    }
    outbox_init(&outbox, &own);
    assert_int_equal(outbox.count, OUTBOX_RUNS_MAX);
    assert_int_equal(outbox.left, 2);
    put(1);
    spill_to(RUNS);
    for (int run = 1; run <= RUNS - 1; run++) {
        assert_non_null(outbox_find_segment(&outbox, run));
        assert_true(live_in(run) > 0);
        assert_true(outbox_drop_segment(&outbox)); /* the oldest first, and the own ones last */
        assert_int_equal(live_in(run), 0);
        outbox_check(&outbox);
        outbox_set_segment(&outbox, run, 0);
    }
    assert_int_equal(outbox.left, 0);
    assert_int_equal(outbox.counts.given_up, RUNS);
    assert_int_equal(outbox.counts.dropped, 0);
    assert_int_equal(outbox_unsure(&outbox), RUNS); /* whether they are stored is not known */
    assert_int_equal(live_in(RUNS), 1);
    assert_true(outbox_drop_segment(&outbox));
    assert_false(outbox_drop_segment(&outbox));
}

static void sent_counts_each_batch_once_and_what_is_sent_again_apart(void **state)
{
    (void)state;
    put(5);
    (void)outbox_send(&outbox, 0);
    outbox_rewind(&outbox, 0);
    announce(1, 7, 3, 0); /* a session: from the start */
    (void)outbox_send(&outbox, 0);
    put(1);
    (void)outbox_send(&outbox, 0);
    assert_int_equal(outbox.counts.sent, 6);
    assert_int_equal(outbox.counts.repeated, 2);
    assert_int_equal(outbox.counts.announced, 3);
}

static void numbers_that_we_have_not_given_out_are_not_believed(void **state)
{
    (void)state;
    put(5);
    announce(1, 7, 2, 0);
    (void)outbox_send(&outbox, 0);
    put(1);
    static const int64_t beyond[] = {7, INT64_C(1) << 62, INT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        announce(1, 7, beyond[i], 0);
        assert_int_equal(outbox.count, 4);
    }
    assert_int_equal(outbox.counts.disbelieved, 3);
    const MdlRun own = mdl_run(7);
    sent_count = 0;
    outbox_want(&outbox, &own, 6); /* not sent yet */
    outbox_want(&outbox, &own, INT64_MAX);
    assert_int_equal(outbox.counts.disbelieved, 5);
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent_count, 1);
    announce(1, 7, 6, 0);
    assert_int_equal(outbox.count, 0);
}

static void a_run_whose_numbers_were_forged_goes_on_as_another_with_all_that_is_held(void **state)
{
    (void)state;
    const MdlRun own = mdl_run(7), fresh = mdl_run(8), stranger = mdl_run(9);
    put(5);
    (void)outbox_send(&outbox, 0);
    announce(1, 7, 2, 0);
    spill_to(1);
    put(1);
    assert_false(outbox.wants_name);
    announce(1, 7, 1000000000, 0);
    assert_true(outbox.wants_name);
    assert_false(outbox_rename(&outbox, &stranger, &fresh));
    assert_true(outbox_rename(&outbox, &own, &fresh));
    assert_false(outbox.wants_name);
    assert_string_equal(outbox_own_kept(&outbox)->text, own.text);

    sent_count = 0;
    (void)outbox_send(&outbox, 0); /* 3 to 6, as 1 to 4 */
    assert_int_equal(sent_count, 4);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(sent[i].run, fresh.text);
        assert_int_equal(sent[i].n, i + 1);
        assert_int_equal(sent[i].oldest, 1);
    }
    announce(1, 7, 1000000000, 0); /* of the name that is not ours any more */
    assert_int_equal(outbox.count, 4);
    assert_false(outbox.wants_name);
    sent_count = 0;
    outbox_want(&outbox, &fresh, 4);
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent_count, 1);
    assert_int_equal(sent[0].n, 4);
    announce(1, 8, 3, 0);
    assert_int_equal(outbox.count, 1);
    assert_int_equal(live_in(1), 0); /* 3 to 5 */
    announce(1, 8, 5, 0);            /* there is no fifth */
    assert_true(outbox.wants_name);
    assert_int_equal(outbox.count, 1);
    announce(1, 8, INT64_MAX, 0);
    assert_int_equal(outbox.count, 1);
}

static void what_is_spilled_of_a_run_keeps_the_name_that_it_has_in_segments(void **state)
{
    (void)state;
    const MdlRun own = mdl_run(7), fresh = mdl_run(8);
    put(2);
    announce(1, 7, 1, 0);
    announce(1, 7, 99, 0);
    assert_true(outbox_rename(&outbox, &own, &fresh));
    BpBuf records = bp_buf_growing(1 << 20), expected = bp_buf_growing(1 << 20);
    outbox_spill(&outbox, INT64_MAX, 1 << 20, &records);
    spool_record(&expected, &own, 2, bp_str("0123456789"));
    assert_true(bp_str_equal(bp_buf_text(&records), bp_buf_text(&expected)));
    outbox_set_segment(&outbox, 1, records.size);
    outbox_spilled(&outbox, 1);
    (void)outbox_send(&outbox, 0);
    outbox.memory_max = 10; /* what is on disk does not stay in memory */
    put(1);
    assert_int_equal(outbox.memory, 10);
    outbox_rewind(&outbox, 0);
    assert_true(outbox_send(&outbox, 0));
    outbox_load(&outbox, &own, 2, 1, bp_str("0123456789"));
    sent_count = 0;
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent_count, 2);
    assert_int_equal(sent[0].n, 1);
    bp_buf_done(&records);
    bp_buf_done(&expected);
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
    char folder[] = "/tmp/bacpipes-outbox.XXXXXX", path[64];
    const Spool spool = {&spool_files, mkdtemp(folder)};
    const MdlRun own = mdl_run(7), other = mdl_run(8);
    MdlRun kept = {0};
    BpError err;
    assert_non_null(spool.folder);
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
    rmdir(folder);
}

static void runs_of_before_come_first_with_their_own_numbers(void **state)
{
    (void)state;
    const MdlRun before = mdl_run(3), own = mdl_run(7);
    outbox_done(&outbox);
    outbox = (Outbox){.send = send_batch, .memory_max = 1 << 20, .disk_max = 1 << 20};
    outbox_recover_segment(&outbox, 1, 2 * RECORD);
    outbox_recover(&outbox, &before, 42, 1, 10);
    outbox_recover_segment(&outbox, 2, 2 * RECORD);
    outbox_recover(&outbox, &before, 41, 2, 10); /* written later, as after a failure */
    outbox_recover(&outbox, &before, 42, 2, 10);
    outbox_init(&outbox, &own);
    assert_int_equal(outbox.counts.recovered, 2);
    assert_int_equal(live_in(1), 1);
    assert_int_equal(live_in(2), 1);
    put(1);
    assert_true(outbox_send(&outbox, 0));
    outbox_load(&outbox, &before, 41, 2, bp_str("0123456789"));
    outbox_load(&outbox, &before, 42, 1, bp_str("0123456789"));
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

static Spool spool = {&spool_files, folder};

static void append_to(int64_t segment, BpStr octets)
{
    BpError err;
    size_t size = 0;
    assert_int_equal(spool_append(&spool, segment, octets, &size, &err), BP_OK);
    assert_int_equal(size, octets.size);
}

static void remove_from_disk(int64_t segment)
{
    BpError err;
    assert_int_equal(spool_remove(&spool, segment, &err), BP_OK);
}

static void what_is_torn_or_damaged_is_passed_over(void **state)
{
    (void)state;
    const MdlRun run = mdl_run(7);
    BpError err;
    SpoolSize size;
    assert_non_null(mkdtemp(folder));
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

/* The real disk, with one call that fails, or with all that are interrupted at first. */
static const char *failing;
static int interrupted;
static int syncs;

static int sync_or_fail(void *owner, int fd)
{
    syncs++;
    errno = EIO;
    return strcmp(failing, "sync") == 0 ? -1 : spool_files.sync(owner, fd);
}

/* Every second time, by a signal. */
static bool is_interrupted(void)
{
    if (strcmp(failing, "signals") != 0 || ++interrupted % 2 == 0)
        return false;
    errno = EINTR;
    return true;
}

static ssize_t read_or_fail(void *owner, int fd, void *octets, size_t size)
{
    if (is_interrupted())
        return -1;
    errno = EIO;
    return strcmp(failing, "read") == 0 ? -1 : spool_files.read(owner, fd, octets, size);
}

static ssize_t write_or_fail(void *owner, int fd, const void *octets, size_t size)
{
    static bool is_second;
    if (is_interrupted())
        return -1;
    if (strcmp(failing, "write") != 0)
        return spool_files.write(owner, fd, octets, size);
    is_second = !is_second;
    errno = ENOSPC;
    return is_second ? spool_files.write(owner, fd, octets, size / 2) : -1; /* short, then full */
}

static int64_t size_or_fail(void *owner, int fd)
{
    errno = EIO;
    return strcmp(failing, "size") == 0 ? -1 : spool_files.size(owner, fd);
}

static Spool failing_spool(const char *call)
{
    static SpoolFiles files;
    failing = call;
    syncs = interrupted = 0;
    files = spool_files;
    files.read = read_or_fail;
    files.sync = sync_or_fail;
    files.write = write_or_fail;
    files.size = size_or_fail;
    return (Spool){&files, folder};
}

static int64_t size_on_disk(int64_t segment)
{
    char path[128];
    struct stat status;
    snprintf(path, sizeof path, "%s/%012d.spool", folder, (int)segment);
    return stat(path, &status) == 0 ? (int64_t)status.st_size : -1;
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

static void note_nothing(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static void what_a_killed_collector_wrote_is_synced_before_it_is_relied_on(void **state)
{
    (void)state;
    const MdlRun before = mdl_run(3), own = mdl_run(7);
    BpError err;
    BpBuf record = bp_buf_growing(1024);
    spool_record(&record, &before, 1, bp_str("0123456789"));
    append_to(3, bp_buf_text(&record));
    append_to(4, bp_buf_text(&record)); /* the same batch twice */
    const Spool counting = failing_spool("none");
    outbox_done(&outbox);
    outbox = (Outbox){.send = send_batch, .memory_max = 1 << 20, .disk_max = 1 << 20};
    assert_int_equal(spool_recover(&counting, &outbox, &own, note_nothing, NULL, &err), BP_OK);
    assert_int_equal(syncs, 3); /* both, and their names */
    assert_int_equal(outbox.count, 1);
    assert_int_equal(outbox_done_segment(&outbox)->number, 4);
    SpoolJob *job = spool_job_new(&outbox, 0, false, 0);
    assert_int_equal(job->kind, SPOOL_REMOVE);
    spool_job_do(job, &counting);
    spool_job_end(job, &outbox, 0);
    spool_job_free(job);
    assert_int_equal(size_on_disk(4), -1);
    remove_from_disk(3);
    bp_buf_done(&record);
}

static size_t problem_count;

static void count_problem(void *context, const char *text)
{
    (void)context;
    (void)text;
    problem_count++;
}

/* It may be read by the next start: nothing else is written under its number. */
static void the_number_of_a_segment_that_cannot_be_read_is_not_used_again(void **state)
{
    (void)state;
    const MdlRun before = mdl_run(3), own = mdl_run(7);
    BpError err;
    BpBuf record = bp_buf_growing(1024);
    spool_record(&record, &before, 1, bp_str("0123456789"));
    append_to(9, bp_buf_text(&record));
    const Spool bad = failing_spool("read");
    outbox_done(&outbox);
    outbox = (Outbox){.send = send_batch, .memory_max = 1 << 20, .disk_max = 1 << 20};
    problem_count = 0;
    assert_int_equal(spool_recover(&bad, &outbox, &own, count_problem, NULL, &err), BP_OK);
    assert_int_equal(problem_count, 1);
    assert_int_equal(outbox.count, 0);
    put(1);
    SpoolJob *job = spool_job_new(&outbox, INT64_MAX, false, 0);
    assert_int_equal(job->kind, SPOOL_APPEND);
    assert_int_equal(job->segment, 10);
    spool_job_do(job, &spool);
    spool_job_end(job, &outbox, 0);
    spool_job_free(job);
    remove_from_disk(9);
    remove_from_disk(10);
    bp_buf_done(&record);
}

/* The next job, which must be of this kind, as if the disk had said `status` to it. */
static SpoolJob *next_job(SpoolJobKind kind, BpStatus status, bool is_sending, int64_t now_us)
{
    SpoolJob *job = spool_job_new(&outbox, INT64_MAX, is_sending, now_us);
    assert_non_null(job);
    assert_int_equal(job->kind, kind);
    job->status = status;
    if (kind == SPOOL_APPEND && status == BP_OK)
        job->octets += job->records.size;
    return job;
}

/* Returns its segment. */
static int64_t end_job(SpoolJob *job, int64_t now_us)
{
    const int64_t segment = job->segment;
    spool_job_end(job, &outbox, now_us);
    spool_job_free(job);
    outbox_check(&outbox);
    return segment;
}

static int64_t append_all(BpStatus status, int64_t now_us)
{
    return end_job(next_job(SPOOL_APPEND, status, false, now_us), now_us);
}

static void nothing_is_appended_to_a_segment_that_failed_was_dropped_or_is_not_relied_on(void **state)
{
    (void)state;
    put(1);
    assert_int_equal(append_all(BP_OK, 0), 1);
    put(1);
    assert_int_equal(append_all(BP_OK, 0), 1); /* it is open */
    put(1);
    assert_int_equal(append_all(BP_UNAVAILABLE, 0), 1);
    assert_int_equal(append_all(BP_OK, BP_SECOND), 2);
    put(1);
    assert_int_equal(append_all(BP_OK, BP_SECOND), 2);
    assert_true(outbox_drop_segment(&outbox)); /* 1, which is not the open one */
    put(1);
    assert_int_equal(append_all(BP_OK, BP_SECOND), 2);
    assert_true(outbox_drop_segment(&outbox));
    put(1);
    assert_int_equal(append_all(BP_OK, BP_SECOND), 3);
    assert_int_equal(outbox_distrust(&outbox, 3), 0);
    put(1);
    assert_int_equal(append_all(BP_OK, BP_SECOND), 4);
    assert_int_equal(live_in(3), 0);
    assert_int_equal(live_in(4), 2);
}

static void segments_are_as_small_as_memory_and_disk_want_them(void **state)
{
    (void)state;
    static char text[1000];
    static const struct {
        int64_t memory_max, disk_max;
        size_t most;
    } cases[] = {{1 << 26, 1 << 26, SPOOL_SEGMENT_OCTETS},
                 {1 << 17, 1 << 26, 1 << 16},
                 {1 << 26, 1 << 20, 1 << 17},
                 {1 << 10, 1 << 10, 16 * 1024}};
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        outbox.memory_max = 1 << 26;
        for (int j = 0; j < 1100; j++)
            (void)outbox_put(&outbox, (BpStr){text, sizeof text}, 5, 0);
        outbox.memory_max = cases[i].memory_max;
        outbox.disk_max = cases[i].disk_max;
        SpoolJob *job = spool_job_new(&outbox, INT64_MAX, false, 0);
        assert_int_equal(job->kind, SPOOL_APPEND);
        assert_in_range(job->records.size, cases[i].most, cases[i].most + SPOOL_RECORD_HEADER + sizeof text);
        outbox_spilled(&outbox, -1);
        spool_job_free(job);
        announce(1, 7, outbox.next_n - 1, 0);
    }
}

static void what_is_done_makes_room_before_anything_is_given_up(void **state)
{
    (void)state;
    put(4);
    spill_to(1);
    put(4);
    spill_to(2);
    announce(1, 7, 4, 0);
    put(4);
    outbox.disk_max = 8 * RECORD; /* two of three */
    SpoolJob *job = spool_job_new(&outbox, 0, false, 0);
    assert_int_equal(job->kind, SPOOL_REMOVE);
    assert_int_equal(job->segment, 1);
    assert_int_equal(outbox.counts.given_up, 0);
    job->status = BP_OK;
    spool_job_end(job, &outbox, 0);
    spool_job_free(job);
    job = spool_job_new(&outbox, 0, false, 0);
    assert_int_equal(job->kind, SPOOL_APPEND);
    assert_int_equal(job->records.size, 4 * RECORD);
    outbox_spilled(&outbox, -1);
    spool_job_free(job);
}

static void a_segment_that_is_missing_is_given_up_and_what_is_behind_it_is_sent(void **state)
{
    (void)state;
    put(2);
    spill_to(1);
    outbox.memory_max = 12;
    put(1); /* 2 is on disk alone */
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent_count, 1);
    SpoolJob *job = spool_job_new(&outbox, -1, true, 0);
    assert_int_equal(job->kind, SPOOL_READ);
    spool_job_do(job, &spool);
    assert_int_equal(job->status, BP_NOT_FOUND);
    spool_job_end(job, &outbox, 0);
    assert_int_equal(job->given_up, 1);
    spool_job_free(job);
    assert_int_equal(outbox.on_disk, 0);
    (void)outbox_send(&outbox, 0);
    assert_int_equal(sent_count, 2);
    assert_int_equal(sent[1].n, 3);
    assert_int_equal(outbox_due(&outbox, 0, 1000), 2 * RECORD); /* 1, which was in memory as well, and 3 */
}

static void a_segment_that_cannot_be_read_now_is_tried_for_a_minute(void **state)
{
    (void)state;
    int64_t now_us = 0;
    put(2);
    spill_to(1);
    outbox.memory_max = 12;
    put(1);
    (void)outbox_send(&outbox, 0);
    for (int tries = 1; tries <= 6; tries++) {
        SpoolJob *job = spool_job_new(&outbox, -1, true, now_us);
        assert_int_equal(job->kind, SPOOL_READ);
        job->status = BP_UNAVAILABLE;
        spool_job_end(job, &outbox, now_us);
        assert_int_equal(job->given_up, tries == 6);
        spool_job_free(job);
        if (tries < 6)
            assert_null(spool_job_new(&outbox, -1, true, now_us + BP_SECOND));
        now_us += (BP_SECOND << tries);
    }
    assert_true(now_us > BP_MINUTE);
}

static void tries_are_counted_in_a_row(void **state)
{
    (void)state;
    int64_t now_us = 0;
    const MdlRun own = mdl_run(7);
    put(3);
    spill_to(1);
    outbox.memory_max = 12;
    put(1); /* 2 and 3 are on disk alone */
    (void)outbox_send(&outbox, 0);
    for (int i = 0; i < 2; i++) { /* five failures, then it is read; twice */
        for (int tries = 1; tries <= 5; tries++) {
            SpoolJob *job = spool_job_new(&outbox, -1, true, now_us);
            job->status = BP_UNAVAILABLE;
            spool_job_end(job, &outbox, now_us);
            assert_int_equal(job->given_up, 0);
            spool_job_free(job);
            now_us += BP_MINUTE;
        }
        for (int64_t n = 2; n <= 3; n++)
            outbox_load(&outbox, &own, n, 1, bp_str("0123456789"));
        SpoolJob *job = spool_job_new(&outbox, -1, true, now_us);
        assert_null(job);
        job = calloc(1, sizeof *job);
        *job = (SpoolJob){.kind = SPOOL_READ, .segment = 1, .status = BP_OK};
        spool_job_end(job, &outbox, now_us);
        assert_int_equal(job->given_up, 0);
        spool_job_free(job);
        outbox_rewind(&outbox, now_us);
        put(1); /* memory is short: 3, and 2 but for being next */
        (void)outbox_send(&outbox, now_us);
    }
    assert_int_equal(outbox.counts.given_up, 0);
}

/* Should the collector be killed while the disk takes nothing more, it is found there. */
static void a_segment_that_is_not_relied_on_stays_until_what_is_good_of_it_is_in_another(void **state)
{
    (void)state;
    put(2);
    spill_to(1);
    outbox.memory_max = 12;
    outbox.disk_max = 2 * RECORD; /* for which nothing else is given up, either */
    put(1);                       /* 2 is on disk alone */
    (void)outbox_send(&outbox, 0);
    SpoolJob *job = spool_job_new(&outbox, -1, true, 0);
    assert_int_equal(job->kind, SPOOL_READ);
    job->status = BP_OK; /* it is damaged: nothing of 2 is found */
    spool_job_end(job, &outbox, 0);
    assert_int_equal(job->given_up, 1);
    spool_job_free(job);
    assert_int_equal(outbox_only_in_memory(&outbox), 2);
    assert_int_equal(append_all(BP_UNAVAILABLE, 0), 2);
    assert_null(spool_job_new(&outbox, INT64_MAX, true, 0));
    assert_null(outbox_done_segment(&outbox));
    assert_int_equal(append_all(BP_OK, BP_SECOND), 3);
    assert_int_equal(outbox_only_in_memory(&outbox), 0);
    assert_int_equal(end_job(next_job(SPOOL_REMOVE, BP_OK, true, BP_SECOND), BP_SECOND), 1);
    assert_int_equal(outbox.on_disk, 2 * RECORD);
    assert_int_equal(outbox.counts.given_up, 1);
    /* And it is gone once it is stored, wherever that stands. */
    assert_int_equal(outbox_distrust(&outbox, 3), 1); /* 1 has left memory */
    assert_null(outbox_done_segment(&outbox));
    announce(1, 7, 3, 0);
    assert_int_equal(outbox_done_segment(&outbox)->number, 3);
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
    snprintf(path, sizeof path, "%s/lock", folder);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void safe_is_what_is_stored_or_in_a_segment(void **state)
{
    (void)state;
    assert_int_equal(outbox_safe_until_us(&outbox, 900), 900);
    for (int64_t at_us = 100; at_us <= 500; at_us += 100)
        (void)outbox_put(&outbox, bp_str("0123456789"), 5, at_us);
    assert_int_equal(outbox_safe_until_us(&outbox, 900), 100);
    announce(1, 7, 1, 0);
    assert_int_equal(outbox_safe_until_us(&outbox, 900), 200);
    BpBuf records = bp_buf_growing(1 << 20);
    outbox_spill(&outbox, 300, 1 << 20, &records);
    assert_int_equal(outbox_safe_until_us(&outbox, 900), 200); /* not yet */
    outbox_set_segment(&outbox, 1, records.size);
    outbox_spilled(&outbox, 1);
    assert_int_equal(outbox_safe_until_us(&outbox, 900), 400);
    assert_int_equal(outbox_only_in_memory(&outbox), 2);
    bp_buf_done(&records);
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
        cmocka_unit_test_setup_teardown(a_batch_larger_than_the_memory_is_sent_all_the_same, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_more_than_its_octets_are_in_the_window, set_up, tear_down),
        cmocka_unit_test_setup_teardown(announced_while_it_was_written_leaves_a_segment_that_is_done, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_segment_is_done_when_its_last_batch_has_gone_and_not_before, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_spool_gives_up_its_oldest_segment_and_says_so, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_given_up_and_is_stored_all_the_same_is_not_dropped, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            what_the_disk_does_not_take_is_kept_in_four_times_the_memory_and_what_is_on_disk_stays, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(what_is_on_its_way_to_disk_is_not_given_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(batches_of_too_many_runs_stay_in_their_segments_until_room_is_needed,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(sent_counts_each_batch_once_and_what_is_sent_again_apart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_run_whose_numbers_were_forged_goes_on_as_another_with_all_that_is_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_spilled_of_a_run_keeps_the_name_that_it_has_in_segments,
                                        set_up, tear_down),
        cmocka_unit_test(disowned_runs_are_remembered_as_long_as_something_of_them_is_left),
        cmocka_unit_test_setup_teardown(numbers_that_we_have_not_given_out_are_not_believed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(runs_of_before_come_first_with_their_own_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(safe_is_what_is_stored_or_in_a_segment, set_up, tear_down),
        cmocka_unit_test(what_is_torn_or_damaged_is_passed_over),
        cmocka_unit_test(a_failed_append_leaves_the_segment_as_it_was),
        cmocka_unit_test_setup_teardown(what_a_killed_collector_wrote_is_synced_before_it_is_relied_on,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_number_of_a_segment_that_cannot_be_read_is_not_used_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            nothing_is_appended_to_a_segment_that_failed_was_dropped_or_is_not_relied_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(segments_are_as_small_as_memory_and_disk_want_them, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_done_makes_room_before_anything_is_given_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_segment_that_is_missing_is_given_up_and_what_is_behind_it_is_sent,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_segment_that_cannot_be_read_now_is_tried_for_a_minute, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tries_are_counted_in_a_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_segment_that_is_not_relied_on_stays_until_what_is_good_of_it_is_in_another, set_up, tear_down),
        cmocka_unit_test(a_call_that_a_signal_interrupts_is_made_again),
        cmocka_unit_test(segments_are_listed_in_order_and_one_collector_has_them),
        cmocka_unit_test(a_run_that_is_killed_leaves_the_instant_until_which_all_is_kept),
    };
    return cmocka_run_group_tests_name("collect outbox", tests, NULL, NULL);
}
