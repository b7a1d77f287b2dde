/* The points of a site that its people ask for first, by what they mean: zones, the meter, the weather. Found
 * anew when points have changed. */
#ifndef WEB_HISTORY_PLACES_H
#define WEB_HISTORY_PLACES_H

#include "apps/web/points/store.h"

/* Numbers of points; 0: none is known. */
typedef struct Zone {
    char *name;
    int32_t temperature, setpoint, cooling, heating;
} Zone;

typedef struct Places {
    Zone *zones; /* each with a temperature; by name */
    size_t zone_count;
    int32_t energy, power, outdoor_temperature, outdoor_humidity;
} Places;

void places_find(const StoreSite *site, Places *ret_places);
void places_done(Places *places);

#endif
