/* An air handler and its boxes: fan laws, and what is in the air before and behind each part. */
#include "tests/unit/apps/sim/physics/rig.h"

enum { ZONES = 6 };

static AirHandler *handler;

/* Fan at this speed, all boxes open so far, for long enough. */
static void run_at(double speed, double dampers)
{
    handler = &rig.handlers[0];
    signal_force(&handler->fan_command, 1);
    signal_force(&handler->fan_speed, speed);
    for (size_t i = 0; i < ZONES; i++)
        signal_force(&rig.zones[i].damper, dampers);
    rig_run(0.1);
}

static void ventilate(double outdoor_damper)
{
    signal_force(&rig.handlers[0].outdoor_damper, outdoor_damper);
}

static double air_flow(double flow)
{
    return flow * 1.2e-3; /* kg/s */
}

static void a_box_gives_by_its_damper_and_the_pressure(void **state)
{
    (void)state;
    rig_begin(ZONES);
    run_at(80, 60);
    signal_force(&rig.zones[2].damper, 30);
    rig_run(0.1);
    const double velocity = sqrt(handler->static_pressure / 250);
    double sum = 0;
    for (size_t i = 0; i < ZONES; i++) {
        const double open = i == 2 ? 0.3 : 0.6;
        assert_near(rig.zones[i].flow, rig.zones[i].flow_largest * open * velocity, 1e-6);
        assert_near(rig.zones[i].airflow.actual, rig.zones[i].flow, 1e-6);
        sum += rig.zones[i].flow;
    }
    assert_near(handler->flow, sum, 1e-6);
    assert_near(handler->supply_flow.actual, sum, 1e-6);
}

static void speed_gives_flow_its_square_pressure_its_cube_power(void **state)
{
    (void)state;
    rig_begin(ZONES);
    double flow[3], pressure[3], power[3];
    for (int i = 0; i < 3; i++) {
        run_at(25 << i, 50);
        flow[i] = handler->flow;
        pressure[i] = handler->static_pressure;
        power[i] = handler->supply_fan_power;
    }
    for (int i = 1; i < 3; i++) {
        assert_near(flow[i] / flow[i - 1], 2, 0.001);
        assert_near(pressure[i] / pressure[i - 1], 4, 0.001);
    }
    /* The drive takes something always; what is above that goes with the cube. */
    assert_near((power[2] - power[1]) / (power[1] - power[0]), 8, 0.01);
}

/* Turns the fan until the duct has this pressure and the boxes let this flow through. */
static void run_to(double pressure, double flow)
{
    double open = 0;
    handler = &rig.handlers[0];
    for (size_t i = 0; i < ZONES; i++)
        open += rig.zones[i].flow_largest;
    const double dampers = 100 * flow / open / sqrt(pressure / 250);
    assert_between(dampers, 5, 100);
    double low = 0, high = 100;
    for (int i = 0; i < 20; i++) {
        const double speed = (low + high) / 2;
        run_at(speed, dampers);
        *(handler->static_pressure > pressure ? &high : &low) = speed;
    }
    assert_near(handler->static_pressure, pressure, 0.5);
    assert_near(handler->flow, flow, 0.005 * flow);
}

static void power_is_flow_times_pressure_by_efficiency(void **state)
{
    (void)state;
    rig_begin(ZONES);
    const double flow = 0.5 * rig.handlers[0].flow_design;
    run_to(250, flow);
    const double high = handler->supply_fan_power, rise = handler->fan_rise;
    run_to(80, flow);
    const double low = handler->supply_fan_power;
    assert_near(rise - handler->fan_rise, 170, 1);
    /* Wheel times motor of an ordinary fan: a half to seven tenths. */
    assert_between(flow * 1e-3 * 170 / (high - low), 0.5, 0.7);
    print_message("# at half flow 250 Pa take %.2f kW, 80 Pa %.2f kW\n", high / 1000, low / 1000);
    assert_between(1 - low / high, 0.3, 0.6);
    run_to(250, 0.25 * rig.handlers[0].flow_design);
    assert_between(handler->supply_fan_power / high, 0.4,
                   0.55);                         /* pressure kept: half the flow, about half the power */
    signal_force(&handler->pressure_setpoint, 0); /* nothing but speed and dampers acts here */
}

static void an_ordinary_fan_takes_an_ordinary_power(void **state)
{
    (void)state;
    rig_begin(ZONES);
    run_to(250, rig.handlers[0].flow_design);
    /* W for 1 L/s of both fans: 90.1 allows about 2 for VAV with return fans. */
    assert_between((handler->supply_fan_power + handler->return_fan_power) / handler->flow, 1.0, 2.2);
    assert_between(handler->fan_speed.actual, 70, 100);
}

static void a_dirty_filter_costs_flow_or_power(void **state)
{
    (void)state;
    rig_begin(ZONES);
    run_at(80, 60);
    const double flow = handler->flow, filter = handler->filter_pressure.actual;
    handler->filter_dirt = 3;
    run_at(80, 60);
    assert_true(handler->flow < 0.97 * flow);
    assert_near(handler->filter_pressure.actual / filter, 3 * pow(handler->flow / flow, 2), 0.01);
    handler->filter_dirt = 1;
    run_to(200, 0.6 * rig.handlers[0].flow_design);
    const double clean = handler->supply_fan_power;
    handler->filter_dirt = 3;
    run_to(200, 0.6 * rig.handlers[0].flow_design);
    assert_between(handler->supply_fan_power / clean, 1.1, 1.5);
}

static void what_stands_takes_nothing(void **state)
{
    (void)state;
    rig_begin(ZONES);
    run_at(70, 50);
    signal_force(&handler->fan_command, 0);
    rig_run(0.1);
    assert_near(handler->flow, 0, 0);
    assert_near(handler->static_pressure, 0, 0);
    assert_near(handler->supply_fan_power + handler->return_fan_power, 0, 0);
    assert_near(handler->fan_status.actual, 0, 0);
    for (size_t i = 0; i < ZONES; i++)
        assert_near(rig.zones[i].flow, 0, 0);
}

static void air_mixes_by_its_shares(void **state)
{
    (void)state;
    rig_begin(ZONES);
    rig_weather(2, 80);
    for (int damper = 0; damper <= 100; damper += 25) {
        ventilate(damper);
        run_at(60, 50);
        const double share = handler->outdoor_flow / handler->flow;
        assert_near(share, 0.02 + 0.98 * damper / 100, 0.001); /* shut, it leaks 2 % */
        assert_near(handler->mixed_air, share * 2 + (1 - share) * handler->returned_air, 0.001);
        assert_near(handler->mixed_vapour, share * vapour_of(2, 80) + (1 - share) * handler->returned_vapour,
                    1e-7);
        assert_near(handler->mixed_co2, share * 420 + (1 - share) * handler->returned_co2, 0.01);
    }
    assert_near(handler->mixed_air, 2, 0.001);
}

/* W of a fan that go into its air. */
static double heat_of_supply_fan(void)
{
    return (handler->supply_air - handler->coil_temperature) * air_flow(handler->flow) * 1006;
}

/* Steps of 5 s from one end to the other. */
static int travel(const double *at, double to)
{
    int steps = 0;
    for (; fabs(*at - to) > 1e-9 && steps < 1000; steps++)
        rig_run(BUILDING_STEP_S / 3600.0);
    return steps;
}

static void dampers_valves_and_drives_take_their_time(void **state)
{
    (void)state;
    rig_begin(ZONES);
    run_at(0, 5);
    Zone *zone = &rig.zones[0];
    zone->damper_actuator.at = 0;
    signal_force(&zone->damper, 100);
    assert_near(travel(&zone->damper_actuator.at, 100), 90 / 5.0, 1); /* s of ordinary actuators and drives */
    signal_force(&zone->reheat, 100);
    assert_near(travel(&zone->reheat_actuator.at, 100), 60 / 5.0, 1);
    ventilate(100);
    assert_near(travel(&handler->outdoor_actuator.at, 100), 90 / 5.0, 1);
    signal_force(&handler->cooling_valve, 100);
    assert_near(travel(&handler->cooling_actuator.at, 100), 60 / 5.0, 1);
    signal_force(&handler->fan_speed, 100);
    assert_near(travel(&handler->speed, 100), 40 / 5.0, 1);
    handler->outdoor_actuator.stuck_at = 30; /* and one that is stuck stays */
    ventilate(0);
    rig_run(0.1);
    assert_near(handler->outdoor_actuator.at, 30, 1e-9);
    handler->outdoor_actuator.stuck_at = NAN;
    assert_near(travel(&handler->outdoor_actuator.at, 0), 27 / 5.0, 1);
}

static void fans_warm_the_air_by_their_power(void **state)
{
    (void)state;
    rig_begin(ZONES);
    ventilate(0);
    run_at(80, 60);
    /* What the drive takes stays in the plant room, and is the same at any speed. */
    const double outside = handler->supply_fan_power - heat_of_supply_fan();
    assert_between(outside / handler->supply_fan_power, 0, 0.15);
    assert_between(handler->supply_air - handler->coil_temperature, 0.3, 1.5);
    double zones = 0;
    for (size_t i = 0; i < ZONES; i++)
        zones += rig.zones[i].flow * rig.zones[i].air / handler->flow;
    const double heat = (handler->returned_air - zones) * air_flow(handler->flow) * 1006;
    assert_between(heat / handler->return_fan_power, 0.8, 1.01);
    run_at(40, 60);
    assert_near(handler->supply_fan_power - heat_of_supply_fan(), outside, 1e-6);
}

static void co2_is_that_of_people_by_outdoor_air(void **state)
{
    (void)state;
    rig_begin(ZONES);
    double people = 0, before = 1e9;
    for (size_t i = 0; i < ZONES; i++) {
        people += rig.zones[i].people = 2 + (double)i;
        rig.zones[i].leakage = 0;
    }
    static const double DAMPERS[] = {0, 10, 20, 40, 70, 100};
    for (size_t i = 0; i < sizeof DAMPERS / sizeof *DAMPERS; i++) {
        ventilate(DAMPERS[i]);
        run_at(60, 50);
        rig_run(i == 0 ? 200 : 36);
        /* 0.0050 L/s of each who sits and works (62.1, 1.2 met). */
        const double level = 420 + people * 0.0050 / handler->outdoor_flow * 1e6;
        assert_near(handler->returned_co2, level, 0.005 * (level - 420) + 0.5);
        assert_true(handler->returned_co2 < before);
        before = handler->returned_co2;
    }
}

static void vapour_is_that_of_people_by_outdoor_air(void **state)
{
    (void)state;
    rig_begin(ZONES);
    double people = 0;
    for (size_t i = 0; i < ZONES; i++) {
        people += rig.zones[i].people = 4;
        rig.zones[i].leakage = 0;
    }
    ventilate(20);
    run_at(60, 50);
    rig_run(48);
    const double level = vapour_of(20, 50) + people * 45 / 2.501e6 / air_flow(handler->outdoor_flow);
    assert_near(handler->returned_vapour, level, 1e-5);
    assert_near(handler->supply_vapour, handler->mixed_vapour, 1e-9);
}

static void what_condenses_is_what_the_air_lost(void **state)
{
    (void)state;
    rig_begin(ZONES);
    rig_weather(32, 70);
    ventilate(30);
    signal_force(&rig.handlers[0].cooling_valve, 100);
    signal_force(&rig.plant.chiller_command, 1);
    signal_force(&rig.plant.chilled_pump, 100);
    signal_force(&rig.plant.tower_fan, 100);
    signal_force(&rig.plant.chilled_setpoint, 7);
    for (size_t i = 0; i < ZONES; i++)
        rig.zones[i].gain_equipment = 2000;
    run_at(60, 50);
    rig_run(1);
    const double flow = air_flow(handler->flow);
    assert_true(handler->condensate > 0);
    assert_near(handler->condensate, flow * (handler->mixed_vapour - handler->supply_vapour), 1e-9);
    const double sensible = flow * 1006 * (handler->mixed_air - handler->coil_temperature),
                 latent = handler->condensate * 2.501e6;
    assert_near(handler->cooling_power, sensible + latent, 1);
    assert_between(latent / handler->cooling_power, 0.15, 0.6);
    assert_near(handler->cooling_power,
                handler->chilled_flow * 4186 * (handler->chilled_return - rig.plant.chilled.supply), 200);
}

#define TEST(name) cmocka_unit_test_teardown(name, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_box_gives_by_its_damper_and_the_pressure),
        TEST(speed_gives_flow_its_square_pressure_its_cube_power),
        TEST(power_is_flow_times_pressure_by_efficiency),
        TEST(an_ordinary_fan_takes_an_ordinary_power),
        TEST(a_dirty_filter_costs_flow_or_power),
        TEST(what_stands_takes_nothing),
        TEST(air_mixes_by_its_shares),
        TEST(dampers_valves_and_drives_take_their_time),
        TEST(fans_warm_the_air_by_their_power),
        TEST(co2_is_that_of_people_by_outdoor_air),
        TEST(vapour_is_that_of_people_by_outdoor_air),
        TEST(what_condenses_is_what_the_air_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
