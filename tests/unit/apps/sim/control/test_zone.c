/* Zones: flows and valves by what their sensors say, modes, requests, and levers. */
#include "tests/unit/apps/sim/building/house.h"

#include "apps/sim/control/zone.h"

static Zone *zone(void)
{
    return &house.zones[1];
}

/* An ordinary noon in May, in Macau. */
static void begin(BuildingControl control)
{
    house_begin("macau", control, "2026-05-05T16:00:00Z");
    house_run(12);
    assert_true(signal_is_on(&house.handlers[0].occupied));
}

static void hold_at(double temperature)
{
    signal_force(&zone()->temperature, temperature);
    house_run(0.75);
}

static void boxes_have_two_maxima(void **state)
{
    (void)state;
    begin(CONTROL_RULES);
    hold_at(25.5);
    assert_between(zone()->airflow.actual / zone()->flow_largest, 0.9, 1.02);
    assert_true(zone()->reheat.actual == 0);
    hold_at(22.3);
    assert_between(zone()->airflow.actual / zone()->flow_minimum.actual, 0.9, 1.1);
    assert_true(zone()->reheat.actual == 0);
    hold_at(20.6);
    assert_true(zone()->reheat.actual > 50); /* the valve first */
    hold_at(19);
    assert_true(zone()->reheat.actual > 99);
    assert_between(zone()->flow_setpoint.actual / zone()->flow_largest, 0.48, 0.52);
}

static void the_contractors_boxes_have_one(void **state)
{
    (void)state;
    begin(CONTROL_CONTRACTOR);
    hold_at(22.3);
    assert_between(zone()->airflow.actual / zone()->flow_largest, 0.27, 0.33);
    hold_at(19);
    assert_between(zone()->airflow.actual / zone()->flow_largest, 0.27, 0.33);
}

static void setpoints_and_the_dial_move_what_is_held(void **state)
{
    (void)state;
    begin(CONTROL_RULES);
    signal_force(&zone()->cooling_setpoint, 22.5);
    house_run(2);
    assert_between(zone()->temperature.actual, 22.2, 22.8);
    signal_force(&zone()->offset, 1);
    house_run(2);
    assert_between(zone()->temperature.actual, 23.2, 23.8);
    signal_release(&zone()->offset);
    /* One past the other: it cools, and does not heat against it. */
    signal_force(&zone()->cooling_setpoint, 21);
    signal_force(&zone()->heating_setpoint, 24);
    for (int minute = 0; minute < 60; minute++) {
        house_run(1.0 / 60);
        assert_true(zone()->reheat.actual == 0);
    }
}

static void flows_and_actuators_are_levers(void **state)
{
    (void)state;
    begin(CONTROL_RULES);
    signal_force(&zone()->flow_minimum, 0.6 * zone()->flow_largest);
    hold_at(22.3);
    assert_between(zone()->airflow.actual / zone()->flow_largest, 0.57, 0.63);
    signal_force(&zone()->flow_setpoint, 0.4 * zone()->flow_largest);
    house_run(0.2);
    assert_between(zone()->airflow.actual / zone()->flow_largest, 0.37, 0.43);
    signal_force(&zone()->damper, 10);
    signal_force(&zone()->reheat, 35);
    house_run(0.2);
    assert_between(zone()->damper_actuator.at, 9.9, 10.1);
    assert_between(zone()->reheat_actuator.at, 34.9, 35.1);
    signal_release(&zone()->damper);
    signal_release(&zone()->reheat);
    house_run(0.2);
    assert_between(zone()->airflow.actual / zone()->flow_largest, 0.37, 0.43);
    assert_true(zone()->reheat.actual == 0);
}

static void an_empty_zone_stands_by_where_its_sensor_is_heard(void **state)
{
    (void)state;
    for (BuildingControl control = CONTROL_RULES; control <= CONTROL_G36; control++) {
        begin(control);
        signal_force(&zone()->occupied, 0);
        house_run(0.4);
        const bool stands_by = control == CONTROL_G36;
        assert_int_equal(zone()->occupancy_mode.actual, stands_by ? ZONE_STANDBY : ZONE_OCCUPIED);
        assert_true((zone()->flow_minimum.actual == 0) == stands_by);
        assert_true((zone()->loops.cool_to > 23.6) == stands_by);
        signal_force(&zone()->occupied, 1);
        house_run(0.05);
        assert_int_equal(zone()->occupancy_mode.actual, ZONE_OCCUPIED);
        signal_force(&zone()->occupancy_mode, ZONE_UNOCCUPIED);
        house_run(0.05);
        assert_true(zone()->loops.cool_to == 28 && zone()->loops.heat_to == 17);
        if (control != CONTROL_G36)
            house_end();
    }
}

static void used_air_is_replaced(void **state)
{
    (void)state;
    begin(CONTROL_G36);
    signal_force(&zone()->occupied, 1);
    signal_force(&zone()->co2_sensor, 600);
    house_run(0.1);
    const double least = zone()->flow_minimum.actual, outdoor = house.handlers[0].outdoor_minimum.actual;
    assert_between(least, 0.9 * 1.5 * 0.3 * zone()->area, 1.1 * 1.5 * 0.3 * zone()->area); /* its area's */
    signal_force(&zone()->co2_sensor, 1000);
    house_run(0.1);
    assert_between(zone()->flow_minimum.actual, 0.9 * 1.5 * control_zone_outdoor(zone(), 1),
                   1.1 * 1.5 * control_zone_outdoor(zone(), 1));
    assert_true(house.handlers[0].outdoor_minimum.actual > outdoor + 5);
    signal_force(&zone()->co2_sensor, 1300);
    house_run(0.1);
    assert_true(zone()->flow_minimum.actual > 0.95 * zone()->flow_largest);
}

static void a_starved_zone_asks_and_one_whose_setpoint_has_moved_waits(void **state)
{
    (void)state;
    begin(CONTROL_G36);
    assert_true(zone()->loops.for_pressure.count <= 1);
    signal_force(&zone()->flow_setpoint, 3 * zone()->flow_largest); /* more than there is */
    house_run(0.2);
    assert_true(zone()->loops.for_pressure.count == 3);
    signal_release(&zone()->flow_setpoint);
    house_run(0.3);
    assert_true(zone()->loops.for_pressure.count <= 1);
    signal_force(&zone()->temperature, 27);
    house_run(0.2);
    assert_true(zone()->loops.for_supply.count == 3);
    signal_release(&zone()->temperature);
    house_run(0.5);
    signal_force(&zone()->cooling_setpoint, 21); /* 2.5 K lower: 22.5 minutes of patience */
    house_run(0.3);
    assert_true(zone()->loops.for_supply.count == 0);
    house_run(0.5);
    signal_force(&zone()->temperature, 23.5);
    house_run(0.1);
    assert_true(zone()->loops.for_supply.count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(boxes_have_two_maxima, house_tear_down),
        cmocka_unit_test_teardown(the_contractors_boxes_have_one, house_tear_down),
        cmocka_unit_test_teardown(setpoints_and_the_dial_move_what_is_held, house_tear_down),
        cmocka_unit_test_teardown(flows_and_actuators_are_levers, house_tear_down),
        cmocka_unit_test_teardown(an_empty_zone_stands_by_where_its_sensor_is_heard, house_tear_down),
        cmocka_unit_test_teardown(used_air_is_replaced, house_tear_down),
        cmocka_unit_test_teardown(a_starved_zone_asks_and_one_whose_setpoint_has_moved_waits,
                                  house_tear_down),
    };
    return cmocka_run_group_tests_name("zones' control", tests, NULL, NULL);
}
