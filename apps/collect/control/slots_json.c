#include "apps/collect/control/slots_json.h"

#include "base/time.h"
#include "say/json.h"

#include <stdio.h>
#include <stdlib.h>

json_t *control_slots_object(const ControlSlots *slots)
{
    json_t *json = json_object();
    for (int slot = 1; slot <= CONTROL_SLOTS; slot++) {
        char name[12];
        if (!control_slots_is_held(slots, slot))
            continue;
        json_t *value = json_real(slots->values[slot - 1]);
        snprintf(name, sizeof name, "%d", slot);
        if (json_object_set_new(json, name, value ? value : json_null()) != 0)
            abort();
    }
    return json;
}

char *control_slots_json(const ControlSlotsSeen *seen, size_t count)
{
    json_auto_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        char at[BP_TIME_TEXT_MAX];
        json_t *item =
            json_pack("{s:i, s:s, s:o}", "point_id", (int)seen[i].point_id, "at",
                      bp_time_format(seen[i].at_us, 6, at), "slots", control_slots_object(&seen[i].slots));
        if (!item || json_array_append_new(list, item) != 0)
            abort();
    }
    char *text = json_dumps(list, JSON_COMPACT | say_json_digits(list));
    if (!text)
        abort();
    return text;
}
