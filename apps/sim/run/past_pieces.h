/* A record becomes pieces that the database lays, the newest first. */
#ifndef SIM_PAST_PIECES_H
#define SIM_PAST_PIECES_H

#include "apps/sim/run/past_store.h"

/* Lays of the record what the plan does not have yet, and moves the plan with it. `counters` are those at the
 * record's beginning, and go with the last piece, since it is whole then. */
BpStatus past_lay_record(PastStore *store, PastPlan *plan, const PastRecord *record,
                         const PastNumbers *numbers, json_t *counters, BpError *err) BP_CHECKED;

/* Lays the record's readings from plan->until_us on up to the first that was polled of each point. */
BpStatus past_lay_join(PastStore *store, PastPlan *plan, const PastRecord *record, const PastNumbers *numbers,
                       BpError *err) BP_CHECKED;

#endif
