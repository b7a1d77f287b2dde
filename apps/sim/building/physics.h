/* How the building's parts go on by a step: each part has a file, and building.c has them go on in turn. */
#ifndef SIM_PHYSICS_H
#define SIM_PHYSICS_H

#include "apps/sim/building/building.h"

#define BUILDING_FLOW_MAX 420.0 /* L/s of a VAV box */

double building_clamp(double value, double low, double high);

/* Moves towards a target with a time constant. */
double building_approach(double value, double target, double time_constant_s, double step_s);

/* ---- occupancy.c: the day, and who is in ---- */

double building_hour(const Building *building); /* of the day: 0 to 24 */
bool building_is_workday(const Building *building);

/* How many of its people are in, 0 to 1: they come from 7, eat at noon and leave from 16. */
double building_occupancy(const Building *building);

/* ---- each part ---- */

void building_step_weather(Building *building, double step_s);

/* What its zones make of the air handler's air; `hot_water`: 0 none, 1 as hot as it gets. */
void building_control_zone(const AirHandler *handler, Zone *zone, double hot_water, double step_s);
void building_heat_zone(Building *building, Zone *zone, double step_s);

void building_step_handler(const Building *building, AirHandler *handler, double step_s);
void building_step_plant(Building *building, double step_s);
void building_step_meter(Building *building, double step_s);

#endif
