/* The plant's machines, and what moves: for the physics alone. */
#ifndef SIM_MACHINES_H
#define SIM_MACHINES_H

#include "apps/sim/physics/parts.h"

#include <math.h>

static inline double physics_clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* Moves towards its command, `travel_s` from end to end. */
void actuator_move(Actuator *actuator, double command, double travel_s);

/* What it lets through, 0 to 1. */
static inline double actuator_open(const Actuator *actuator)
{
    return (actuator->at > actuator->least ? actuator->at : actuator->least) / 100;
}

/* Noise of a sensor: mean 0, deviation 1, the same for the same seed, sensor and instant. */
double physics_noise(uint64_t seed, uint32_t sensor, int64_t at_us);

/* ---- what crosses the building's boundary: into it, or out of it where less than 0 ---- */

static inline void balance_heat(Balance *balance, double watts)
{
    *(watts > 0 ? &balance->heat_in : &balance->heat_out) += fabs(watts) * BUILDING_STEP_S;
}

static inline void balance_water(Balance *balance, double flow) /* kg/s */
{
    *(flow > 0 ? &balance->water_in : &balance->water_out) += fabs(flow) * BUILDING_STEP_S;
}

static inline void balance_co2(Balance *balance, double flow) /* L/s */
{
    *(flow > 0 ? &balance->co2_in : &balance->co2_out) += fabs(flow) * BUILDING_STEP_S;
}

/* ---- air ---- */

/* The air handler's air up to its zones, with what they say of now; then each zone. */
void physics_step_handler(Building *building, AirHandler *handler);
void physics_step_zone(Building *building, const AirHandler *handler, Zone *zone);
void physics_step_plant(Building *building);
void physics_step_meter(Building *building);

double physics_zone_air(const Zone *zone);    /* kg of air whose vapour the zone keeps */
double physics_zone_volume(const Zone *zone); /* L */

/* ---- water ---- */

/* A step of a loop. `flow` kg/s go through the machine and take `power` W in (a chiller's: less than 0),
 * `beside` W go into the water, too, from pump and room; `drawn` kg/s of the flow come back from the coils at
 * `returned`, the rest goes round past them. */
void loop_step(WaterLoop *loop, double power, double beside, double drawn, double returned);

/* W that its pipes take from the plant room. */
double loop_from_room(const WaterLoop *loop);

/* W of a pump at a speed, with so much of its design flow. */
double pump_power(double design, double speed, double flow_share);

/* ---- machines: at full load, and at a part of it ---- */

double chiller_capacity(const Plant *plant, double leaving, double condenser);   /* W */
double chiller_full_power(const Plant *plant, double leaving, double condenser); /* W for that */
double chiller_power_share(double load_share); /* of the full power, at a part of the capacity */
double boiler_efficiency(double returned);     /* of the upper heating value */

/* W that the tower takes out of water of this temperature. */
double tower_rejects(const Plant *plant, const Sky *sky, double water, double fan_share);

/* What coils took: kg/s, and the temperature of what came back, mixed. */
typedef struct Drawn {
    double flow, returned;
} Drawn;

/* A step of each, with its water. The chiller gives its heat to the condenser's loop: before the tower. */
void chiller_step(Building *building, Drawn drawn);
void tower_step(Building *building);
void boiler_step(Building *building, Drawn drawn);

#endif
