#include "apps/sim/device/tags.h"

BpStr sim_tag_next(BpStr *tags)
{
    return bp_str_cut(*tags, ' ', tags);
}

bool sim_tags_have(const char *tags, const char *tag)
{
    BpStr rest = bp_str(tags);
    while (rest.size > 0)
        if (bp_str_equal(sim_tag_next(&rest), bp_str(tag)))
            return true;
    return false;
}

const char *sim_tags_kind(const SimSpec *spec)
{
    if (!spec->states)
        return "Number";
    return spec->type == BAC_MULTI_STATE_INPUT || spec->type == BAC_MULTI_STATE_OUTPUT ||
                   spec->type == BAC_MULTI_STATE_VALUE
               ? "Str"
               : "Bool";
}

/* Where Haystack's unit database has another symbol than screens show. */
const char *sim_tags_unit(const SimSpec *spec)
{
    switch (spec->units) {
    case BAC_UNITS_NO_UNITS: return NULL;
    case BAC_UNITS_PERCENT_RELATIVE_HUMIDITY: return "%RH";
    case BAC_UNITS_DELTA_DEGREES_KELVIN: return "Δ°C";
    case BAC_UNITS_KILOVOLT_AMPERES_REACTIVE: return "kVAR";
    case BAC_UNITS_POWER_FACTOR: return "pf";
    default: return bac_units_symbol(spec->units);
    }
}

static json_t *markers(const char *text)
{
    json_t *tags = json_object();
    for (BpStr rest = bp_str(text); rest.size > 0;) {
        const BpStr tag = sim_tag_next(&rest);
        json_object_setn_new(tags, tag.data, tag.size, json_string("m:"));
    }
    return tags;
}

json_t *sim_tags_json(const SimObject *object)
{
    const SimSpec *spec = object->spec;
    json_t *tags = markers(spec->tags);
    json_object_set_new(tags, "kind", json_string(sim_tags_kind(spec)));
    if (sim_tags_unit(spec))
        json_object_set_new(tags, "unit", json_string(sim_tags_unit(spec)));
    if (spec->max > spec->min) {
        json_object_set_new(tags, "minVal", json_sprintf("n:%g", spec->min));
        json_object_set_new(tags, "maxVal", json_sprintf("n:%g", spec->max));
    }
    if (spec->states) {
        json_t *states = json_array();
        for (size_t i = 0; spec->states[i]; i++)
            json_array_append_new(states, json_string(object->equipment->naming->word(spec->states[i])));
        json_object_set_new(tags, "enum", states);
    }
    json_object_set_new(tags, "equipRef", json_sprintf("r:%s", object->equipment->name));
    return tags;
}

json_t *sim_tags_equipment_json(const SimEquipment *equipment)
{
    json_t *tags = markers(sim_equipment_points(equipment)->tags);
    if (equipment->kind == SIM_ZONE)
        json_object_set_new(tags, "airRef", json_sprintf("r:AHU-%u", equipment->handler));
    if (equipment->kind == SIM_HANDLER)
        json_object_set_new(tags, "chilledWaterRef", json_string("r:PLANT"));
    if (equipment->kind == SIM_HANDLER || equipment->kind == SIM_ZONE)
        json_object_set_new(tags, "hotWaterRef", json_string("r:PLANT"));
    if (equipment->kind == SIM_HANDLER || equipment->kind == SIM_PLANT)
        json_object_set_new(tags, "elecRef", json_string("r:METER"));
    return tags;
}
