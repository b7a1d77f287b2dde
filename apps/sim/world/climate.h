/* Where a building may stand: place, calendar, and how its months usually are. */
#ifndef SIM_CLIMATE_H
#define SIM_CLIMATE_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

/* A month as the weather service's normals have it, rounded; `spell` and `moisture` are ours. */
typedef struct ClimateMonth {
    double mean, warmest, coldest; /* degrees C: of all hours; means of the daily maxima and minima */
    double humidity;               /* %RH, mean of all hours */
    double sunshine;               /* hours in the month */
    double spell;                  /* K: by how much a day of this month usually differs from the month */
    double moisture; /* K: the same for the dew point, of what does not follow the temperature */
} ClimateMonth;

/* Whose public holidays and whose summer time. */
typedef enum ClimateCountry { CLIMATE_MACAU, CLIMATE_MALAYSIA, CLIMATE_PORTUGAL } ClimateCountry;

typedef struct Climate {
    const char *name, *title; /* "kuala-lumpur", as options have it; "Kuala Lumpur" */
    const char *zone;         /* of its local time: "Asia/Kuala_Lumpur" */
    const char *source;       /* of the normals */
    ClimateCountry country;
    int32_t utc_hours;              /* ahead of UTC, in winter */
    double latitude, longitude;     /* degrees, north and east */
    double haze_beam, haze_diffuse; /* optical depths of a clear sky (ASHRAE's tau b and tau d) */
    double overcast;                /* share of a clear sky's sun that comes through thick cloud */
    double afternoon;               /* standard deviations by which afternoons are cloudier than mornings */
    double skew;                    /* of spells: below 0 cold ones go further, above 0 hot ones */
    ClimateMonth months[12];
} Climate;

extern const Climate climates[];
extern const size_t climate_count;

/* NULL: there is none of this name. */
const Climate *climate_find(BpStr name);

/* For the message about that: "lisbon, macau, kuala-lumpur". The first is what a building gets that asks for
 * none. */
BpStr climate_names(void);

#endif
