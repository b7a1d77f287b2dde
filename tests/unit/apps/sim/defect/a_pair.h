/* A building that fails, beside the same building in the same weather that does not. */
#ifndef TESTS_SIM_A_PAIR_H
#define TESTS_SIM_A_PAIR_H

#include "apps/sim/run/run.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Tuesdays. */
static const int64_t JANUARY_US = INT64_C(1736812800) * BP_SECOND, /* 2025-01-14T00:00:00Z */
    JULY_US = INT64_C(1752537600) * BP_SECOND;                     /* 2025-07-15T00:00:00Z */

typedef struct Pair {
    SimRun *good, *bad;
    SimOrders orders;
} Pair;

static inline Pair pair_with(BuildingControl control, int64_t start_us, const char *faults)
{
    const SimSiteOptions options = {.points = 300,
                                    .building = {.seed = 1, .start_us = start_us, .control = control}};
    Pair pair = {.good = sim_run_new(&options), .bad = sim_run_new(&options), .orders = {.faults = faults}};
    BpError err = {0};
    if (sim_run_order(pair.bad, &pair.orders, 10 * BP_DAY, &err) != BP_OK)
        fail_msg("%s", err.text);
    return pair;
}

static inline Pair pair_of(int64_t start_us, const char *faults)
{
    return pair_with(CONTROL_RULES, start_us, faults);
}

static inline void pair_done(Pair *pair)
{
    sim_orders_end(&pair->orders);
    sim_run_free(pair->good);
    sim_run_free(pair->bad);
}

/* To so many hours after the start. */
static inline void go(Pair *pair, double hours)
{
    const int64_t at_us = sim_run_now_us(pair->good) + (int64_t)(hours * (double)BP_HOUR);
    sim_run_to(pair->good, at_us);
    sim_run_to(pair->bad, at_us);
}

static inline const Building *building(const SimRun *run)
{
    return &sim_run_site(run)->building;
}

static inline double says(SimRun *run, const char *point)
{
    double value;
    BpError err = {0};
    if (sim_run_get(run, point, &value, &err) != BP_OK)
        fail_msg("%s", err.text);
    return value;
}

static inline void is_about(double value, double wanted, double within)
{
    if (!(fabs(value - wanted) <= within))
        fail_msg("%g is not within %g of %g", value, within, wanted);
}

static inline void is_more(double value, double than)
{
    if (!(value > than))
        fail_msg("%g is not more than %g", value, than);
}

/* Both are the same to the bit. */
static inline void are_alike(const Pair *pair)
{
    const Building *good = building(pair->good), *bad = building(pair->bad);
    assert_memory_equal(good->zones, bad->zones, good->zone_count * sizeof *good->zones);
    assert_memory_equal(good->handlers, bad->handlers, good->handler_count * sizeof *good->handlers);
    assert_memory_equal(&good->plant, &bad->plant, sizeof good->plant);
}

/* The same command for both. */
static inline void set(Pair *pair, const char *point, double value)
{
    BpError err = {0};
    if (sim_run_set(pair->good, point, value, 8, &err) != BP_OK ||
        sim_run_set(pair->bad, point, value, 8, &err) != BP_OK)
        fail_msg("%s", err.text);
}

#endif
