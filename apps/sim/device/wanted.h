/* Which building is wanted: the options of the command line that say so, with a network or without. */
#ifndef SIM_WANTED_H
#define SIM_WANTED_H

#include "apps/sim/device/site.h"

typedef struct SimWanted {
    int64_t points, seed, weather_seed;             /* weather_seed: -1 where it is to be as `seed` */
    const char *climate, *control, *naming, *start; /* NULL: as is usual */
    bool without_flaws;
} SimWanted;

/* What is wanted where nothing is said. */
#define SIM_WANTED                                                                                           \
    {                                                                                                        \
        .points = 500, .seed = 1, .weather_seed = -1                                                         \
    }

/* Its lines in the table of options. */
#define SIM_WANTED_OPTIONS(wanted)                                                                           \
    {.name = "points",                                                                                       \
     .value = "N",                                                                                           \
     .meaning = "How many points in all, 50 for a whole building; default 500",                              \
     .integer = &(wanted)->points,                                                                           \
     .min = 1,                                                                                               \
     .max = SIM_POINTS_MAX},                                                                                 \
        {.name = "climate",                                                                                  \
         .value = "NAME",                                                                                    \
         .meaning = "Where it stands: lisbon (default), macau, kuala-lumpur",                                \
         .text = &(wanted)->climate},                                                                        \
        {.name = "control",                                                                                  \
         .value = "KIND",                                                                                    \
         .meaning = "How it is steered: rules (default), contractor, g36",                                   \
         .text = &(wanted)->control},                                                                        \
        {.name = "naming",                                                                                   \
         .value = "NAME",                                                                                    \
         .meaning = "How its points are named: plain (default), dotted, german",                             \
         .text = &(wanted)->naming},                                                                         \
        {.name = "seed",                                                                                     \
         .value = "N",                                                                                       \
         .meaning = "Another seed, another building, people and weather; default 1",                         \
         .integer = &(wanted)->seed,                                                                         \
         .min = 0,                                                                                           \
         .max = INT64_MAX},                                                                                  \
        {.name = "weather-seed",                                                                             \
         .value = "N",                                                                                       \
         .meaning = "Of the weather alone, to try two buildings in the same; default: as --seed",            \
         .integer = &(wanted)->weather_seed,                                                                 \
         .min = 0,                                                                                           \
         .max = INT64_MAX},                                                                                  \
        {.name = "start",                                                                                    \
         .value = "TIME",                                                                                    \
         .meaning = "Simulated time at the start, as 2026-07-15T06:00:00Z, or a local day, as 2026-07-15",   \
         .text = &(wanted)->start},                                                                          \
    {                                                                                                        \
        .name = "without-flaws", .meaning = "No faulty sensors and no NaN", .flag = &(wanted)->without_flaws \
    }

/* `start_us`: where no start was given. BP_INVALID: there is no such climate, control or naming (and which
 * there are), or the start is no time. */
BpStatus sim_wanted_read(const SimWanted *wanted, int64_t start_us, SimSiteOptions *ret_options,
                         BpError *err) BP_CHECKED;

#endif
