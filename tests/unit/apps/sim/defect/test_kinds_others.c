/* What the building does with sensors, filters and controls that fail. */
#include "apps/sim/defect/kinds.h"

#include "tests/unit/apps/sim/defect/a_pair.h"

static void a_drifting_sensor_is_believed(void **state)
{
    (void)state;
    Pair pair = pair_of(JULY_US, "AHU-1/SAT:sensor-drifts=2@+0h/+38h");
    const AirHandler *good = &building(pair.good)->handlers[0], *bad = &building(pair.bad)->handlers[0];
    double error = 0, colder = 0;
    go(&pair, 34);
    for (int i = 0; i < 180; i++) {
        go(&pair, 1.0 / 60);
        error += (bad->supply.actual - bad->supply_air) - (good->supply.actual - good->supply_air);
        colder += good->supply_air - bad->supply_air;
    }
    is_about(error / 180, 2 * 35.5 / 24, 0.2);
    is_more(colder / 180, 1);
    go(&pair, 2);
    is_about(bad->supply.bias, 0, 0);
    is_about(bad->supply.actual - bad->supply_air, good->supply.actual - good->supply_air, 0.3);
    pair_done(&pair);
}

static void a_frozen_sensor_says_what_it_said(void **state)
{
    (void)state;
    Pair pair = pair_of(JULY_US, "VAV-1-01/ZN-T:sensor-frozen@+5h/+17h");
    const Zone *bad = &building(pair.bad)->zones[0];
    go(&pair, 5);
    const double said = bad->temperature.actual;
    double least = bad->air, most = bad->air;
    for (int i = 0; i < 11 * 12; i++) {
        go(&pair, 1.0 / 12);
        is_about(bad->temperature.actual, said, 0);
        least = fmin(least, bad->air);
        most = fmax(most, bad->air);
    }
    is_more(most - least, 0.3);
    go(&pair, 2);
    is_about(bad->temperature.actual, bad->air, 1);
    assert_true(bad->temperature.actual != said);
    pair_done(&pair);
}

static void a_dirty_filter_takes_pressure_and_power(void **state)
{
    (void)state;
    Pair pair = pair_of(JULY_US, "AHU-1:filter-dirty=5@+10h/+14h");
    const AirHandler *good = &building(pair.good)->handlers[0], *bad = &building(pair.bad)->handlers[0];
    go(&pair, 10);
    const double before = building(pair.good)->ledger.fans;
    go(&pair, 3.5);
    is_more(says(pair.bad, "AHU-1/FLT-P"), says(pair.good, "AHU-1/FLT-P") * 3);
    is_more(building(pair.bad)->ledger.fans - before, (building(pair.good)->ledger.fans - before) * 1.02);
    go(&pair, 1);
    is_about(bad->filter_dirt, good->filter_dirt, 0);
    is_about(bad->filter_pressure.actual, good->filter_pressure.actual,
             0.2 * good->filter_pressure.actual + 2);
    pair_done(&pair);
}

static void coils_that_fight_take_both_energies_with(BuildingControl control)
{
    Pair pair = pair_with(control, JULY_US, "AHU-1:heats-and-cools@+8h/+17h");
    const AirHandler *bad = &building(pair.bad)->handlers[0];
    go(&pair, 16);
    is_more(bad->heating_valve.actual, 5);
    is_more(bad->cooling_valve.actual, 5);
    const Ledger *good = &building(pair.good)->ledger, *ledger = &building(pair.bad)->ledger;
    is_more(ledger->heating, good->heating + 5e6);
    is_more(ledger->cooling, good->cooling + 5e6);
    is_more(ledger->chiller + ledger->gas, good->chiller + good->gas + 5e6);
    go(&pair, 1.5);
    is_about(bad->heating_valve.actual, building(pair.good)->handlers[0].heating_valve.actual, 5);
    pair_done(&pair);
}

static void coils_that_fight_take_both_energies(void **state)
{
    (void)state;
    coils_that_fight_take_both_energies_with(CONTROL_CONTRACTOR);
    coils_that_fight_take_both_energies_with(CONTROL_RULES);
    coils_that_fight_take_both_energies_with(CONTROL_G36);
}

static void a_schedule_that_is_ignored_runs_fans_at_night_with(BuildingControl control)
{
    Pair pair = pair_with(control, JULY_US, "AHU-1:schedule-ignored@+1h/+26h");
    const AirHandler *good = &building(pair.good)->handlers[0], *bad = &building(pair.bad)->handlers[0];
    go(&pair, 2);
    is_about(good->flow, 0, 1);
    is_more(bad->flow, 50);
    is_more(bad->fan_command.actual, 0.5);
    go(&pair, 22);
    is_more(building(pair.bad)->ledger.fans, building(pair.good)->ledger.fans * 1.1);
    go(&pair, 1.5);
    is_more(bad->flow, 50);
    go(&pair, 1.2);
    is_about(bad->flow, 0, 1);
    pair_done(&pair);
}

static void a_schedule_that_is_ignored_runs_fans_at_night(void **state)
{
    (void)state;
    a_schedule_that_is_ignored_runs_fans_at_night_with(CONTROL_CONTRACTOR);
    a_schedule_that_is_ignored_runs_fans_at_night_with(CONTROL_RULES);
    a_schedule_that_is_ignored_runs_fans_at_night_with(CONTROL_G36);
}

static void a_chiller_that_short_cycles_starts_more_often_with(BuildingControl control)
{
    Pair pair = pair_with(control, JANUARY_US + 90 * BP_DAY, "PLANT:short-cycles@/+48h");
    set(&pair, "PLANT/CH-C", 1);
    set(&pair, "PLANT/CHP-O", 60);
    go(&pair, 48);
    const Plant *good = &building(pair.good)->plant, *bad = &building(pair.bad)->plant;
    is_more((double)bad->compressor_starts, (double)good->compressor_starts * 1.5 + 2);
    go(&pair, 1.0 / 60);
    assert_false(bad->short_cycles);
    pair_done(&pair);
}

static void a_chiller_that_short_cycles_starts_more_often(void **state)
{
    (void)state;
    a_chiller_that_short_cycles_starts_more_often_with(CONTROL_CONTRACTOR);
    a_chiller_that_short_cycles_starts_more_often_with(CONTROL_RULES);
    a_chiller_that_short_cycles_starts_more_often_with(CONTROL_G36);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_drifting_sensor_is_believed),
        cmocka_unit_test(a_frozen_sensor_says_what_it_said),
        cmocka_unit_test(a_dirty_filter_takes_pressure_and_power),
        cmocka_unit_test(coils_that_fight_take_both_energies),
        cmocka_unit_test(a_schedule_that_is_ignored_runs_fans_at_night),
        cmocka_unit_test(a_chiller_that_short_cycles_starts_more_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
