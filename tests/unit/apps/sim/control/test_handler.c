/* Air handlers: one means at a time, outdoor air where it helps and as much as people need, and loops that do
 * not swing. */
#include "tests/unit/apps/sim/building/house.h"

#include "apps/sim/control/schedule.h"
#include "apps/sim/control/sequence.h"
#include "apps/sim/world/air.h"

static AirHandler *ahu(void)
{
    return &house.handlers[0];
}

static bool is_steady(void)
{
    return schedule_mode(ahu()) == HANDLER_OCCUPIED && ahu()->loops.mode_s > 3600;
}

static const struct {
    const char *climate, *start;
} seasons[] = {{"lisbon", "2026-01-12T00:00:00Z"},
               {"lisbon", "2026-04-13T00:00:00Z"},
               {"macau", "2026-07-05T16:00:00Z"},
               {"macau", "2026-11-08T16:00:00Z"}};

enum { SEASONS = sizeof seasons / sizeof *seasons };

static void heating_and_cooling_never_work_against_each_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < SEASONS * 3; i++) {
        house_begin(seasons[i / 3].climate, (BuildingControl)(i % 3), seasons[i / 3].start);
        for (int minute = 0; minute < 2 * 1440; minute++) {
            house_run(1.0 / 60);
            assert_true(ahu()->cooling_valve.automatic == 0 || ahu()->heating_valve.automatic == 0);
            for (size_t j = 0; j < house.zone_count; j++)
                assert_true(house.zones[j].loops.cooling_output == 0 || house.zones[j].reheat.automatic == 0);
        }
        if (i < SEASONS * 3 - 1)
            house_end();
    }
}

static void a_fault_makes_them_fight(void **state)
{
    (void)state;
    house_begin("macau", CONTROL_RULES, "2026-07-05T16:00:00Z");
    house_run(11);
    const double before = ahu()->cooling_power;
    ahu()->fights = true;
    house_run(1);
    assert_true(ahu()->cooling_valve.actual > 20 && ahu()->heating_valve.actual > 20);
    assert_true(ahu()->heating_power > 1000 && ahu()->cooling_power > before);
    ahu()->fights = false;
    house_run(0.5);
    assert_true(ahu()->heating_valve.actual == 0);
}

static void outdoor_air_cools_only_where_it_helps(void **state)
{
    (void)state;
    int free_cooling = 0;
    for (size_t i = 0; i < SEASONS * 3; i++) {
        const BuildingControl control = (BuildingControl)(i % 3);
        const Sequence *sequence = sequence_of(control);
        house_begin(seasons[i / 3].climate, control, seasons[i / 3].start);
        for (int minute = 0; minute < 2 * 1440; minute++) {
            house_run(1.0 / 60);
            if (!signal_is_on(&ahu()->economizer))
                continue;
            free_cooling++;
            const double outdoor = house.weather.temperature.actual;
            const double enthalpy =
                air_enthalpy(outdoor, air_vapour(outdoor, house.weather.humidity.actual)) / 1000;
            assert_true(outdoor < ahu()->returned.actual);
            assert_true(outdoor < sequence->outdoor_warmest + 0.2);
            assert_true(sequence->outdoor_enthalpy <= 0 || enthalpy < sequence->outdoor_enthalpy + 0.5);
            assert_true(ahu()->heating_valve.actual == 0);
        }
        house_end();
    }
    assert_true(free_cooling > 500);
    house_begin("lisbon", CONTROL_RULES, "2026-04-13T00:00:00Z");
}

static void people_have_their_outdoor_air_whatever_the_flow(void **state)
{
    (void)state;
    for (BuildingControl control = CONTROL_RULES; control <= CONTROL_G36; control++) {
        house_begin("macau", control, "2026-07-05T16:00:00Z");
        for (int minute = 0; minute < 2 * 1440; minute++) {
            house_run(1.0 / 60);
            if (is_steady())
                assert_true(ahu()->outdoor_airflow.actual > 0.85 * ahu()->outdoor_minimum.actual);
            else if (schedule_mode(ahu()) == HANDLER_WARM_UP)
                assert_true(ahu()->outdoor_damper.actual == 0);
            for (size_t i = 0; i < house.zone_count; i++)
                assert_true(house.zones[i].co2 < 1200);
        }
        house_end();
    }
    house_begin("macau", CONTROL_RULES, "2026-07-05T16:00:00Z");
    house_run(12);
    const double before = ahu()->outdoor_flow;
    signal_force(&ahu()->outdoor_minimum, 1.5 * before);
    house_run(0.5);
    assert_between(ahu()->outdoor_flow / before, 1.4, 1.6);
    signal_force(&ahu()->outdoor_minimum, 0);
    house_run(0.5);
    assert_true(ahu()->outdoor_damper.actual < 1);
}

static void frost_shuts_the_outdoor_air_out_for_an_hour(void **state)
{
    (void)state;
    house_begin("lisbon", CONTROL_RULES, "2026-01-12T00:00:00Z");
    house_run(11);
    assert_true(ahu()->outdoor_damper.actual > 5);
    signal_force(&ahu()->freeze_alarm, 1);
    house_run(0.1);
    assert_true(ahu()->outdoor_damper.actual == 0);
    signal_release(&ahu()->freeze_alarm);
    house_run(0.8);
    assert_true(ahu()->outdoor_damper.actual == 0);
    house_run(0.5);
    assert_true(ahu()->outdoor_damper.actual > 5);
    signal_force(&ahu()->mixed, 4); /* near to it: less outdoor air, before it comes to that */
    house_run(0.5);
    assert_true(ahu()->loops.outdoor_least == 0);
}

/* How often something turned back by more than `band`. */
typedef struct Turns {
    double extreme, band;
    int direction, count;
} Turns;

static void see(Turns *turns, double value)
{
    if (turns->direction == 0) {
        turns->direction = 1;
        turns->extreme = value;
    } else if ((value - turns->extreme) * turns->direction > 0) {
        turns->extreme = value;
    } else if ((turns->extreme - value) * turns->direction > turns->band) {
        turns->direction = -turns->direction;
        turns->extreme = value;
        turns->count++;
    }
}

static void loops_hold_their_setpoints_and_do_not_swing(void **state)
{
    (void)state;
    for (size_t i = 0; i < SEASONS * 3; i++) {
        house_begin(seasons[i / 3].climate, (BuildingControl)(i % 3), seasons[i / 3].start);
        Turns cooling = {.band = 3}, heating = {.band = 3}, damper = {.band = 4}, fan = {.band = 3},
              zone = {.band = 8};
        double hours = 0, pressure = 0;
        for (int step = 0; step < 2 * 17280; step++) {
            building_step(&house, BUILDING_STEP_S);
            if (!is_steady())
                continue;
            see(&cooling, ahu()->cooling_valve.actual);
            see(&heating, ahu()->heating_valve.actual);
            see(&damper, ahu()->outdoor_damper.actual);
            see(&fan, ahu()->fan_speed.actual);
            see(&zone, house.zones[1].damper.actual);
            hours += BUILDING_STEP_S / 3600.0;
            pressure += fabs(ahu()->duct_pressure.actual - ahu()->pressure_setpoint.actual) *
                        BUILDING_STEP_S / 3600.0;
        }
        assert_true(hours > 15);
        /* A loop that swings turns 60 times an hour and more; those of Guideline 36 follow pressures that are
         * moved every two minutes. */
        assert_true(cooling.count < 4 * hours && heating.count < 4 * hours && damper.count < 4 * hours);
        assert_true(fan.count < 6 * hours && zone.count < 6 * hours);
        assert_true(pressure < 15 * hours);
        if (i < SEASONS * 3 - 1)
            house_end();
    }
}

static void every_lever_of_a_handler_is_held_and_given_back(void **state)
{
    (void)state;
    house_begin("macau", CONTROL_G36, "2026-07-05T16:00:00Z");
    house_run(12);
    struct {
        Signal *lever;
        double held;
    } levers[] = {{&ahu()->fan_speed, 55},       {&ahu()->pressure_setpoint, 220},
                  {&ahu()->supply_setpoint, 15}, {&ahu()->outdoor_damper, 60},
                  {&ahu()->cooling_valve, 30},   {&ahu()->heating_valve, 10}};
    for (size_t i = 0; i < sizeof levers / sizeof *levers; i++) {
        signal_force(levers[i].lever, levers[i].held);
        house_run(0.25);
        assert_true(levers[i].lever->actual == levers[i].held);
        signal_release(levers[i].lever);
        house_run(0.5);
    }
    signal_force(&ahu()->supply_setpoint, 16);
    house_run(0.5);
    assert_between(ahu()->supply.actual, 15.7, 16.3);
    signal_release(&ahu()->supply_setpoint);
    signal_force(&ahu()->pressure_setpoint, 240);
    house_run(0.5);
    assert_between(ahu()->duct_pressure.actual, 225, 255);
    signal_release(&ahu()->pressure_setpoint);
    building_step(&house, 120);
    assert_true(ahu()->pressure_setpoint.actual > 210); /* from there on, and not with a jump */
    signal_force(&ahu()->fan_command, 0);
    house_run(0.2);
    assert_false(signal_is_on(&ahu()->fan_status));
    assert_true(ahu()->cooling_valve.actual == 0 && ahu()->outdoor_damper.actual == 0);
}

/* As sharply as a damper may move in a step once a command lets go: a loop goes on, and does not jump. */
static void assert_outdoor_damper_goes_on_from(double held)
{
    signal_force(&ahu()->outdoor_damper, held);
    house_run(2);
    assert_true(ahu()->loops.outdoor_least == held);
    signal_release(&ahu()->outdoor_damper);
    double before = held;
    for (int step = 0; step < 720; step++) {
        building_step(&house, BUILDING_STEP_S);
        assert_near(ahu()->outdoor_damper.automatic, before, 2);
        before = ahu()->outdoor_damper.automatic;
    }
    assert_between(ahu()->outdoor_airflow.actual / ahu()->outdoor_minimum.actual, 0.85, 1.15);
}

static void least_outdoor_air_goes_on_from_a_command(void **state)
{
    (void)state;
    house_begin("macau", CONTROL_RULES, "2026-07-05T16:00:00Z");
    house_run(10);
    assert_false(ahu()->loops.may_free_cool); /* it is hot outside: all of the outdoor air is for people */
    assert_outdoor_damper_goes_on_from(0);
    assert_outdoor_damper_goes_on_from(60);
}

static void a_damper_that_is_held_open_in_winter_has_the_heating_come(void **state)
{
    (void)state;
    house_begin("lisbon", CONTROL_CONTRACTOR, "2026-01-02T00:00:00Z");
    house_run(7);
    assert_true(ahu()->loops.stage == STAGE_ECONOMIZER && ahu()->loops.may_free_cool);
    signal_force(&ahu()->outdoor_damper, 100);
    house_run(2);
    assert_true(ahu()->loops.may_free_cool && ahu()->mixed.actual < ahu()->supply_setpoint.actual);
    assert_true(ahu()->heating_valve.actual > 0);
    assert_near(ahu()->supply.actual, ahu()->supply_setpoint.actual, 1);
}

static void a_damper_that_is_held_shut_in_mild_weather_has_the_cooling_come(void **state)
{
    (void)state;
    house_begin("lisbon", CONTROL_CONTRACTOR, "2026-01-02T00:00:00Z");
    house_run(10);
    assert_true(ahu()->loops.stage == STAGE_ECONOMIZER && ahu()->loops.may_free_cool);
    signal_force(&ahu()->outdoor_damper, 0);
    house_run(1);
    assert_true(ahu()->loops.may_free_cool);
    assert_true(ahu()->cooling_valve.actual > 0);
    assert_near(ahu()->supply.actual, ahu()->supply_setpoint.actual, 1);
}

/* A valve that a command holds, in the stage that it is of: the others make good what it does. */
static void a_valve_that_is_held_open_has_the_other_one_come(void **state)
{
    (void)state;
    house_begin("macau", CONTROL_CONTRACTOR, "2026-07-05T16:00:00Z");
    house_run(10);
    assert_true(ahu()->loops.stage == STAGE_COOLING);
    signal_force(&ahu()->supply_setpoint, 20);
    signal_force(&ahu()->cooling_valve, 60);
    signal_force(&house.plant.boiler_command, 1);
    house_run(1);
    assert_true(ahu()->loops.stage == STAGE_HEATING);
    assert_near(ahu()->supply.actual, 20, 1);
    signal_release(&ahu()->cooling_valve);
    signal_force(&ahu()->heating_valve, 25);
    signal_force(&ahu()->supply_setpoint, 15);
    house_run(1);
    assert_true(ahu()->loops.stage == STAGE_COOLING);
    assert_near(ahu()->supply.actual, 15, 1);
}

/* All zones of the handler are told to be so warm. */
static void want(double temperature)
{
    for (size_t i = 0; i < ahu()->zones; i++)
        signal_force(&house.zones[i].cooling_setpoint, temperature);
}

static void pressure_and_supply_answer_zones_and_else_save(void **state)
{
    (void)state;
    const Sequence *sequence = sequence_of(CONTROL_G36);
    house_begin("lisbon", CONTROL_G36, "2026-01-12T00:00:00Z");
    house_run(9);
    want(28); /* nobody needs anything */
    house_run(2);
    assert_true(ahu()->pressure_setpoint.actual == sequence->trim_pressure.low);
    assert_true(ahu()->loops.supply.setpoint == sequence->trim_supply.high);
    want(18); /* everybody does */
    house_run(3);
    assert_true(ahu()->pressure_setpoint.actual > 150);
    assert_true(ahu()->pressure_setpoint.actual <= sequence->trim_pressure.high);
    assert_true(ahu()->loops.supply.setpoint < sequence->trim_supply.high - 2);
    assert_true(ahu()->supply_setpoint.actual >= sequence->trim_supply.low);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(heating_and_cooling_never_work_against_each_other, house_tear_down),
        cmocka_unit_test_teardown(a_fault_makes_them_fight, house_tear_down),
        cmocka_unit_test_teardown(outdoor_air_cools_only_where_it_helps, house_tear_down),
        cmocka_unit_test_teardown(people_have_their_outdoor_air_whatever_the_flow, house_tear_down),
        cmocka_unit_test_teardown(frost_shuts_the_outdoor_air_out_for_an_hour, house_tear_down),
        cmocka_unit_test_teardown(loops_hold_their_setpoints_and_do_not_swing, house_tear_down),
        cmocka_unit_test_teardown(pressure_and_supply_answer_zones_and_else_save, house_tear_down),
        cmocka_unit_test_teardown(least_outdoor_air_goes_on_from_a_command, house_tear_down),
        cmocka_unit_test_teardown(a_damper_that_is_held_open_in_winter_has_the_heating_come, house_tear_down),
        cmocka_unit_test_teardown(a_damper_that_is_held_shut_in_mild_weather_has_the_cooling_come,
                                  house_tear_down),
        cmocka_unit_test_teardown(a_valve_that_is_held_open_has_the_other_one_come, house_tear_down),
        cmocka_unit_test_teardown(every_lever_of_a_handler_is_held_and_given_back, house_tear_down),
    };
    return cmocka_run_group_tests_name("air handlers' control", tests, NULL, NULL);
}
