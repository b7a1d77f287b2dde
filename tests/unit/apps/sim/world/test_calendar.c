/* Local time, its changes, and the days on which nobody works. */
#include "apps/sim/world/calendar.h"

#include "base/random.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const Climate *place(const char *name)
{
    const Climate *climate = climate_find(bp_str(name));
    assert_non_null(climate);
    return climate;
}

static LocalTime local_at(const char *climate, const char *text)
{
    int64_t at_us;
    assert_int_equal(bp_time_parse(bp_str(text), &at_us, NULL), BP_OK);
    LocalTime local;
    calendar_local(place(climate), at_us, &local);
    return local;
}

static void assert_local(const char *climate, const char *text, int month, int day, double hour)
{
    const LocalTime local = local_at(climate, text);
    assert_int_equal(local.month, month);
    assert_int_equal(local.day, day);
    assert_float_equal(local.hour, hour, 1e-9);
}

static LocalTime noon(const char *climate, int date)
{
    const Climate *at = place(climate);
    LocalTime local;
    calendar_local(at, calendar_midnight(at, date / 10000, date / 100 % 100, date % 100) + 12 * BP_HOUR,
                   &local);
    return local;
}

static void the_far_east_is_eight_hours_ahead_all_year(void **state)
{
    (void)state;
    assert_local("macau", "2026-07-01T15:59:59Z", 7, 1, 24 - 1.0 / 3600);
    assert_local("macau", "2026-07-01T16:00:00Z", 7, 2, 0);
    assert_local("kuala-lumpur", "2026-01-01T00:30:00Z", 1, 1, 8.5);
    assert_local("kuala-lumpur", "2025-12-31T16:00:00Z", 1, 1, 0);
}

static void lisbon_changes_its_clocks_on_the_last_sundays_of_march_and_october(void **state)
{
    (void)state;
    assert_local("lisbon", "2026-03-29T00:59:59Z", 3, 29, 1 - 1.0 / 3600);
    assert_local("lisbon", "2026-03-29T01:00:00Z", 3, 29, 2);
    assert_local("lisbon", "2026-10-25T00:59:59Z", 10, 25, 2 - 1.0 / 3600);
    assert_local("lisbon", "2026-10-25T01:00:00Z", 10, 25, 1);
    assert_local("lisbon", "2024-03-31T01:00:00Z", 3, 31, 2); /* the 31st itself */
    assert_local("lisbon", "2027-10-31T01:00:00Z", 10, 31, 1);
    assert_local("lisbon", "2025-10-26T01:00:00Z", 10, 26, 1);
    assert_local("lisbon", "2025-07-31T23:30:00Z", 8, 1, 0.5);
    assert_local("lisbon", "2025-12-31T23:30:00Z", 12, 31, 23.5);
}

static int64_t midnight(const char *climate, int year, int month, int day)
{
    return calendar_midnight(place(climate), year, month, day);
}

static void days_of_change_are_an_hour_shorter_and_longer(void **state)
{
    (void)state;
    assert_int_equal(midnight("lisbon", 2026, 3, 30) - midnight("lisbon", 2026, 3, 29), 23 * BP_HOUR);
    assert_int_equal(midnight("lisbon", 2026, 10, 26) - midnight("lisbon", 2026, 10, 25), 25 * BP_HOUR);
    assert_int_equal(midnight("lisbon", 2026, 3, 29) - midnight("lisbon", 2026, 3, 28), BP_DAY);
    assert_int_equal(midnight("macau", 2026, 3, 30) - midnight("macau", 2026, 3, 29), BP_DAY);
}

static void days_follow_one_another_and_begin_at_their_midnight(void **state)
{
    (void)state;
    for (size_t i = 0; i < climate_count; i++) {
        LocalTime yesterday, today;
        int64_t at_us = calendar_midnight(&climates[i], 1968, 1, 1);
        calendar_local(&climates[i], at_us, &yesterday);
        for (int day = 1; day < 40000; day++) {
            calendar_local(&climates[i], yesterday.midnight_us + 36 * BP_HOUR, &today);
            at_us = today.midnight_us;
            calendar_local(&climates[i], at_us, &today);
            assert_float_equal(today.hour, 0, 0);
            assert_int_equal(today.midnight_us, at_us);
            assert_int_equal(today.weekday, (yesterday.weekday + 1) % 7);
            assert_int_equal(today.day_of_year,
                             today.month == 1 && today.day == 1 ? 1 : yesterday.day_of_year + 1);
            assert_int_equal(today.day, today.month == yesterday.month ? yesterday.day + 1 : 1);
            assert_false(today.is_workday && today.is_holiday);
            LocalTime before;
            calendar_local(&climates[i], at_us - 1, &before);
            assert_int_equal(before.day, yesterday.day);
            yesterday = today;
        }
        assert_int_equal(today.year, 2077);
    }
}

static void a_leap_day_is_a_day(void **state)
{
    (void)state;
    assert_int_equal(noon("lisbon", 20240229).day_of_year, 60);
    assert_int_equal(noon("lisbon", 20241231).day_of_year, 366);
    assert_int_equal(noon("lisbon", 20261231).day_of_year, 365);
    assert_int_equal(noon("macau", 20261127).weekday, 5);
}

static void the_cached_answer_is_the_same(void **state)
{
    (void)state;
    BpRandom random = bp_random(3);
    for (size_t i = 0; i < climate_count; i++) {
        LocalTime cached, fresh;
        memset(&cached, 0, sizeof cached);
        int64_t at_us = calendar_midnight(&climates[i], 2026, 1, 1);
        for (int step = 0; step < 30000; step++) {
            at_us += (int64_t)(bp_random_unit(&random) * (double)BP_HOUR) * (step % 9 ? 1 : -3);
            calendar_cached(&climates[i], at_us, &cached);
            calendar_local(&climates[i], at_us, &fresh);
            assert_int_equal(cached.midnight_us, fresh.midnight_us);
            assert_float_equal(cached.hour, fresh.hour, 0);
            assert_int_equal(cached.day_of_year, fresh.day_of_year);
            assert_int_equal(cached.is_workday, fresh.is_workday);
        }
        assert_true(fresh.year > 2026 || fresh.month > 10);
    }
}

typedef struct Known {
    const char *climate, *what;
    int date;
} Known;

static void known_holidays_are_kept(void **state)
{
    (void)state;
    static const Known known[] = {
        {"lisbon", "new year", 20260101},
        {"lisbon", "carnival", 20260217},
        {"lisbon", "good friday", 20240329},
        {"lisbon", "easter", 20240331},
        {"lisbon", "good friday", 20250418},
        {"lisbon", "good friday", 20260403},
        {"lisbon", "easter, the latest for long", 20380425},
        {"lisbon", "liberty", 20260425},
        {"lisbon", "corpus christi", 20240530},
        {"lisbon", "corpus christi", 20260604},
        {"lisbon", "saint anthony", 20250613},
        {"lisbon", "assumption", 20300815},
        {"lisbon", "restoration", 20261201},
        {"macau", "chinese new year", 20240210},
        {"macau", "its third day", 20240212},
        {"macau", "chinese new year", 20260217},
        {"macau", "its third day", 20260219},
        {"macau", "chinese new year, minutes before midnight", 20270206},
        {"macau", "chinese new year, minutes after midnight", 20300203},
        {"macau", "ching ming", 20250404},
        {"macau", "good friday", 20260403},
        {"macau", "the day before easter", 20260404},
        {"macau", "the buddha", 20250505},
        {"macau", "dragon boats", 20250531},
        {"macau", "dragon boats", 20260619},
        {"macau", "after mid-autumn", 20251007},
        {"macau", "chung yeung", 20251029},
        {"macau", "all souls", 20261102},
        {"macau", "its establishment", 20261220},
        {"macau", "winter solstice", 20241221},
        {"kuala-lumpur", "federal territory", 20270201},
        {"kuala-lumpur", "chinese new year", 20250129},
        {"kuala-lumpur", "its second day", 20250130},
        {"kuala-lumpur", "the Monday after a Sunday", 20240212},
        {"kuala-lumpur", "the Tuesday after a Sunday and a Monday", 20230124},
        {"kuala-lumpur", "thaipusam", 20250211},
        {"kuala-lumpur", "nuzul al-quran", 20250318},
        {"kuala-lumpur", "puasa", 20250331},
        {"kuala-lumpur", "its second day", 20250401},
        {"kuala-lumpur", "puasa", 20260321},
        {"kuala-lumpur", "wesak", 20250512},
        {"kuala-lumpur", "the king", 20250602},
        {"kuala-lumpur", "haji", 20260527},
        {"kuala-lumpur", "muharram", 20250627},
        {"kuala-lumpur", "the Monday after Merdeka", 20250901},
        {"kuala-lumpur", "the prophet", 20250905},
        {"kuala-lumpur", "malaysia", 20260916},
        {"kuala-lumpur", "deepavali", 20251020},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const LocalTime local = noon(known[i].climate, known[i].date);
        if (!local.is_holiday || local.is_workday)
            fail_msg("%s does not keep %s on %d", known[i].climate, known[i].what, known[i].date);
    }
}

static void other_days_are_worked(void **state)
{
    (void)state;
    static const Known known[] = {
        {"lisbon", "monday after easter", 20260406},
        {"lisbon", "boxing day", 20251226},
        {"lisbon", "chinese new year", 20250129},
        {"macau", "easter monday", 20260406},
        {"macau", "fourth day of the year", 20250203},
        {"macau", "mid-autumn itself", 20251006},
        {"macau", "25 April", 20250425},
        {"kuala-lumpur", "good friday", 20260403},
        {"kuala-lumpur", "third of puasa", 20250402},
        {"kuala-lumpur", "2 May", 20250502},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!noon(known[i].climate, known[i].date).is_workday)
            fail_msg("%s rests on %d (%s)", known[i].climate, known[i].date, known[i].what);
}

static void a_year_has_as_many_holidays_as_the_law_gives(void **state)
{
    (void)state;
    static const struct {
        const char *climate;
        int least, most;
    } laws[] = {{"lisbon", 13, 15}, {"macau", 18, 20}, {"kuala-lumpur", 16, 23}};
    for (size_t i = 0; i < 3; i++)
        for (int year = 2020; year <= 2040; year++) {
            const Climate *climate = place(laws[i].climate);
            int holidays = 0, worked = 0;
            const int64_t from_us = calendar_midnight(climate, year, 1, 1);
            const int64_t until_us = calendar_midnight(climate, year + 1, 1, 1);
            for (int64_t at_us = from_us + 12 * BP_HOUR; at_us < until_us; at_us += BP_DAY) {
                LocalTime local;
                calendar_local(climate, at_us, &local);
                holidays += local.is_holiday;
                worked += local.is_workday;
                assert_true(local.on_leave >= 0 && local.on_leave <= 0.5);
            }
            assert_in_range(holidays, laws[i].least, laws[i].most);
            assert_in_range(worked, 238, 255);
        }
}

static void days_between_a_holiday_and_a_weekend_are_quiet(void **state)
{
    (void)state;
    assert_float_equal(noon("lisbon", 20260605).on_leave, 0.35, 0); /* after Corpus Christi */
    assert_float_equal(noon("lisbon", 20260216).on_leave, 0.35, 0); /* before carnival */
    assert_float_equal(noon("lisbon", 20260813).on_leave, 0.35, 0); /* August */
    assert_float_equal(noon("lisbon", 20260515).on_leave, 0, 0);
    assert_true(noon("macau", 20260220).on_leave > 0.2);
    assert_float_equal(noon("macau", 20260813).on_leave, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_far_east_is_eight_hours_ahead_all_year),
        cmocka_unit_test(lisbon_changes_its_clocks_on_the_last_sundays_of_march_and_october),
        cmocka_unit_test(days_of_change_are_an_hour_shorter_and_longer),
        cmocka_unit_test(days_follow_one_another_and_begin_at_their_midnight),
        cmocka_unit_test(a_leap_day_is_a_day),
        cmocka_unit_test(the_cached_answer_is_the_same),
        cmocka_unit_test(known_holidays_are_kept),
        cmocka_unit_test(other_days_are_worked),
        cmocka_unit_test(a_year_has_as_many_holidays_as_the_law_gives),
        cmocka_unit_test(days_between_a_holiday_and_a_weekend_are_quiet),
    };
    return cmocka_run_group_tests_name("sim world calendar", tests, NULL, NULL);
}
