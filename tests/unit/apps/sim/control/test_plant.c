/* The plant: who runs and for how long at least, how cold and hot its water is, and levers. */
#include "tests/unit/apps/sim/building/house.h"

#include "apps/sim/control/sequence.h"

static Plant *plant(void)
{
    return &house.plant;
}

/* How long a machine stayed as it was, before each switch. */
typedef struct Watch {
    double shortest_run_s, shortest_rest_s, since_s;
    int starts;
    bool was_on, has_switched;
} Watch;

static void watch(Watch *of, const Signal *command)
{
    const bool is_on = signal_is_on(command);
    if (is_on != of->was_on && of->has_switched) {
        double *shortest = is_on ? &of->shortest_rest_s : &of->shortest_run_s;
        *shortest = fmin(*shortest, of->since_s);
    }
    if (is_on != of->was_on) {
        of->has_switched = true;
        of->starts += is_on;
        of->since_s = 0;
    }
    of->since_s += 60;
    of->was_on = is_on;
}

static void machines_run_and_rest_for_their_least_times(void **state)
{
    (void)state;
    static const char *const starts[] = {"2026-01-11T16:00:00Z", "2026-03-15T16:00:00Z"};
    for (size_t i = 0; i < 6; i++) {
        const BuildingControl control = (BuildingControl)(i % 3);
        const Sequence *sequence = sequence_of(control);
        house_begin(i < 3 ? "lisbon" : "macau", control, starts[i / 3]);
        Watch chiller = {INFINITY, INFINITY, 0, 0, signal_is_on(&plant()->chiller_command), false};
        Watch boiler = {INFINITY, INFINITY, 0, 0, signal_is_on(&plant()->boiler_command), false};
        for (int minute = 0; minute < 7 * 1440; minute++) {
            house_run(1.0 / 60);
            watch(&chiller, &plant()->chiller_command);
            watch(&boiler, &plant()->boiler_command);
        }
        assert_true(chiller.shortest_run_s >= sequence->least_run_s &&
                    chiller.shortest_rest_s >= sequence->least_rest_s);
        assert_true(boiler.shortest_run_s >= sequence->least_run_s &&
                    boiler.shortest_rest_s >= sequence->least_rest_s);
        assert_true(chiller.starts + boiler.starts > 2);
        assert_true(chiller.starts < 7 * 12 && boiler.starts < 7 * 12);
        if (i < 5)
            house_end();
    }
}

static int64_t compressor_starts(bool short_cycles)
{
    house_begin("macau", CONTROL_RULES, "2026-03-15T16:00:00Z");
    plant()->short_cycles = short_cycles;
    const int64_t before = plant()->compressor_starts;
    house_run(2 * 24);
    return plant()->compressor_starts - before;
}

static void a_fault_makes_them_forget_those(void **state)
{
    (void)state;
    const int64_t sound = compressor_starts(false);
    house_end();
    assert_true(compressor_starts(true) > 3 * sound + 5);
}

static void water_is_as_the_kind_of_control_has_it(void **state)
{
    (void)state;
    house_begin("macau", CONTROL_CONTRACTOR, "2026-07-05T16:00:00Z");
    house_run(12);
    assert_true(plant()->chilled_setpoint.actual == 7 && plant()->hot_setpoint.actual == 70 &&
                plant()->tower_setpoint.actual == 27);
    house_end();
    house_begin("macau", CONTROL_RULES, "2026-07-05T16:00:00Z");
    house_run(12);
    const double july = plant()->chilled_setpoint.actual;
    assert_between(july, 6, 7);
    assert_between(plant()->chilled_supply.actual, july - 1.5, july + 1.5);
    house_end();
    house_begin("macau", CONTROL_RULES, "2026-01-11T16:00:00Z");
    house_run(12);
    assert_true(plant()->chilled_setpoint.actual > july + 0.5);
    assert_between(plant()->hot_setpoint.actual, 42, 62);
}

static void cold_water_answers_valves_and_else_gets_warmer(void **state)
{
    (void)state;
    const Sequence *sequence = sequence_of(CONTROL_G36);
    house_begin("macau", CONTROL_G36, "2026-07-05T16:00:00Z");
    house_run(9);
    for (size_t i = 0; i < house.handler_count; i++)
        signal_force(&house.handlers[i].cooling_valve, 30); /* nobody asks */
    house_run(3);
    assert_true(plant()->loops.chilled.setpoint < 30);
    assert_true(plant()->chilled_setpoint.actual == sequence->chilled_warmest);
    const double pump = plant()->chilled_pump.actual;
    for (size_t i = 0; i < house.handler_count; i++)
        signal_force(&house.handlers[i].cooling_valve, 100); /* all do */
    house_run(3);
    assert_true(plant()->chilled_setpoint.actual < sequence->chilled_warmest - 1);
    assert_true(plant()->chilled_setpoint.actual >= sequence->chilled_coldest);
    assert_true(plant()->chilled_pump.actual > pump + 20);
}

static void every_lever_of_the_plant_is_held_and_given_back(void **state)
{
    (void)state;
    house_begin("macau", CONTROL_RULES, "2026-07-05T16:00:00Z");
    house_run(10);
    signal_force(&plant()->chilled_setpoint, 10);
    house_run(1);
    assert_between(plant()->chilled_supply.actual, 9, 11);
    signal_release(&plant()->chilled_setpoint);
    house_run(1);
    assert_true(plant()->chilled_supply.actual < 8.5);
    signal_force(&plant()->chilled_pump, 50);
    signal_force(&plant()->tower_fan, 20);
    house_run(0.2);
    assert_true(plant()->chilled_pump.actual == 50 && plant()->tower_fan.actual == 20);
    signal_release(&plant()->tower_fan);
    signal_release(&plant()->chilled_pump);
    signal_force(&plant()->tower_setpoint, 33);
    house_run(1);
    assert_between(plant()->tower_supply.actual, 32, 34); /* the fan slows down */
    signal_release(&plant()->tower_setpoint);
    signal_force(&plant()->chiller_command, 0);
    house_run(0.1);
    assert_true(plant()->chiller_watts == 0 && plant()->chilled_pump.actual == 0);
    signal_force(&plant()->boiler_command, 1);
    signal_force(&plant()->hot_setpoint, 55);
    house_run(1);
    assert_between(plant()->hot_supply.actual, 49, 61);
    signal_release(&plant()->boiler_command);
    signal_release(&plant()->chiller_command);
    house_run(0.5);
    assert_true(plant()->chiller_watts > 0);
    assert_false(signal_is_on(&plant()->boiler_command));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(machines_run_and_rest_for_their_least_times, house_tear_down),
        cmocka_unit_test_teardown(a_fault_makes_them_forget_those, house_tear_down),
        cmocka_unit_test_teardown(water_is_as_the_kind_of_control_has_it, house_tear_down),
        cmocka_unit_test_teardown(cold_water_answers_valves_and_else_gets_warmer, house_tear_down),
        cmocka_unit_test_teardown(every_lever_of_the_plant_is_held_and_given_back, house_tear_down),
    };
    return cmocka_run_group_tests_name("the plant's control", tests, NULL, NULL);
}
