/* The plant with a load of the test's own in place of coils. */
#include "tests/unit/apps/sim/physics/rig.h"

#include "base/time.h"

static Plant *plant;

/* Averages over a run. */
static double chiller_watts, chiller_heat, rejected, tower_pump, supply, gas, boiler_heat, flue;

static void begin_plant(void)
{
    rig_begin(20);
    plant = &rig.plant;
    rig_weather(28, 60);
    signal_force(&plant->chilled_pump, 100);
    signal_force(&plant->hot_pump, 100);
    signal_force(&plant->tower_fan, 100);
}

/* Coils that take `cooling` W from the chilled water and `heating` from the hot; the tower's water is kept at
 * `condenser` degrees C, unless that is NAN. */
static void load_plant(double cooling, double heating, double condenser, double hours)
{
    AirHandler *handler = &rig.handlers[0];
    const long steps = lround(hours * 3600 / BUILDING_STEP_S);
    chiller_watts = chiller_heat = rejected = tower_pump = supply = gas = boiler_heat = flue = 0;
    for (long i = 0; i < steps; i++) {
        if (!isnan(condenser))
            plant->condenser.supply = plant->condenser.returned = condenser;
        handler->chilled_flow = 0.9 * plant->chilled.flow_design;
        handler->chilled_return = plant->chilled.supply + cooling / (handler->chilled_flow * 4186);
        handler->hot_flow = 0.9 * plant->hot.flow_design;
        handler->hot_return = plant->hot.supply - heating / (handler->hot_flow * 4186);
        plant->chilled.asked = handler->chilled_flow;
        plant->hot.asked = handler->hot_flow;
        rig.now_us += BUILDING_STEP_US;
        physics_step_plant(&rig);
        chiller_watts += plant->chiller_watts / (double)steps;
        chiller_heat += plant->chiller_heat / (double)steps;
        rejected += plant->rejected / (double)steps;
        tower_pump += plant->tower_pump_watts / (double)steps;
        supply += plant->chilled.supply / (double)steps;
        gas += plant->gas_watts / (double)steps;
        boiler_heat += plant->boiler_heat / (double)steps;
        flue += plant->flue_watts / (double)steps;
    }
}

static void cool(double share, double setpoint, double condenser)
{
    signal_force(&plant->chiller_command, 1);
    signal_force(&plant->chilled_setpoint, setpoint);
    load_plant(share * plant->chiller_capacity, 0, condenser, 2);
    load_plant(share * plant->chiller_capacity, 0, condenser, 4);
}

static void heat(double share, double setpoint)
{
    signal_force(&plant->boiler_command, 1);
    signal_force(&plant->hot_setpoint, setpoint);
    load_plant(0, share * plant->boiler_capacity, NAN, 3);
    load_plant(0, share * plant->boiler_capacity, NAN, 24);
}

static void a_kelvin_of_warmer_chilled_water_saves_two_to_three_percent(void **state)
{
    (void)state;
    begin_plant();
    static const double LOADS[] = {0.4, 0.6, 0.8};
    for (size_t i = 0; i < 3; i++) {
        double before = NAN;
        for (int setpoint = 6; setpoint <= 12; setpoint++) {
            cool(LOADS[i], setpoint, 29);
            assert_near(supply, setpoint, 0.3);
            if (!isnan(before)) {
                print_message("# load %.0f %%, water of %d C: %.1f %% less\n", 100 * LOADS[i], setpoint,
                              100 * (1 - chiller_watts / before));
                assert_between(1 - chiller_watts / before, 0.019, 0.031);
                if (setpoint == 8 && LOADS[i] == 0.6)
                    assert_near(1 - chiller_watts / before, 0.025, 0.002);
            }
            before = chiller_watts;
        }
    }
}

static void a_kelvin_of_colder_condenser_water_saves_as_much(void **state)
{
    (void)state;
    begin_plant();
    double before = NAN;
    for (int condenser = 32; condenser >= 20; condenser--) {
        cool(0.6, 7, condenser);
        if (!isnan(before))
            assert_between(1 - chiller_watts / before, 0.01, 0.04);
        before = chiller_watts;
    }
}

static void an_ordinary_chiller_takes_an_ordinary_power(void **state)
{
    (void)state;
    begin_plant();
    cool(0.98, 7, 29);
    print_message("# COP at full load %.2f\n", chiller_heat / chiller_watts);
    /* What docs/building.md says; 90.1, table 6.8.1C, has 4.7 to 6.1 by kind and size. */
    assert_near(chiller_capacity(plant, 7, 29) / chiller_full_power(plant, 7, 29), 5.2, 0.02 * 5.2);
    assert_near(chiller_heat / chiller_watts, 5.2, 0.02 * 5.2);
    cool(0.6, 7, 29);
    const double part = chiller_heat / chiller_watts;
    cool(0.1, 7, 29);
    assert_true(chiller_heat / chiller_watts < 0.85 * part);
}

static void what_it_takes_out_is_the_load_and_the_rest_of_the_plant_closes(void **state)
{
    (void)state;
    begin_plant();
    static const double LOADS[] = {0.05, 0.3, 0.8};
    for (size_t i = 0; i < 3; i++) {
        cool(LOADS[i], 7, NAN);
        const double load = LOADS[i] * plant->chiller_capacity, before = chiller_heat;
        const double stored = physics_heat_stored(&rig);
        load_plant(load, 0, NAN, 24); /* many of its cycles */
        const double kept = (physics_heat_stored(&rig) - stored) / 86400;
        assert_between(before, 0.5 * load, 2 * load);
        /* The pump's power and what pipes take from the plant room are cooled, too. */
        assert_between(chiller_heat - load, 0, plant->chilled_pump_design + 0.02 * plant->chiller_capacity);
        assert_near(rejected, chiller_heat + chiller_watts + tower_pump, 0.002 * rejected + fabs(kept));
    }
}

static void it_gives_no_more_than_it_can(void **state)
{
    (void)state;
    begin_plant();
    signal_force(&plant->chiller_command, 1);
    signal_force(&plant->chilled_setpoint, 7);
    load_plant(1.25 * plant->chiller_capacity, 0, 29, 0.3);
    const double warm = plant->chilled.supply;
    load_plant(1.25 * plant->chiller_capacity, 0, 29, 0.2);
    assert_true(plant->chilled.supply > warm && warm > 7.5);
    assert_between(chiller_heat / plant->chiller_capacity, 0.95, 1.05);
    assert_near(plant->chiller_load.actual, 100, 0.5);
}

static void its_load_is_told_in_percent_of_its_capacity(void **state)
{
    (void)state;
    begin_plant();
    cool(0.5, 7, 29);
    assert_near(plant->chiller_load.actual, 100 * plant->chiller_heat / plant->chiller_capacity, 1e-6);
    assert_between(plant->chiller_load.actual, 50, 55); /* pump and pipes have theirs */
}

static void its_mode_says_what_is_ready(void **state)
{
    (void)state;
    begin_plant();
    /* off, heating, cooling, heating and cooling: as the texts of the point's states (device/points.c) */
    for (int mode = 1; mode <= 4; mode++) {
        signal_force(&plant->boiler_command, mode == 2 || mode == 4);
        signal_force(&plant->chiller_command, mode >= 3);
        load_plant(0, 0, 29, 0.1);
        assert_near(plant->mode.actual, mode, 0);
    }
}

static void the_towers_fan_takes_the_cube_of_its_speed(void **state)
{
    (void)state;
    begin_plant();
    signal_force(&plant->chiller_command, 1);
    for (int speed = 0; speed <= 100; speed += 25) {
        signal_force(&plant->tower_fan, speed);
        load_plant(0, 0, 29, 0.1);
        assert_near(plant->tower_fan_watts / plant->tower_fan_design, pow(speed / 100.0, 3), 1e-9);
    }
    signal_force(&plant->tower_fan, 50);
    load_plant(0, 0, 29, 0.1);
    assert_near(plant->tower_fan_watts / plant->tower_fan_design, 1.0 / 8, 1e-9);
}

static void hot_condenser_water_leaves_it_less(void **state)
{
    (void)state;
    begin_plant();
    assert_true(chiller_capacity(plant, 7, 35) < chiller_capacity(plant, 7, 29));
    assert_true(chiller_capacity(plant, 10, 29) > chiller_capacity(plant, 7, 29));
    assert_near(chiller_capacity(plant, 7, 29), plant->chiller_capacity, 1e-6);
    for (int i = -3; i <= 3; i++) { /* a kelvin of its own water: 2.5 %; of the tower's: 1 % */
        assert_near(chiller_capacity(plant, 7 + i, 29) / plant->chiller_capacity, 1 + 0.025 * i, 1e-6);
        assert_near(chiller_capacity(plant, 7, 29 + i) / plant->chiller_capacity, 1 - 0.010 * i, 1e-6);
    }
    assert_near(chiller_power_share(1), 1, 1e-9);
    for (int i = 2; i < 10; i++) /* less load, less power, but never in proportion below a third */
        assert_true(chiller_power_share(i / 10.0) < chiller_power_share((i + 1) / 10.0));
    assert_true(chiller_power_share(0.2) / 0.2 > chiller_power_share(0.5) / 0.5);
}

static void below_its_least_load_it_cycles_and_rests(void **state)
{
    (void)state;
    begin_plant();
    cool(0.06, 7, 29);
    const int64_t before = plant->compressor_starts;
    load_plant(0.06 * plant->chiller_capacity, 0, 29, 12);
    const double starts = (double)(plant->compressor_starts - before) / 12;
    assert_between(starts, 0.5, 4);
    plant->short_cycles = true;
    const int64_t faulty = plant->compressor_starts;
    load_plant(0.06 * plant->chiller_capacity, 0, 29, 12);
    assert_true((double)(plant->compressor_starts - faulty) / 12 > 2.5 * starts);
    print_message("# starts an hour: %.1f, with the fault %.1f\n", starts,
                  (double)(plant->compressor_starts - faulty) / 12);
}

/* At a load too small for it: what the machine gives while it runs, at least, and how far its water strays.
 */
static void machines_keep_to_their_least_load_and_their_bands(void **state)
{
    (void)state;
    begin_plant();
    cool(0.06, 7, 29);
    heat(0.05, 60);
    signal_force(&plant->chiller_command, 1);
    double chiller_least = 1e9, boiler_least = 1e9, cold[2] = {99, -99}, hot[2] = {99, -99};
    int64_t shortest_us = BP_DAY, since_us = plant->compressor_since_us;
    for (int i = 0; i < 12 * 720; i++) {
        load_plant(0.06 * plant->chiller_capacity, 0.05 * plant->boiler_capacity, 29,
                   BUILDING_STEP_S / 3600.0);
        if (plant->compressor_runs)
            chiller_least = fmin(chiller_least, plant->chiller_heat);
        if (plant->burner_runs)
            boiler_least = fmin(boiler_least, plant->boiler_heat);
        if (plant->compressor_since_us != since_us && since_us > rig.now_us - 8 * BP_HOUR)
            shortest_us = plant->compressor_since_us - since_us < shortest_us
                              ? plant->compressor_since_us - since_us
                              : shortest_us;
        since_us = plant->compressor_since_us;
        cold[0] = fmin(cold[0], plant->chilled.supply);
        cold[1] = fmax(cold[1], plant->chilled.supply);
        hot[0] = fmin(hot[0], plant->hot.supply);
        hot[1] = fmax(hot[1], plant->hot.supply);
    }
    assert_near(chiller_least / chiller_capacity(plant, 7, 29), 0.2, 0.001);
    assert_near(boiler_least / plant->boiler_capacity, 0.2, 0.001);
    print_message("# chilled %.2f to %.2f, hot %.2f to %.2f C; compressor's shortest spell %.1f min\n",
                  cold[0], cold[1], hot[0], hot[1], (double)shortest_us / (double)BP_MINUTE);
    assert_between(cold[0], 7 - 1.6, 7 - 1.2);
    assert_between(cold[1], 7 + 1.2, 7 + 1.6);
    assert_between(hot[0], 60 - 4.5, 60 - 4);
    assert_between(hot[1], 60 + 4, 60 + 4.5);
    assert_true(shortest_us >= 8 * BP_MINUTE);
}

static void no_setpoint_freezes_or_boils_the_water(void **state)
{
    (void)state;
    begin_plant();
    signal_force(&plant->chiller_command, 1);
    signal_force(&plant->boiler_command, 1);
    signal_force(&plant->chilled_setpoint, -20);
    signal_force(&plant->hot_setpoint, 150);
    load_plant(0.5 * plant->chiller_capacity, 0.3 * plant->boiler_capacity, 29, 3);
    assert_near(plant->chilled.supply, 4, 0.5);
    assert_near(plant->hot.supply, 85, 1);
    assert_near(plant->chilled_pump_watts,
                pump_power(plant->chilled_pump_design, 1, plant->chilled.flow / plant->chilled.flow_design),
                1e-6);
    assert_near(plant->hot_pump_watts,
                pump_power(plant->hot_pump_design, 1, plant->hot.flow / plant->hot.flow_design), 1e-6);
    assert_near(plant->chilled.flow / plant->chilled.flow_design, 0.9, 0.01);
}

static void off_is_off(void **state)
{
    (void)state;
    begin_plant();
    signal_force(&plant->chiller_command, 0);
    signal_force(&plant->boiler_command, 0);
    load_plant(0, 0, NAN, 0.5);
    assert_near(chiller_watts + gas + plant->chilled_pump_watts + plant->hot_pump_watts +
                    plant->tower_pump_watts + plant->tower_fan_watts + rejected,
                0, 0);
}

static void the_tower_cools_towards_the_wet_bulb_and_not_further(void **state)
{
    (void)state;
    begin_plant();
    plant->condenser.flow = plant->condenser.flow_design;
    for (int temperature = 5; temperature <= 35; temperature += 5)
        for (int humidity = 20; humidity <= 100; humidity += 20) {
            rig_weather(temperature, humidity);
            const double enthalpy = moist_content(temperature, vapour_of(temperature, humidity)),
                         wet_bulb = moist_temperature(enthalpy);
            double before = 0;
            for (int i = 0; i < 15; i++) {
                const double water = wet_bulb + i;
                const double watts = tower_rejects(plant, &rig.weather.sky, water, 1),
                             leaves = water - watts / (plant->condenser.flow * 4186);
                assert_true(leaves >= wet_bulb - 0.05);
                assert_true(watts >= before);
                assert_true(tower_rejects(plant, &rig.weather.sky, water, 0.5) <= watts);
                assert_true(tower_rejects(plant, &rig.weather.sky, water, 0) <= 0.35 * watts + 1);
                before = watts;
            }
        }
    plant->condenser.flow = 0;
    assert_near(tower_rejects(plant, &rig.weather.sky, 30, 1), 0, 0);
}

static void the_tower_is_large_enough_and_not_much_more(void **state)
{
    (void)state;
    begin_plant();
    rig_weather(30.4, 64); /* wet bulb 25 */
    cool(0.98, 7, NAN);
    print_message("# water leaves the tower %.1f K above the wet bulb, comes back %.1f K above\n",
                  plant->condenser.supply - 25, plant->condenser.returned - 25);
    assert_between(plant->condenser.supply - 25, 3,
                   6); /* 29.4 at 25.6 is what towers are rated at (CTI, 90.1) */
    assert_between(plant->condenser.returned - plant->condenser.supply, 4, 7);
}

static void the_boiler_gives_more_of_its_gas_to_cold_water(void **state)
{
    (void)state;
    /* ASHRAE HVAC Systems and Equipment, condensing boilers: of the upper heating value, by the water that
     * returns. */
    static const struct {
        double returned, efficiency;
    } rows[] = {{15, 0.97}, {25, 0.97}, {30, 0.96}, {40, 0.92}, {50, 0.885}, {60, 0.87}, {75, 0.865}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_near(boiler_efficiency(rows[i].returned), rows[i].efficiency, 0.012);
    for (int returned = 20; returned < 80; returned++)
        assert_true(boiler_efficiency(returned + 1) <= boiler_efficiency(returned));
}

static void gas_is_heat_and_flue(void **state)
{
    (void)state;
    begin_plant();
    double before = 1;
    static const double SETPOINTS[] = {75, 60, 50, 40};
    for (size_t i = 0; i < 4; i++) {
        heat(0.5, SETPOINTS[i]);
        const double load = 0.5 * plant->boiler_capacity, efficiency = load / gas;
        assert_near(gas, boiler_heat + flue, 1e-6 * gas);
        assert_between(boiler_heat + plant->hot_pump_watts, load, 1.1 * load); /* the pipes lose some */
        print_message("# water of %.0f C: %.1f %% of the gas arrives\n", SETPOINTS[i], 100 * efficiency);
        assert_between(efficiency, i == 0 ? 0.75 : before, 0.97);
        before = efficiency;
    }
}

static void a_small_load_lets_the_burner_rest(void **state)
{
    (void)state;
    begin_plant();
    heat(0.05, 60);
    const int64_t before = plant->burner_starts;
    load_plant(0, 0.05 * plant->boiler_capacity, NAN, 12);
    assert_between((double)(plant->burner_starts - before) / 12, 0.3, 10);
    assert_between(plant->hot.supply, 50, 70);
    assert_between(boiler_heat + plant->hot_pump_watts, 0.05 * plant->boiler_capacity,
                   0.1 * plant->boiler_capacity);
}

static void pumps_go_with_nearly_the_cube_of_their_speed(void **state)
{
    (void)state;
    assert_near(pump_power(1000, 1, 1), 1000, 1e-6);
    assert_near(pump_power(1000, 0, 0), 0, 0);
    const double half = pump_power(1000, 0.5, 0.5);
    assert_between(half / 1000, 0.125, 0.22); /* an eighth and what the drive takes */
    assert_true(pump_power(1000, 1, 0.5) > half && pump_power(1000, 1, 0.5) < 1000);
}

#define TEST(name) cmocka_unit_test_teardown(name, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_kelvin_of_warmer_chilled_water_saves_two_to_three_percent),
        TEST(a_kelvin_of_colder_condenser_water_saves_as_much),
        TEST(an_ordinary_chiller_takes_an_ordinary_power),
        TEST(what_it_takes_out_is_the_load_and_the_rest_of_the_plant_closes),
        TEST(it_gives_no_more_than_it_can),
        TEST(its_load_is_told_in_percent_of_its_capacity),
        TEST(its_mode_says_what_is_ready),
        TEST(the_towers_fan_takes_the_cube_of_its_speed),
        TEST(hot_condenser_water_leaves_it_less),
        TEST(below_its_least_load_it_cycles_and_rests),
        TEST(machines_keep_to_their_least_load_and_their_bands),
        TEST(no_setpoint_freezes_or_boils_the_water),
        TEST(off_is_off),
        TEST(the_tower_cools_towards_the_wet_bulb_and_not_further),
        TEST(the_tower_is_large_enough_and_not_much_more),
        TEST(the_boiler_gives_more_of_its_gas_to_cold_water),
        TEST(gas_is_heat_and_flue),
        TEST(a_small_load_lets_the_burner_rest),
        cmocka_unit_test(pumps_go_with_nearly_the_cube_of_their_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
