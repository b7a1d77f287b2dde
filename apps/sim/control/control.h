/* The building's controllers: zones, air handlers and the plant, in one of three kinds (control/sequence.h).
 * They read what sensors, setpoints and commands say
 * (`actual`), and say what they want by signal_set; what somebody commands meanwhile holds, and they go on
 * from there when it is released. */
#ifndef SIM_BUILDING_CONTROL_H
#define SIM_BUILDING_CONTROL_H

#include "apps/sim/physics/parts.h"

/* Controllers are switched on: every lever has a value, nothing runs. */
void control_begin(Building *building);

/* Goes on by a step of BUILDING_STEP_S: loops in each, what is slow at whole minutes. */
void control_step(Building *building);

#endif
