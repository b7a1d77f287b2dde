/* Zones and their VAV boxes (dual maximum). */
#include "apps/sim/building/physics.h"

#include <math.h>

static const double AIR_CAPACITY = 1.2e6;  /* J/K of a zone's air and what is in it */
static const double MASS_CAPACITY = 2.4e7; /* J/K of its walls and floors */
static const double MASS_EXCHANGE = 550;   /* W/K between the two */
static const double ENVELOPE = 75;         /* W/K to outdoors */
static const double WINDOW = 7;            /* m2 times solar gain */
static const double AIR_HEAT = 1.21;       /* W for 1 L/s and 1 K */
static const double REHEAT_RISE = 18;      /* K of a full coil at least flow */
static const double FLOW_MIN = 85;         /* L/s of a VAV box */

void building_control_zone(const AirHandler *handler, Zone *zone, double hot_water, double step_s)
{
    const double sensed = zone->temperature.actual;
    const double cooling =
        zone->cooling_setpoint.actual + zone->offset.actual + (zone->occupied.actual > 0.5 ? 0 : 3);
    const double heating =
        zone->heating_setpoint.actual + zone->offset.actual - (zone->occupied.actual > 0.5 ? 0 : 4);
    const double cooling_demand = building_clamp((sensed - cooling) / 1.2, 0, 1),
                 heating_demand = building_clamp((heating - sensed) / 1.2, 0, 1);
    const bool runs = handler->fan_status.actual > 0.5;
    double flow = FLOW_MIN + cooling_demand * (BUILDING_FLOW_MAX - FLOW_MIN);
    if (heating_demand > 0.5)
        flow = FLOW_MIN + (heating_demand - 0.5) * 2 * (BUILDING_FLOW_MAX / 2 - FLOW_MIN);
    zone->flow_setpoint.automatic = runs ? flow : 0;
    const double error = zone->flow_setpoint.actual - zone->airflow.actual;
    zone->damper.automatic = runs ? building_clamp(zone->damper.actual + error * 0.0012 * step_s, 5, 100) : 5;
    zone->reheat.automatic = runs ? heating_demand * 100 : 0;
    zone->mode.automatic = !runs ? 1 : heating_demand > 0 ? 2 : cooling_demand > 0 ? 4 : 3;
    const double pressure = fmax(0, handler->duct_pressure.actual);
    const double true_flow = BUILDING_FLOW_MAX * 1.25 * zone->damper.actual / 100 * sqrt(pressure / 250);
    zone->airflow.automatic = building_approach(zone->airflow.automatic, true_flow, 12, step_s);
    const double rise =
        REHEAT_RISE * zone->reheat.actual / 100 * hot_water * fmin(1, FLOW_MIN * 1.4 / fmax(1, true_flow));
    zone->discharge.automatic = building_approach(
        zone->discharge.automatic, runs ? handler->supply.automatic + 0.6 + rise : zone->air, 60, step_s);
}

void building_heat_zone(Building *building, Zone *zone, double step_s)
{
    const Weather *weather = &building->weather;
    const double people = building_occupancy(building) * zone->people;
    const double sun = fmax(0, cos((building_hour(building) - zone->facing) * M_PI / 8)) *
                       weather->irradiance.automatic * WINDOW * 0.5;
    const double flow = zone->airflow.automatic;
    const double into_air = ENVELOPE * (weather->temperature.automatic - zone->air) +
                            MASS_EXCHANGE * (zone->mass - zone->air) + people * zone->load + 120 + sun +
                            flow * AIR_HEAT * (zone->discharge.automatic - zone->air);
    zone->mass += MASS_EXCHANGE * (zone->air - zone->mass) / MASS_CAPACITY * step_s;
    zone->air += into_air / AIR_CAPACITY * step_s;
    zone->co2.automatic =
        building_approach(zone->co2.automatic, 420 + people * 9000 / (12 + flow * 0.12), 900, step_s);
    zone->humidity.automatic = building_approach(
        zone->humidity.automatic,
        building_clamp(weather->humidity.automatic * 0.45 + people * 14 + 8, 15, 80), 3600, step_s);
    zone->drift = building_approach(zone->drift, 0, 1800, step_s) +
                  bp_random_normal(&building->random) * 0.004 * sqrt(step_s / 5);
    zone->temperature.automatic = zone->air + zone->drift;
    zone->occupied.automatic = building_occupancy(building) > 0.03;
}
