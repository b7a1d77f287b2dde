/* What priority arrays show, as override_store takes it. */
#ifndef COLLECT_CONTROL_SLOTS_JSON_H
#define COLLECT_CONTROL_SLOTS_JSON_H

#include "apps/collect/control/seen.h"

#include <jansson.h>

typedef struct ControlSlotsSeen {
    int32_t point_id;
    int64_t at_us; /* wall clock */
    ControlSlots slots;
} ControlSlotsSeen;

/* {"8": 21.0, "5": 18.5}: slots that are not Null. One that holds what is no number is null: held, and nobody
 * can say with what. */
json_t *control_slots_object(const ControlSlots *slots);

/* To be freed. */
char *control_slots_json(const ControlSlotsSeen *seen, size_t count);

#endif
