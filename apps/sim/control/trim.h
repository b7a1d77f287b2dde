/* Trim and respond (ASHRAE Guideline 36-2021, 5.1.14): a setpoint that drifts towards saving, a little at a
 * time, and comes back as zones or handlers ask for more. Requests up to `ignored` are not heard, so that one
 * rogue zone does not steer all. */
#ifndef SIM_TRIM_H
#define SIM_TRIM_H

#include "apps/sim/physics/loops.h"

#include <stdbool.h>

typedef struct TrimRule {
    double start, low, high; /* the setpoint while off, and its limits */
    double trim, respond,
        respond_most; /* each time; for each request heard; for all of them. Responding has the other sign */
    double ignored;
    double delay_s, every_s; /* from the start to the first move; from one move to the next */
} TrimRule;

/* The setpoint, gone on by a step. What does not run begins again at `start`. */
double trim_step(Trim *trim, const TrimRule *rule, bool runs, double requests, double step_s);

/* A command holds the setpoint at `held`: the rule goes on from there, within its limits, so that a release
 * is no jump. */
void trim_follow(Trim *trim, const TrimRule *rule, double held);

#endif
