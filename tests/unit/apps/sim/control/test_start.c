#include "apps/sim/control/start.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const StartRule rule = {.rate = 2, .slowest = 0.4, .fastest = 6, .most_h = 3, .spare_h = 0.1};

/* A morning in a building of so many K an hour, begun as early as is believed right; gives the error that is
 * left when people come. */
static double morning(StartMemory *memory, double error, double true_rate)
{
    const double lead = start_lead_h(memory, &rule, error);
    start_begin(memory, error);
    for (int minute = 0; minute < (int)(lead * 60); minute++) {
        error = fmax(0, error - true_rate / 60);
        start_step(memory, error, 60);
    }
    start_end(memory, &rule, error);
    return error;
}

static void what_is_right_already_needs_no_start(void **state)
{
    (void)state;
    const StartMemory memory = {0};
    assert_true(start_lead_h(&memory, &rule, 0) == 0);
    assert_true(start_lead_h(&memory, &rule, -2) == 0);
}

static void the_lead_grows_with_the_error_up_to_its_most(void **state)
{
    (void)state;
    const StartMemory memory = {0};
    assert_true(fabs(start_lead_h(&memory, &rule, 1) - 0.6) < 1e-9);
    assert_true(fabs(start_lead_h(&memory, &rule, 2) - 1.1) < 1e-9);
    assert_true(start_lead_h(&memory, &rule, 50) == 3);
}

static void a_slow_building_is_learned_and_is_warm_in_time_within_two_weeks(void **state)
{
    (void)state;
    StartMemory memory = {0};
    assert_true(morning(&memory, 2, 0.8) > 0.5); /* the first is too late */
    for (int day = 0; day < 13; day++)
        morning(&memory, 2, 0.8);
    assert_true(fabs(memory.rate - 0.8) < 0.1);
    assert_true(morning(&memory, 2, 0.8) < 0.1);
}

static void a_quick_building_is_learned_and_started_later(void **state)
{
    (void)state;
    StartMemory memory = {0};
    const double before = start_lead_h(&memory, &rule, 3);
    for (int day = 0; day < 14; day++)
        assert_true(morning(&memory, 3, 4) == 0);
    assert_true(fabs(memory.rate - 4) < 0.3);
    assert_true(start_lead_h(&memory, &rule, 3) < before - 0.6);
}

static void one_odd_morning_does_not_undo_what_was_learned(void **state)
{
    (void)state;
    StartMemory memory = {.rate = 2};
    morning(&memory, 3, 0); /* the boiler was off */
    assert_true(memory.rate > 1.4);
    morning(&memory, 0.2, 50); /* almost nothing to do: says nothing */
    assert_true(memory.rate > 1.4 && memory.rate < 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_right_already_needs_no_start),
        cmocka_unit_test(the_lead_grows_with_the_error_up_to_its_most),
        cmocka_unit_test(a_slow_building_is_learned_and_is_warm_in_time_within_two_weeks),
        cmocka_unit_test(a_quick_building_is_learned_and_started_later),
        cmocka_unit_test(one_odd_morning_does_not_undo_what_was_learned),
    };
    return cmocka_run_group_tests_name("optimal start", tests, NULL, NULL);
}
