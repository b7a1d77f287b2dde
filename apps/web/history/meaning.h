/* What a point means to people: a zone's temperature, what the building takes. Haystack tags say it, where a
 * point has any; else its name, description and units may. Where neither says it, nothing is guessed. */
#ifndef WEB_HISTORY_MEANING_H
#define WEB_HISTORY_MEANING_H

#include "base/str.h"

typedef enum Meaning {
    MEANING_NONE,
    MEANING_ZONE_TEMPERATURE,
    MEANING_ZONE_SETPOINT, /* without a side, and */
    MEANING_ZONE_COOLING,  /* not above this, */
    MEANING_ZONE_HEATING,  /* not below this */
    MEANING_ENERGY,        /* electricity, counted */
    MEANING_POWER,         /* electricity, now */
    MEANING_OUTDOOR_TEMPERATURE,
    MEANING_OUTDOOR_HUMIDITY,
} Meaning;

typedef struct MeaningFacts {
    const char *tags; /* JSON object, as PostgreSQL writes jsonb or jansson it */
    BpStr name, description;
    const char *units;
} MeaningFacts;

Meaning meaning_of(const MeaningFacts *facts);

/* Whether the JSON object has a member of that name. */
bool meaning_has_tag(const char *tags, const char *name);

/* What it is a part of: "VAV-1-01", by its equipRef, within `tags`; empty: it does not say. */
BpStr meaning_reference(const char *tags);
/* Or by its name: what stands in front of the last "/", ":" or "."; empty: nothing does. */
BpStr meaning_equipment(BpStr name);

/* Of several meters: this one is the whole building's, by its tags or its name. */
bool meaning_is_of_site(const MeaningFacts *facts);

/* What one of the units is in kWh, or in kW; 0: it is neither. */
double meaning_kwh(const char *units);
double meaning_kw(const char *units);

#endif
