#include "apps/collect/control/claim_json.h"

#include "apps/collect/control/slots_json.h"

#include <math.h>

static json_t *number_or_null(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

static json_t *slots_or_null(const ControlSlots *slots)
{
    return slots->known ? control_slots_object(slots) : json_null();
}

json_t *control_claims_json(ControlCommand *const *commands, size_t count)
{
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, json_pack("{s:s, s:o, s:o}", "id", commands[i]->id, "value_before",
                                             number_or_null(commands[i]->before.value), "slots",
                                             slots_or_null(&commands[i]->before.slots)));
    return all;
}

static const char *status_of(const ControlCommand *command)
{
    return command->is_expired ? "expired" : command->verdict == CONTROL_HELD ? "completed" : "failed";
}

static json_t *end_json(const ControlCommand *command)
{
    json_t *end =
        json_pack("{s:s, s:s, s:s}", "id", command->id, "status", status_of(command), "text", command->text);
    if (!command->is_expired)
        json_object_set_new(end, "verdict", json_string(control_verdict_name(command->verdict)));
    if (!command->has_shown)
        return end;
    const ControlSeen *shown = &command->shown;
    const int first = control_slots_first(&shown->slots);
    json_object_set_new(end, "slots", slots_or_null(&shown->slots));
    json_object_set_new(end, "shown_value", number_or_null(shown->value));
    if (first > 0) {
        json_object_set_new(end, "held_by", json_integer(first));
        json_object_set_new(end, "held_value", number_or_null(shown->slots.values[first - 1]));
    }
    return end;
}

json_t *control_ends_json(const ControlCommand *const *commands, size_t count)
{
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, end_json(commands[i]));
    return all;
}
