/* What fails, as it was ordered, on a network: as text, or in a file that may change at any time. */
#ifndef SIM_TROUBLE_H
#define SIM_TROUBLE_H

#include "apps/sim/network.h"
#include "apps/sim/run/orders.h"

typedef struct SimTrouble SimTrouble;

/* Orders and site are borrowed. NULL: what is wrong, a device that the site does not have among that. A file
 * need not be there yet. */
SimTrouble *sim_trouble_new(SimOrders *orders, SimSite *site, const SimOrderedOptions *options,
                            BpError *err) BP_CHECKED;
void sim_trouble_free(SimTrouble *trouble);

/* Gives the devices their faults, where they are not the last ones given: cheap where nothing changed; from
 * then on the network is theirs. A file that cannot be understood is logged, once, and changes nothing; one
 * that is gone is no faults. */
void sim_trouble_apply(SimTrouble *trouble, SimNetwork *network);

#endif
