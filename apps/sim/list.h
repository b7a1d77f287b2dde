/* `bacpipes sim --list`: which devices and points there are, and what they say now. */
#ifndef SIM_LIST_H
#define SIM_LIST_H

#include "apps/sim/device/site.h"

void sim_list_table(const SimSite *site);

/* [{"instance", "name", "description", "equipment": [{"name", "tags"}], "objects": [{"object", "name",
 * "units", "description", "equipment", "tags"}]}] */
void sim_list_json(const SimSite *site);

#endif
