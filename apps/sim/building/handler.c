/* Air handlers: fans, dampers and coils, on when people come. */
#include "apps/sim/building/physics.h"

#include <math.h>

static const double COIL_FALL = 16, COIL_RISE = 22; /* K of an air handler's coils, fully open */

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
    const double hour = building_hour(building);
    const bool occupied = building_is_workday(building) && hour >= 6.75 && hour < 18.5;
    const bool warming = building_is_workday(building) && hour >= 5 && hour < 6.75 && demand->coldest < 20.5;
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
        runs ? building_clamp(handler->fan_speed.actual + error * 0.004 * step_s, 20, 100) : 0;
    handler->return_fan_speed.automatic = fmax(0, handler->fan_speed.actual - 8);
    const double speed = runs ? handler->fan_speed.actual / 100 : 0,
                 size = fmax(1, (double)handler->zones) * BUILDING_FLOW_MAX;
    const double resistance = 0.35 + 1.3 * demand->flow / size;
    handler->duct_pressure.automatic = building_approach(handler->duct_pressure.automatic,
                                                         620 * speed * speed / (0.6 + resistance), 8, step_s);
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
    handler->supply_setpoint.automatic =
        building_clamp(19 - 0.25 * (outdoor - 5) - 2.5 * building_clamp(demand->cooling, 0, 1) +
                           6 * (handler->mode.actual < 2.5),
                       13, 26);
    const bool free_cooling = runs && outdoor < handler->returned.actual - 1.5 && handler->mode.actual > 2.5;
    handler->economizer.automatic = free_cooling && handler->supply_setpoint.actual > outdoor - 8;
    const double least = runs && handler->occupied.actual > 0.5 ? 20 : 0;
    const double error = handler->supply.actual - handler->supply_setpoint.actual;
    const double damper = handler->outdoor_damper.actual + (free_cooling ? error * 0.08 : -1) * step_s;
    handler->outdoor_damper.automatic = building_clamp(damper, least, free_cooling ? 100 : fmax(least, 0));
    const double share = handler->outdoor_damper.actual / 100;
    handler->returned.automatic =
        building_approach(handler->returned.automatic, demand->returned, 90, step_s);
    handler->mixed.automatic = building_approach(handler->mixed.automatic,
                                                 share * building->weather.temperature.automatic +
                                                     (1 - share) * handler->returned.automatic,
                                                 20, step_s);
    /* Outdoor air first, then the coils; one number says how much of either, so that they never work against
     * each other. */
    const bool damper_acts = free_cooling && (error > 0 ? handler->outdoor_damper.actual < 95
                                                        : handler->outdoor_damper.actual > least + 0.5);
    if (!damper_acts)
        handler->integral = building_clamp(handler->integral + error * 0.0005 * step_s, -1, 1);
    const double coils =
        runs ? building_clamp(handler->integral + (damper_acts ? 0 : error * 0.05), -1, 1) : 0;
    handler->cooling_valve.automatic = fmax(0, coils) * 100;
    handler->heating_valve.automatic = fmax(0, -coils) * 100;
    const double cold = building_clamp((14 - building->plant.chilled_supply.automatic) / 7.5, 0, 1);
    const double hot = building_clamp((building->plant.hot_supply.automatic - 30) / 35, 0, 1);
    const double target = handler->mixed.automatic + 0.8 -
                          COIL_FALL * handler->cooling_valve.actual / 100 * cold +
                          COIL_RISE * handler->heating_valve.actual / 100 * hot;
    handler->supply.automatic = building_approach(handler->supply.automatic, runs ? target : demand->returned,
                                                  runs ? 45 : 1800, step_s);
    handler->supply_humidity.automatic =
        building_clamp(building->weather.humidity.automatic * 0.55 + 18, 15, 95);
    handler->freeze_alarm.automatic = runs && handler->mixed.automatic < 3;
}

void building_step_handler(const Building *building, AirHandler *handler, double step_s)
{
    const Demand demand = sum_zones(building, handler);
    choose_mode(building, handler, &demand);
    run_fans(handler, &demand, step_s);
    condition_air(building, handler, &demand, step_s);
}
