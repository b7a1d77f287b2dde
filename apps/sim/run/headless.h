/* `bacpipes sim --days N`: so many days of the building as fast as they go, without a network. */
#ifndef SIM_HEADLESS_H
#define SIM_HEADLESS_H

#include "apps/sim/run/orders.h"
#include "apps/sim/run/run.h"
#include "config/arguments.h"

typedef struct SimHeadless {
    int64_t days;     /* 0: none were asked for */
    int64_t every_us; /* between rows; 0: as is usual */
    CfgTexts only;    /* patterns of points */
    bool csv, json;
    const char *file; /* NULL: standard output */
} SimHeadless;

/* Its lines in the table of options. */
#define SIM_HEADLESS_OPTIONS(headless)                                                                       \
    {.name = "days",                                                                                         \
     .value = "N",                                                                                           \
     .meaning = "Simulate so many days as fast as it goes, without a network, and say what they took; from " \
                "2025-01-01 on, less than 7 from Tuesday 2025-01-07, unless --start says",                   \
     .integer = &(headless)->days,                                                                           \
     .min = 1,                                                                                               \
     .max = 36525},                                                                                          \
        {.name = "csv",                                                                                      \
         .meaning = "With --days: what the points say, as CSV into FILE, else on standard output",           \
         .flag = &(headless)->csv},                                                                          \
        {.name = "every",                                                                                    \
         .value = "INTERVAL",                                                                                \
         .meaning = "With --csv: a row so often. Default 5min",                                              \
         .duration_us = &(headless)->every_us},                                                              \
    {                                                                                                        \
        .name = "only", .value = "PATTERN",                                                                  \
        .meaning = "With --csv: only these points, as 'AHU-*/SAT' or ZN-T (of all zones); may be repeated",  \
        .texts = &(headless)->only                                                                           \
    }

/* Where it begins if nobody says: always there, so that the same command has the same readings. Less than a
 * week begins on a working Tuesday, as on New Year's Day the building rests. */
const char *sim_headless_start(const SimHeadless *headless);

/* Whether what was asked for goes together. BP_INVALID: it does not. */
BpStatus sim_headless_check(const SimHeadless *headless, BpError *err) BP_CHECKED;

/* Runs it, and returns the exit code: after SIGINT or SIGTERM 128 and the signal's number. What is written
 * until then is whole, and so is the summary of it. */
int sim_headless(const char *command, const SimSiteOptions *options, const SimHeadless *headless,
                 SimOrders *orders);

#endif
