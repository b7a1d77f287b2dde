#include "apps/collect/deliver/outbox/outbox.h"

#include "tests/unit/apps/collect/deliver/outbox/an_outbox.h"

static void batches_are_numbered_and_sent_in_order_and_name_the_oldest(void **state)
{
    (void)state;
    put(3);
    assert_false(outbox_send(outbox, 0));
    assert_int_equal(sent_count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sent[i].n, i + 1);
        assert_int_equal(sent[i].oldest, 1);
    }
    announce(1, 7, 2, 0);
    put(1);
    sent_count = 0;
    (void)outbox_send(outbox, 0); /* a session never heard of: 3 again, then 4 */
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
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent_count, MDL_WINDOW_BATCHES);
    announce(1, 7, 4, 0);
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent_count, MDL_WINDOW_BATCHES + 4);
    assert_int_equal(counts().waiting, MDL_WINDOW_BATCHES + 6);
}

static void no_more_than_its_octets_are_in_the_window(void **state)
{
    (void)state;
    enum { SIZE = MDL_WINDOW_OCTETS / 4 };
    char *text = malloc(SIZE + 1);
    memset(text, 'x', SIZE);
    text[SIZE] = '\0';
    set_memory_max(INT64_C(1) << 40);
    for (int i = 0; i < 6; i++)
        outbox_put(outbox, (BpStr){text, SIZE}, 5, 0);
    announce(1, 7, 0, 0);
    assert_false(outbox_send(outbox, 0));
    assert_int_equal(sent_count, 4);
    announce(1, 7, 1, 0);
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent_count, 5);
    free(text);
}

static void silence_is_waited_for_longer_and_longer(void **state)
{
    (void)state;
    static const int64_t patience_s[] = {10, 20, 40, 60, 60};
    put(1);
    int64_t now_us = 0;
    (void)outbox_send(outbox, 0);
    for (size_t i = 0; i < 5; i++) {
        assert_false(outbox_is_quiet(outbox, now_us + patience_s[i] * BP_SECOND));
        now_us += patience_s[i] * BP_SECOND + 1;
        assert_true(outbox_is_quiet(outbox, now_us));
        outbox_rewind(outbox, now_us);
        (void)outbox_send(outbox, now_us);
    }
    announce(1, 7, 1, now_us);
    assert_int_equal(counts().waiting, 0);
    put(1); /* and then no longer than at first */
    (void)outbox_send(outbox, now_us);
    assert_false(outbox_is_quiet(outbox, now_us + 10 * BP_SECOND));
    assert_true(outbox_is_quiet(outbox, now_us + 10 * BP_SECOND + 1));
}

static void without_a_connection_nothing_is_lost(void **state)
{
    (void)state;
    is_connected = false;
    put(5);
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent_count, 0);
    is_connected = true;
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent_count, 5);
}

static void sent_counts_each_batch_once_and_what_is_sent_again_apart(void **state)
{
    (void)state;
    put(5);
    (void)outbox_send(outbox, 0);
    outbox_rewind(outbox, 0);
    announce(1, 7, 3, 0); /* a session: from the start */
    (void)outbox_send(outbox, 0);
    put(1);
    (void)outbox_send(outbox, 0);
    assert_int_equal(counts().sent, 6);
    assert_int_equal(counts().repeated, 2);
    assert_int_equal(counts().stored, 3);
}

static void
what_the_disk_does_not_take_is_kept_in_four_times_the_memory_and_what_is_on_disk_stays(void **state)
{
    (void)state;
    put(2);
    spill_to(1);
    set_memory_max(20);
    put(1);
    assert_int_equal(counts().memory, 20); /* 3, and 1, which is next */
    for (int i = 0; i < 20; i++)
        outbox_put(outbox, bp_str("0123456789"), 5, 0);
    assert_int_equal(counts().memory, 80);
    assert_int_equal(live_in(1), 2);
    assert_int_equal(counts().given_up, 14); /* of 21: 7 and the first fill 80 */
}

static void what_is_on_its_way_to_disk_is_not_given_up(void **state)
{
    (void)state;
    BpBuf records = bp_buf_growing(1 << 20);
    set_memory_max(20); /* and four times that */
    put(4);
    outbox_spill(outbox, INT64_MAX, 1 << 20, &records);
    for (int i = 0; i < 6; i++)
        outbox_put(outbox, bp_str("0123456789"), 5, 0);
    assert_int_equal(counts().given_up, 2); /* 5 and 6 */
    segments_set(outbox_segments(outbox), 1, records.size);
    outbox_spilled(outbox, 1);
    assert_int_equal(live_in(1), 4);
    assert_int_equal(counts().spooled, 4);
    bp_buf_done(&records);
}

static void runs_of_before_come_first_with_their_own_numbers(void **state)
{
    (void)state;
    const MdlRun before = mdl_run(3), own = mdl_run(7);
    make_outbox();
    segments_set(outbox_segments(outbox), 1, 2 * RECORD);
    outbox_recover(outbox, &before, 42, 1, 10);
    segments_set(outbox_segments(outbox), 2, 2 * RECORD);
    outbox_recover(outbox, &before, 41, 2, 10); /* written later, as after a failure */
    outbox_recover(outbox, &before, 42, 2, 10);
    outbox_begin(outbox, &own);
    assert_int_equal(counts().recovered, 2);
    assert_int_equal(live_in(1), 1);
    assert_int_equal(live_in(2), 1);
    put(1);
    assert_true(outbox_send(outbox, 0));
    outbox_load(outbox, &before, 41, 2, bp_str("0123456789"));
    outbox_load(outbox, &before, 42, 1, bp_str("0123456789"));
    assert_false(outbox_send(outbox, 0));
    assert_int_equal(sent_count, 3);
    assert_string_equal(sent[0].run, before.text);
    assert_int_equal(sent[1].oldest, 41);
    assert_string_equal(sent[2].run, own.text);
    assert_int_equal(sent[2].n, 1);
    announce(1, 3, 42, 0);
    assert_int_equal(counts().waiting, 1);
}

static void safe_is_what_is_stored_or_in_a_segment(void **state)
{
    (void)state;
    assert_int_equal(outbox_safe_until_us(outbox, 900), 900);
    for (int64_t at_us = 100; at_us <= 500; at_us += 100)
        outbox_put(outbox, bp_str("0123456789"), 5, at_us);
    assert_int_equal(outbox_safe_until_us(outbox, 900), 100);
    announce(1, 7, 1, 0);
    assert_int_equal(outbox_safe_until_us(outbox, 900), 200);
    BpBuf records = bp_buf_growing(1 << 20);
    outbox_spill(outbox, 300, 1 << 20, &records);
    assert_int_equal(outbox_safe_until_us(outbox, 900), 200); /* not yet */
    segments_set(outbox_segments(outbox), 1, records.size);
    outbox_spilled(outbox, 1);
    assert_int_equal(outbox_safe_until_us(outbox, 900), 400);
    assert_int_equal(outbox_only_in_memory(outbox), 2);
    bp_buf_done(&records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(batches_are_numbered_and_sent_in_order_and_name_the_oldest, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_more_than_the_window_is_on_its_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence_is_waited_for_longer_and_longer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_connection_nothing_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_more_than_its_octets_are_in_the_window, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_the_disk_does_not_take_is_kept_in_four_times_the_memory_and_what_is_on_disk_stays, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(what_is_on_its_way_to_disk_is_not_given_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sent_counts_each_batch_once_and_what_is_sent_again_apart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(runs_of_before_come_first_with_their_own_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(safe_is_what_is_stored_or_in_a_segment, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("collect outbox", tests, NULL, NULL);
}
