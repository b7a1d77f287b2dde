/* What zones ask of their air handler, and handlers of the plant, so that trim and respond hears of it
 * (Guideline 36-2021, 5.6.8, 5.16.9). Counted each minute. */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include "apps/sim/physics/parts.h"

/* For pressure, cooler supply air and hotter water: into the zone's loops. None while the fan stands. */
void request_of_zone(Zone *zone, bool runs);

/* For colder and hotter water: into the handler's loops. */
void request_of_handler(AirHandler *handler, bool runs);

/* How long a zone's requests for cooler air are not counted, after its setpoint has moved by so much (5.1,
 * time-based suppression: 9 minutes a kelvin, 30 at most). */
double request_suppression_s(double moved);

#endif
