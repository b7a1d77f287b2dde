/* When an air handler runs, and as what (Guideline 36-2021, 5.4.6): off, warm-up, occupied, or by night
 * because a zone got too cold or warm. By the local day. */
#ifndef SIM_SCHEDULE_H
#define SIM_SCHEDULE_H

#include "apps/sim/control/sequence.h"

typedef enum HandlerMode { HANDLER_OFF = 1, HANDLER_WARM_UP, HANDLER_OCCUPIED, HANDLER_NIGHT } HandlerMode;

/* What goes by it: a command may have put another mode in place of what the schedule says. */
HandlerMode schedule_mode(const AirHandler *handler);

/* Each minute. `zones` are the handler's. */
void schedule_minute(const Sequence *sequence, const LocalTime *local, AirHandler *handler,
                     const Zone *zones);

#endif
