/* Parts of the building at a glance, as JSON: zones, what it takes, the weather. */
#ifndef WEB_HISTORY_GLANCE_H
#define WEB_HISTORY_GLANCE_H

#include "apps/web/history/places.h"

#include <jansson.h>
#include <math.h>

enum { GLANCE_ZONES_MAX = 500 };

/* The farthest from their setpoint first; those of which that is not known last. */
json_t *glance_zones(const StoreSite *site, const Places *places);
json_t *glance_weather(const StoreSite *site, const Places *places); /* null: nothing of it is known */

/* In the unit of the point; NaN: not known. */
typedef struct GlanceEnergy {
    bool is_counter; /* of a meter; else of its power, summed up */
    double today, yesterday, yesterday_whole;
} GlanceEnergy;
json_t *glance_energy(const StoreSite *site, const Places *places, const GlanceEnergy *energy);

#endif
