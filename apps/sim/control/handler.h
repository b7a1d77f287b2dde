/* Air handlers: fan, dampers and coils (Guideline 36-2021, 5.16). Duct pressure by the fan's speed; supply
 * temperature by outdoor air where that helps, and by the coils, one after the other and never against each
 * other; least outdoor air as a flow; shut against frost. */
#ifndef SIM_CONTROL_HANDLER_H
#define SIM_CONTROL_HANDLER_H

#include "apps/sim/control/sequence.h"

/* Each minute, after its zones: setpoints and what is asked of the plant. */
void control_handler_minute(const Sequence *sequence, const Weather *weather, AirHandler *handler,
                            const Zone *zones);

/* Each step: loops. */
void control_handler_step(AirHandler *handler);

#endif
