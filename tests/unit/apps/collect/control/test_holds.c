#include "tests/unit/apps/collect/control/a_hold.h"

static const int64_t DAY = 24 * BP_HOUR;

/* ---- spans ---- */

static void a_span_runs_by_the_clock_that_nobody_sets(void **state)
{
    (void)state;
    const ControlTime start = a_clock(BP_HOUR, 1000 * DAY, 1);
    const ControlSpan span = control_span(10 * BP_MINUTE, &start);
    const int64_t leaps[] = {0, DAY, -DAY, 10000 * DAY, -2000 * DAY};
    for (size_t i = 0; i < 5; i++) {
        const ControlTime later = a_clock(BP_HOUR + 4 * BP_MINUTE, 1000 * DAY + leaps[i], 1);
        assert_int_equal(control_span_left(&span, &later), 6 * BP_MINUTE);
    }
}

static void over_a_boot_it_never_lasts_longer_than_its_span_and_the_outage(void **state)
{
    (void)state;
    const ControlTime start = a_clock(BP_HOUR, 1000 * DAY, 1);
    ControlSpan span = control_span(10 * BP_MINUTE, &start);
    const ControlTime noted = a_clock(BP_HOUR + 4 * BP_MINUTE, 1000 * DAY + 4 * BP_MINUTE, 1);
    control_span_note(&span, &noted);
    /* The wall clock says how long the machine was away ... */
    ControlTime up = a_clock(BP_SECOND, 1000 * DAY + 6 * BP_MINUTE, 2);
    assert_int_equal(control_span_left(&span, &up), 4 * BP_MINUTE);
    /* ... and where it went back it says nothing, so that what had run still counts. */
    up.wall_us = 10 * DAY;
    assert_int_equal(control_span_left(&span, &up), 6 * BP_MINUTE);
    up.wall_us = INT64_MAX;
    assert_true(control_span_left(&span, &up) <= 0);
    up.wall_us = INT64_MIN;
    assert_int_equal(control_span_left(&span, &up), 6 * BP_MINUTE);
    /* One boot with a clock that went back is two. */
    up = a_clock(BP_SECOND, 1000 * DAY + 5 * BP_MINUTE, 1);
    assert_int_equal(control_span_left(&span, &up), 5 * BP_MINUTE);
    /* A second boot: what was noted in between is not counted twice, and not lost. */
    up = a_clock(BP_SECOND, 1000 * DAY + 5 * BP_MINUTE, 2);
    control_span_note(&span, &up);
    const ControlTime third = a_clock(BP_SECOND, 1000 * DAY + 7 * BP_MINUTE, 3);
    assert_int_equal(control_span_left(&span, &third), 3 * BP_MINUTE);
}

static void a_hold_without_an_end_is_never_due(void **state)
{
    (void)state;
    const ControlTime now = a_clock(BP_HOUR, 1000 * DAY, 1), later = a_clock(INT64_MAX / 2, 5000 * DAY, 1);
    BpError err;
    ControlHolds *holds = control_holds_new();
    const ControlHold hold = a_hold(7, 8, 1, 21, CONTROL_NO_END, &now);
    assert_int_equal(control_holds_claim(holds, &hold, &now, &err), BP_OK);
    control_holds_settle(holds, 7, 8, hold.command, CONTROL_TOOK,
                         &(ControlShown){.what = CONTROL_SHOWN_VALUE, .value = hold.ours[0]}, &now);
    assert_int_equal(control_holds_count(holds), 1);
    assert_int_equal(control_holds_next_due_us(holds, &later), INT64_MAX);
    assert_null(control_holds_take(holds, &later, NULL, NULL));
    control_holds_free(holds);
}

/* ---- one after another ---- */

/* A command that took the slot. */
static ControlHold take_slot(ControlHolds *holds, int number, float value, int64_t after_us,
                             const ControlTime *now)
{
    BpError err;
    const ControlHold hold = a_hold(7, 8, number, value, after_us, now);
    assert_int_equal(control_holds_claim(holds, &hold, now, &err), BP_OK);
    assert_true(control_holds_settle(holds, 7, 8, hold.command, CONTROL_TOOK,
                                     &(ControlShown){.what = CONTROL_SHOWN_VALUE, .value = hold.ours[0]},
                                     now));
    return hold;
}

static void an_ended_hold_is_read_written_once_and_read_back(void **state)
{
    (void)state;
    const ControlTime now = a_clock(BP_HOUR, 1000 * DAY, 1);
    ControlTime then = a_clock(BP_HOUR + 10 * BP_MINUTE - 1, 1000 * DAY, 1);
    ControlHolds *holds = control_holds_new();
    const ControlShown ours = shown_value(21);
    size_t count;
    take_slot(holds, 1, 21, 10 * BP_MINUTE, &now);
    assert_null(control_holds_take(holds, &then, NULL, NULL));
    assert_int_equal(control_holds_next_due_us(holds, &then), then.boot_us + 1);
    then.boot_us++;
    const ControlHold *hold = control_holds_take(holds, &then, NULL, NULL);
    assert_non_null(hold);
    assert_true(control_holds_is_busy(holds, 7, 8));
    assert_null(control_holds_take(holds, &then, NULL, NULL)); /* it is being read */
    assert_int_equal(control_holds_seen(holds, 7, 8, &ours, &then), CONTROL_WRITE_NULL);
    assert_int_equal(control_holds_seen(holds, 7, 8, &ours, &then),
                     CONTROL_IS_OVER); /* told twice: nothing */
    assert_true(control_holds_wrote(holds, 7, 8, true, NULL, &then));
    /* It still shows ours: another read comes first, not another Null. */
    assert_int_equal(control_holds_seen(holds, 7, 8, &ours, &then), CONTROL_READ_LATER);
    assert_int_equal(control_holds_next_due_us(holds, &then), then.boot_us + BP_SECOND);
    then.boot_us += BP_SECOND;
    assert_non_null(control_holds_take(holds, &then, NULL, NULL));
    assert_int_equal(control_holds_seen(holds, 7, 8, &ours, &then), CONTROL_WRITE_NULL);
    assert_true(control_holds_wrote(holds, 7, 8, true, NULL, &then));
    assert_int_equal(control_holds_seen(holds, 7, 8, &shown_empty, &then), CONTROL_IS_OVER);
    assert_int_equal(control_holds_count(holds), 0);
    const ControlEvent *events = control_holds_events(holds, &count);
    assert_int_equal(count, 2);
    assert_int_equal(events[0].kind, CONTROL_RETRY);
    assert_int_equal(events[1].kind, CONTROL_RELEASED);
    control_holds_free(holds);
}

static void what_is_not_ours_is_left(void **state)
{
    (void)state;
    const ControlTime now = a_clock(BP_HOUR, 1000 * DAY, 1),
                      then = a_clock(BP_HOUR + BP_MINUTE, 1000 * DAY, 1);
    ControlHolds *holds = control_holds_new();
    const ControlShown other = shown_value(nextafterf(21, 22));
    size_t count;
    take_slot(holds, 1, 21, BP_MINUTE, &now);
    assert_non_null(control_holds_take(holds, &then, NULL, NULL));
    assert_int_equal(control_holds_seen(holds, 7, 8, &other, &then), CONTROL_IS_OVER);
    const ControlEvent *events = control_holds_events(holds, &count);
    assert_int_equal(count, 1);
    assert_int_equal(events[0].kind, CONTROL_LEFT);
    assert_non_null(strstr(events[0].text, "not ours"));
    control_holds_free(holds);
}

static void a_device_that_does_not_answer_is_asked_after_1_2_4_60_s_for_ever(void **state)
{
    (void)state;
    const ControlTime now = a_clock(BP_HOUR, 1000 * DAY, 1);
    ControlTime then = a_clock(BP_HOUR + BP_MINUTE, 1000 * DAY, 1);
    static const int pauses[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    ControlHolds *holds = control_holds_new();
    size_t count;
    take_slot(holds, 1, 21, BP_MINUTE, &now);
    for (size_t i = 0; i < 1000; i++) {
        assert_non_null(control_holds_take(holds, &then, NULL, NULL));
        assert_int_equal(control_holds_seen(holds, 7, 8, &shown_not, &then), CONTROL_READ_LATER);
        const int64_t pause_us = control_holds_next_due_us(holds, &then) - then.boot_us;
        assert_int_equal(pause_us, pauses[i < 9 ? i : 8] * BP_SECOND);
        then.boot_us += pause_us;
    }
    then.boot_us -= BP_SECOND;
    assert_null(control_holds_take(holds, &then, NULL, NULL));
    control_holds_wake(holds, 1042, &then); /* it is back */
    assert_non_null(control_holds_take(holds, &then, NULL, NULL));
    control_holds_events(holds, &count);
    assert_int_equal(count, 17); /* said at first, and then once an hour */
    control_holds_free(holds);
}

static void what_a_device_rounds_is_ours_as_it_was_read_back(void **state)
{
    (void)state;
    const ControlTime now = a_clock(BP_HOUR, 1000 * DAY, 1),
                      then = a_clock(BP_HOUR + BP_MINUTE, 1000 * DAY, 1);
    BpError err;
    const ControlShown rounded = shown_value(21), foreign = shown_value(18);
    const ControlShown seen = shown_value(21);
    ControlHolds *holds = control_holds_new();
    ControlHold hold = a_hold(7, 8, 1, 21.04F, BP_MINUTE, &now);
    hold.before = foreign;
    assert_int_equal(control_holds_claim(holds, &hold, &now, &err), BP_OK);
    control_holds_settle(holds, 7, 8, hold.command, CONTROL_MAY_BE, &rounded, &now);
    assert_non_null(control_holds_take(holds, &then, NULL, NULL));
    assert_int_equal(control_holds_seen(holds, 7, 8, &seen, &then), CONTROL_WRITE_NULL);
    control_holds_drop(holds, 7, 8, false);
    /* What was there before, and is still shown, is not. */
    assert_int_equal(control_holds_claim(holds, &hold, &now, &err), BP_OK);
    control_holds_settle(holds, 7, 8, hold.command, CONTROL_MAY_BE, &foreign, &now);
    assert_non_null(control_holds_take(holds, &then, NULL, NULL));
    const ControlShown still = shown_value(18);
    assert_int_equal(control_holds_seen(holds, 7, 8, &still, &then), CONTROL_IS_OVER);
    control_holds_free(holds);
}

static void a_newer_command_replaces_the_timer_only_where_it_took_the_slot(void **state)
{
    (void)state;
    const ControlTime now = a_clock(BP_HOUR, 1000 * DAY, 1);
    BpError err;
    static const struct {
        ControlOutcome outcome;
        int64_t after_us, left_us; /* of the newer; what is left then */
    } cases[] = {{CONTROL_TOOK, 2 * BP_HOUR, 2 * BP_HOUR},  {CONTROL_TOOK, BP_MINUTE, BP_MINUTE},
                 {CONTROL_DID_NOT, 2 * BP_HOUR, BP_HOUR},   {CONTROL_DID_NOT, BP_MINUTE, BP_HOUR},
                 {CONTROL_MAY_BE, 2 * BP_HOUR, BP_HOUR},    {CONTROL_MAY_BE, BP_MINUTE, BP_MINUTE},
                 {CONTROL_MAY_BE, CONTROL_NO_END, BP_HOUR}, {CONTROL_TOOK, CONTROL_NO_END, CONTROL_NO_END}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ControlHolds *holds = control_holds_new();
        take_slot(holds, 1, 21, BP_HOUR, &now);
        const ControlHold newer = a_hold(7, 8, 2, 22, cases[i].after_us, &now);
        assert_int_equal(control_holds_claim(holds, &newer, &now, &err), BP_OK);
        /* Nobody touches the slot while the command is under way, whatever has ended. */
        const ControlTime late = a_clock(BP_HOUR + DAY, 1000 * DAY, 1);
        assert_null(control_holds_take(holds, &late, NULL, NULL));
        control_holds_settle(holds, 7, 8, newer.command, cases[i].outcome, NULL, &now);
        const ControlHold *hold = control_holds_find(holds, 7, 8);
        assert_int_equal(control_span_left(&hold->span, &now), cases[i].left_us);
        const ControlShown older = shown_value(21), sent = shown_value(22);
        assert_int_equal(control_hold_is_ours(hold, older.value), cases[i].outcome != CONTROL_TOOK);
        assert_int_equal(control_hold_is_ours(hold, sent.value), cases[i].outcome != CONTROL_DID_NOT);
        control_holds_free(holds);
    }
}

static void a_release_that_was_commanded_ends_the_hold(void **state)
{
    (void)state;
    const ControlTime now = a_clock(BP_HOUR, 1000 * DAY, 1),
                      then = a_clock(BP_HOUR + BP_MINUTE, 1000 * DAY, 1);
    ControlHolds *holds = control_holds_new();
    const ControlShown ours = shown_value(21);
    take_slot(holds, 1, 21, BP_MINUTE, &now);
    assert_non_null(control_holds_take(holds, &then, NULL, NULL));
    assert_true(control_holds_settle(holds, 7, 8, "another", CONTROL_EMPTIED, &shown_empty, &then));
    assert_int_equal(control_holds_seen(holds, 7, 8, &ours, &then), CONTROL_IS_OVER); /* no Null */
    assert_false(control_holds_settle(holds, 7, 8, "another", CONTROL_EMPTIED, &shown_empty, &then));
    control_holds_free(holds);
}

static void two_holds_on_one_point_end_apart(void **state)
{
    (void)state;
    const ControlTime now = a_clock(BP_HOUR, 1000 * DAY, 1),
                      then = a_clock(BP_HOUR + BP_MINUTE, 1000 * DAY, 1);
    BpError err;
    ControlHolds *holds = control_holds_new();
    for (uint8_t slot = 8; slot <= 9; slot++) {
        const ControlHold hold = a_hold(7, slot, slot, slot, slot == 8 ? BP_MINUTE : BP_HOUR, &now);
        assert_int_equal(control_holds_claim(holds, &hold, &now, &err), BP_OK);
        control_holds_settle(holds, 7, slot, hold.command, CONTROL_TOOK,
                             &(ControlShown){.what = CONTROL_SHOWN_VALUE, .value = hold.ours[0]}, &now);
    }
    const ControlHold *hold = control_holds_take(holds, &then, NULL, NULL);
    assert_int_equal(hold->slot, 8);
    assert_null(control_holds_take(holds, &then, NULL, NULL));
    assert_int_equal(control_holds_seen(holds, 7, 8, &shown_empty, &then), CONTROL_IS_OVER);
    assert_non_null(control_holds_find(holds, 7, 9));
    control_holds_free(holds);
}

/* ---- the database's rows ---- */

static void rows_and_the_file_are_put_together(void **state)
{
    (void)state;
    const ControlTime now = a_clock(BP_HOUR, 1000 * DAY, 1);
    ControlHolds *holds = control_holds_new();
    const ControlHold unknown = a_hold(9, 8, 5, 50, BP_HOUR, &now);
    assert_true(control_holds_adopt(holds, &unknown, false, &now));
    assert_false(control_holds_adopt(holds, &unknown, false, &now)); /* once */
    take_slot(holds, 1, 21, BP_HOUR, &now);
    /* Its own row: a wall clock that leapt says nothing against the file ... */
    ControlHold row = a_hold(7, 8, 1, 21, BP_MINUTE, &now);
    assert_false(control_holds_adopt(holds, &row, false, &now));
    assert_int_equal(control_span_left(&control_holds_find(holds, 7, 8)->span, &now), BP_HOUR);
    /* ... nor does one of before, while the database lives on ... */
    row = a_hold(7, 8, 2, 19, BP_MINUTE, &now);
    assert_false(control_holds_adopt(holds, &row, false, &now));
    assert_int_equal(control_span_left(&control_holds_find(holds, 7, 8)->span, &now), BP_HOUR);
    /* ... but in a new life nobody knows: the earlier end, and reading, decide. */
    assert_false(control_holds_adopt(holds, &row, true, &now));
    assert_int_equal(control_span_left(&control_holds_find(holds, 7, 8)->span, &now), BP_MINUTE);
    const ControlShown other = shown_value(19), mine = shown_value(21);
    assert_true(control_hold_is_ours(control_holds_find(holds, 7, 8), other.value));
    assert_true(control_hold_is_ours(control_holds_find(holds, 7, 8), mine.value));
    control_holds_free(holds);
}

static void a_row_whose_hold_has_ended_is_not_taken_up_again(void **state)
{
    (void)state;
    const ControlTime now = a_clock(BP_HOUR, 1000 * DAY, 1),
                      then = a_clock(BP_HOUR + BP_MINUTE, 1000 * DAY, 1);
    ControlHolds *holds = control_holds_new();
    const ControlHold row = take_slot(holds, 1, 21, BP_MINUTE, &now);
    assert_non_null(control_holds_take(holds, &then, NULL, NULL));
    assert_int_equal(control_holds_seen(holds, 7, 8, &shown_empty, &then), CONTROL_IS_OVER);
    assert_false(control_holds_adopt(holds, &row, false, &then));
    assert_int_equal(control_holds_count(holds), 0);
    control_holds_free(holds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_runs_by_the_clock_that_nobody_sets),
        cmocka_unit_test(over_a_boot_it_never_lasts_longer_than_its_span_and_the_outage),
        cmocka_unit_test(a_hold_without_an_end_is_never_due),
        cmocka_unit_test(an_ended_hold_is_read_written_once_and_read_back),
        cmocka_unit_test(what_is_not_ours_is_left),
        cmocka_unit_test(a_device_that_does_not_answer_is_asked_after_1_2_4_60_s_for_ever),
        cmocka_unit_test(what_a_device_rounds_is_ours_as_it_was_read_back),
        cmocka_unit_test(a_newer_command_replaces_the_timer_only_where_it_took_the_slot),
        cmocka_unit_test(a_release_that_was_commanded_ends_the_hold),
        cmocka_unit_test(two_holds_on_one_point_end_apart),
        cmocka_unit_test(rows_and_the_file_are_put_together),
        cmocka_unit_test(a_row_whose_hold_has_ended_is_not_taken_up_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
