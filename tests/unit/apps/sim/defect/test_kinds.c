/* What the building does with dampers that stick and valves that leak. */
#include "apps/sim/defect/kinds.h"

#include "tests/unit/apps/sim/defect/a_pair.h"

static void a_stuck_vav_damper_gives_what_it_gives_and_not_what_is_wanted(void **state)
{
    (void)state;
    Pair pair = pair_of(JULY_US, "VAV-1-01:damper-stuck=0@+10h/+14h;VAV-1-02:damper-stuck=100@+10h/+14h");
    go(&pair, 10 - 5.0 / 3600);
    are_alike(&pair);
    go(&pair, 3);
    const Zone *shut = &building(pair.bad)->zones[0], *open = &building(pair.bad)->zones[1];
    is_about(shut->damper_actuator.at, 0, 0);
    is_about(shut->flow, 0, 0.1);
    is_more(says(pair.bad, "VAV-1-01/FLW-C"), 5);
    is_about(says(pair.bad, "VAV-1-01/SUP-F"), 0, 2);
    is_more(shut->air, building(pair.good)->zones[0].air + 0.5);
    is_about(open->damper_actuator.at, 100, 0);
    is_more(open->flow, building(pair.good)->zones[1].flow * 1.2);
    go(&pair, 2.5);
    assert_true(isnan(shut->damper_actuator.stuck_at));
    is_about(shut->damper_actuator.at, shut->damper.actual, 10);
    is_about(shut->flow, shut->flow_setpoint.actual, 0.1 * shut->flow_setpoint.actual + 3);
    is_about(open->flow, open->flow_setpoint.actual, 0.1 * open->flow_setpoint.actual + 3);
    pair_done(&pair);
}

static void a_stuck_outdoor_damper_lets_little_air_in(void **state)
{
    (void)state;
    Pair pair = pair_of(JULY_US, "AHU-1:damper-stuck=0@+10h/+14h");
    go(&pair, 13.5);
    const AirHandler *good = &building(pair.good)->handlers[0], *bad = &building(pair.bad)->handlers[0];
    is_more(good->outdoor_flow, 20);
    is_more(0.4 * good->outdoor_flow, bad->outdoor_flow); /* what leaks through */
    is_more(fabs(good->mixed_air - good->returned_air), fabs(bad->mixed_air - bad->returned_air));
    is_more(building(pair.bad)->zones[0].co2, building(pair.good)->zones[0].co2 + 50);
    go(&pair, 1);
    is_about(bad->outdoor_flow, good->outdoor_flow, 0.2 * good->outdoor_flow);
    pair_done(&pair);
}

static void a_leaking_cooling_valve_cools_at_0_percent_and_takes_energy(void **state)
{
    (void)state;
    Pair pair = pair_of(JULY_US, "AHU-1:cooling-valve-leaks=30@+11h/+14h");
    const AirHandler *good = &building(pair.good)->handlers[0], *bad = &building(pair.bad)->handlers[0];
    go(&pair, 10);
    set(&pair, "PLANT/CH-C", 1);
    set(&pair, "PLANT/CHP-O", 60);
    set(&pair, "AHU-1/CLG-O", 0);
    go(&pair, 1 - 5.0 / 3600);
    are_alike(&pair);
    is_about(bad->cooling_power, 0, 1);
    go(&pair, 2.5);
    is_about(says(pair.bad, "AHU-1/CLG-O"), 0, 0);
    is_about(good->cooling_power, 0, 1);
    is_more(bad->cooling_power, 2000);
    is_more(good->supply_air, bad->supply_air + 1);
    is_more(says(pair.good, "AHU-1/SAT"), says(pair.bad, "AHU-1/SAT") + 1);
    is_more(building(pair.bad)->ledger.chiller, building(pair.good)->ledger.chiller);
    go(&pair, 1);
    is_about(bad->cooling_power, 0, 1);
    pair_done(&pair);
}

static void a_leaking_heating_valve_heats_at_0_percent_and_takes_gas(void **state)
{
    (void)state;
    Pair pair = pair_of(JANUARY_US, "AHU-1:heating-valve-leaks=30@+11h/+14h");
    const AirHandler *good = &building(pair.good)->handlers[0], *bad = &building(pair.bad)->handlers[0];
    go(&pair, 10);
    set(&pair, "PLANT/BLR-C", 1);
    set(&pair, "PLANT/HWP-O", 60);
    set(&pair, "AHU-1/HTG-O", 0);
    set(&pair, "AHU-1/CLG-O", 0);
    go(&pair, 1 - 5.0 / 3600);
    are_alike(&pair);
    go(&pair, 2.5);
    is_about(good->heating_power, 0, 1);
    is_more(bad->heating_power, 2000);
    is_more(bad->supply_air, good->supply_air + 1);
    is_more(building(pair.bad)->ledger.gas, building(pair.good)->ledger.gas);
    go(&pair, 1);
    is_about(bad->heating_power, 0, 1);
    pair_done(&pair);
}

static void a_leaking_reheat_valve_warms_one_room(void **state)
{
    (void)state;
    Pair pair = pair_of(JANUARY_US, "VAV-1-01:reheat-valve-leaks=40@+11h/+14h");
    const Zone *good = &building(pair.good)->zones[0], *bad = &building(pair.bad)->zones[0];
    go(&pair, 10);
    set(&pair, "PLANT/BLR-C", 1);
    set(&pair, "PLANT/HWP-O", 60);
    set(&pair, "VAV-1-01/RHT-O", 0);
    go(&pair, 3.5);
    is_about(good->reheat_power, 0, 1);
    is_more(bad->reheat_power, 200);
    is_more(says(pair.bad, "VAV-1-01/DA-T"), says(pair.good, "VAV-1-01/DA-T") + 2);
    go(&pair, 1);
    is_about(bad->reheat_power, 0, 1);
    pair_done(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stuck_vav_damper_gives_what_it_gives_and_not_what_is_wanted),
        cmocka_unit_test(a_stuck_outdoor_damper_lets_little_air_in),
        cmocka_unit_test(a_leaking_cooling_valve_cools_at_0_percent_and_takes_energy),
        cmocka_unit_test(a_leaking_heating_valve_heats_at_0_percent_and_takes_gas),
        cmocka_unit_test(a_leaking_reheat_valve_warms_one_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
