/* Tests of what ingest says: announced.c. */
#include "tests/unit/apps/collect/deliver/outbox/an_outbox.h"

static void a_new_session_and_a_wish_have_them_sent_again_from_there(void **state)
{
    (void)state;
    put(10);
    announce(1, 7, 0, 0);
    (void)outbox_send(outbox, 0);
    announce(2, 7, 4, 0);
    sent_count = 0;
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent_count, 6);
    assert_int_equal(sent[0].n, 5);
    const MdlRun own = mdl_run(7), other = mdl_run(8);
    outbox_want(outbox, &other, 1);
    outbox_want(outbox, &own, 8);
    sent_count = 0;
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent_count, 3);
    assert_int_equal(sent[0].n, 8);
}

static void what_was_given_up_and_is_stored_all_the_same_is_not_dropped(void **state)
{
    (void)state;
    const MdlRun session = mdl_run(1), own = mdl_run(7);
    put(6);
    spill_to(1);
    (void)outbox_send(outbox, 0);
    put(2);
    spill_to(2);
    (void)outbox_give_up_segment(outbox); /* 1 to 6 were sent */
    (void)outbox_give_up_segment(outbox); /* 7 and 8 were not */
    assert_int_equal(counts().lost, 2);
    assert_int_equal(counts().unsure, 6);
    put(1);
    (void)outbox_send(outbox, 0); /* 9, the oldest */
    const MdlPosition partly = {.run = own, .stored = 4};
    outbox_stored(outbox, &session, &partly, 1, 0);
    assert_int_equal(counts().lost, 2);
    for (int64_t skipped = 1; skipped <= 3; skipped++) { /* the two that are known, then another */
        const MdlPosition next = {.run = own, .stored = 4 + skipped, .skipped = skipped};
        outbox_stored(outbox, &session, &next, 1, 0);
        assert_int_equal(counts().lost, skipped < 3 ? 2 : 3);
    }
    const MdlPosition late = {.run = own, .stored = 4}, again = {.run = own, .stored = 7, .skipped = 3};
    outbox_stored(outbox, &session, &late, 1, 0);
    outbox_stored(outbox, &session, &again, 1, 0);
    assert_int_equal(counts().lost, 3);
    const MdlPosition position = {.run = own, .stored = 9, .skipped = 4}; /* 5 to 8 */
    outbox_stored(outbox, &session, &position, 1, 0);
    assert_int_equal(counts().lost, 4);
    assert_int_equal(counts().unsure, 0);
    assert_int_equal(counts().given_up, 8);
    outbox_stored(outbox, &session, &position, 1, 0); /* said twice */
    assert_int_equal(counts().lost, 4);
}

static void numbers_that_we_have_not_given_out_are_not_believed(void **state)
{
    (void)state;
    put(5);
    announce(1, 7, 2, 0);
    (void)outbox_send(outbox, 0);
    put(1);
    static const int64_t beyond[] = {7, INT64_C(1) << 62, INT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        announce(1, 7, beyond[i], 0);
        assert_int_equal(counts().waiting, 4);
    }
    assert_int_equal(counts().disbelieved, 3);
    const MdlRun own = mdl_run(7);
    sent_count = 0;
    outbox_want(outbox, &own, 6); /* not sent yet */
    outbox_want(outbox, &own, INT64_MAX);
    assert_int_equal(counts().disbelieved, 5);
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent_count, 1);
    announce(1, 7, 6, 0);
    assert_int_equal(counts().waiting, 0);
}

static void a_run_whose_numbers_were_forged_goes_on_as_another_with_all_that_is_held(void **state)
{
    (void)state;
    const MdlRun own = mdl_run(7), fresh = mdl_run(8), stranger = mdl_run(9);
    put(5);
    (void)outbox_send(outbox, 0);
    announce(1, 7, 2, 0);
    spill_to(1);
    put(1);
    assert_false(outbox_wants_name(outbox));
    announce(1, 7, 1000000000, 0);
    assert_true(outbox_wants_name(outbox));
    assert_false(outbox_rename(outbox, &stranger, &fresh));
    assert_true(outbox_rename(outbox, &own, &fresh));
    assert_false(outbox_wants_name(outbox));
    assert_string_equal(outbox_own(outbox)->kept.text, own.text);

    sent_count = 0;
    (void)outbox_send(outbox, 0); /* 3 to 6, as 1 to 4 */
    assert_int_equal(sent_count, 4);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(sent[i].run, fresh.text);
        assert_int_equal(sent[i].n, i + 1);
        assert_int_equal(sent[i].oldest, 1);
    }
    announce(1, 7, 1000000000, 0); /* of the name that is not ours any more */
    assert_int_equal(counts().waiting, 4);
    assert_false(outbox_wants_name(outbox));
    sent_count = 0;
    outbox_want(outbox, &fresh, 4);
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent_count, 1);
    assert_int_equal(sent[0].n, 4);
    announce(1, 8, 3, 0);
    assert_int_equal(counts().waiting, 1);
    assert_int_equal(live_in(1), 0); /* 3 to 5 */
    announce(1, 8, 5, 0);            /* there is no fifth */
    assert_true(outbox_wants_name(outbox));
    assert_int_equal(counts().waiting, 1);
    announce(1, 8, INT64_MAX, 0);
    assert_int_equal(counts().waiting, 1);
}

static void what_is_spilled_of_a_run_keeps_the_name_that_it_has_in_segments(void **state)
{
    (void)state;
    const MdlRun own = mdl_run(7), fresh = mdl_run(8);
    put(2);
    announce(1, 7, 1, 0);
    announce(1, 7, 99, 0);
    assert_true(outbox_rename(outbox, &own, &fresh));
    BpBuf records = bp_buf_growing(1 << 20), expected = bp_buf_growing(1 << 20);
    outbox_spill(outbox, INT64_MAX, 1 << 20, &records);
    spool_record(&expected, &own, 2, bp_str("0123456789"));
    assert_true(bp_str_equal(bp_buf_text(&records), bp_buf_text(&expected)));
    segments_set(outbox_segments(outbox), 1, records.size);
    outbox_spilled(outbox, 1);
    (void)outbox_send(outbox, 0);
    set_memory_max(10); /* what is on disk does not stay in memory */
    put(1);
    assert_int_equal(counts().memory, 10);
    outbox_rewind(outbox, 0);
    assert_true(outbox_send(outbox, 0));
    outbox_load(outbox, &own, 2, 1, bp_str("0123456789"));
    sent_count = 0;
    (void)outbox_send(outbox, 0);
    assert_int_equal(sent_count, 2);
    assert_int_equal(sent[0].n, 1);
    bp_buf_done(&records);
    bp_buf_done(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_session_and_a_wish_have_them_sent_again_from_there, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_given_up_and_is_stored_all_the_same_is_not_dropped, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_run_whose_numbers_were_forged_goes_on_as_another_with_all_that_is_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_spilled_of_a_run_keeps_the_name_that_it_has_in_segments,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_that_we_have_not_given_out_are_not_believed, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("collect announced", tests, NULL, NULL);
}
