/* How large a building a number of points makes, and which points of its equipment they are. */
#ifndef SIM_SIZE_H
#define SIM_SIZE_H

#include "apps/sim/device/points.h"

/* The smallest site with all kinds of equipment; a smaller one is its first devices. */
enum { SIM_POINTS_WHOLE = 50, SIM_POINTS_MAX = 100000 };

typedef struct SimSize {
    size_t equipment[SIM_EQUIPMENT_KINDS];           /* how many there are of a kind */
    size_t have[SIM_EQUIPMENT_KINDS][SIM_SPECS_MAX]; /* how many of them, the first ones, have a point */
} SimSize;

/* Exactly `points` (1 to SIM_POINTS_MAX) in all. Large sites have every point of their equipment; the smaller
 * one is, the more of the rarer points all of its equipment does without. */
void sim_size(size_t points, SimSize *ret_size);

#endif
