#include "apps/sim/control/regulator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const RegulatorTuning tuning = {.gain = 2, .integral_s = 60, .low = 0, .high = 100};

static void it_brings_a_slow_thing_to_its_setpoint_and_stays_there(void **state)
{
    (void)state;
    Regulator regulator = {0};
    double value = 10, output = 0;
    for (int i = 0; i < 2000; i++) {
        output = regulator_step(&regulator, &tuning, 20 - value, 5);
        value += (5 + 0.3 * output - value) * 5 / 120; /* 50 % hold it at 20 */
    }
    assert_true(fabs(value - 20) < 0.01);
    assert_true(fabs(output - 50) < 0.1);
}

static void it_never_leaves_its_range_and_does_not_wind_up(void **state)
{
    (void)state;
    Regulator regulator = {0};
    for (int i = 0; i < 10000; i++)
        assert_true(regulator_step(&regulator, &tuning, 40, 5) <= 100);
    /* Hours at the end of its range: it comes back as soon as the error has another sign, and not hours
     * later. */
    int steps = 0;
    while (regulator_step(&regulator, &tuning, -5, 5) >= 95)
        assert_true(++steps < 10);
    for (int i = 0; i < 10000; i++)
        assert_true(regulator_step(&regulator, &tuning, -40, 5) >= 0);
    assert_true(regulator_step(&regulator, &tuning, 5, 5) > 9);
}

static void after_somebody_elses_command_it_goes_on_without_a_jump(void **state)
{
    (void)state;
    Regulator regulator = {0};
    for (int i = 0; i < 100; i++)
        regulator_follow(&regulator, &tuning, 63, 1);
    assert_true(fabs(regulator_step(&regulator, &tuning, 1, 5) - 63) < 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_brings_a_slow_thing_to_its_setpoint_and_stays_there),
        cmocka_unit_test(it_never_leaves_its_range_and_does_not_wind_up),
        cmocka_unit_test(after_somebody_elses_command_it_goes_on_without_a_jump),
    };
    return cmocka_run_group_tests_name("regulator", tests, NULL, NULL);
}
