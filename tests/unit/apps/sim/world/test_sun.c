/* The sun: where it stands on days that are known, what comes through a clear sky, and on walls. */
#include "apps/sim/world/sun.h"
#include "apps/sim/world/weather.h"

#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int64_t instant(const char *text)
{
    int64_t at_us;
    assert_int_equal(bp_time_parse(bp_str(text), &at_us, NULL), BP_OK);
    return at_us;
}

static Sun sun_of(const char *climate, int64_t at_us)
{
    const Climate *place = climate_find(bp_str(climate));
    Sun sun;
    sun_at(place->latitude, place->longitude, at_us, &sun);
    return sun;
}

/* Highest of the day that begins then. */
static Sun noon(const char *climate, const char *date)
{
    Sun highest = {.height = -90};
    for (int minute = 0; minute < 24 * 60; minute++) {
        const Sun sun = sun_of(climate, instant(date) + minute * BP_MINUTE);
        if (sun.height > highest.height)
            highest = sun;
    }
    return highest;
}

static void it_stands_where_the_solar_position_algorithm_has_it(void **state)
{
    (void)state;
    /* The worked example of Reda and Andreas, NREL/TP-560-34302: Golden, Colorado. */
    Sun sun;
    sun_at(39.742476, -105.1786, instant("2003-10-17T19:30:30Z"), &sun);
    assert_float_equal(sun.height, 39.872, 0.015);
    assert_float_equal(sun.azimuth, 194.340, 0.015);
}

static void noon_of_solstices_and_equinoxes_is_as_high_as_the_latitude_says(void **state)
{
    (void)state;
    static const struct {
        const char *climate, *date;
        double height, azimuth;
    } cases[] = {
        {"lisbon", "2026-06-21", 90 - 38.72 + 23.44, 180},
        {"lisbon", "2026-12-21", 90 - 38.72 - 23.44, 180},
        {"lisbon", "2026-03-20", 90 - 38.72, 180},
        {"macau", "2026-06-21", 90 - 23.44 + 22.16, 0},
        {"macau", "2026-12-22", 90 - 22.16 - 23.44, 180},
        {"kuala-lumpur", "2026-06-21", 90 - 23.44 + 3.13, 0},
        {"kuala-lumpur", "2026-12-22", 90 - 3.13 - 23.44, 180},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const Sun sun = noon(cases[i].climate, cases[i].date);
        assert_float_equal(sun.height, cases[i].height, 0.15);
        /* Near the zenith a minute is several degrees. */
        if (cases[i].height < 80)
            assert_true(fabs(remainder(sun.azimuth - cases[i].azimuth, 360)) < 1);
    }
}

static void on_equinoxes_it_rises_in_the_east_and_sets_in_the_west(void **state)
{
    (void)state;
    double rose = 0, set = 0;
    int minutes = 0;
    for (int minute = 0; minute < 24 * 60; minute++) {
        const Sun sun = sun_of("lisbon", instant("2026-03-20") + minute * BP_MINUTE);
        if (sun.height > 0) {
            rose = minutes++ ? rose : sun.azimuth;
            set = sun.azimuth;
        }
    }
    assert_float_equal(rose, 90, 0.7);
    assert_float_equal(set, 270, 0.7);
    assert_in_range(minutes, 12 * 60 - 5, 12 * 60 + 5);
}

static void days_are_as_long_as_the_rule_for_normals_says(void **state)
{
    (void)state;
    static const char *const dates[] = {"2026-01-15", "2026-04-15", "2026-06-21", "2026-10-15"};
    static const double of_year[] = {15, 105, 172, 288};
    for (size_t place = 0; place < climate_count; place++)
        for (size_t i = 0; i < 4; i++) {
            int minutes = 0;
            for (int minute = 0; minute < 24 * 60; minute++)
                minutes += sun_of(climates[place].name, instant(dates[i]) + minute * BP_MINUTE).height > 0;
            assert_float_equal(minutes / 60.0, sun_day_hours(climates[place].latitude, of_year[i]), 0.15);
        }
}

/* kWh/m2 on a level in a day without a cloud. */
static double clear_day(const char *climate, const char *date)
{
    const Climate *place = climate_find(bp_str(climate));
    double sum = 0;
    for (int minute = 0; minute < 24 * 60; minute++) {
        const Sun sun = sun_of(climate, instant(date) + minute * BP_MINUTE);
        double direct, diffuse;
        sun_clear(&sun, place->haze_beam, place->haze_diffuse, &direct, &diffuse);
        assert_true(direct >= 0 && diffuse >= 0 && direct < 1100 && diffuse < 300);
        assert_true(sun.height > 0 || direct + diffuse == 0);
        sum += (direct * fmax(0, sun.sine) + diffuse) / 60000;
    }
    return sum;
}

static void clear_days_bring_what_they_do_at_their_latitude(void **state)
{
    (void)state;
    /* Beyond the air: 11.6 and 3.9 kWh/m2 at Lisbon's solstices, of which a clear sky lets 70 to 75 and 60 to
     * 70 % through; hazy tropics less. */
    assert_true(clear_day("lisbon", "2026-06-21") > 7.9 && clear_day("lisbon", "2026-06-21") < 8.8);
    assert_true(clear_day("lisbon", "2026-12-21") > 2.2 && clear_day("lisbon", "2026-12-21") < 2.9);
    assert_true(clear_day("macau", "2026-06-21") > 6.6 && clear_day("macau", "2026-06-21") < 8.1);
    assert_true(clear_day("macau", "2026-12-21") > 3.3 && clear_day("macau", "2026-12-21") < 4.4);
    assert_true(clear_day("kuala-lumpur", "2026-03-20") > 6.0 &&
                clear_day("kuala-lumpur", "2026-03-20") < 7.5);
}

static void low_sun_comes_through_much_air(void **state)
{
    (void)state;
    /* By hand: at 10 degrees the air mass is 5.58; of tau 0.33 and 2.4 the powers are 0.693 and 0.232. */
    const Sun sun = {.height = 10, .sine = sin(10 * M_PI / 180), .beyond = 1361};
    double direct, diffuse;
    sun_clear(&sun, 0.33, 2.4, &direct, &diffuse);
    assert_float_equal(direct, 1361 * exp(-0.33 * pow(5.58, 0.6934)), 3);
    assert_float_equal(diffuse, 1361 * exp(-2.4 * pow(5.58, 0.2322)), 1);
}

static Sky clear(double height, double azimuth)
{
    const Sky sky = {.direct = 800, .diffuse = 100, .sun_height = height, .sun_azimuth = azimuth};
    Sky ret = sky;
    ret.global = sky.diffuse + sky.direct * sin(height * M_PI / 180);
    return ret;
}

static void walls_get_the_beam_that_falls_on_them(void **state)
{
    (void)state;
    const Sky low = clear(0, 90), high = clear(90, 180), half = clear(60, 180);
    assert_float_equal(sun_on_wall(&low, 90), 800 + 50 + 10, 1e-9);
    assert_float_equal(sun_on_wall(&low, 270), 50 + 10, 1e-9);
    assert_float_equal(sun_on_wall(&high, 180), 50 + 90, 1e-9);
    assert_float_equal(sun_on_wall(&half, 180), 800 * cos(M_PI / 3) + 50 + 0.1 * half.global, 1e-9);
    assert_float_equal(sun_on_wall(&half, 180 + 45),
                       800 * cos(M_PI / 3) * cos(M_PI / 4) + 50 + 0.1 * half.global, 1e-9);
    assert_float_equal(sun_on_wall(&half, 0), sun_on_wall(&half, 90), 1e-9);
}

static void in_winter_the_south_is_worth_more_than_the_roof_and_the_north_next_to_nothing(void **state)
{
    (void)state;
    const Climate *lisbon = climate_find(bp_str("lisbon"));
    double on[4] = {0}, level = 0;
    WeatherCache cache = {0};
    for (int minute = 0; minute < 31 * 24 * 60; minute += 10) {
        Sky sky;
        weather_cached(lisbon, 1, instant("2026-01-01") + minute * BP_MINUTE, &cache, &sky);
        level += sky.global;
        for (int i = 0; i < 4; i++)
            on[i] += sun_on_wall(&sky, 90 * i);
    }
    assert_true(on[2] > 1.2 * level);
    assert_true(on[0] < 0.5 * level);
    assert_true(on[1] > on[0] && on[3] > on[0] && on[1] < on[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stands_where_the_solar_position_algorithm_has_it),
        cmocka_unit_test(noon_of_solstices_and_equinoxes_is_as_high_as_the_latitude_says),
        cmocka_unit_test(on_equinoxes_it_rises_in_the_east_and_sets_in_the_west),
        cmocka_unit_test(days_are_as_long_as_the_rule_for_normals_says),
        cmocka_unit_test(clear_days_bring_what_they_do_at_their_latitude),
        cmocka_unit_test(low_sun_comes_through_much_air),
        cmocka_unit_test(walls_get_the_beam_that_falls_on_them),
        cmocka_unit_test(in_winter_the_south_is_worth_more_than_the_roof_and_the_north_next_to_nothing),
    };
    return cmocka_run_group_tests_name("sim world sun", tests, NULL, NULL);
}
