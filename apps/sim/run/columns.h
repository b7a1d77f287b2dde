/* Which points of a building somebody wants. */
#ifndef SIM_COLUMNS_H
#define SIM_COLUMNS_H

#include "apps/sim/device/site.h"

typedef struct SimColumns {
    SimObject **objects; /* device by device, as `bacpipes sim --list` has them */
    size_t count;
} SimColumns;

/* Those that one of the patterns names, or all where there is none. A pattern is a whole name with * for any
 * letters and ? for one: "VAV-1-*", "METER/KW". One without "/" names points of all equipment: "ZN-T". Names
 * are the points' own, or those that their contractor gave them.
 * BP_NOT_FOUND: one of them names nothing. */
BpStatus sim_columns_init(SimColumns *columns, const SimSite *site, const char *const *patterns,
                          size_t pattern_count, BpError *err) BP_CHECKED;
void sim_columns_done(SimColumns *columns);

#endif
