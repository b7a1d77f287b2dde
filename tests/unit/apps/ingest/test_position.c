#include "apps/ingest/gather.h"
#include "apps/ingest/position.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static Positions *positions;

static int set_up(void **state)
{
    (void)state;
    positions = calloc(1, sizeof *positions);
    return positions ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    free(positions);
    return 0;
}

static Position *find(uint64_t run)
{
    const MdlRun name = mdl_run(run);
    return positions_find(positions, &name);
}

/* All that was taken is committed. */
static void commit(void)
{
    for (size_t i = 0; i < positions->count; i++) {
        const Position *position = &positions->items[i];
        positions_stored(positions, &position->run, position->accepted, position->accepted_skipped);
    }
}

static void batches_are_taken_in_their_turn_only(void **state)
{
    (void)state;
    Position *position = find(1);
    assert_int_equal(position_judge(position, 2, 1), BATCH_IS_AHEAD);
    assert_int_equal(position_judge(position, 1, 1), BATCH_IS_NEXT);
    position_accept(position, 1);
    assert_int_equal(position_judge(position, 1, 1), BATCH_IS_REPEAT); /* before it is committed, too */
    assert_int_equal(position_judge(position, 2, 1), BATCH_IS_NEXT);
    assert_int_equal(position->stored, 0);
    commit();
    assert_int_equal(position->stored, 1);
    assert_int_equal(position_judge(position, 1, 1), BATCH_IS_REPEAT);
}

static void what_the_collector_dropped_is_skipped_and_counted(void **state)
{
    (void)state;
    Position *position = find(1);
    position_accept(position, 1);
    commit();
    assert_int_equal(position_judge(position, 9, 5),
                     BATCH_IS_AHEAD); /* 2, 3 and 4 are gone, 5 to 8 are not */
    assert_int_equal(position->accepted, 4);
    assert_int_equal(position->accepted_skipped, 3);
    assert_int_equal(position_judge(position, 5, 5), BATCH_IS_NEXT);
    position_accept(position, 5);
    commit();
    assert_int_equal(position->stored, 5);
    assert_int_equal(position->skipped, 3);
    /* A repeat that names an older `oldest` takes nothing back. */
    assert_int_equal(position_judge(position, 3, 1), BATCH_IS_REPEAT);
    assert_int_equal(position->accepted, 5);
}

static void what_was_taken_during_a_transaction_is_not_stored_by_it(void **state)
{
    (void)state;
    Position *position = find(1);
    position_accept(position, 2);
    positions_stored(positions, &position->run, 1, 0);
    assert_int_equal(position->stored, 1);
    assert_int_equal(position->accepted, 2);
    position->asked_at_us = 5;
    positions_reset(positions);                 /* the second transaction failed */
    assert_int_equal(position->asked_at_us, 0); /* what is missing now may be asked for at once */
    assert_int_equal(position_judge(position, 2, 1), BATCH_IS_NEXT);
}

static void a_run_that_was_forgotten_stays_forgotten(void **state)
{
    (void)state;
    const MdlRun run = mdl_run(9);
    (void)find(1);
    positions_stored(positions, &run, 7, 0);
    assert_int_equal(positions->count, 1);
    assert_int_equal(find(1)->stored, 0);
}

static void runs_do_not_disturb_each_other_and_the_latest_are_announced(void **state)
{
    (void)state;
    for (uint64_t run = 1; run <= 2 * MDL_POSITIONS_MAX; run++)
        position_accept(find(run), (int64_t)run);
    position_accept(find(3), 30);
    commit();
    MdlPosition announced[MDL_POSITIONS_MAX];
    assert_int_equal(positions_announced(positions, announced), MDL_POSITIONS_MAX);
    assert_string_equal(announced[0].run.text, mdl_run(3).text);
    assert_int_equal(announced[0].stored, 30);
    assert_string_equal(announced[1].run.text, mdl_run(2 * MDL_POSITIONS_MAX).text);
}

static void the_run_longest_unheard_of_makes_room(void **state)
{
    (void)state;
    for (uint64_t run = 1; run <= POSITIONS_MAX; run++)
        position_accept(find(run), 7);
    (void)find(1); /* heard of again */
    (void)find(POSITIONS_MAX + 1);
    assert_int_equal(positions->count, POSITIONS_MAX);
    assert_int_equal(find(1)->accepted, 7);
    assert_int_equal(find(2)->accepted, 0); /* this one was forgotten: the database still knows it */
}

static void a_reset_during_a_transaction_that_is_committed_takes_nothing_back(void **state)
{
    (void)state;
    Position *position = find(1);
    for (int64_t n = 1; n <= 100; n++)
        position_accept(position, n);
    (void)position_judge(position, 111, 111); /* 101 to 110 were dropped */
    positions_reset(positions);               /* the broker was lost while these are committed */
    for (int64_t n = 1; n <= 60; n++) {
        assert_int_equal(position_judge(position, n, 1), BATCH_IS_NEXT); /* it may still fail */
        position_accept(position, n);
    }
    positions_stored(positions, &position->run, 110, 10);
    positions_check(positions);
    assert_int_equal(position->stored, 110);
    assert_int_equal(position->accepted, 110);
    assert_int_equal(position_judge(position, 61, 61), BATCH_IS_REPEAT);
    assert_int_equal(position_judge(position, 101, 101), BATCH_IS_REPEAT);
    commit();
    assert_int_equal(position->stored, 110);
    assert_int_equal(position->skipped, 10);
}

static void a_number_that_no_collector_can_have_changes_nothing(void **state)
{
    (void)state;
    Position *position = find(1);
    position_accept(position, 5);
    commit();
    static const int64_t beyond[] = {6 + MDL_JUMP_MAX, INT64_C(1) << 62, INT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(position_judge(position, beyond[i], beyond[i]), BATCH_IS_BEYOND);
        assert_int_equal(position_judge(position, beyond[i], 1), BATCH_IS_BEYOND);
    }
    assert_int_equal(position->accepted, 5);
    assert_int_equal(position->skipped, 0);
    assert_int_equal(position_judge(position, 6, 1), BATCH_IS_NEXT);
    assert_int_equal(position_judge(position, 5 + MDL_JUMP_MAX, 6), BATCH_IS_AHEAD);
}

static void what_is_dropped_is_skipped_to_the_number(void **state)
{
    (void)state;
    Position *position = find(1);
    position_accept(position, 4);
    assert_int_equal(position_judge(position, 5, 5), BATCH_IS_NEXT); /* none between */
    assert_int_equal(position->accepted_skipped, 0);
    assert_int_equal(position_judge(position, 6, 6), BATCH_IS_NEXT); /* 5 */
    assert_int_equal(position->accepted_skipped, 1);
    assert_int_equal(position->accepted, 5);
    assert_int_equal(position->gap, 1);
    assert_int_equal(position_judge(position, 9, 8), BATCH_IS_AHEAD); /* 6 and 7 too */
    assert_int_equal(position->gap, 3);
    position_accept(position, 8);
    assert_int_equal(position->gap, 0);
}

static void what_was_skipped_and_came_after_all_takes_nothing_back(void **state)
{
    (void)state;
    Position *position = find(1);
    assert_int_equal(position_judge(position, 4, 4), BATCH_IS_NEXT); /* 1 to 3 are skipped */
    position_accept(position, 4);
    positions_reset(positions); /* while 4 is being committed */
    for (int64_t n = 1; n <= 6; n++)
        position_accept(position, n); /* 1 to 3 were found again */
    positions_stored(positions, &position->run, 4, 3);
    positions_check(positions);
    positions_stored(positions, &position->run, 6, 0);
    positions_check(positions);
    assert_int_equal(position->stored, 6);
    assert_int_equal(position->skipped, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(batches_are_taken_in_their_turn_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_collector_dropped_is_skipped_and_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_taken_during_a_transaction_is_not_stored_by_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_run_that_was_forgotten_stays_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(runs_do_not_disturb_each_other_and_the_latest_are_announced, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_run_longest_unheard_of_makes_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reset_during_a_transaction_that_is_committed_takes_nothing_back,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_number_that_no_collector_can_have_changes_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_dropped_is_skipped_to_the_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_skipped_and_came_after_all_takes_nothing_back, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("ingest position", tests, NULL, NULL);
}
