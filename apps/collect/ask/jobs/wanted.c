#include "apps/collect/ask/jobs/wanted.h"

bool collect_wanted_is_output(uint16_t type)
{
    return type == BAC_ANALOG_OUTPUT || type == BAC_BINARY_OUTPUT || type == BAC_MULTI_STATE_OUTPUT ||
           type == BAC_LIGHTING_OUTPUT || type == BAC_BINARY_LIGHTING_OUTPUT || type == BAC_ACCESS_DOOR;
}

static bool may_be_commandable(uint16_t type)
{
    return type == BAC_ANALOG_VALUE || type == BAC_BINARY_VALUE || type == BAC_MULTI_STATE_VALUE ||
           type == BAC_LARGE_ANALOG_VALUE || type == BAC_INTEGER_VALUE || type == BAC_POSITIVE_INTEGER_VALUE;
}

int64_t collect_wanted_units(uint16_t type)
{
    switch (type) {
    case BAC_LIGHTING_OUTPUT: return BAC_UNITS_PERCENT;
    case BAC_COLOR_TEMPERATURE: return BAC_UNITS_DEGREES_KELVIN;
    default: return -1;
    }
}

typedef struct List {
    uint32_t *properties;
    size_t count;
} List;

static void add(List *list, uint32_t property)
{
    list->properties[list->count++] = property;
}

static void add_quantity(List *list, uint16_t type)
{
    if (type == BAC_CHANNEL)
        return; /* it has whatever was written to it last */
    if (collect_wanted_units(type) < 0)
        add(list, type == BAC_LOOP ? BAC_PROP_OUTPUT_UNITS : BAC_PROP_UNITS);
    if (type != BAC_LIGHTING_OUTPUT) {
        add(list, BAC_PROP_MIN_PRES_VALUE);
        add(list, BAC_PROP_MAX_PRES_VALUE);
        add(list, BAC_PROP_RESOLUTION);
    }
    add(list, BAC_PROP_COV_INCREMENT);
}

size_t collect_wanted(uint16_t type, uint32_t ret_properties[COLLECT_WANTED_MAX])
{
    List list = {.properties = ret_properties};
    add(&list, BAC_PROP_OBJECT_NAME);
    add(&list, BAC_PROP_DESCRIPTION);
    if (bac_object_is_analog(type)) {
        add_quantity(&list, type);
    } else if (bac_object_is_binary(type)) {
        add(&list, BAC_PROP_INACTIVE_TEXT);
        add(&list, BAC_PROP_ACTIVE_TEXT);
    } else if (bac_object_is_multi_state(type)) {
        add(&list, BAC_PROP_NUMBER_OF_STATES);
        add(&list, BAC_PROP_STATE_TEXT);
    }
    /* A relinquish default tells of a priority array at the cost of one value instead of sixteen. */
    if (may_be_commandable(type))
        add(&list, BAC_PROP_RELINQUISH_DEFAULT);
    return list.count;
}
