/* What central is sent of the readings: with the rows that are stored, and beside them. */
#include "tests/unit/apps/ingest/role.h"

/* The site has joined one, and all that was there is framed. */
static void join(void)
{
    frames_doubt(&role->frames);
    ingest_frames_go_on(role);
    assert_true(is_asked(SQL_BEGIN_FRAMES));
    answer_row("[77, 0, 0, true, false]");
    assert_true(role->frames.is_linked && role->frames.is_laid);
}

static void nothing_is_stored_before_it_is_known_whether_frames_are_made(void **state)
{
    (void)state;
    role->frames.is_known = false;
    receive(1);
    assert_int_equal(due_us, INT64_MAX);
    ingest_flush(role);
    assert_null(asked.done);
    join();
    assert_true(due_us != INT64_MAX);
}

static void with_a_central_readings_wait_longer_and_have_their_frame(void **state)
{
    (void)state;
    store_the_first();
    assert_false(has_step(SQL_APPEND_FRAMES));
    join();
    receive(2);
    assert_int_equal(due_us, now_us + 20 * BP_SECOND);
    role->is_urgent = true;
    ingest_arm(role);
    assert_int_equal(due_us, now_us + BP_SECOND);
    wait_until_due();
    assert_true(is_asked(SQL_COPY_READINGS));
    assert_true(has_step(SQL_APPEND_FRAMES) && has_step(SQL_REFUSE_SUCCESSORS));
    assert_true(journal_frame_is_key(bp_buf_text(&role->frames.octets)));
    answer(BP_OK);
    receive(3);
    assert_int_equal(due_us, now_us + 20 * BP_SECOND);
    wait_until_due();
    assert_true(has_step(SQL_APPEND_FRAMES));
    assert_false(journal_frame_is_key(bp_buf_text(&role->frames.octets)));
    answer(BP_OK);
    now_us += 15 * BP_MINUTE;
    receive(4);
    wait_until_due();
    assert_true(journal_frame_is_key(bp_buf_text(&role->frames.octets)));
    answer(BP_OK);
}

static void a_frame_that_was_not_committed_is_followed_by_a_key_frame(void **state)
{
    (void)state;
    store_the_first();
    join();
    receive(2);
    wait_until_due();
    answer(BP_OK);
    receive(3);
    wait_until_due();
    assert_false(journal_frame_is_key(bp_buf_text(&role->frames.octets)));
    answer(BP_UNAVAILABLE);
    assert_int_equal(role->store.state, STORE_IS_PAUSING);
    wait_until_due();
    assert_true(has_step(SQL_APPEND_FRAMES));
    assert_true(journal_frame_is_key(bp_buf_text(&role->frames.octets)));
    answer(BP_OK);
    assert_true(is_asked(SQL_BEGIN_FRAMES)); /* what is not as it was is looked at */
}

static void rows_beside_the_table_are_noted_and_framed_later(void **state)
{
    (void)state;
    store_the_first();
    join();
    receive(2);
    wait_until_due();
    answer(BP_CONFLICT);
    assert_true(is_asked(SQL_COPY_READINGS_STAGE));
    assert_true(has_step(SQL_INSERT_STAGED_READINGS) && has_step(SQL_FOLLOW_READINGS));
    assert_false(has_step(SQL_APPEND_FRAMES));
    answer(BP_OK);
    assert_true(is_asked(SQL_BEGIN_FRAMES));
    receive(3);
    assert_int_equal(due_us, INT64_MAX); /* nothing is stored meanwhile */
    answer_row("[77, 0, 0, true, true]");
    assert_int_equal(due_us, now_us + 20 * BP_SECOND);
    now_us = frames_due_us;
    ingest_frames_go_on(role);
    assert_true(is_asked(SQL_SELECT_FRAMES_DUE));
    answer_row("[5, 1, 1000000, 2.5, 0, 0, 0, 3, 0, 7, 0]");
    assert_true(asked.is_transaction && has_step(SQL_LOCK_READINGS) && has_step(SQL_APPEND_FRAMES_DUE));
    assert_true(journal_frame_is_key(bp_buf_text(&role->frames.octets)));
    assert_true(bp_str_equal(bp_buf_text(&role->frames.numbers), bp_str("{5}")));
    answer(BP_OK);
    assert_false(role->frames.is_due);
    wait_until_due();
    assert_true(is_asked(SQL_COPY_READINGS) && has_step(SQL_APPEND_FRAMES));
    answer(BP_OK);
}

static void readings_of_a_span_that_is_still_to_be_framed_wait_for_it(void **state)
{
    (void)state;
    char row[128];
    store_the_first();
    frames_doubt(&role->frames);
    ingest_frames_go_on(role);
    const int64_t wall_us = bp_wall_us();
    snprintf(row, sizeof row, "[77, %" PRId64 ", %" PRId64 ", false, false]", wall_us - BP_MINUTE,
             wall_us + BP_MINUTE);
    answer_row(row);
    receive(2);
    wait_until_due();
    assert_true(is_asked(SQL_COPY_READINGS));
    assert_false(has_step(SQL_APPEND_FRAMES));
    answer(BP_OK);
    assert_true(is_asked(SQL_SELECT_FRAMES_HELD));
    answer(BP_OK); /* there are none */
    assert_true(has_step(SQL_LAY_FRAMES));
    answer_row("[true]");
    assert_true(role->frames.is_laid);
    receive(3);
    wait_until_due();
    assert_true(has_step(SQL_APPEND_FRAMES));
    answer(BP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_stored_before_it_is_known_whether_frames_are_made, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(with_a_central_readings_wait_longer_and_have_their_frame, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_frame_that_was_not_committed_is_followed_by_a_key_frame, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(rows_beside_the_table_are_noted_and_framed_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(readings_of_a_span_that_is_still_to_be_framed_wait_for_it, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
