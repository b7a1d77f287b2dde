/* The building: made, furnished, and going on step by step. */
#include "apps/sim/building/physics.h"

#include "base/time.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double STEP_S = 5; /* longest step; the fastest time constant is some minutes */

double building_clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

double building_approach(double value, double target, double time_constant_s, double step_s)
{
    return target + (value - target) * exp(-step_s / time_constant_s);
}

static void step_once(Building *building, double step_s)
{
    building->now_us += (int64_t)(step_s * (double)BP_SECOND);
    building_step_weather(building, step_s);
    for (size_t i = 0; i < building->handler_count; i++) {
        AirHandler *handler = &building->handlers[i];
        building_step_handler(building, handler, step_s);
        const double hot = building_clamp((building->plant.hot_supply.automatic - 30) / 35, 0, 1);
        for (size_t j = handler->first_zone; j < handler->first_zone + handler->zones; j++) {
            building_control_zone(handler, &building->zones[j], hot, step_s);
            building_heat_zone(building, &building->zones[j], step_s);
        }
    }
    building_step_plant(building, step_s);
    building_step_meter(building, step_s);
}

void building_step(Building *building, double seconds)
{
    while (seconds > 0) {
        const double step_s = fmin(seconds, STEP_S);
        step_once(building, step_s);
        seconds -= step_s;
    }
}

/* ---- the beginning ---- */

static Signal at(double value)
{
    return (Signal){value, value};
}

static void furnish_zone(Building *building, Zone *zone, size_t i)
{
    zone->air = zone->mass = 20.5 + bp_random_unit(&building->random);
    zone->facing = 9 + 2 * (double)(i % 4);
    zone->people = 0.6 + 0.6 * bp_random_unit(&building->random);
    zone->load = 1100 + 900 * bp_random_unit(&building->random);
    zone->temperature = at(zone->air);
    zone->co2 = at(420);
    zone->humidity = at(40);
    zone->cooling_setpoint = at(23.5);
    zone->heating_setpoint = at(21);
    zone->damper = at(5);
    zone->discharge = at(20);
    zone->mode = at(1);
}

static void furnish_handler(AirHandler *handler, size_t first_zone, size_t zones)
{
    *handler = (AirHandler){.pressure_setpoint = at(250),
                            .supply = at(20),
                            .supply_setpoint = at(16),
                            .mixed = at(20),
                            .returned = at(21),
                            .mode = at(1),
                            .first_zone = first_zone,
                            .zones = zones,
                            .run_hours = at(18342)};
}

/* Nobody commands anything yet: what is said is what is done. */
static void settle(Signal *signals, size_t size)
{
    for (size_t i = 0; i < size / sizeof *signals; i++)
        signals[i].actual = signals[i].automatic;
}

static void settle_all(Building *building)
{
    settle(&building->weather.temperature, 3 * sizeof(Signal));
    settle(&building->plant.chiller_command, offsetof(Plant, chiller_hold_s));
    settle(&building->meter.power, sizeof building->meter);
    for (size_t i = 0; i < building->handler_count; i++)
        settle(&building->handlers[i].fan_command, offsetof(AirHandler, integral));
    for (size_t i = 0; i < building->zone_count; i++)
        settle(&building->zones[i].temperature, offsetof(Zone, drift) - offsetof(Zone, temperature));
}

void building_init(Building *building, size_t handlers, size_t zones, uint64_t seed, int64_t start_us)
{
    assert(handlers > 0);
    *building = (Building){.random = bp_random(seed),
                           .now_us = start_us - BP_DAY,
                           .handler_count = handlers,
                           .zone_count = zones};
    building->handlers = calloc(handlers, sizeof *building->handlers);
    building->zones = calloc(zones ? zones : 1, sizeof *building->zones);
    if (!building->handlers || !building->zones)
        abort();
    for (size_t i = 0; i < handlers; i++) {
        const size_t first = zones * i / handlers, next = zones * (i + 1) / handlers;
        furnish_handler(&building->handlers[i], first, next - first);
    }
    for (size_t i = 0; i < zones; i++)
        furnish_zone(building, &building->zones[i], i);
    building->plant.chilled_supply = at(17);
    building->plant.hot_supply = at(40);
    building->plant.mode = at(1);
    building->meter.energy = at(18e6 + 1e6 * bp_random_unit(&building->random));
    building->meter.gas = at(4e6);
    while (building->now_us < start_us) {
        settle_all(building);
        step_once(building, STEP_S);
    }
    settle_all(building);
}

void building_done(Building *building)
{
    free(building->handlers);
    free(building->zones);
    *building = (Building){0};
}
