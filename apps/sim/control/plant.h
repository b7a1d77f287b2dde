/* The plant: when chiller and boiler run, how cold and hot their water is, how fast it goes round, and what
 * the tower aims at (Guideline 36-2021, 5.20 and 5.21). */
#ifndef SIM_CONTROL_PLANT_H
#define SIM_CONTROL_PLANT_H

#include "apps/sim/control/sequence.h"

/* Each minute, after the handlers: setpoints, and who runs. */
void control_plant_minute(const Sequence *sequence, Building *building);

/* Each step: the tower's fan. */
void control_plant_step(Plant *plant);

#endif
