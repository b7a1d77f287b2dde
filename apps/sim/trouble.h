/* Which devices misbehave, as it was asked for: as text, or in a file that may change at any time. */
#ifndef SIM_TROUBLE_H
#define SIM_TROUBLE_H

#include "apps/sim/network.h"

typedef struct SimTrouble SimTrouble;

/* `text`: as sim_faults_parse takes it, or "@" and the path of a file with such text. BP_INVALID: what is
 * wrong, a device that the site does not have among that. A file need not be there yet. */
SimTrouble *sim_trouble_new(const SimSite *site, bool has_router, const char *text, BpError *err) BP_CHECKED;
void sim_trouble_free(SimTrouble *trouble);

/* Gives the devices their faults, where they are not the last ones given: cheap where nothing changed. A file
 * that cannot be understood is logged, once, and changes nothing; one that is gone is no faults. */
void sim_trouble_apply(SimTrouble *trouble, SimNetwork *network);

#endif
