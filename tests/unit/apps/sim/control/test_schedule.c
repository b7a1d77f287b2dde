/* When air handlers run: by the local day, early enough, by night as far as it must be, and as somebody
 * commands. */
#include "tests/unit/apps/sim/building/house.h"

#include "apps/sim/control/schedule.h"

static AirHandler *ahu(void)
{
    return &house.handlers[0];
}

/* Goes on in minutes to that hour of a local day, at least one. */
static void run_until(double hour)
{
    do
        house_run(1.0 / 60);
    while (fabs(house.local.hour - hour) > 0.51 / 60);
}

/* Zones that are too cold or too warm for people, by more than a regulator's haste excuses. */
static size_t not_ready(void)
{
    size_t count = 0;
    for (size_t i = 0; i < house.zone_count; i++)
        count += house.zones[i].air < 20.5 || house.zones[i].air > 24.8;
    return count;
}

static void it_runs_on_workdays_by_the_local_clock(void **state)
{
    (void)state;
    house_begin("macau", CONTROL_RULES, "2026-05-05T16:00:00Z"); /* midnight, a Wednesday */
    run_until(3);
    assert_int_equal(schedule_mode(ahu()), HANDLER_OFF);
    assert_false(signal_is_on(&ahu()->fan_status));
    run_until(7.1);
    assert_int_equal(schedule_mode(ahu()), HANDLER_OCCUPIED);
    run_until(18.9);
    assert_true(signal_is_on(&ahu()->fan_status));
    run_until(19.2);
    assert_false(signal_is_on(&ahu()->fan_status));
}

static double fan_hours(double days)
{
    const double before = ahu()->run_hours.automatic;
    house_run(24 * days);
    return ahu()->run_hours.automatic - before;
}

static void only_the_contractors_works_on_holidays(void **state)
{
    (void)state;
    for (BuildingControl control = CONTROL_RULES; control <= CONTROL_G36; control++) {
        house_begin_of(1, 5, "lisbon", control, "2026-04-25T00:00:00+01:00"); /* a Saturday and a holiday */
        assert_true(fan_hours(2) == 0);
        house_end();
        house_begin_of(1, 5, "lisbon", control, "2026-12-08T00:00:00Z"); /* a Tuesday and a holiday */
        const double hours = fan_hours(1);
        assert_true(control == CONTROL_CONTRACTOR ? hours > 14 : hours == 0);
        if (control != CONTROL_G36)
            house_end();
    }
}

/* A winter's Mondays in Lisbon, a summer's in Macau: the coldest and the warmest starts. */
static void warm_up_has_zones_ready_when_people_come(void **state)
{
    (void)state;
    static const BuildingControl kinds[] = {CONTROL_RULES, CONTROL_G36};
    static const struct {
        const char *climate, *start;
    } seasons[] = {{"lisbon", "2026-01-12T00:00:00Z"}, {"macau", "2026-07-05T16:00:00Z"}};
    for (size_t i = 0; i < 4; i++) {
        house_begin(seasons[i / 2].climate, kinds[i % 2], seasons[i / 2].start);
        if (kinds[i % 2] == CONTROL_G36)
            house_run(14 * 24); /* it has learned */
        for (int day = 0; day < 5; day++) {
            assert_true(house.local.is_workday);
            run_until(6.95);
            assert_in_range(not_ready(), 0, house.zone_count / 10); /* one in ten is not waited for */
            /* And no outdoor air was warmed or dried for nobody. */
            assert_true(ahu()->outdoor_damper.actual == 0 || signal_is_on(&ahu()->economizer));
            run_until(0);
        }
        if (i < 3)
            house_end();
    }
}

/* Hours before 7 at which the handler began, on a Tuesday. */
static double lead_on_tuesday(void)
{
    while (house.local.weekday != 2 || house.local.hour > 1)
        house_run(1);
    double lead = 0;
    while (house.local.hour < 7) {
        house_run(1.0 / 60);
        if (!lead && signal_is_on(&ahu()->fan_command))
            lead = 7 - house.local.hour;
    }
    return lead;
}

static void optimal_start_learns_to_begin_later_and_is_still_in_time(void **state)
{
    (void)state;
    house_begin("macau", CONTROL_G36, "2026-07-06T16:00:00Z");
    for (size_t i = 0; i < house.handler_count; i++)
        house.handlers[i].loops.cooling_down.rate = 0.5; /* a slow building, it believes */
    const double first = lead_on_tuesday();
    house_run(21 * 24);
    const double learned = lead_on_tuesday();
    assert_true(first > 1);
    assert_true(learned > 0 && learned < first - 0.5);
    assert_in_range(not_ready(), 0, house.zone_count / 10);
    assert_true(ahu()->loops.cooling_down.rate > 1);
}

static void without_warm_up_it_begins_when_people_come(void **state)
{
    (void)state;
    house_begin("macau", CONTROL_RULES, "2026-07-05T16:00:00Z");
    signal_force(&ahu()->warmup_enable, 0);
    run_until(6.9);
    assert_false(signal_is_on(&ahu()->fan_command));
    assert_true(signal_is_on(&house.handlers[1].fan_command));
    run_until(7.1);
    assert_true(signal_is_on(&ahu()->fan_command));
}

/* Sensors say that it is cold, or warm, whatever it is: so nobody must wait for a hard winter. */
static void bias_zones(double kelvin)
{
    for (size_t i = 0; i < house.zone_count; i++)
        house.zones[i].temperature.bias = kelvin;
}

static void nights_stay_within_their_limits(void **state)
{
    (void)state;
    house_begin("lisbon", CONTROL_RULES, "2026-01-16T20:00:00Z"); /* a Friday evening */
    bias_zones(-6);
    house_run(6);
    double coldest = 100, fan = ahu()->run_hours.automatic;
    for (int i = 0; i < 40 * 12; i++) {
        house_run(1.0 / 12);
        for (size_t j = 0; j < house.zone_count; j++)
            coldest = fmin(coldest, house.zones[j].temperature.actual);
    }
    fan = ahu()->run_hours.automatic - fan;
    assert_true(coldest > 15.3);
    assert_true(fan > 0.5 && fan < 30); /* now and then, not all night */
    house_end();
    house_begin("macau", CONTROL_RULES, "2026-07-10T12:00:00Z");
    bias_zones(3);
    house_run(6);
    double warmest = 0;
    for (int i = 0; i < 40 * 12; i++) {
        house_run(1.0 / 12);
        for (size_t j = 0; j < house.zone_count; j++)
            warmest = fmax(warmest, house.zones[j].temperature.actual);
    }
    assert_true(warmest < 30);
}

static void times_and_modes_are_levers(void **state)
{
    (void)state;
    house_begin("macau", CONTROL_RULES, "2026-05-05T16:00:00Z");
    signal_force(&ahu()->start_time, 10);
    signal_force(&ahu()->stop_time, 16);
    run_until(7.5);
    assert_false(signal_is_on(&ahu()->occupied));
    assert_true(signal_is_on(&house.handlers[1].occupied));
    run_until(10.1);
    assert_true(signal_is_on(&ahu()->occupied));
    run_until(16.2);
    assert_false(signal_is_on(&ahu()->fan_status));
    signal_force(&ahu()->mode, HANDLER_OCCUPIED);
    run_until(22);
    assert_true(signal_is_on(&ahu()->fan_status));
    assert_true(ahu()->outdoor_flow > 10);
    signal_release(&ahu()->mode);
    run_until(22.2);
    assert_false(signal_is_on(&ahu()->fan_status));
    signal_force(&house.zones[1].occupancy_mode, 1); /* somebody works late, in one zone */
    run_until(23);
    assert_true(signal_is_on(&ahu()->fan_status));
    assert_false(signal_is_on(&house.handlers[1].fan_status));
    signal_release(&house.zones[1].occupancy_mode);
    run_until(23.2);
    assert_false(signal_is_on(&ahu()->fan_status));
}

static void what_ignores_its_schedule_runs_all_night(void **state)
{
    (void)state;
    house_begin("macau", CONTROL_RULES, "2026-05-02T16:00:00Z"); /* a Sunday */
    ahu()->ignores_schedule = true;
    house_run(1);
    assert_true(fan_hours(1) > 23.9);
    ahu()->ignores_schedule = false;
    house_run(0.2);
    run_until(4);
    assert_false(signal_is_on(&ahu()->fan_status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(it_runs_on_workdays_by_the_local_clock, house_tear_down),
        cmocka_unit_test_teardown(only_the_contractors_works_on_holidays, house_tear_down),
        cmocka_unit_test_teardown(warm_up_has_zones_ready_when_people_come, house_tear_down),
        cmocka_unit_test_teardown(optimal_start_learns_to_begin_later_and_is_still_in_time, house_tear_down),
        cmocka_unit_test_teardown(without_warm_up_it_begins_when_people_come, house_tear_down),
        cmocka_unit_test_teardown(nights_stay_within_their_limits, house_tear_down),
        cmocka_unit_test_teardown(times_and_modes_are_levers, house_tear_down),
        cmocka_unit_test_teardown(what_ignores_its_schedule_runs_all_night, house_tear_down),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
