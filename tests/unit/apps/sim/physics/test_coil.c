/* Coils against the second law, against textbook values, and against a coil cut into five hundred slices. */
#include "apps/sim/physics/coil.h"
#include "apps/sim/physics/moist.h"
#include "tests/unit/apps/sim/physics/near.h"

enum { SLICES = 500 };

static const double FLOW = 2; /* kg/s of air, where a test has no other */

static CoilWater water_of(double flow, double supply)
{
    return (CoilWater){.flow = flow, .supply = supply, .air_side = 6000, .water_side = 9000};
}

static void effectiveness_is_that_of_the_textbook(void **state)
{
    (void)state;
    /* Counterflow (Kays and London, Compact Heat Exchangers, table of effectiveness). */
    static const struct {
        double units, ratio, effectiveness;
    } rows[] = {{0.25, 0, 0.221}, {1, 0, 0.632},   {3, 0, 0.950},   {1, 0.25, 0.598}, {1, 0.5, 0.565},
                {1, 1, 0.500},    {2, 0.5, 0.775}, {2, 1, 0.667},   {3, 0.75, 0.817}, {3, 1, 0.750},
                {5, 0.5, 0.957},  {5, 1, 0.833},   {0.5, 1, 0.333}, {60, 0.5, 1},     {0, 0.5, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_near(coil_effectiveness(rows[i].units, rows[i].ratio), rows[i].effectiveness, 0.002);
    assert_near(coil_effectiveness(2, 1 - 1e-4), coil_effectiveness(2, 1), 1e-4); /* no step at equal flows */
}

static void a_side_goes_with_the_power_of_its_flow(void **state)
{
    (void)state;
    assert_near(coil_side(1000, 1), 1000, 1e-9);
    assert_near(coil_side(1000, 0.5), 574.3, 0.1); /* 0.5^0.8 */
    assert_near(coil_side(1000, 0), 0, 0);
}

static void heat_warms_the_air_as_it_cools_the_water(void **state)
{
    (void)state;
    for (int supply = 5; supply <= 85; supply += 10)
        for (int i = 0; i < 6; i++) {
            const double flow = 0.05 * (1 << i);
            CoilAir air = {FLOW, 18, 0.006};
            CoilWater water = water_of(flow, supply);
            const double power = coil_heat(&air, &water);
            assert_near(power, FLOW * AIR_HEAT * (air.temperature - 18), 1e-6);
            assert_near(power, flow * WATER_HEAT * (supply - water.returned), 1e-6);
            assert_between(air.temperature, fmin(18, supply), fmax(18, supply));
            assert_between(water.returned, fmin(18, supply), fmax(18, supply));
            assert_near(air.vapour, 0.006, 0);
        }
}

static void cooling_keeps_to_its_limits(void **state)
{
    (void)state;
    for (int temperature = 12; temperature <= 36; temperature += 4)
        for (int humidity = 5; humidity <= 100; humidity += 5)
            for (int supply = 4; supply <= 18; supply += 2)
                for (int i = 0; i < 12; i++) {
                    const double flow = 0.02 * pow(1.7, i);
                    const double vapour = vapour_of(temperature, humidity);
                    CoilAir air = {FLOW, temperature, vapour};
                    CoilWater water = water_of(flow, supply);
                    double condensate;
                    const double power = coil_cool(&air, &water, &condensate);
                    if (temperature < supply)
                        continue; /* it warms; nobody asks for more */
                    const double enthalpy = moist_content(temperature, vapour);
                    assert_near(power, FLOW * (enthalpy - moist_content(air.temperature, air.vapour)), 1);
                    assert_near(power, flow * WATER_HEAT * (water.returned - supply), 1);
                    assert_near(condensate, FLOW * (vapour - air.vapour), 1e-9);
                    assert_between(condensate, 0, 1);
                    assert_between(air.temperature, supply - 0.01, temperature + 0.02);
                    assert_between(water.returned, supply, temperature + 0.01);
                    assert_between(air.vapour, fmin(vapour, air_saturated(supply)) - 1e-6, vapour);
                    assert_between(100 * air.vapour / air_saturated(air.temperature), 0,
                                   fmax(100.1, humidity));
                }
}

static void nothing_comes_of_nothing(void **state)
{
    (void)state;
    CoilAir air = {FLOW, 25, 0.012}, still = {0, 25, 0.012};
    CoilWater none = {.supply = 7}, water = water_of(1, 7);
    double condensate = 9;
    assert_near(coil_cool(&air, &none, &condensate), 0, 0);
    assert_near(condensate, 0, 0);
    assert_near(none.returned, 7, 0);
    assert_near(coil_cool(&still, &water, &condensate), 0, 0);
    assert_near(coil_heat(&air, &none), 0, 0);
    assert_near(coil_heat(&still, &water), 0, 0);
    assert_near(air.temperature, 25, 0);
    assert_near(air.vapour, 0.012, 0);
}

static double cooling(double air_flow, double temperature, double humidity, double water_flow, double supply,
                      double *ret_condensate)
{
    CoilAir air = {air_flow, temperature, vapour_of(temperature, humidity)};
    CoilWater water = water_of(water_flow, supply);
    return coil_cool(&air, &water, ret_condensate);
}

static void more_water_and_colder_water_cool_more(void **state)
{
    (void)state;
    double condensate, before = 0, dry_before = 0;
    for (int i = 0; i < 26; i++) {
        const double now = cooling(FLOW, 27, 60, 0.05 * pow(1.2, i), 7, &condensate);
        assert_true(now > before);
        before = now;
    }
    for (int i = 40; i >= 8; i--) {
        const double now = cooling(FLOW, 27, 60, 2, i / 2.0, &condensate);
        assert_true(now > dry_before);
        dry_before = now;
    }
    assert_true(cooling(FLOW, 27, 70, 2, 7, &condensate) > cooling(FLOW, 27, 60, 2, 7, &condensate));
}

static void it_dries_the_air_only_below_the_dew_point(void **state)
{
    (void)state;
    double condensate;
    cooling(FLOW, 25, 50, 2, 14.2, &condensate); /* dew point 13.9 (ASHRAE, chart 1) */
    assert_near(condensate, 0, 0);
    cooling(FLOW, 25, 50, 2, 7, &condensate);
    assert_true(condensate > 0.002);
    cooling(FLOW, 25, 20, 2, 7, &condensate); /* dew point 0.5 */
    assert_near(condensate, 0, 0);
}

/* The same coil in slices: from the air's entry on, the water's return guessed until its supply comes out
 * right. Heat goes through the air's film by enthalpy where the surface is wet (Lewis' number 1), then
 * through the water's; the surface's temperature is what lets both be equal. */
static double sliced(CoilAir *air, const CoilWater *water, double *ret_water_supply, double returned)
{
    const double air_side = water->air_side / SLICES, water_side = water->water_side / SLICES;
    double cold = returned, all = 0;
    for (int i = 0; i < SLICES; i++) {
        double low = cold, high = fmax(air->temperature, cold), power = 0, dried = 0;
        for (int j = 0; j < 50; j++) {
            const double surface = (low + high) / 2, most = air_saturated(surface);
            const double wet = fmax(0, air->vapour - most);
            dried = air_side / AIR_HEAT * wet;
            power = air_side * (air->temperature - surface) + dried * VAPOUR_HEAT;
            if (power > water_side * (surface - cold))
                low = surface;
            else
                high = surface;
        }
        air->vapour -= dried / air->flow;
        air->temperature -= (power - dried * VAPOUR_HEAT) / (air->flow * AIR_HEAT);
        cold -= power / (water->flow * WATER_HEAT);
        all += power;
    }
    *ret_water_supply = cold;
    return all;
}

static void it_is_near_a_coil_in_slices(void **state)
{
    (void)state;
    static const struct {
        double temperature, humidity, water, within, kelvin;
    } rows[] = {{27, 50, 2, 0.01, 0.1},   {33, 65, 2, 0.02, 0.1},   {30, 75, 1, 0.02, 0.1},
                {24, 60, 1.5, 0.02, 0.1}, {27, 50, 0.7, 0.08, 0.5}, {25, 20, 1, 0.01, 0.05},
                {22, 55, 0.3, 0.08, 0.5}}; /* 8 %: dry at its warm end */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double vapour = vapour_of(rows[i].temperature, rows[i].humidity);
        CoilAir air = {FLOW, rows[i].temperature, vapour}, slices = air;
        CoilWater water = water_of(rows[i].water, 7);
        double condensate, low = 7, high = rows[i].temperature, exact = 0;
        const double power = coil_cool(&air, &water, &condensate);
        for (int j = 0; j < 40; j++) {
            double supply;
            slices = (CoilAir){FLOW, rows[i].temperature, vapour};
            exact = sliced(&slices, &water, &supply, (low + high) / 2);
            *(supply > 7 ? &high : &low) = (low + high) / 2;
        }
        print_message("# air %.0f C %.0f %%, water %.1f kg/s: %.0f W, in slices %.0f; vapour %.5f, %.5f; "
                      "leaves at %.2f, %.2f\n",
                      rows[i].temperature, rows[i].humidity, rows[i].water, power, exact, air.vapour,
                      slices.vapour, air.temperature, slices.temperature);
        assert_near(power, exact, rows[i].within * exact);
        assert_near(air.vapour, slices.vapour, 0.0005);
        assert_near(air.temperature, slices.temperature, rows[i].kelvin);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effectiveness_is_that_of_the_textbook),
        cmocka_unit_test(a_side_goes_with_the_power_of_its_flow),
        cmocka_unit_test(heat_warms_the_air_as_it_cools_the_water),
        cmocka_unit_test(cooling_keeps_to_its_limits),
        cmocka_unit_test(nothing_comes_of_nothing),
        cmocka_unit_test(more_water_and_colder_water_cool_more),
        cmocka_unit_test(it_dries_the_air_only_below_the_dew_point),
        cmocka_unit_test(it_is_near_a_coil_in_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
