/* Commands at most once and never late, whatever stands still or goes away between two steps. */
#include "tests/unit/apps/collect/control/scene.h"

static const int64_t BEYOND_CLAIM_US = 2100 * BP_MS;

/* The process stands still: all clocks have gone on when it looks again. */
static void stand_still(int64_t for_us)
{
    scene.field->network.now_us += for_us;
}

/* ---- stopped at each step ---- */

static int64_t stop_us;
static int stop_at;

static void stop_between(Scene *at, int step)
{
    (void)at;
    if (step == stop_at)
        stand_still(stop_us);
}

static void no_datagram_goes_out_after_a_stop_between_claim_and_datagram(void **state)
{
    (void)state;
    static const int steps[] = {CONTROL_CLAIMED, CONTROL_IS_KEPT};
    static const int64_t stops_us[] = {2100 * BP_MS, 61 * BP_SECOND};
    for (size_t i = 0; i < 4; i++) {
        scene_begin(1, "");
        stop_at = steps[i % 2];
        stop_us = stops_us[i / 2];
        scene.between = stop_between;
        const Row *row = insert(0, setpoint(0), 21, 8);
        scene_run(BP_SECOND); /* with the stop in it */
        scene_run(10 * BP_SECOND);
        assert_ended(row, CONTROL_NOT_SENT, "its time had passed when its turn came: nothing was written");
        assert_int_equal(row->claims, 1);
        assert_int_equal(scene.write_count, 0);
        scene_end();
    }
}

/* The turn in which the datagram is made is the last that can be stopped in: the poller has it by then. */
static void nor_after_a_stop_when_the_poller_has_it(void **state)
{
    (void)state;
    scene_begin(1, "");
    const Row *row = insert(0, setpoint(0), 21, 8);
    const ControlCommand *command = NULL;
    do {
        scene_turn();
        command = control_commands_find(scene.commands, row->due.number);
        if (command->step != CONTROL_WRITES)
            field_run(scene.field, BP_MS);
    } while (command->step != CONTROL_WRITES);
    assert_int_equal(scene.write_count, 0);
    stand_still(BEYOND_CLAIM_US);
    scene_run(10 * BP_SECOND);
    assert_ended(row, CONTROL_NOT_SENT, "its time had passed");
    assert_int_equal(scene.write_count, 0);
    scene_end();
}

static void a_stop_before_the_claim_is_no_matter_while_it_lives(void **state)
{
    (void)state;
    scene_begin(1, "");
    scene.holds_claims = true;
    Row *row = insert(0, setpoint(0), 21, 8);
    row->due.expires_us += BP_HOUR;
    scene_run(BP_SECOND); /* the claim has been asked for, and not answered */
    stand_still(10 * BP_SECOND);
    scene.holds_claims = false;
    scene_run(10 * BP_SECOND);
    assert_ended(row, CONTROL_NOT_SENT, "its time had passed"); /* counted from when it was asked for */
    row = insert(0, setpoint(0), 21, 8);
    row->due.expires_us += BP_HOUR;
    scene_turn(); /* it is looked at */
    stand_still(10 * BP_SECOND);
    scene_run(10 * BP_SECOND);
    assert_ended(row, CONTROL_HELD, NULL);
    assert_int_equal(scene.write_count, 1);
    scene_end();
}

static void what_waited_too_long_expires_by_either_clock(void **state)
{
    (void)state;
    for (int clock = 0; clock < 3; clock++) {
        scene_begin(1, "");
        assert_true(control_commands_take_point(scene.commands,
                                                insert(0, setpoint(0), 21, 8)->due.point_id)); /* it waits */
        const Row *row = &scene.rows[0];
        scene_run(BP_SECOND);
        assert_int_equal(row->status, PENDING);
        if (clock == 0)
            scene.wall_skew_us = BP_HOUR; /* set ahead */
        else if (clock == 1)
            scene.boot_skew_us = BP_HOUR; /* the machine slept, and its wall clock with it */
        else
            scene.wall_skew_us = -BP_HOUR; /* set back: the other clock counts */
        scene_run(clock == 2 ? 62 * BP_SECOND : BP_SECOND);
        assert_ended(row, CONTROL_NOT_SENT, "it was to be carried out before");
        assert_true(row->end.is_expired);
        assert_int_equal(scene.write_count, 0);
        scene_end();
    }
}

/* The gate knows table setting; a file or the environment may say more. */
static void what_the_program_is_set_to_stop_is_not_written(void **state)
{
    (void)state;
    scene_begin(1, "");
    control_commands_set(scene.commands, 5 * BP_SECOND, CONTROL_STOP);
    Row *row = insert(0, setpoint(0), 21, 8);
    scene_run(2 * BP_SECOND);
    assert_ended(row, CONTROL_NOT_SENT, "control.mode is stop");
    row = insert_release(0, setpoint(0), 8);
    scene_run(2 * BP_SECOND);
    assert_ended(row, CONTROL_HELD, NULL); /* releases go on */
    control_commands_set(scene.commands, 5 * BP_SECOND, CONTROL_FREEZE);
    row = insert_release(0, setpoint(0), 8);
    scene_run(2 * BP_SECOND);
    assert_ended(row, CONTROL_NOT_SENT, "control.mode is freeze");
    control_commands_set(scene.commands, 5 * BP_SECOND, CONTROL_NORMAL);
    assert_int_equal(scene.write_count, 1);
    scene_end();
}

static void a_stop_after_the_claim_is_in_time(void **state)
{
    (void)state;
    scene_begin(1, "");
    scene.holds_keeps = true;
    const Row *row = insert(0, setpoint(0), 21, 8);
    scene_run(BP_SECOND);
    control_commands_set(scene.commands, 5 * BP_SECOND, CONTROL_STOP);
    scene.holds_keeps = false;
    scene_run(10 * BP_SECOND);
    assert_ended(row, CONTROL_NOT_SENT, NULL);
    assert_int_equal(scene.write_count, 0);
    scene_end();
}

/* Between its claim and its datagram, by either clock. */
static void what_expires_after_its_claim_is_not_written(void **state)
{
    (void)state;
    for (int clock = 0; clock < 2; clock++) {
        scene_begin(1, "");
        scene.holds_keeps = true;
        Row *row = insert(0, setpoint(0), 21, 8);
        row->due.expires_us = scene_now(NULL).wall_us + BP_SECOND; /* the claim lives for two */
        scene_run(500 * BP_MS);
        if (clock == 0)
            scene.wall_skew_us = BP_SECOND;
        else
            scene.wall_skew_us = -BP_HOUR;
        scene_run(clock * 700 * BP_MS);
        scene.holds_keeps = false;
        scene_run(10 * BP_SECOND);
        assert_ended(row, CONTROL_NOT_SENT, NULL);
        assert_int_equal(scene.write_count, 0);
        scene_end();
    }
}

/* The clock is behind what it was in the run before. */
static void a_clock_that_was_later_once_is_not_believed(void **state)
{
    (void)state;
    scene_begin(1, "");
    control_commands_knew(scene.commands, scene_now(NULL).wall_us + 10 * BP_MINUTE);
    Row *row = insert(0, setpoint(0), 21, 8);
    row->due.execute_us = scene_now(NULL).wall_us - BP_SECOND;
    row->due.expires_us += BP_HOUR;
    scene_run(5 * BP_MINUTE);
    assert_int_equal(row->status, PENDING);
    scene_run(6 * BP_MINUTE);
    assert_ended(row, CONTROL_HELD, NULL);
    scene_end();
}

/* ---- the database ---- */

static void what_the_database_does_not_let_through_is_not_written(void **state)
{
    (void)state;
    scene_begin(1, "");
    scene.is_refusing_claims = true;
    insert(0, setpoint(0), 21, 8);
    scene_run(2 * BP_SECOND);
    assert_int_equal(scene.write_count, 0);
    assert_int_equal(control_commands_count(scene.commands), 0);
    scene_end();
}

static void what_was_certainly_not_claimed_is_claimed_again(void **state)
{
    (void)state;
    scene_begin(1, "");
    scene.holds_claims = true;
    const Row *row = insert(0, setpoint(0), 10, 8);
    scene_run(BP_SECOND);
    control_commands_unclaimed(scene.commands, true);
    scene.claims_waiting = 0;
    scene.holds_claims = false;
    scene_run(BP_SECOND);
    assert_ended(row, CONTROL_HELD, NULL);
    assert_int_equal(scene.write_count, 1);
    scene_end();
}

static void when_the_lock_is_lost_nothing_more_is_written(void **state)
{
    (void)state;
    scene_begin(2, "");
    scene.holds_keeps = true;
    const Row *claimed = insert(0, setpoint(0), 21, 8);
    scene_run(BP_SECOND);
    assert_int_equal(claimed->status, EXECUTING);
    scene.holds_claims = true;
    const Row *asked = insert(1, setpoint(1), 10, 8);
    scene_run(BP_SECOND);
    const Row *pending = insert(1, setpoint(1), 11, 8); /* behind it */
    scene_run(BP_SECOND);
    control_commands_unclaimed(scene.commands, false); /* the claim's answer will never come */
    scene.claims_waiting = 0;
    control_commands_may_write(scene.commands, false);
    scene.holds_claims = scene.holds_keeps = false;
    assert_null(control_commands_find(scene.commands, pending->due.number));
    tell_ends();
    assert_ended(claimed, CONTROL_NOT_SENT, "nothing was written");
    assert_ended(asked, CONTROL_NOT_SENT, "nothing was written");
    /* And is carried out by whoever has the lock next. */
    control_commands_may_write(scene.commands, true);
    scene_run(2 * BP_SECOND);
    assert_ended(pending, CONTROL_HELD, NULL);
    assert_int_equal(scene.write_count, 1);
    scene_end();
}

static void one_that_the_poller_has_is_held_back_when_the_lock_is_lost(void **state)
{
    (void)state;
    scene_begin(1, "");
    const Row *row = insert(0, setpoint(0), 21, 8);
    const ControlCommand *command = NULL;
    do {
        scene_turn();
        command = control_commands_find(scene.commands, row->due.number);
        if (command->step != CONTROL_WRITES)
            field_run(scene.field, BP_MS);
    } while (command->step != CONTROL_WRITES);
    control_commands_may_write(scene.commands, false);
    scene_run(BP_SECOND);
    assert_ended(row, CONTROL_NOT_SENT, NULL);
    assert_int_equal(scene.write_count, 0);
    scene_end();
}

static void an_end_is_kept_until_it_can_be_told(void **state)
{
    (void)state;
    scene_begin(1, "");
    const Row *row = insert(0, setpoint(0), 21, 8);
    while (scene.write_count == 0) {
        scene_turn();
        field_run(scene.field, BP_MS);
    }
    control_commands_may_write(scene.commands, false); /* the database goes away, and the datagram is out */
    for (int i = 0; i < 100; i++) {
        control_commands_advance(scene.commands);
        field_run(scene.field, 20 * BP_MS);
    }
    assert_int_equal(scene.ended, 1);
    assert_int_equal(row->status, EXECUTING);
    control_commands_may_write(scene.commands, true);
    look_for_due(); /* its row says executing: it is known, and not begun anew */
    assert_int_equal(control_commands_count(scene.commands), 1);
    scene_run(BP_SECOND);
    assert_ended(row, CONTROL_HELD, NULL);
    assert_int_equal(scene.write_count, 1);
    scene_end();
}

/* ---- a run that ended ---- */

static void what_was_executing_is_resolved_by_reading_and_never_written_again(void **state)
{
    (void)state;
    scene_begin(2, "");
    SimObject *shown = setpoint(0), *other = setpoint(1);
    put_slot(shown, 8, 21);
    put_slot(other, 9, 19);
    Row *rows[3] = {insert(0, shown, 21, 8), insert(1, other, 21, 8), insert_release(1, other, 8)};
    for (size_t i = 0; i < 3; i++)
        rows[i]->status = EXECUTING;
    scene_run(40 * BP_SECOND);
    assert_ended(rows[0], CONTROL_HELD, "21 holds at 8; the collector had ended meanwhile");
    assert_ended(rows[1], CONTROL_UNKNOWN, "the collector ended while this was carried out");
    assert_non_null(strstr(rows[1]->end.text, "slot 8 is empty"));
    assert_ended(rows[2], CONTROL_HELD, "slot 8 is empty, slot 9 holds 19");
    assert_int_equal(scene.write_count, 0);
    scene_end();
}

static void and_where_the_device_is_not_there_nobody_knows(void **state)
{
    (void)state;
    scene_begin(1, "");
    scene.field->stations[0].sim.quirks.silent = true;
    Row *row = insert(0, setpoint(0), 21, 8);
    row->status = EXECUTING;
    scene_run(BP_MINUTE);
    assert_ended(row, CONTROL_UNKNOWN, "could not be read since");
    assert_int_equal(scene.write_count, 0);
    scene_end();
}

/* ---- clocks ---- */

static void what_is_for_a_time_of_day_waits_for_a_clock_that_is_believed(void **state)
{
    (void)state;
    scene_begin(1, "");
    scene_run(BP_SECOND);
    scene.wall_skew_us = 8 * BP_HOUR; /* set ahead by mistake: now it would be due */
    Row *row = insert(0, setpoint(0), 21, 8);
    row->due.execute_us = scene_now(NULL).wall_us - BP_SECOND;
    row->due.expires_us += BP_HOUR;
    const Row *now =
        insert(0, object_of(0, BAC_ANALOG_VALUE, true, 1), 20, 8); /* behind it, at no time of day */
    scene_run(30 * BP_SECOND);
    assert_int_equal(row->status, PENDING);
    assert_ended(now, CONTROL_HELD, NULL);
    scene_run(40 * BP_SECOND); /* it has stayed so: people have set it */
    assert_ended(row, CONTROL_HELD, NULL);
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_datagram_goes_out_after_a_stop_between_claim_and_datagram),
        cmocka_unit_test(nor_after_a_stop_when_the_poller_has_it),
        cmocka_unit_test(a_stop_before_the_claim_is_no_matter_while_it_lives),
        cmocka_unit_test(what_waited_too_long_expires_by_either_clock),
        cmocka_unit_test(what_the_database_does_not_let_through_is_not_written),
        cmocka_unit_test(what_was_certainly_not_claimed_is_claimed_again),
        cmocka_unit_test(when_the_lock_is_lost_nothing_more_is_written),
        cmocka_unit_test(one_that_the_poller_has_is_held_back_when_the_lock_is_lost),
        cmocka_unit_test(an_end_is_kept_until_it_can_be_told),
        cmocka_unit_test(what_was_executing_is_resolved_by_reading_and_never_written_again),
        cmocka_unit_test(and_where_the_device_is_not_there_nobody_knows),
        cmocka_unit_test(what_expires_after_its_claim_is_not_written),
        cmocka_unit_test(a_clock_that_was_later_once_is_not_believed),
        cmocka_unit_test(what_the_program_is_set_to_stop_is_not_written),
        cmocka_unit_test(a_stop_after_the_claim_is_in_time),
        cmocka_unit_test(what_is_for_a_time_of_day_waits_for_a_clock_that_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
