#include "apps/sim/building/building.h"

#include "base/time.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* ---- what the building is made of ---- */

static const double STEP_S = 5;            /* longest step; the fastest time constant is some minutes */
static const double AIR_CAPACITY = 1.2e6;  /* J/K of a zone's air and what is in it */
static const double MASS_CAPACITY = 2.4e7; /* J/K of its walls and floors */
static const double MASS_EXCHANGE = 550;   /* W/K between the two */
static const double ENVELOPE = 75;         /* W/K to outdoors */
static const double WINDOW = 7;            /* m2 times solar gain */
static const double AIR_HEAT = 1.21;       /* W for 1 L/s and 1 K */
static const double FLOW_MAX = 420, FLOW_MIN = 85;  /* L/s of a VAV box */
static const double REHEAT_RISE = 18;               /* K of a full coil at least flow */
static const double COIL_FALL = 16, COIL_RISE = 22; /* K of an air handler's coils, fully open */

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* Moves towards a target with a time constant. */
static double approach(double value, double target, double time_constant_s, double step_s)
{
    return target + (value - target) * exp(-step_s / time_constant_s);
}

/* ---- time ---- */

static double hour_of_day(const Building *building)
{
    return (double)(building->now_us % BP_DAY) / (double)BP_HOUR;
}

static double day_of_year(const Building *building)
{
    return fmod((double)building->now_us / (double)BP_DAY, 365.25);
}

static bool is_workday(const Building *building)
{
    return (building->now_us / BP_DAY + 4) % 7 % 6 !=
           0; /* 1970 began on a Thursday; 0 is Sunday, 6 Saturday */
}

/* How many of its people are in: they come from 7, eat at noon and leave from 16. */
static double occupancy(const Building *building)
{
    const double hour = hour_of_day(building);
    if (!is_workday(building))
        return hour > 9 && hour < 15 ? 0.04 : 0;
    const double in = clamp((hour - 7) / 1.5, 0, 1), out = clamp((18.5 - hour) / 2.5, 0, 1);
    const double lunch = hour > 12 && hour < 13 ? 0.6 : 1;
    return fmin(in, out) * lunch;
}

/* ---- weather: a temperate year, clear and cloudy days ---- */

static void step_weather(Building *building, double step_s)
{
    Weather *weather = &building->weather;
    const double season = cos(2 * M_PI * (day_of_year(building) - 200) / 365.25); /* 1 in July */
    const double hour = hour_of_day(building);
    weather->noise = approach(weather->noise, 0, 6 * 3600, step_s) +
                     bp_random_normal(&building->random) * 0.035 * sqrt(step_s / 5);
    const double day = cos(2 * M_PI * (hour - 15) / 24);
    weather->mean = 11 + 10 * season;
    weather->swing = 4 + 2 * season;
    weather->temperature.automatic = weather->mean + weather->swing * day + weather->noise * 1.5;
    weather->humidity.automatic = clamp(66 - 16 * day - 4 * weather->noise, 15, 100);
    const double height = sin(M_PI * clamp((hour - 6 + season) / (12 + 2 * season), 0, 1));
    weather->irradiance.automatic =
        fmax(0, height * (520 + 330 * season) * clamp(0.75 + weather->noise * 0.12, 0.15, 1));
}

/* ---- zones and their VAV boxes (dual maximum) ---- */

static void control_zone(const AirHandler *handler, Zone *zone, double hot_water, double step_s)
{
    const double sensed = zone->temperature.actual;
    const double cooling =
        zone->cooling_setpoint.actual + zone->offset.actual + (zone->occupied.actual > 0.5 ? 0 : 3);
    const double heating =
        zone->heating_setpoint.actual + zone->offset.actual - (zone->occupied.actual > 0.5 ? 0 : 4);
    const double cooling_demand = clamp((sensed - cooling) / 1.2, 0, 1),
                 heating_demand = clamp((heating - sensed) / 1.2, 0, 1);
    const bool runs = handler->fan_status.actual > 0.5;
    double flow = FLOW_MIN + cooling_demand * (FLOW_MAX - FLOW_MIN);
    if (heating_demand > 0.5)
        flow = FLOW_MIN + (heating_demand - 0.5) * 2 * (FLOW_MAX / 2 - FLOW_MIN);
    zone->flow_setpoint.automatic = runs ? flow : 0;
    const double error = zone->flow_setpoint.actual - zone->airflow.actual;
    zone->damper.automatic = runs ? clamp(zone->damper.actual + error * 0.0012 * step_s, 5, 100) : 5;
    zone->reheat.automatic = runs ? heating_demand * 100 : 0;
    zone->mode.automatic = !runs ? 1 : heating_demand > 0 ? 2 : cooling_demand > 0 ? 4 : 3;
    const double pressure = fmax(0, handler->duct_pressure.actual);
    const double true_flow = FLOW_MAX * 1.25 * zone->damper.actual / 100 * sqrt(pressure / 250);
    zone->airflow.automatic = approach(zone->airflow.automatic, true_flow, 12, step_s);
    const double rise =
        REHEAT_RISE * zone->reheat.actual / 100 * hot_water * fmin(1, FLOW_MIN * 1.4 / fmax(1, true_flow));
    zone->discharge.automatic = approach(
        zone->discharge.automatic, runs ? handler->supply.automatic + 0.6 + rise : zone->air, 60, step_s);
}

static void heat_zone(Building *building, Zone *zone, double step_s)
{
    const Weather *weather = &building->weather;
    const double people = occupancy(building) * zone->people;
    const double sun = fmax(0, cos((hour_of_day(building) - zone->facing) * M_PI / 8)) *
                       weather->irradiance.automatic * WINDOW * 0.5;
    const double flow = zone->airflow.automatic;
    const double into_air = ENVELOPE * (weather->temperature.automatic - zone->air) +
                            MASS_EXCHANGE * (zone->mass - zone->air) + people * zone->load + 120 + sun +
                            flow * AIR_HEAT * (zone->discharge.automatic - zone->air);
    zone->mass += MASS_EXCHANGE * (zone->air - zone->mass) / MASS_CAPACITY * step_s;
    zone->air += into_air / AIR_CAPACITY * step_s;
    zone->co2.automatic =
        approach(zone->co2.automatic, 420 + people * 9000 / (12 + flow * 0.12), 900, step_s);
    zone->humidity.automatic =
        approach(zone->humidity.automatic,
                 clamp(weather->humidity.automatic * 0.45 + people * 14 + 8, 15, 80), 3600, step_s);
    zone->drift = approach(zone->drift, 0, 1800, step_s) +
                  bp_random_normal(&building->random) * 0.004 * sqrt(step_s / 5);
    zone->temperature.automatic = zone->air + zone->drift;
    zone->occupied.automatic = occupancy(building) > 0.03;
}

/* ---- air handlers ---- */

typedef struct Demand {
    double flow, returned, cooling, heating; /* L/s, degrees C, worst zones' demands */
    double coldest, warmest;
} Demand;

static Demand sum_zones(const Building *building, const AirHandler *handler)
{
    Demand demand = {.coldest = 100, .warmest = -100};
    double heat = 0, temperature = 0;
    for (size_t i = handler->first_zone; i < handler->first_zone + handler->zones; i++) {
        const Zone *zone = &building->zones[i];
        demand.flow += zone->airflow.automatic;
        heat += zone->airflow.automatic * zone->air;
        temperature += zone->air;
        demand.cooling =
            fmax(demand.cooling, (zone->temperature.actual - zone->cooling_setpoint.actual) / 1.2);
        demand.heating =
            fmax(demand.heating, (zone->heating_setpoint.actual - zone->temperature.actual) / 1.2);
        demand.coldest = fmin(demand.coldest, zone->temperature.actual);
        demand.warmest = fmax(demand.warmest, zone->temperature.actual);
    }
    demand.returned = demand.flow > 1  ? heat / demand.flow
                      : handler->zones ? temperature / (double)handler->zones
                                       : 21;
    return demand;
}

/* Off at night unless it gets too cold or warm, on early enough to be warm when people come. */
static void choose_mode(const Building *building, AirHandler *handler, const Demand *demand)
{
    const double hour = hour_of_day(building);
    const bool occupied = is_workday(building) && hour >= 6.75 && hour < 18.5;
    const bool warming = is_workday(building) && hour >= 5 && hour < 6.75 && demand->coldest < 20.5;
    const bool was_night = handler->mode.automatic > 3.5;
    const bool night = !occupied && !warming &&
                       (demand->coldest < (was_night ? 17.5 : 16) || demand->warmest > (was_night ? 28 : 30));
    handler->mode.automatic = occupied ? 3 : warming ? 2 : night ? 4 : 1;
    handler->occupied.automatic = occupied;
    handler->fan_command.automatic = handler->mode.actual > 1.5;
}

static void run_fans(AirHandler *handler, const Demand *demand, double step_s)
{
    handler->fan_status.automatic = handler->fan_command.actual > 0.5;
    const bool runs = handler->fan_status.automatic > 0.5;
    const double error = handler->pressure_setpoint.actual - handler->duct_pressure.actual;
    handler->fan_speed.automatic =
        runs ? clamp(handler->fan_speed.actual + error * 0.004 * step_s, 20, 100) : 0;
    handler->return_fan_speed.automatic = fmax(0, handler->fan_speed.actual - 8);
    const double speed = runs ? handler->fan_speed.actual / 100 : 0,
                 size = fmax(1, (double)handler->zones) * FLOW_MAX;
    const double resistance = 0.35 + 1.3 * demand->flow / size;
    handler->duct_pressure.automatic =
        approach(handler->duct_pressure.automatic, 620 * speed * speed / (0.6 + resistance), 8, step_s);
    handler->supply_flow.automatic = demand->flow;
    handler->filter_pressure.automatic = 20 + 140 * pow(demand->flow / size, 1.6);
    handler->fan_power.automatic = size / 1000 * 2.1 * speed * speed * speed;
    handler->run_hours.automatic += runs ? step_s / 3600 : 0;
    handler->filter_alarm.automatic = handler->filter_pressure.automatic > 150;
}

static void condition_air(const Building *building, AirHandler *handler, const Demand *demand, double step_s)
{
    const double outdoor = building->weather.temperature.actual;
    const bool runs = handler->fan_status.actual > 0.5;
    handler->supply_setpoint.automatic = clamp(
        19 - 0.25 * (outdoor - 5) - 2.5 * clamp(demand->cooling, 0, 1) + 6 * (handler->mode.actual < 2.5), 13,
        26);
    const bool free_cooling = runs && outdoor < handler->returned.actual - 1.5 && handler->mode.actual > 2.5;
    handler->economizer.automatic = free_cooling && handler->supply_setpoint.actual > outdoor - 8;
    const double least = runs && handler->occupied.actual > 0.5 ? 20 : 0;
    const double error = handler->supply.actual - handler->supply_setpoint.actual;
    const double damper = handler->outdoor_damper.actual + (free_cooling ? error * 0.08 : -1) * step_s;
    handler->outdoor_damper.automatic = clamp(damper, least, free_cooling ? 100 : fmax(least, 0));
    const double share = handler->outdoor_damper.actual / 100;
    handler->returned.automatic = approach(handler->returned.automatic, demand->returned, 90, step_s);
    handler->mixed.automatic =
        approach(handler->mixed.automatic,
                 share * building->weather.temperature.automatic + (1 - share) * handler->returned.automatic,
                 20, step_s);
    /* Outdoor air first, then the coils; one number says how much of either, so that they never work against
     * each other. */
    const bool damper_acts = free_cooling && (error > 0 ? handler->outdoor_damper.actual < 95
                                                        : handler->outdoor_damper.actual > least + 0.5);
    if (!damper_acts)
        handler->integral = clamp(handler->integral + error * 0.0005 * step_s, -1, 1);
    const double coils = runs ? clamp(handler->integral + (damper_acts ? 0 : error * 0.05), -1, 1) : 0;
    handler->cooling_valve.automatic = fmax(0, coils) * 100;
    handler->heating_valve.automatic = fmax(0, -coils) * 100;
    const double cold = clamp((14 - building->plant.chilled_supply.automatic) / 7.5, 0, 1);
    const double hot = clamp((building->plant.hot_supply.automatic - 30) / 35, 0, 1);
    const double target = handler->mixed.automatic + 0.8 -
                          COIL_FALL * handler->cooling_valve.actual / 100 * cold +
                          COIL_RISE * handler->heating_valve.actual / 100 * hot;
    handler->supply.automatic =
        approach(handler->supply.automatic, runs ? target : demand->returned, runs ? 45 : 1800, step_s);
    handler->supply_humidity.automatic = clamp(building->weather.humidity.automatic * 0.55 + 18, 15, 95);
    handler->freeze_alarm.automatic = runs && handler->mixed.automatic < 3;
}

/* ---- plant and meter ---- */

/* Switches with a least time on and off, as machines want it. */
static void switch_machine(Signal *command, double *hold_s, bool wanted, double step_s)
{
    *hold_s = fmax(0, *hold_s - step_s);
    if (*hold_s > 0 || wanted == (command->automatic > 0.5))
        return;
    command->automatic = wanted;
    *hold_s = 600;
}

static void step_plant(Building *building, double step_s)
{
    Plant *plant = &building->plant;
    double cooling = 0, heating = 0, reheat = 0;
    for (size_t i = 0; i < building->handler_count; i++) {
        cooling = fmax(cooling, building->handlers[i].cooling_valve.actual);
        heating = fmax(heating, building->handlers[i].heating_valve.actual);
    }
    for (size_t i = 0; i < building->zone_count; i++)
        reheat += building->zones[i].reheat.actual / (double)building->zone_count;
    const bool cools = plant->chiller_status.automatic > 0.5, heats = plant->boiler_status.automatic > 0.5;
    switch_machine(&plant->chiller_command, &plant->chiller_hold_s, cooling > (cools ? 3 : 15), step_s);
    switch_machine(&plant->boiler_command, &plant->boiler_hold_s, fmax(heating, reheat) > (heats ? 2 : 8),
                   step_s);
    plant->chiller_status.automatic = plant->chiller_command.actual > 0.5;
    plant->boiler_status.automatic = plant->boiler_command.actual > 0.5;
    plant->hot_setpoint.automatic = clamp(65 - 1.2 * building->weather.temperature.actual, 40, 75);
    plant->chilled_setpoint.automatic = clamp(8 - 0.1 * (building->weather.temperature.actual - 15), 6, 9);
    plant->chilled_supply.automatic =
        approach(plant->chilled_supply.automatic, cools ? plant->chilled_setpoint.actual : 17,
                 cools ? 240 : 5400, step_s);
    plant->hot_supply.automatic = approach(
        plant->hot_supply.automatic, heats ? plant->hot_setpoint.actual : 24, heats ? 300 : 7200, step_s);
    plant->chiller_load.automatic =
        approach(plant->chiller_load.automatic, cools ? clamp(cooling + 8, 10, 100) : 0, 120, step_s);
    plant->boiler_load.automatic = approach(
        plant->boiler_load.automatic, heats ? clamp(fmax(heating, reheat) + 12, 10, 100) : 0, 120, step_s);
    plant->chilled_return.automatic =
        plant->chilled_supply.automatic + 5.5 * plant->chiller_load.automatic / 100;
    plant->hot_return.automatic = plant->hot_supply.automatic - 14 * plant->boiler_load.automatic / 100;
    plant->chilled_pump.automatic = cools ? clamp(35 + plant->chiller_load.automatic * 0.6, 35, 100) : 0;
    plant->hot_pump.automatic = heats ? clamp(35 + plant->boiler_load.automatic * 0.6, 35, 100) : 0;
    plant->chiller_power.automatic =
        (double)building->zone_count * 1.9 * plant->chiller_load.automatic / 100 /
        clamp(4.8 - 0.06 * (building->weather.temperature.automatic - 20), 2.5, 6);
    plant->mode.automatic = 1 + heats + 2 * cools;
}

static void step_meter(Building *building, double step_s)
{
    Meter *meter = &building->meter;
    const double zones = (double)building->zone_count;
    double fans = 0;
    for (size_t i = 0; i < building->handler_count; i++)
        fans += building->handlers[i].fan_power.automatic * 1.4;
    const double people = occupancy(building), noise = bp_random_normal(&building->random);
    meter->fans.automatic = fans;
    meter->chiller.automatic = building->plant.chiller_power.automatic;
    meter->lighting.automatic = zones * (0.09 + 1.1 * people);
    const double pumps =
        (building->plant.chilled_pump.automatic + building->plant.hot_pump.automatic) / 100 * zones * 0.06;
    meter->power.automatic =
        approach(meter->power.automatic,
                 meter->fans.automatic + meter->chiller.automatic + meter->lighting.automatic + pumps + 3, 10,
                 step_s) +
        noise * 0.02 * sqrt(zones);
    meter->factor.automatic =
        clamp(0.97 - 0.05 * meter->chiller.automatic / fmax(1, meter->power.automatic), 0.8, 1);
    meter->reactive.automatic = meter->power.automatic * tan(acos(meter->factor.automatic));
    meter->voltage.automatic =
        230 + 1.5 * sin((double)building->now_us / 4e9) - meter->power.automatic * 0.004 + noise * 0.1;
    meter->current.automatic =
        meter->power.automatic * 1000 / (3 * meter->voltage.automatic * meter->factor.automatic);
    meter->frequency.automatic = 50 + 0.01 * noise;
    meter->energy.automatic += meter->power.automatic * step_s / 3600;
    meter->gas.automatic += zones * 2.4 * building->plant.boiler_load.automatic / 100 * step_s / 3600;
}

static void step_once(Building *building, double step_s)
{
    building->now_us += (int64_t)(step_s * (double)BP_SECOND);
    step_weather(building, step_s);
    for (size_t i = 0; i < building->handler_count; i++) {
        AirHandler *handler = &building->handlers[i];
        const Demand demand = sum_zones(building, handler);
        choose_mode(building, handler, &demand);
        run_fans(handler, &demand, step_s);
        condition_air(building, handler, &demand, step_s);
        const double hot = clamp((building->plant.hot_supply.automatic - 30) / 35, 0, 1);
        for (size_t j = handler->first_zone; j < handler->first_zone + handler->zones; j++) {
            control_zone(handler, &building->zones[j], hot, step_s);
            heat_zone(building, &building->zones[j], step_s);
        }
    }
    step_plant(building, step_s);
    step_meter(building, step_s);
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
