/* Time: how it is given out in portions changes nothing, and the weather does not ask who stands in it. */
#include "tests/unit/apps/sim/building/house.h"

static Building other;

static void begin_other(BuildingControl control, uint64_t weather_seed)
{
    building_init(&other, &(BuildingOptions){.handlers = 2,
                                             .zones = 12,
                                             .seed = 3,
                                             .weather_seed = weather_seed,
                                             .climate = climate_find(bp_str("lisbon")),
                                             .control = control,
                                             .start_us = instant("2026-05-12T00:00:00Z")});
}

/* All that a zone, a handler and the rest are, octet by octet: what is not the same in some last bit is
 * found. */
static void assert_same(void)
{
    assert_memory_equal(house.zones, other.zones, house.zone_count * sizeof *house.zones);
    assert_memory_equal(house.handlers, other.handlers, house.handler_count * sizeof *house.handlers);
    assert_memory_equal(&house.plant, &other.plant, sizeof house.plant);
    assert_memory_equal(&house.meter, &other.meter, sizeof house.meter);
    assert_memory_equal(&house.balance, &other.balance, sizeof house.balance);
    assert_memory_equal(&house.ledger, &other.ledger, sizeof house.ledger);
    assert_int_equal(house.now_us, other.now_us);
    assert_int_equal(house.clock_us, other.clock_us);
}

static void portions_of_time_change_nothing(void **state)
{
    (void)state;
    static const double PORTIONS[] = {0.1, 1, 5, 7.3, 60, 300, 900, 3600};
    for (size_t i = 0; i < sizeof PORTIONS / sizeof *PORTIONS; i++) {
        house_begin("lisbon", CONTROL_RULES, "2026-05-12T00:00:00Z");
        begin_other(CONTROL_RULES, 5);
        const long hours = PORTIONS[i] < 1 ? 2 : 26;
        const long calls = lround((double)hours * 3600 / PORTIONS[i]);
        for (long j = 0; j < calls; j++)
            building_step(&other, PORTIONS[i]);
        building_step(&other, (double)hours * 3600 -
                                  (double)(other.clock_us - instant("2026-05-12T00:00:00Z")) / 1e6);
        house_run((double)hours);
        assert_same();
        building_done(&other);
        house_end();
    }
}

static void no_time_is_no_step(void **state)
{
    (void)state;
    house_begin("lisbon", CONTROL_RULES, "2026-05-12T00:00:00Z");
    begin_other(CONTROL_RULES, 5);
    for (int i = 0; i < 1000; i++)
        building_step(&other, 0);
    assert_same();
    building_step(&other, 4.9); /* not yet a step */
    assert_int_equal(other.now_us, house.now_us);
    building_step(&other, 0.1);
    assert_int_equal(other.now_us, house.now_us + 5 * BP_SECOND);
    building_done(&other);
}

static void a_command_acts_in_the_step_after_it(void **state)
{
    (void)state;
    static const double PORTIONS[] = {5, 3600};
    double last[2];
    for (size_t i = 0; i < 2; i++) {
        house_begin("lisbon", CONTROL_RULES, "2026-05-12T09:00:00Z");
        signal_force(&house.zones[0].damper, 12);
        assert_near(house.zones[0].damper.actual, 12, 0);
        for (long j = 0; j < lround(3600 / PORTIONS[i]); j++)
            building_step(&house, PORTIONS[i]);
        last[i] = house.zones[0].flow;
        assert_near(house.zones[0].damper_actuator.at, 12, 1e-9);
        house_end();
    }
    assert_true(last[0] == last[1]); /* to the bit */
}

static void two_controls_stand_in_the_same_weather_with_the_same_people(void **state)
{
    (void)state;
    house_begin("lisbon", CONTROL_CONTRACTOR, "2026-05-12T00:00:00Z");
    begin_other(CONTROL_G36, 5);
    for (int i = 0; i < 48; i++) {
        house_run(1);
        building_step(&other, 3600);
        assert_memory_equal(&house.weather.sky, &other.weather.sky, sizeof(Sky));
        for (size_t j = 0; j < house.zone_count; j++)
            assert_true(house.zones[j].people == other.zones[j].people);
    }
    building_done(&other);
    begin_other(CONTROL_G36, 6);
    building_step(&other, 48 * 3600);
    assert_true(house.weather.sky.temperature != other.weather.sky.temperature);
    for (size_t j = 0; j < house.zone_count; j++) /* another weather, the same people */
        assert_true(house.zones[j].people == other.zones[j].people);
    building_done(&other);
}

#define TEST(name) cmocka_unit_test_teardown(name, house_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(portions_of_time_change_nothing),
        TEST(no_time_is_no_step),
        TEST(a_command_acts_in_the_step_after_it),
        TEST(two_controls_stand_in_the_same_weather_with_the_same_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
