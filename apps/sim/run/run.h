/* The building by itself with its points, without a network or a clock, for tests, benches and those who
 * train models on it. The same options and the same calls give the same values to the bit, however far each
 * call goes:
 *
 *   const SimSiteOptions options = {.points = 500, .building = {.seed = 1, .start_us = start_us}};
 *   SimRun *run = sim_run_new(&options);
 *   double kw;
 *   BP_TRY(sim_run_set(run, "AHU-1/SAT-C", 14, 8, err));
 *   sim_run_to(run, start_us + 6 * BP_HOUR);
 *   BP_TRY(sim_run_get(run, "METER/KW", &kw, err));
 *   const double chiller_j = sim_run_site(run)->building.ledger.chiller;
 *   sim_run_free(run);
 *
 * Who reads a point often asks once for its object (sim_run_point), and that for its value
 * (sim_object_said). */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "apps/sim/device/site.h"
#include "apps/sim/run/orders.h"

typedef struct SimRun SimRun;

SimRun *sim_run_new(const SimSiteOptions *options);
void sim_run_free(SimRun *run);

/* Where it is, and how far it goes: not at all where that is past. */
int64_t sim_run_now_us(const SimRun *run);
void sim_run_to(SimRun *run, int64_t at_us);

/* Its devices, and the building below them, with its ledger (what was used since the start) and balance: to
 * look at. */
const SimSite *sim_run_site(const SimRun *run);

/* A point by its own name, "AHU-1/SAT", or by the one that its contractor gave it; NULL where there is none.
 * It lives as long as the run. */
SimObject *sim_run_point(SimRun *run, BpStr name);

/* What the device would say now. BP_NOT_FOUND: no point has the name; the sentence has one that may be
 * meant. */
BpStatus sim_run_get(SimRun *run, const char *name, double *ret_value, BpError *err) BP_CHECKED;

/* Commands a point at a priority, 1 to 16, and takes that command back, as a client would. BP_NOT_FOUND as
 * above; BP_REFUSED: the device refuses it, and the sentence says why. */
BpStatus sim_run_set(SimRun *run, const char *name, double value, uint8_t priority, BpError *err) BP_CHECKED;
BpStatus sim_run_release(SimRun *run, const char *name, uint8_t priority, BpError *err) BP_CHECKED;

/* Orders faults that begin and end as it goes on; `for_us`: how long that will be, for random ones. A file of
 * them is to be there. The caller ends the orders (sim_orders_end) before the run. Errors are those of
 * sim_orders_begin. */
BpStatus sim_run_order(SimRun *run, SimOrders *orders, int64_t for_us, BpError *err) BP_CHECKED;

#endif
