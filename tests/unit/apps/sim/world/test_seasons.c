/* The weather over years: what its months, days and spells are like, against the normals. */
#include "apps/sim/world/air.h"
#include "apps/sim/world/calendar.h"
#include "apps/sim/world/sun.h"
#include "apps/sim/world/weather.h"

#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { YEARS = 10, DAYS = YEARS * 365, TIMES = 48 };

typedef struct Day {
    int month; /* 0 to 11 */
    double mean, warmest, coldest, humidity, sunshine, global;
    double morning, afternoon; /* %RH at 6 and 15 */
    double vapour_swing;       /* share by which the vapour at 15 is more than at 6 */
    double cloud;
} Day;

typedef struct Month {
    double days, mean, warmest, coldest, humidity, sunshine, global, morning, afternoon, vapour_swing;
} Month;

static Day days[3][DAYS];
static Month months[3][12];

static Day day_of(const Climate *climate, uint64_t seed, int64_t midnight_us, WeatherCache *cache)
{
    Day day = {.warmest = -99, .coldest = 99};
    LocalTime noon;
    calendar_local(climate, midnight_us + 12 * BP_HOUR, &noon);
    day.month = noon.month - 1;
    double morning_vapour = 0;
    for (int i = 0; i < TIMES; i++) {
        Sky sky;
        weather_cached(climate, seed, midnight_us + i * BP_DAY / TIMES, cache, &sky);
        day.mean += sky.temperature / TIMES;
        day.humidity += sky.humidity / TIMES;
        day.global += sky.global * 24 / TIMES / 1000;
        day.sunshine += sky.direct > 120 ? 24.0 / TIMES : 0;
        day.warmest = fmax(day.warmest, sky.temperature);
        day.coldest = fmin(day.coldest, sky.temperature);
        if (i == TIMES / 4) {
            day.morning = sky.humidity;
            morning_vapour = sky.vapour;
            day.cloud = sky.cloud;
        }
        if (i == TIMES * 15 / 24) {
            day.afternoon = sky.humidity;
            day.vapour_swing = sky.vapour / morning_vapour - 1;
        }
    }
    return day;
}

static int begin(void **state)
{
    (void)state;
    for (size_t place = 0; place < climate_count; place++) {
        WeatherCache cache = {0};
        const int64_t start_us = calendar_midnight(&climates[place], 2020, 1, 1);
        for (int i = 0; i < DAYS; i++) {
            const Day day = days[place][i] = day_of(&climates[place], 5, start_us + i * BP_DAY, &cache);
            Month *month = &months[place][day.month];
            month->days++;
            month->mean += day.mean;
            month->warmest += day.warmest;
            month->coldest += day.coldest;
            month->humidity += day.humidity;
            month->sunshine += day.sunshine;
            month->global += day.global;
            month->morning += day.morning;
            month->afternoon += day.afternoon;
            month->vapour_swing += day.vapour_swing;
        }
        for (int m = 0; m < 12; m++) {
            double *fields = &months[place][m].mean;
            for (int i = 0; i < 9; i++)
                fields[i] /= months[place][m].days;
        }
    }
    return 0;
}

static void assert_near(size_t place, int month, const char *what, double is, double should, double tolerance)
{
    if (!(fabs(is - should) <= tolerance))
        fail_msg("%s, month %d: %s is %.2f, should be %.2f +- %.2f", climates[place].name, month + 1, what,
                 is, should, tolerance);
}

static void months_are_as_their_normals_say(void **state)
{
    (void)state;
    for (size_t place = 0; place < climate_count; place++)
        for (int m = 0; m < 12; m++) {
            const ClimateMonth *normal = &climates[place].months[m];
            const Month *month = &months[place][m];
            /* Chance: ten months of spells of 60 h. */
            const double chance = 3 * normal->spell * sqrt(2 * 60 / (30.4 * 24) / YEARS);
            assert_near(place, m, "mean", month->mean, normal->mean, 0.2 + chance);
            assert_near(place, m, "daily range", month->warmest - month->coldest,
                        normal->warmest - normal->coldest, 0.9);
            assert_near(place, m, "warmest", month->warmest, normal->warmest, 0.5 + chance);
            assert_near(place, m, "coldest", month->coldest, normal->coldest, 0.5 + chance);
            assert_near(place, m, "humidity", month->humidity, normal->humidity, 4);
            assert_near(place, m, "sunshine", month->sunshine * 365.25 / 12, normal->sunshine,
                        10 + 0.12 * normal->sunshine);
        }
}

static void a_year_has_the_sun_that_is_measured_there(void **state)
{
    (void)state;
    /* kWh/m2 on a level: about 1730 (Lisbon), 1350 (Macau; King's Park in Hong Kong has 1310), 1650 (Kuala
     * Lumpur). */
    static const double measured[] = {1730, 1350, 1650};
    for (size_t place = 0; place < climate_count; place++) {
        double sum = 0;
        for (int m = 0; m < 12; m++)
            sum += months[place][m].global * 365.25 / 12;
        assert_near(place, 0, "sun of a year", sum, measured[place], 0.08 * measured[place]);
    }
}

/* Of daily means without their month's, `lag` days apart. */
static double correlation(size_t place, int lag)
{
    double product = 0, square = 0;
    for (int i = 0; i + lag < DAYS; i++) {
        const Day *a = &days[place][i], *b = &days[place][i + lag];
        const double off = a->mean - months[place][a->month].mean;
        product += off * (b->mean - months[place][b->month].mean);
        square += off * off;
    }
    return product / square;
}

static void spells_last_days(void **state)
{
    (void)state;
    for (size_t place = 0; place < climate_count; place++) {
        /* Daily means of a process that forgets 1/e in 60 h: 0.77, 0.51, 0.35; months' own slopes add a
         * little. */
        assert_near(place, 0, "correlation after 24 h", correlation(place, 1), 0.77, 0.08);
        assert_near(place, 0, "correlation after 48 h", correlation(place, 2), 0.52, 0.10);
        assert_near(place, 0, "correlation after 72 h", correlation(place, 3), 0.36, 0.12);
        assert_near(place, 0, "correlation after 10 days", correlation(place, 10), 0.03, 0.12);
    }
}

static void there_are_cold_and_hot_weeks_and_no_impossible_days(void **state)
{
    (void)state;
    for (size_t place = 0; place < climate_count; place++) {
        int cold = 0, longest = 0;
        double off = 0;
        for (int i = 0; i < DAYS; i++) {
            const Day *day = &days[place][i];
            const ClimateMonth *normal = &climates[place].months[day->month];
            off = day->mean - normal->mean;
            cold = off < -0.7 * normal->spell ? cold + 1 : 0;
            longest = cold > longest ? cold : longest;
            assert_true(fabs(off) < 5 * normal->spell + 2);
        }
        assert_true(longest >= 5 && longest < 30);
    }
    double coldest = 99, hottest = -99;
    for (int i = 0; i < DAYS; i++) {
        coldest = fmin(coldest, days[1][i].coldest);
        hottest = fmax(hottest, days[0][i].warmest);
    }
    assert_true(coldest > 0 && coldest < 9);   /* Macau has seen -1.8 in a century */
    assert_true(hottest > 34 && hottest < 44); /* and Lisbon 44 */
}

static void air_keeps_its_vapour_while_relative_humidity_follows_the_day(void **state)
{
    (void)state;
    for (size_t place = 0; place < climate_count; place++)
        for (int m = 0; m < 12; m++) {
            const Month *month = &months[place][m];
            const double warmer = month->warmest - month->coldest;
            /* At the same vapour, a kelvin is 5 to 6 % of the humidity. */
            assert_true(month->morning - month->afternoon > 0.02 * month->morning * warmer);
            assert_near(place, m, "vapour of the afternoon over the morning's", month->vapour_swing, 0, 0.08);
        }
}

static void no_air_holds_more_than_it_can(void **state)
{
    (void)state;
    for (size_t place = 0; place < climate_count; place++) {
        WeatherCache cache = {0};
        double most = 0, least = 100, last = NAN;
        for (int i = 0; i < 20 * 24 * 60; i++) {
            Sky sky;
            /* 31 s after the minute: what is between two minutes, too. */
            weather_cached(&climates[place], 9, i * BP_MINUTE + 31 * BP_SECOND, &cache, &sky);
            assert_true(sky.humidity > 5 && sky.humidity <= 100);
            assert_true(sky.vapour <= air_saturated(sky.temperature));
            assert_true(fabs(air_humidity(sky.temperature, sky.vapour) - sky.humidity) < 0.01);
            assert_true(sky.wet_bulb <= sky.temperature && sky.wet_bulb >= air_dew_point(sky.vapour) - 0.01);
            assert_false(fabs(sky.temperature - last) > 0.1); /* a minute later */
            last = sky.temperature;
            most = fmax(most, sky.humidity);
            least = fmin(least, sky.humidity);
        }
        assert_true(most > 95 && least < 60);
    }
}

static void light_adds_up_and_ends_at_night(void **state)
{
    (void)state;
    for (size_t place = 0; place < climate_count; place++) {
        WeatherCache cache = {0};
        for (int i = 0; i < 15 * 24 * 60; i++) {
            Sky sky;
            weather_cached(&climates[place], 9, i * BP_MINUTE + 31 * BP_SECOND, &cache, &sky);
            const double level = sky.direct * fmax(0, sin(sky.sun_height * M_PI / 180));
            assert_true(fabs(sky.global - sky.diffuse - level) < 1);
            assert_true(sky.direct >= 0 && sky.diffuse >= 0 && sky.cloud >= 0 && sky.cloud <= 1);
            assert_true(sky.global < 1300 && sky.sun_azimuth >= 0 && sky.sun_azimuth < 360);
            assert_true(sky.sun_height > -0.3 || sky.global <= 0);
            Sun sun;
            sun_at(climates[place].latitude, climates[place].longitude, i * BP_MINUTE + 31 * BP_SECOND, &sun);
            /* Straight between two minutes, which is a bend where it passes overhead or below. */
            const double near = fabs(sun.height) < 60 ? 0.01 : 0.15;
            const double beside = remainder(sky.sun_azimuth - sun.azimuth, 360);
            assert_true(fabs(sky.sun_height - sun.height) < near);
            assert_true(fabs(beside) * cos(sun.height * M_PI / 180) < near);
        }
    }
}

static void clear_days_swing_more_and_clouds_last_half_a_day(void **state)
{
    (void)state;
    double clear = 0, dull = 0, together = 0, next = 0, mean = 0;
    int clears = 0, dulls = 0, hours = 0;
    for (int i = 0; i < DAYS; i++) {
        const Day *day = &days[0][i];
        const double swing = (day->warmest - day->coldest) / (climates[0].months[day->month].warmest -
                                                              climates[0].months[day->month].coldest);
        const double sun = day->sunshine / (months[0][day->month].sunshine);
        if (sun > 1.15) {
            clear += swing;
            clears++;
        } else if (sun < 0.6) {
            dull += swing;
            dulls++;
        }
    }
    assert_true(clears > 300 && dulls > 300);
    assert_true(clear / clears > 1.15 * dull / dulls);

    WeatherCache cache = {0};
    static double covers[24 * 365 * 2];
    const int count = sizeof covers / sizeof covers[0];
    for (int i = 0; i < count; i++) {
        Sky sky;
        weather_cached(&climates[0], 5, i * BP_HOUR, &cache, &sky);
        mean += (covers[i] = sky.cloud) / count;
    }
    double square = 0;
    for (int i = 0; i + 14 < count; i++) {
        square += (covers[i] - mean) * (covers[i] - mean);
        next += (covers[i] - mean) * (covers[i + 1] - mean);
        together += (covers[i] - mean) * (covers[i + 14] - mean);
        hours++;
    }
    assert_true(hours > 0 && next / square > 0.75);
    assert_true(together / square > 0.2 && together / square < 0.5);
}

static void another_seed_is_another_year_of_the_same_climate(void **state)
{
    (void)state;
    WeatherCache cache = {0};
    const int64_t start_us = calendar_midnight(&climates[0], 2020, 1, 1);
    double product = 0, mine = 0, other = 0;
    for (int i = 0; i < 730; i++) {
        const Day day = day_of(&climates[0], 6, start_us + i * BP_DAY, &cache);
        const double normal = months[0][day.month].mean;
        product += (day.mean - normal) * (days[0][i].mean - normal);
        mine += (days[0][i].mean - normal) * (days[0][i].mean - normal);
        other += (day.mean - normal) * (day.mean - normal);
    }
    assert_true(fabs(product / sqrt(mine * other)) < 0.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_are_as_their_normals_say),
        cmocka_unit_test(a_year_has_the_sun_that_is_measured_there),
        cmocka_unit_test(spells_last_days),
        cmocka_unit_test(there_are_cold_and_hot_weeks_and_no_impossible_days),
        cmocka_unit_test(air_keeps_its_vapour_while_relative_humidity_follows_the_day),
        cmocka_unit_test(no_air_holds_more_than_it_can),
        cmocka_unit_test(light_adds_up_and_ends_at_night),
        cmocka_unit_test(clear_days_swing_more_and_clouds_last_half_a_day),
        cmocka_unit_test(another_seed_is_another_year_of_the_same_climate),
    };
    return cmocka_run_group_tests_name("sim world seasons", tests, begin, NULL);
}
