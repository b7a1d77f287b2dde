/* What a stretch of a building's time took: energy by its use, power, comfort, and whether its books balance.
 */
#ifndef SIM_SUMMARY_H
#define SIM_SUMMARY_H

#include "apps/sim/run/run.h"
#include "say/json.h"

#include <stdio.h>

/* What is stored, and what came in and went out: heat in J, water in kg, CO2 in L. */
typedef struct SimStores {
    double heat, water, co2;
} SimStores;

/* Share of what came in (or went out, where that is more) that is neither stored nor gone, of the worst day,
 * in %. */
typedef struct SimErrors {
    double heat, water, co2;
} SimErrors;

typedef struct SimSummary {
    const SimRun *run;
    int64_t from_us, to_us; /* of the building */
    int64_t took_us;        /* of the clock */
    Ledger ledger;
    int64_t day_us; /* of the day that goes on: its beginning, and what was then */
    Balance day;
    SimStores stored;
    SimErrors worst;
} SimSummary;

/* Of a run that has just begun. It stays the caller's. */
void sim_summary_begin(SimSummary *summary, const SimRun *run);

/* To be called each hour or so: balances days that are over. */
void sim_summary_go_on(SimSummary *summary);
void sim_summary_end(SimSummary *summary, int64_t took_us);

void sim_summary_print(const SimSummary *summary, FILE *to);
json_t *sim_summary_json(const SimSummary *summary);

#endif
