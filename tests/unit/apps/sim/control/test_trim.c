#include "apps/sim/control/trim.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Guideline 36's own example: 5.1.14.4, table. */
static const TrimRule rule = {.start = 120,
                              .low = 37,
                              .high = 370,
                              .trim = -10,
                              .respond = 15,
                              .respond_most = 37,
                              .ignored = 2,
                              .delay_s = 300,
                              .every_s = 120};

static const TrimRule colder = {.start = 18,
                                .low = 13,
                                .high = 18,
                                .trim = 0.1,
                                .respond = -0.2,
                                .respond_most = -0.6,
                                .ignored = 2,
                                .every_s = 120};

static double after(Trim *trim, const TrimRule *its, double requests, int moves)
{
    double setpoint = NAN;
    for (int i = 0; i < moves * 2; i++)
        setpoint = trim_step(trim, its, true, requests, 60);
    return setpoint;
}

static void it_waits_at_its_start_and_then_trims_down_to_its_limit(void **state)
{
    (void)state;
    Trim trim = {0};
    for (int minute = 0; minute < 4; minute++)
        assert_true(trim_step(&trim, &rule, true, 50, 60) == 120); /* whatever is asked for meanwhile */
    assert_true(trim_step(&trim, &rule, true, 0, 60) == 110);
    assert_true(trim_step(&trim, &rule, true, 0, 60) == 110);
    assert_true(trim_step(&trim, &rule, true, 0, 60) == 100);
    assert_true(after(&trim, &rule, 0, 100) == 37);
}

static void it_answers_requests_beyond_the_ignored_ones_and_never_more_than_its_most(void **state)
{
    (void)state;
    Trim trim = {.setpoint = 120, .has_run = true};
    assert_true(trim_step(&trim, &rule, true, 2, 60) == 110);
    trim.wait_s = 0;
    assert_true(trim_step(&trim, &rule, true, 3, 60) == 115);
    trim.wait_s = 0;
    assert_true(trim_step(&trim, &rule, true, 4, 60) == 135);
    trim.wait_s = 0;
    assert_true(trim_step(&trim, &rule, true, 40, 60) == 162);
    assert_true(after(&trim, &rule, 40, 100) == 370);
}

static void it_trims_upwards_where_that_saves(void **state)
{
    (void)state;
    Trim trim = {.setpoint = 18, .has_run = true};
    assert_true(fabs(after(&trim, &colder, 4, 1) - 17.7) < 1e-9);
    assert_true(fabs(after(&trim, &colder, 100, 1) - 17.2) < 1e-9);
    assert_true(after(&trim, &colder, 100, 100) == 13);
    assert_true(after(&trim, &colder, 1, 100) == 18);
}

static void what_stood_still_begins_again(void **state)
{
    (void)state;
    Trim trim = {.setpoint = 300, .has_run = true};
    assert_true(trim_step(&trim, &rule, false, 9, 60) == 120);
    for (int minute = 0; minute < 4; minute++)
        assert_true(trim_step(&trim, &rule, true, 9, 60) == 120);
}

static void it_goes_on_from_where_a_command_held_it(void **state)
{
    (void)state;
    Trim trim = {.setpoint = 120, .has_run = true};
    trim_follow(&trim, &rule, 200);
    assert_true(trim_step(&trim, &rule, true, 0, 60) == 190);
    trim_follow(&trim, &rule, 1000);
    assert_true(trim.setpoint == 370);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_waits_at_its_start_and_then_trims_down_to_its_limit),
        cmocka_unit_test(it_answers_requests_beyond_the_ignored_ones_and_never_more_than_its_most),
        cmocka_unit_test(it_trims_upwards_where_that_saves),
        cmocka_unit_test(what_stood_still_begins_again),
        cmocka_unit_test(it_goes_on_from_where_a_command_held_it),
    };
    return cmocka_run_group_tests_name("trim and respond", tests, NULL, NULL);
}
