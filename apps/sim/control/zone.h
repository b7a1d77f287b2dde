/* Zones and their VAV boxes with reheat: dual maximum (Guideline 36-2021, 5.6). Cooling takes air from the
 * least to the largest flow; heating warms the least flow first, and takes more air only then. */
#ifndef SIM_CONTROL_ZONE_H
#define SIM_CONTROL_ZONE_H

#include "apps/sim/control/sequence.h"

typedef enum ZoneOccupancy { ZONE_OCCUPIED = 1, ZONE_STANDBY, ZONE_UNOCCUPIED, ZONE_WARM_UP } ZoneOccupancy;

/* Outdoor air that it needs (L/s) with such a share of its seats taken. */
double control_zone_outdoor(const Zone *zone, double taken);

/* That of those who are in, by the CO2 sensor; 0 where nobody is expected. */
double control_zone_outdoor_now(const Zone *zone);

/* Each minute: setpoints, the mode and least flow that go with the handler's mode, requests. */
void control_zone_minute(const Sequence *sequence, const AirHandler *handler, Zone *zone);

/* Each step: loops. */
void control_zone_step(const Sequence *sequence, const AirHandler *handler, Zone *zone);

#endif
