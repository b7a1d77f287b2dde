/* A search for devices that somebody asked for, as the result of its job. */
#ifndef COLLECT_SEARCH_JSON_H
#define COLLECT_SEARCH_JSON_H

#include "apps/collect/network/network.h"

#include <jansson.h>

enum { COLLECT_SEARCH_TOLD_MAX = 200 }; /* devices by name: the others are only counted */

/* {"answered": 12, "new": 1, ..., "devices": [{"instance": 1003, "address": "...", ...}]}: devices that are
 * new, were read out, or could not be. */
json_t *collect_search_json(const CollectNetwork *network, CollectDevice *devices);

#endif
