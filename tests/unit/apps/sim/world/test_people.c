/* People: in by day, out by night, and no two days or zones alike. */
#include "apps/sim/world/people.h"

#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ZONES = 33, DAYS = 365 };

/* Of 2025, in Lisbon: noon of each day, whose hour tests set. */
static LocalTime days[DAYS];

static int begin(void **state)
{
    (void)state;
    const Climate *lisbon = climate_find(bp_str("lisbon"));
    const int64_t noon_us = calendar_midnight(lisbon, 2025, 1, 1) + 12 * BP_HOUR;
    for (int i = 0; i < DAYS; i++)
        calendar_local(lisbon, noon_us + i * BP_DAY, &days[i]);
    return 0;
}

static double in(uint32_t zone, int day, double hour)
{
    LocalTime local = days[day];
    local.hour = hour;
    return people_in(1, zone, &local);
}

static double building(int day, double hour)
{
    double sum = 0;
    for (uint32_t zone = 0; zone < ZONES; zone++)
        sum += in(zone, day, hour + 0.3);
    return sum / ZONES;
}

static bool is_ordinary(int day)
{
    return days[day].is_workday && days[day].on_leave <= 0;
}

/* Mean of all zones on ordinary working days of a weekday (-1: of all). */
static double usual(int weekday, double hour)
{
    double sum = 0;
    int count = 0;
    for (int day = 0; day < DAYS; day++)
        if (is_ordinary(day) && (weekday < 0 || days[day].weekday == weekday)) {
            sum += building(day, hour);
            count++;
        }
    return sum / count;
}

static void the_office_fills_goes_to_lunch_and_empties(void **state)
{
    (void)state;
    assert_float_equal(usual(-1, 6.9), 0, 0);
    assert_true(usual(-1, 8) < 0.35);
    assert_true(usual(-1, 9.5) > 0.6);
    const double morning = usual(-1, 10.5), lunch = usual(-1, 12.8), afternoon = usual(-1, 15);
    assert_true(morning > 0.65 && morning < 0.85 && afternoon > 0.65 && afternoon < 0.85);
    assert_true(lunch < 0.65 * morning && lunch > 0.2);
    assert_true(usual(-1, 18) < 0.4 && usual(-1, 18) > 0.08);
    assert_true(usual(-1, 20) < 0.05 && usual(-1, 20) > 0.001); /* a few evenings */
    assert_float_equal(usual(-1, 23), 0, 0);
}

static void fridays_and_mondays_are_emptier_than_the_middle_of_the_week(void **state)
{
    (void)state;
    assert_true(usual(5, 11) < usual(2, 11) - 0.05);
    assert_true(usual(1, 11) < usual(3, 11) - 0.02);
}

static void august_and_bridges_are_emptier_too(void **state)
{
    (void)state;
    double august = 0;
    int count = 0;
    for (int day = 0; day < DAYS; day++)
        if (days[day].month == 8 && days[day].is_workday) {
            august += building(day, 11);
            count++;
        }
    assert_true(august / count < usual(-1, 11) - 0.2);
}

static void weekends_and_holidays_have_few(void **state)
{
    (void)state;
    double saturday = 0, rest = 0, most = 0;
    int saturdays = 0, rests = 0;
    for (int day = 0; day < DAYS; day++) {
        if (days[day].is_workday)
            continue;
        const double share = building(day, 12);
        most = fmax(most, share);
        if (days[day].weekday == 6 && !days[day].is_holiday) {
            saturday += share;
            saturdays++;
        } else {
            rest += share;
            rests++;
        }
    }
    assert_true(saturday / saturdays > 0.005 && saturday / saturdays < 0.08);
    assert_true(rest / rests > 0.0002 && rest / rests < 0.02 && rest / rests < saturday / saturdays / 2);
    assert_true(most < 0.2);
}

static void a_zone_and_the_building_differ_from_day_to_day(void **state)
{
    (void)state;
    double zone_square = 0, building_square = 0, zone_sum = 0, building_sum = 0;
    int count = 0;
    for (int day = 0; day < DAYS; day++)
        if (is_ordinary(day)) {
            const double zone = in(4, day, 11), whole = building(day, 11);
            zone_sum += zone;
            zone_square += zone * zone;
            building_sum += whole;
            building_square += whole * whole;
            count++;
        }
    const double zone = sqrt(zone_square / count - zone_sum * zone_sum / count / count);
    const double whole = sqrt(building_square / count - building_sum * building_sum / count / count);
    assert_true(zone > 0.1 && zone < 0.3);
    assert_true(whole > 0.05 && whole < 0.12); /* not what is left of chance in 33 zones */
}

static void zones_have_habits_and_go_their_own_ways(void **state)
{
    (void)state;
    double least = 2, most = 0, same = 0;
    int count = 0;
    for (uint32_t zone = 0; zone < ZONES; zone++) {
        double early = 0;
        for (int day = 0; day < DAYS; day++)
            if (is_ordinary(day)) {
                early += in(zone, day, 8.5);
                count++;
                same += in(zone, day, 10) == in((zone + 1) % ZONES, day, 10);
            }
        least = fmin(least, early);
        most = fmax(most, early);
    }
    assert_true(most > 1.3 * least);
    assert_true(same < 0.35 * count);
}

static void it_is_the_same_all_through_a_minute_and_whoever_asks(void **state)
{
    (void)state;
    for (int minute = 7 * 60; minute < 20 * 60; minute++) {
        const double at = in(3, 140, minute / 60.0 + 1e-7);
        assert_float_equal(in(3, 140, (minute + 0.5) / 60.0), at, 0);
        assert_float_equal(in(3, 140, (minute + 0.99) / 60.0), at, 0);
    }
    LocalTime local = days[140];
    local.hour = 11;
    int differ = 0;
    for (uint32_t zone = 0; zone < ZONES; zone++)
        differ += people_in(1, zone, &local) != people_in(2, zone, &local);
    assert_true(differ > ZONES / 2);
}

static void seats_are_never_overfull_and_guests_come(void **state)
{
    (void)state;
    double most = 0;
    for (int day = 0; day < DAYS; day++)
        for (uint32_t zone = 0; zone < ZONES; zone++)
            for (int hour = 0; hour < 24; hour++) {
                const double share = in(zone, day, hour + 0.3);
                assert_true(share >= 0 && share <= 1.2);
                most = fmax(most, share);
            }
    assert_true(most > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_office_fills_goes_to_lunch_and_empties),
        cmocka_unit_test(fridays_and_mondays_are_emptier_than_the_middle_of_the_week),
        cmocka_unit_test(august_and_bridges_are_emptier_too),
        cmocka_unit_test(weekends_and_holidays_have_few),
        cmocka_unit_test(a_zone_and_the_building_differ_from_day_to_day),
        cmocka_unit_test(zones_have_habits_and_go_their_own_ways),
        cmocka_unit_test(it_is_the_same_all_through_a_minute_and_whoever_asks),
        cmocka_unit_test(seats_are_never_overfull_and_guests_come),
    };
    return cmocka_run_group_tests_name("sim world people", tests, begin, NULL);
}
