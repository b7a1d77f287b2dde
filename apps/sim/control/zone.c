#include "apps/sim/control/zone.h"

#include "apps/sim/control/regulator.h"
#include "apps/sim/control/request.h"
#include "apps/sim/control/schedule.h"

#include <math.h>

enum { OFF = 1, HEATING, DEADBAND, COOLING }; /* values of its mode */

/* %: of one kelvin. An air node follows its flow in about 20 minutes. */
static const RegulatorTuning temperature_loop = {.gain = 60, .integral_s = 1500, .low = 0, .high = 100};
static const RegulatorTuning discharge_loop = {.gain = 1.5, .integral_s = 120, .low = 0, .high = 100};

static const double DAMPER_S = 40;        /* in which the damper makes good what of the flow is missing */
static const double FLOW_DEADBAND = 0.01; /* of the largest flow: less is not worth moving the damper */
static const double EMPTY_S = 900;        /* nobody seen for so long: standby */
static const double STANDBY_K = 0.5;      /* how much further apart setpoints are then */
static const double DISCHARGE_ABOVE = 11; /* K above the zone: hotter air stays at the ceiling (5.6.5) */
/* ppm between which outdoor air is let in for more of its people, up to all of them; and up to which it then
 * gets all the air there is. */
static const double CO2_FROM = 750, CO2_ALL_PEOPLE = 1000, CO2_ALL_AIR = 1150;

double control_zone_outdoor(const Zone *zone, double taken)
{
    return SEQUENCE_AIR_AREA * zone->area + SEQUENCE_AIR_PERSON * zone->seats * taken;
}

static double within(double value, double from, double to)
{
    return fmin(1, fmax(0, (value - from) / (to - from)));
}

double control_zone_outdoor_now(const Zone *zone)
{
    if (lround(zone->occupancy_mode.actual) != ZONE_OCCUPIED)
        return 0;
    return control_zone_outdoor(zone, within(zone->co2_sensor.actual, CO2_FROM, CO2_ALL_PEOPLE));
}

static ZoneOccupancy occupancy_of(const Sequence *sequence, const AirHandler *handler, Zone *zone)
{
    ZoneLoops *loops = &zone->loops;
    loops->empty_s = signal_is_on(&zone->occupied) ? 0 : loops->empty_s + 60;
    switch (schedule_mode(handler)) {
    case HANDLER_OCCUPIED:
        return sequence->stands_by && loops->empty_s >= EMPTY_S ? ZONE_STANDBY : ZONE_OCCUPIED;
    case HANDLER_WARM_UP: return ZONE_WARM_UP;
    default: return ZONE_UNOCCUPIED;
    }
}

static void choose_setpoints(Zone *zone, ZoneOccupancy occupancy)
{
    ZoneLoops *loops = &zone->loops;
    const double before = loops->cool_to;
    const double apart = occupancy == ZONE_STANDBY ? STANDBY_K : 0;
    loops->cool_to = zone->cooling_setpoint.actual + zone->offset.actual + apart;
    loops->heat_to = zone->heating_setpoint.actual + zone->offset.actual - apart;
    if (occupancy == ZONE_UNOCCUPIED) {
        loops->cool_to = fmax(loops->cool_to, SEQUENCE_COOLING_UNOCCUPIED);
        loops->heat_to = fmin(loops->heat_to, SEQUENCE_HEATING_UNOCCUPIED);
    }
    /* Somebody may have set one past the other: heating gives way, so that they never fight. */
    loops->heat_to = fmin(loops->heat_to, loops->cool_to - 0.5);
    if (loops->cool_to < before - 0.2)
        loops->suppress_s = request_suppression_s(before - loops->cool_to);
}

static double least_flow(const Sequence *sequence, const Zone *zone, ZoneOccupancy occupancy)
{
    const double largest = zone->flow_largest;
    if (occupancy == ZONE_UNOCCUPIED || occupancy == ZONE_STANDBY)
        return 0;
    if (!sequence->watches_co2)
        return sequence->flow_least_share * largest;
    if (occupancy == ZONE_WARM_UP)
        return 0;
    const double least = fmin(largest, SEQUENCE_AIR_PRIMARY * control_zone_outdoor_now(zone));
    return least + within(zone->co2_sensor.actual, CO2_ALL_PEOPLE, CO2_ALL_AIR) * (largest - least);
}

void control_zone_minute(const Sequence *sequence, const AirHandler *handler, Zone *zone)
{
    signal_set(&zone->cooling_setpoint, SEQUENCE_COOLING);
    signal_set(&zone->heating_setpoint, SEQUENCE_HEATING);
    signal_set(&zone->occupancy_mode, occupancy_of(sequence, handler, zone));
    const ZoneOccupancy occupancy = (ZoneOccupancy)lround(zone->occupancy_mode.actual);
    choose_setpoints(zone, occupancy);
    signal_set(&zone->flow_minimum, round(least_flow(sequence, zone, occupancy)));
    request_of_zone(zone, signal_is_on(&handler->fan_status));
}

static void run_damper(Zone *zone, double flow)
{
    signal_set(&zone->flow_setpoint, flow);
    const double missing = (zone->flow_setpoint.actual - zone->airflow.actual) / zone->flow_largest;
    double damper = zone->damper.actual;
    if (fabs(missing) > FLOW_DEADBAND)
        damper += 100 * missing * BUILDING_STEP_S / DAMPER_S;
    signal_set(&zone->damper, fmin(100, fmax(0, damper)));
}

/* The fan stands: the box waits, almost shut. */
static void rest(Zone *zone)
{
    zone->loops.cooling = zone->loops.heating = zone->loops.reheat = (Regulator){0};
    zone->loops.cooling_output = 0;
    signal_set(&zone->flow_setpoint, 0);
    signal_set(&zone->damper, 5);
    signal_set(&zone->reheat, 0);
    signal_set(&zone->mode, OFF);
}

static void heat(const Sequence *sequence, const AirHandler *handler, Zone *zone, double heating)
{
    const double valve = fmin(100, 2 * heating);
    if (!sequence->holds_discharge) {
        signal_set(&zone->reheat, valve);
        return;
    }
    const double from = fmin(handler->supply.actual, zone->temperature.actual);
    const double to = zone->temperature.actual + DISCHARGE_ABOVE;
    const double error = from + valve / 100 * (to - from) - zone->discharge.actual;
    if (zone->reheat.is_forced)
        regulator_follow(&zone->loops.reheat, &discharge_loop, zone->reheat.actual, error);
    signal_set(&zone->reheat,
               heating > 0 ? regulator_step(&zone->loops.reheat, &discharge_loop, error, BUILDING_STEP_S)
                           : 0);
    if (heating <= 0)
        zone->loops.reheat = (Regulator){0};
}

/* Somebody holds the mode: the box cools or heats no more than that lets it. */
static bool may(const Zone *zone, long mode)
{
    return !zone->mode.is_forced || lround(zone->mode.actual) == mode;
}

void control_zone_step(const Sequence *sequence, const AirHandler *handler, Zone *zone)
{
    if (!signal_is_on(&handler->fan_status) || (zone->mode.is_forced && may(zone, OFF))) {
        rest(zone);
        return;
    }
    ZoneLoops *loops = &zone->loops;
    const double sensed = zone->temperature.actual;
    /* What one has learned is no use any more once the other is needed: they never work against each other.
     */
    if (sensed > loops->cool_to)
        loops->heating.integral = 0;
    if (sensed < loops->heat_to)
        loops->cooling.integral = 0;
    double cooling =
        regulator_step(&loops->cooling, &temperature_loop, sensed - loops->cool_to, BUILDING_STEP_S);
    double heating =
        regulator_step(&loops->heating, &temperature_loop, loops->heat_to - sensed, BUILDING_STEP_S);
    cooling = loops->cooling_output = may(zone, COOLING) ? cooling : 0;
    heating = may(zone, HEATING) ? heating : 0;
    const double least = fmin(zone->flow_minimum.actual, zone->flow_largest), largest = zone->flow_largest;
    const double most_heating = fmax(least, sequence->flow_heating_share * largest);
    const bool is_warm = handler->supply.actual > sensed + 1;
    double flow = least;
    if (is_warm)
        flow += heating / 100 * (most_heating - least); /* what comes is the heating */
    else if (cooling > 0)
        flow += cooling / 100 * (largest - least);
    else if (heating > 50)
        flow += (heating - 50) / 50 * (most_heating - least);
    run_damper(zone, flow);
    heat(sequence, handler, zone, heating);
    signal_set(&zone->mode, heating > 0 ? HEATING : cooling > 0 ? COOLING : DEADBAND);
}
