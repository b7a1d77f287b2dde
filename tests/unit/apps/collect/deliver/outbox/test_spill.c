#include "apps/collect/deliver/outbox/spill.h"

#include "tests/unit/apps/collect/deliver/outbox/an_outbox.h"

static void what_is_on_disk_leaves_memory_when_that_is_short_and_comes_back(void **state)
{
    (void)state;
    BpBuf records = bp_buf_growing(1 << 20);
    put(20);
    assert_int_equal(outbox_due(outbox, 0, 1 << 20), 20 * RECORD);
    outbox_spill(outbox, 0, 1 << 20, &records);
    assert_int_equal(records.size, 20 * RECORD);
    assert_int_equal(outbox_due(outbox, 0, 1 << 20), 0); /* they are on their way */
    set_memory_max(80);
    segments_set(outbox_segments(outbox), 4, records.size);
    outbox_spilled(outbox, 4);
    assert_int_equal(counts().memory, 60); /* three quarters, the ones that are sent first */
    assert_int_equal(counts().on_disk, 20 * RECORD);
    assert_true(outbox_send(outbox, 0)); /* the seventh is only there */
    assert_int_equal(sent_count, 6);
    assert_int_equal(outbox_missing(outbox), 4);
    const MdlRun own = mdl_run(7);
    outbox_load(outbox, &own, 7, 3, bp_str("0123456789")); /* from elsewhere: not what was looked for */
    outbox_load(outbox, &own, 7, 4, bp_str("0123"));       /* its own number in another's record */
    outbox_load(outbox, &own, 7, 4, bp_str("0123456789abcdef"));
    assert_int_equal(outbox_missing(outbox), 4);
    outbox_load(outbox, &own, 7, 4, bp_str("0123456789"));
    assert_true(outbox_send(outbox, 0));
    assert_int_equal(sent_count, 7);
    announce(1, 7, 19, 0);
    assert_null(segments_first_done(outbox_segments(outbox)));
    announce(1, 7, 20, 0);
    assert_int_equal(segments_first_done(outbox_segments(outbox))->number, 4);
    assert_int_equal(counts().on_disk, 20 * RECORD); /* until it is removed */
    segments_set(outbox_segments(outbox), 4, 0);
    assert_int_equal(counts().on_disk, 0);
    bp_buf_done(&records);
}

/* Whatever the memory is short of, what is sent next is there: or it would be read again and again. */
static void a_batch_larger_than_the_memory_is_sent_all_the_same(void **state)
{
    (void)state;
    put(2);
    spill_to(1);
    set_memory_max(5);
    put(1);
    assert_false(outbox_send(outbox, 0) && sent_count == 0);
    assert_int_equal(sent[0].n, 1);
    const MdlRun own = mdl_run(7);
    outbox_load(outbox, &own, 2, 1, bp_str("0123456789"));
    put(1);
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent[1].n, 2);
}

static void announced_while_it_was_written_leaves_a_segment_that_is_done(void **state)
{
    (void)state;
    BpBuf records = bp_buf_growing(1 << 20);
    put(2);
    outbox_spill(outbox, 0, 1 << 20, &records);
    announce(1, 7, 2, 0);
    segments_set(outbox_segments(outbox), 9, records.size);
    outbox_spilled(outbox, 9);
    assert_int_equal(segments_first_done(outbox_segments(outbox))->number, 9);
    bp_buf_done(&records);
}

/* Two runs, each in a segment, the newer announced first: an outage with a restart in it. */
static void a_segment_is_done_when_its_last_batch_has_gone_and_not_before(void **state)
{
    (void)state;
    const MdlRun before = mdl_run(3), own = mdl_run(7);
    make_outbox();
    segments_set(outbox_segments(outbox), 5, 2 * RECORD);
    outbox_recover(outbox, &before, 1, 5, 10);
    outbox_recover(outbox, &before, 2, 5, 10);
    outbox_begin(outbox, &own);
    put(4);
    spill_to(6);
    put(2);
    spill_to(7);
    const MdlRun session = mdl_run(1);
    const MdlPosition positions[] = {{.run = own, .stored = 1}, {.run = before, .stored = 1}};
    outbox_stored(outbox, &session, positions, 2, 0);
    assert_null(segments_first_done(outbox_segments(outbox)));
    assert_int_equal(live_in(5), 1);
    assert_int_equal(live_in(6), 3);
    announce(1, 7, 5, 0);
    assert_int_equal(segments_first_done(outbox_segments(outbox))->number, 6);
    segments_set(outbox_segments(outbox), 6, 0);
    assert_null(segments_first_done(outbox_segments(outbox)));
    announce(1, 3, 2, 0);
    assert_int_equal(segments_first_done(outbox_segments(outbox))->number, 5);
    assert_int_equal(live_in(7), 1);
}

static void a_full_spool_gives_up_its_oldest_segment_and_says_so(void **state)
{
    (void)state;
    put(4);
    spill_to(1);
    put(4);
    spill_to(2);
    assert_true(outbox_give_up_segment(outbox));
    assert_int_equal(counts().given_up, 4);
    assert_int_equal(counts().lost, 4); /* never sent, so never stored */
    assert_int_equal(segments_first_done(outbox_segments(outbox))->number, 1);
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent[0].n, 5);
    assert_int_equal(sent[0].oldest, 5); /* so ingest knows that 1 to 4 never come */
    assert_true(outbox_give_up_segment(outbox));
    assert_false(outbox_give_up_segment(outbox));
    assert_int_equal(counts().given_up, 8);
    assert_int_equal(counts().lost, 4); /* 5 to 8 are on their way: who knows */
    assert_int_equal(counts().unsure, 4);
}

static void batches_of_too_many_runs_stay_in_their_segments_until_room_is_needed(void **state)
{
    (void)state;
    enum { RUNS = OUTBOX_RUNS_MAX + 2, MIXED = OUTBOX_RUNS_MAX };
    const MdlRun own = mdl_run(1 << 20);
    make_outbox();
    for (int run = 1; run <= RUNS; run++) {
        const MdlRun name = mdl_run((uint64_t)run);
        const int segment = run <= MIXED ? run : run - 1; /* one has a batch of each kind */
        segments_set(outbox_segments(outbox), segment, 2 * RECORD);
        outbox_recover(outbox, &name, 1, segment, 10);
    }
    outbox_begin(outbox, &own);
    assert_int_equal(counts().waiting, OUTBOX_RUNS_MAX);
    assert_int_equal(counts().left, 2);
    put(1);
    spill_to(RUNS);
    for (int run = 1; run <= RUNS - 1; run++) {
        assert_non_null(segments_find(outbox_segments(outbox), run));
        assert_true(live_in(run) > 0);
        assert_true(outbox_give_up_segment(outbox)); /* the oldest first, and the own ones last */
        assert_int_equal(live_in(run), 0);
        outbox_check(outbox);
        segments_set(outbox_segments(outbox), run, 0);
    }
    assert_int_equal(counts().left, 0);
    assert_int_equal(counts().given_up, RUNS);
    assert_int_equal(counts().lost, 0);
    assert_int_equal(counts().unsure, RUNS); /* whether they are stored is not known */
    assert_int_equal(live_in(RUNS), 1);
    assert_true(outbox_give_up_segment(outbox));
    assert_false(outbox_give_up_segment(outbox));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_on_disk_leaves_memory_when_that_is_short_and_comes_back,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_larger_than_the_memory_is_sent_all_the_same, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(announced_while_it_was_written_leaves_a_segment_that_is_done, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_segment_is_done_when_its_last_batch_has_gone_and_not_before, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_spool_gives_up_its_oldest_segment_and_says_so, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(batches_of_too_many_runs_stay_in_their_segments_until_room_is_needed,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests_name("collect spill", tests, NULL, NULL);
}
