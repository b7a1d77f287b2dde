/* What a text of orders comes to: each fault with whom it is of. For ordered.c alone. */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include "apps/sim/device/ordered.h"

enum { SIM_VALUE_TEXT_MAX = 40 };

/* What an order is besides a Defect. */
typedef struct SimDetails {
    SimSubject subject;
    const char *fault;
    bool is_of_device; /* and that is: */
    SimFaults faults;
    char text[SIM_VALUE_TEXT_MAX]; /* behind "=" */
} SimDetails;

typedef struct SimPlan {
    SimSite *site;
    const SimOrderedOptions *options;
    Defects defects;
    SimDetails *details; /* one for each of its list */
} SimPlan;

/* An empty one; site and options are borrowed. */
SimPlan *sim_plan_new(SimSite *site, const SimOrderedOptions *options);
void sim_plan_free(SimPlan *plan);

/* Adds what is in the text. BP_INVALID: what is wrong, and what would be right; then the plan is good for
 * nothing. */
BpStatus sim_plan_read(SimPlan *plan, BpStr text, BpError *err) BP_CHECKED;

#endif
