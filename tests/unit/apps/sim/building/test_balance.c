/* Heat, water and CO2 of the whole building over days, plant included, counted from the outside: from meters,
 * the weather and how things are before and after each step, by the formulae of docs/building.md and not by
 * the building's own books. */
#include "tests/unit/apps/sim/building/house.h"

static const double AIR = 1006, VAPOUR = 2.501e6; /* J/(kg K), J/kg */
static const double OUTDOOR_PPM = 420;

typedef struct Books {
    double in, out, stored; /* stored: after less before */
} Books;

static Books heat, water, co2;

static void enter(Books *books, double amount)
{
    *(amount > 0 ? &books->in : &books->out) += fabs(amount);
}

static double error_percent(const Books *books)
{
    return 100 * fabs(books->in - books->out - books->stored) / fmax(books->in, books->out);
}

static double air_kg(const Zone *zone)
{
    return zone->area * 3 * 1.2 * 4; /* 3 m high; carpets and paper hold three times what the air does */
}

static void count_stored(double sign)
{
    const Plant *plant = &house.plant;
    for (size_t i = 0; i < house.zone_count; i++) {
        const Zone *zone = &house.zones[i];
        heat.stored += sign * (zone->air_heat * zone->air + zone->mass_heat * zone->mass +
                               zone->wall_heat * zone->wall + VAPOUR * air_kg(zone) * zone->vapour);
        water.stored += sign * air_kg(zone) * zone->vapour;
        co2.stored += sign * zone->area * 3 * 1000 * zone->co2 / 1e6;
    }
    const WaterLoop *loops[] = {&plant->chilled, &plant->hot, &plant->condenser};
    for (size_t i = 0; i < 3; i++)
        heat.stored += sign * loops[i]->heat * (loops[i]->supply + loops[i]->returned);
}

/* A step of a zone, with how it was before. */
static void count_zone(const Zone *zone, const Zone *before)
{
    const Sky *sky = &house.weather.sky;
    const double leak = zone->leakage * (zone->flow > 1 ? 0.25 : 1), leaked = leak * 1.2e-3 * 5;
    const double on_wall = zone->facing < 0 ? 0.5 * sky->global : house.weather.on_wall[zone->facing];
    const double outside = sky->temperature + 0.6 * on_wall / 20;
    enter(&heat, 5 * (70 + 45) * zone->people);
    enter(&heat, 5 * zone->gain_sun);
    enter(&heat, 5 * zone->glass_loss * (sky->temperature - before->air));
    enter(&heat, 5 * zone->wall_loss / 0.6 * (outside - before->wall));
    enter(&heat, leaked * (AIR * (sky->temperature - before->air) + VAPOUR * (sky->vapour - before->vapour)));
    enter(&water, 5 * zone->people * 45 / VAPOUR);
    enter(&water, leaked * (sky->vapour - before->vapour));
    enter(&co2, 5 * zone->people * 0.0050);
    enter(&co2, 5 * leak * (OUTDOOR_PPM - before->co2) / 1e6);
}

static void count_handler(const AirHandler *handler)
{
    const Sky *sky = &house.weather.sky;
    const double air = handler->outdoor_flow * 1.2e-3 * 5;
    enter(&heat, air * (AIR * (sky->temperature - handler->returned_air) +
                        VAPOUR * (sky->vapour - handler->returned_vapour)));
    enter(&water, air * (sky->vapour - handler->returned_vapour));
    enter(&water, -5 * handler->condensate);
    enter(&co2, 5 * handler->outdoor_flow * (OUTDOOR_PPM - handler->returned_co2) / 1e6);
}

/* Energy by the registers; the tower's fan, the lifts and the drives of fans stand outside. */
static void count_plant(const Plant *before, double electricity, double gas)
{
    const Plant *plant = &house.plant;
    for (size_t i = 0; i < house.handler_count; i++) {
        const AirHandler *handler = &house.handlers[i];
        electricity -= 5 * (handler->supply_fan_power - handler->supply_fan_heat + handler->return_fan_power -
                            handler->return_fan_heat);
    }
    enter(&heat, electricity - 5 * (plant->tower_fan_watts + 90 * (double)house.zone_count));
    enter(&heat, gas);
    enter(&heat, -5 * (plant->gas_watts - plant->boiler_heat));
    enter(&heat, -5 * plant->rejected);
    enter(&heat, 5 * 10 * plant->chilled.flow_design * (20 - before->chilled.supply));
    enter(&heat, 5 * 10 * plant->hot.flow_design * (20 - before->hot.supply));
}

/* Each step by itself; `act`, where not NULL, meddles before it. */
static void count(double hours, void (*act)(long step))
{
    Zone zones[12];
    heat = water = co2 = (Books){0};
    count_stored(-1);
    for (long i = 0; i < lround(hours * 720); i++) {
        if (act)
            act(i);
        assert_true(house.zone_count == 12);
        memcpy(zones, house.zones, sizeof zones);
        const Plant plant = house.plant;
        const double energy = house.meter.energy_joules, gas = house.meter.gas_joules;
        building_step(&house, 5);
        for (size_t j = 0; j < 12; j++)
            count_zone(&house.zones[j], &zones[j]);
        for (size_t j = 0; j < house.handler_count; j++)
            count_handler(&house.handlers[j]);
        count_plant(&plant, house.meter.energy_joules - energy, house.meter.gas_joules - gas);
    }
    count_stored(1);
}

static void check(const char *what)
{
    print_message("# %s: heat %.0f kWh in, %.0f out, %.1f stored: %.1g %% open; water %.1f kg in, %.1f out: "
                  "%.1g %%; CO2 %.0f L "
                  "in, %.0f out: %.1g %%\n",
                  what, heat.in / 3.6e6, heat.out / 3.6e6, heat.stored / 3.6e6, error_percent(&heat),
                  water.in, water.out, error_percent(&water), co2.in, co2.out, error_percent(&co2));
    assert_between(error_percent(&heat), 0, 0.5);
    assert_between(error_percent(&water), 0, 0.5);
    assert_between(error_percent(&co2), 0, 0.5);
    /* There was something to count. */
    assert_true(heat.in > 50 * 3.6e6 && heat.out > 5 * 3.6e6 && co2.in > 50);
}

static void every_climate_and_control_keeps_its_books(void **state)
{
    (void)state;
    static const char *const CLIMATES[] = {"lisbon", "macau", "kuala-lumpur"};
    static const char *const DAYS[] = {"2026-01-14T00:00:00Z", "2026-07-15T00:00:00Z",
                                       "2026-04-18T00:00:00Z"};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            for (int control = 0; building_control_names[control]; control++) {
                char what[80];
                snprintf(what, sizeof what, "%s, %.10s, %s", CLIMATES[i], DAYS[j],
                         building_control_names[control]);
                house_begin(CLIMATES[i], (BuildingControl)control, DAYS[j]);
                count(24, NULL);
                check(what);
                house_end();
            }
}

static void its_own_books_say_the_same(void **state)
{
    (void)state;
    static const char *const DAYS[] = {"2026-01-14T00:00:00Z", "2026-07-15T00:00:00Z"};
    for (size_t i = 0; i < 2; i++) {
        house_begin("lisbon", CONTROL_RULES, DAYS[i]);
        const Balance before = house.balance;
        const double stored = physics_heat_stored(&house);
        count(24, NULL);
        const Balance *now = &house.balance;
        assert_near(now->heat_in - before.heat_in - (now->heat_out - before.heat_out),
                    physics_heat_stored(&house) - stored, 1e-5 * heat.in);
        /* What goes in and out at once may be counted as one or as two. */
        assert_near(now->heat_in - before.heat_in, heat.in, 0.05 * heat.in);
        assert_near(now->water_in - before.water_in, water.in, 0.05 * water.in);
        assert_near(now->co2_in - before.co2_in, co2.in, 0.05 * co2.in);
        house_end();
    }
}

static uint64_t dice;

static double roll(double low, double high)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return low + (high - low) * (double)(dice >> 40) / (double)(1 << 24);
}

/* Somebody who commands anything, and faults of all kinds. */
static void meddle(long step)
{
    if (step % 60)
        return;
    Zone *zone = &house.zones[(size_t)roll(0, 11.99)];
    AirHandler *handler = &house.handlers[(size_t)roll(0, 1.99)];
    Plant *plant = &house.plant;
    const struct {
        Signal *signal;
        double low, high;
    } levers[] = {{&zone->damper, -10, 120},          {&zone->reheat, 0, 100},
                  {&zone->flow_minimum, 0, 500},      {&zone->cooling_setpoint, 10, 35},
                  {&handler->fan_command, 0, 1},      {&handler->fan_speed, 0, 130},
                  {&handler->outdoor_damper, 0, 100}, {&handler->cooling_valve, 0, 100},
                  {&handler->heating_valve, 0, 100},  {&handler->mode, 1, 4},
                  {&plant->chiller_command, 0, 1},    {&plant->chilled_setpoint, -5, 30},
                  {&plant->chilled_pump, 0, 150},     {&plant->boiler_command, 0, 1},
                  {&plant->hot_setpoint, 0, 120},     {&plant->hot_pump, 0, 150},
                  {&plant->tower_fan, 0, 150}};
    for (size_t i = 0; i < sizeof levers / sizeof *levers; i++) {
        const double what = roll(0, 1);
        if (what < 0.2)
            signal_force(levers[i].signal, roll(levers[i].low, levers[i].high));
        else if (what < 0.5)
            signal_release(levers[i].signal);
    }
    handler->outdoor_actuator.stuck_at = roll(0, 1) < 0.1 ? roll(0, 100) : NAN;
    handler->cooling_actuator.least = roll(0, 1) < 0.1 ? 20 : 0;
    handler->filter_dirt = roll(1, 4);
    handler->fights = roll(0, 1) < 0.1;
    plant->short_cycles = roll(0, 1) < 0.1;
}

static void whoever_meddles_cannot_open_them(void **state)
{
    (void)state;
    static const char *const DAYS[] = {"2026-01-14T00:00:00Z", "2026-07-15T00:00:00Z"};
    for (size_t i = 0; i < 2; i++) {
        dice = i + 1;
        house_begin("lisbon", CONTROL_RULES, DAYS[i]);
        count(96, meddle);
        check("anything goes");
        for (size_t j = 0; j < house.zone_count; j++) {
            assert_between(house.zones[j].air, -10, 60);
            assert_between(house.zones[j].vapour, 0, 0.05);
            assert_between(house.zones[j].co2, 400, 20000);
        }
        house_end();
    }
}

static void the_meter_is_the_sum_of_its_parts(void **state)
{
    (void)state;
    house_begin("lisbon", CONTROL_RULES, "2026-03-18T00:00:00Z");
    const Meter *meter = &house.meter;
    const double before = meter->energy_joules, gas_before = meter->gas_joules, shown = meter->energy.actual,
                 gas_shown = meter->gas.actual;
    double parts = 0, whole = 0, gas = 0;
    for (int i = 0; i < 17280; i++) {
        building_step(&house, 5);
        double fans = 0, lights = 0;
        for (size_t j = 0; j < house.handler_count; j++)
            fans += house.handlers[j].fan_power.actual;
        for (size_t j = 0; j < house.zone_count; j++)
            lights += (house.zones[j].gain_lights + house.zones[j].gain_equipment + 90) / 1000;
        assert_near(meter->fans.actual, fans, 1e-9);
        assert_near(meter->lighting.actual, lights, 1e-9);
        assert_near(meter->chiller.actual, house.plant.chiller_power.actual, 1e-9);
        assert_near(meter->pumps.actual, house.plant.pump_power.actual, 1e-9);
        assert_near(meter->tower.actual, house.plant.tower_power.actual, 1e-9);
        parts += (fans + lights + house.plant.chiller_power.actual + house.plant.pump_power.actual +
                  house.plant.tower_power.actual) /
                 720;
        whole += meter->power.actual / 720;
        gas += house.plant.gas_watts / 720e3;
    }
    assert_near(whole, parts, 1e-6 * parts);
    assert_near((meter->energy_joules - before) / 3.6e6, whole, 1e-6 * whole);
    assert_near(meter->energy.actual - shown, whole, 0.01);
    assert_near((meter->gas_joules - gas_before) / 3.6e6, gas, 1e-6 * gas + 1e-9);
    assert_near(meter->gas.actual - gas_shown, gas, 0.01);
    const Ledger *ledger = &house.ledger;
    assert_near((ledger->fans + ledger->chiller + ledger->tower + ledger->pumps + ledger->lights +
                 ledger->equipment) /
                    3.6e6,
                whole, 1e-6 * whole);
}

static void a_channel_of_the_meter_that_is_wrong_is_so_alone(void **state)
{
    (void)state;
    house_begin("macau", CONTROL_RULES, "2026-07-15T04:00:00Z");
    Meter *meter = &house.meter;
    building_step(&house, 5);
    const double reactive = meter->reactive.actual, current = meter->current.actual;
    assert_true(meter->voltage.actual > 222 && meter->voltage.actual < 236);
    meter->power.bias = 400;
    meter->voltage.bias = -150;
    meter->factor.is_frozen = meter->chiller.is_frozen = true;
    building_step(&house, 5);
    assert_true(meter->power.actual > 400 && meter->voltage.actual < 90);
    assert_near(meter->reactive.actual, reactive, 0.05 * reactive);
    assert_near(meter->current.actual, current, 0.05 * current);
}

#define TEST(name) cmocka_unit_test_teardown(name, house_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_climate_and_control_keeps_its_books),
        TEST(its_own_books_say_the_same),
        TEST(whoever_meddles_cannot_open_them),
        TEST(the_meter_is_the_sum_of_its_parts),
        TEST(a_channel_of_the_meter_that_is_wrong_is_so_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
