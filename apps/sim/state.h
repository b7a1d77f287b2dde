/* A building that goes on: how it is, what its registers say and what was written to its objects is kept in a
 * file, and the next start goes on from there. The time in between is simulated. */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include "apps/sim/device/site.h"

typedef struct SimState SimState;

/* Begins the site and brings it up to `start_us`: from the state in the file, where that is of this program,
 * this building and not too long ago; else from `options`, and registers go on at least where they were. What
 * was found is said in the log. `path`: borrowed; NULL: no state is kept, and none returned. */
SimState *sim_state_begin(const char *path, const SimSiteOptions *options, int64_t start_us, SimSite *site);

/* Keeps it as it is now, whole or not at all: once a minute where `is_due` leaves that to the state. */
void sim_state_keep(SimState *state, const SimSite *site, bool is_due);
void sim_state_free(SimState *state);

#endif
