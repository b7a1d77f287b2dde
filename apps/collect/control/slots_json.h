/* What priority arrays show, as override_store takes it. */
#ifndef COLLECT_CONTROL_SLOTS_JSON_H
#define COLLECT_CONTROL_SLOTS_JSON_H

#include "apps/collect/control/seen.h"

typedef struct ControlSlotsSeen {
    int32_t point_id;
    int64_t at_us; /* wall clock */
    ControlSlots slots;
} ControlSlotsSeen;

/* To be freed. */
char *control_slots_json(const ControlSlotsSeen *seen, size_t count);

#endif
