/* Project Haystack tags of points and equipment: what a value is, in words that programs know. */
#ifndef SIM_TAGS_H
#define SIM_TAGS_H

#include "apps/sim/device/object.h"

#include <jansson.h>

/* The next word of "discharge air temp sensor point", or an empty one at the end. */
BpStr sim_tag_next(BpStr *tags);

bool sim_tags_have(const char *tags, const char *tag);

/* "Number", "Bool" or "Str": the point's kind. */
const char *sim_tags_kind(const SimSpec *spec);

/* Its unit as Haystack writes it ("°C", "L/s"); NULL: none. */
const char *sim_tags_unit(const SimSpec *spec);

/* All that Haystack says of a point, as point.tags keeps it: {"air": "m:", "temp": "m:", ... "kind":
 * "Number", "unit": "°C", "minVal": "n:-10", "maxVal": "n:60", "equipRef": "r:AHU-1"}, and states as "enum":
 * ["off", "on"]. The caller's to decref. */
json_t *sim_tags_json(const SimObject *object);

/* The same of its equipment: {"vav": "m:", "equip": "m:", ... "airRef": "r:AHU-1"}. */
json_t *sim_tags_equipment_json(const SimEquipment *equipment);

#endif
