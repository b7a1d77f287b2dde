/* The weather: the same whoever asks and in whatever order. */
#include "apps/sim/world/weather.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { INSTANTS = 400 };

static const int64_t START_US = INT64_C(1767225600) * BP_SECOND; /* 2026 */

/* All over the year, not on whole minutes. */
static int64_t instant(int i)
{
    return START_US + (int64_t)(i * 7919 % INSTANTS) * 21 * BP_HOUR + i * INT64_C(5012345);
}

static void assert_same(const Sky *a, const Sky *b)
{
    assert_memory_equal(a, b, sizeof *a);
}

static void what_was_asked_before_changes_nothing_to_the_bit(void **state)
{
    (void)state;
    for (size_t place = 0; place < climate_count; place++) {
        WeatherCache cache = {0};
        for (int i = 0; i < INSTANTS; i++) {
            Sky alone, on_the_way;
            weather_at(&climates[place], 7, instant(i), &alone);
            weather_cached(&climates[place], 7, instant(i), &cache, &on_the_way);
            assert_same(&alone, &on_the_way);
        }
    }
}

static void a_cache_of_another_place_and_seed_changes_nothing(void **state)
{
    (void)state;
    WeatherCache cache = {0};
    for (int i = 0; i < INSTANTS; i++) {
        /* Now the one changes, then the other. */
        const Climate *climate = &climates[(size_t)i / 2 % climate_count];
        const uint64_t seed = (uint64_t)(i + 1) / 2 % 5;
        Sky alone, on_the_way;
        weather_at(climate, seed, START_US, &alone);
        weather_cached(climate, seed, START_US, &cache, &on_the_way);
        assert_same(&alone, &on_the_way);
    }
}

static void going_by_steps_or_leaps_backwards_or_on_is_one_weather(void **state)
{
    (void)state;
    WeatherCache steps = {0}, back = {0};
    static Sky skies[24 * 60 * 12 + 1];
    const int count = sizeof skies / sizeof skies[0];
    for (int i = 0; i < count; i++)
        weather_cached(&climates[0], 1, START_US + i * 5 * BP_SECOND, &steps, &skies[i]);
    for (int i = count - 1; i >= 0; i -= 7) {
        Sky sky;
        weather_cached(&climates[0], 1, START_US + i * 5 * BP_SECOND, &back, &sky);
        assert_same(&sky, &skies[i]);
    }
}

static void leaps_of_minutes_and_hours_are_no_steps(void **state)
{
    (void)state;
    WeatherCache cache = {0};
    int64_t at_us = START_US;
    for (int i = 0; i < INSTANTS; i++) {
        at_us += (i % 5 - 1) * BP_MINUTE + (i % 7 == 0 ? (i % 3) * BP_HOUR : 0);
        Sky alone, on_the_way;
        weather_at(&climates[0], 7, at_us, &alone);
        weather_cached(&climates[0], 7, at_us, &cache, &on_the_way);
        assert_same(&alone, &on_the_way);
    }
}

static void before_1970_is_weather_too(void **state)
{
    (void)state;
    WeatherCache cache = {0};
    double last = 0;
    for (int i = -24 * 60; i < 24 * 60; i++) {
        Sky sky;
        weather_cached(&climates[0], 7, i * BP_MINUTE, &cache, &sky);
        assert_true(sky.temperature > -10 && sky.temperature < 45);
        assert_true(i == -24 * 60 || (sky.temperature - last < 0.1 && sky.temperature - last > -0.1));
        last = sky.temperature;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_asked_before_changes_nothing_to_the_bit),
        cmocka_unit_test(a_cache_of_another_place_and_seed_changes_nothing),
        cmocka_unit_test(leaps_of_minutes_and_hours_are_no_steps),
        cmocka_unit_test(before_1970_is_weather_too),
        cmocka_unit_test(going_by_steps_or_leaps_backwards_or_on_is_one_weather),
    };
    return cmocka_run_group_tests_name("sim world weather", tests, NULL, NULL);
}
