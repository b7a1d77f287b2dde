/* Moist air: what charts and tables say of it. */
#include "apps/sim/world/air.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void saturation_is_what_tables_have(void **state)
{
    (void)state;
    /* ASHRAE Handbook, Fundamentals, chapter 1, table 2: kg/kg at 101.325 kPa. */
    static const double table[][2] = {
        {0, 0.003790}, {10, 0.007662}, {20, 0.014759}, {30, 0.027332}, {40, 0.049145}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_true(fabs(air_saturated(table[i][0]) / table[i][1] - 1) < 0.008);
}

static void the_slope_is_that_of_saturation(void **state)
{
    (void)state;
    for (int t = -10; t <= 45; t += 5)
        assert_true(
            fabs((air_saturated(t + 0.001) - air_saturated(t - 0.001)) / 0.002 / air_saturated_slope(t) - 1) <
            1e-6);
}

static void a_summer_day_is_where_the_chart_has_it(void **state)
{
    (void)state;
    const double vapour = air_vapour(30, 50);
    assert_true(fabs(vapour - 0.0133) < 0.0001);
    assert_true(fabs(air_dew_point(vapour) - 18.4) < 0.1);
    assert_true(fabs(air_wet_bulb(30, vapour) - 22.0) < 0.15);
    assert_true(fabs(air_enthalpy(30, vapour) / 1000 - 64.2) < 0.5);
}

static void humidity_vapour_and_dew_point_agree(void **state)
{
    (void)state;
    for (int t = -10; t <= 45; t += 5)
        for (int humidity = 5; humidity <= 100; humidity += 5) {
            const double vapour = air_vapour(t, humidity);
            assert_true(fabs(air_humidity(t, vapour) - humidity) < 1e-9);
            assert_true(fabs(air_humidity(air_dew_point(vapour), vapour) - 100) < 1e-9);
        }
}

static void the_wet_bulb_keeps_the_heat(void **state)
{
    (void)state;
    for (int t = -5; t <= 45; t += 5) {
        assert_true(fabs(air_wet_bulb(t, air_saturated(t)) - t) < 1e-6);
        double last = -99;
        for (int humidity = 5; humidity <= 100; humidity += 5) {
            const double vapour = air_vapour(t, humidity), bulb = air_wet_bulb(t, vapour);
            assert_true(bulb > last && bulb <= t + 1e-6 && bulb >= air_dew_point(vapour) - 1e-6);
            const double taken = (air_saturated(bulb) - vapour) * 4186 * bulb;
            assert_true(fabs(air_enthalpy(t, vapour) + taken - air_enthalpy(bulb, air_saturated(bulb))) < 5);
            last = bulb;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saturation_is_what_tables_have),
        cmocka_unit_test(the_slope_is_that_of_saturation),
        cmocka_unit_test(a_summer_day_is_where_the_chart_has_it),
        cmocka_unit_test(humidity_vapour_and_dew_point_agree),
        cmocka_unit_test(the_wet_bulb_keeps_the_heat),
    };
    return cmocka_run_group_tests_name("sim world air", tests, NULL, NULL);
}
