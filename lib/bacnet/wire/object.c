#include "bacnet/wire/object.h"

#include "base/parse.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

/* What stands in front of the number of a type or property that the standard has no word for. */
static const char PROPRIETARY[] = "proprietary-";

static int format_object(BacObjectId object, char ret_text[BAC_REFERENCE_TEXT_MAX])
{
    const char *name = bac_object_type_name(object.type);
    if (name)
        return snprintf(ret_text, BAC_REFERENCE_TEXT_MAX, "%s,%" PRIu32, name, object.instance);
    return snprintf(ret_text, BAC_REFERENCE_TEXT_MAX, "%s%u,%" PRIu32, PROPRIETARY, object.type,
                    object.instance);
}

bool bac_object_is_analog(uint16_t type)
{
    switch (type) {
    case BAC_ANALOG_INPUT:
    case BAC_ANALOG_OUTPUT:
    case BAC_ANALOG_VALUE:
    case BAC_LARGE_ANALOG_VALUE:
    case BAC_INTEGER_VALUE:
    case BAC_POSITIVE_INTEGER_VALUE:
    case BAC_PULSE_CONVERTER:
    case BAC_ACCUMULATOR:
    case BAC_CHANNEL:
    case BAC_LIGHTING_OUTPUT:
    case BAC_STAGING:
    case BAC_COLOR_TEMPERATURE:
    case BAC_LOOP: return true;
    default: return false;
    }
}

bool bac_object_is_binary(uint16_t type)
{
    return type == BAC_BINARY_INPUT || type == BAC_BINARY_OUTPUT || type == BAC_BINARY_VALUE;
}

bool bac_object_is_multi_state(uint16_t type)
{
    return type == BAC_MULTI_STATE_INPUT || type == BAC_MULTI_STATE_OUTPUT || type == BAC_MULTI_STATE_VALUE;
}

const BacWords *bac_object_states(uint16_t type)
{
    switch (type) {
    case BAC_LIFE_SAFETY_POINT:
    case BAC_LIFE_SAFETY_ZONE: return &bac_life_safety_states;
    case BAC_LOAD_CONTROL: return &bac_shed_states;
    case BAC_TIMER: return &bac_timer_states;
    case BAC_BINARY_LIGHTING_OUTPUT: return &bac_binary_lightings;
    case BAC_ACCESS_DOOR: return &bac_door_values;
    default: return NULL;
    }
}

bool bac_object_is_enumerated(uint16_t type)
{
    return bac_object_states(type) != NULL;
}

char *bac_object_format(BacObjectId object, char ret_text[BAC_REFERENCE_TEXT_MAX])
{
    format_object(object, ret_text);
    return ret_text;
}

char *bac_reference_format(const BacReference *reference, char ret_text[BAC_REFERENCE_TEXT_MAX])
{
    char number[24], index[16] = "";
    snprintf(number, sizeof number, "%s%" PRIu32, PROPRIETARY, reference->property);
    if (reference->index != BAC_NO_INDEX)
        snprintf(index, sizeof index, "[%" PRIu32 "]", reference->index);
    const char *name = bac_property_name(reference->property);
    const int used = format_object(reference->object, ret_text);
    snprintf(ret_text + used, (size_t)(BAC_REFERENCE_TEXT_MAX - used), " %s%s", name ? name : number, index);
    return ret_text;
}

/* A word of `table` in any case, a number, or "proprietary-" and a number. */
static BpStatus parse_word(const BacWords *table, BpStr text, uint32_t max, uint32_t *ret_number,
                           BpError *err)
{
    char lower[64];
    if (bp_str_copy(text, lower, sizeof lower))
        for (char *c = lower; *c; c++)
            *c = (char)tolower((unsigned char)*c);
    if (bac_words_parse(table, bp_str(lower), ret_number, NULL) == BP_OK)
        return BP_OK;
    const size_t prefix = sizeof PROPRIETARY - 1;
    const char *digits = strncmp(lower, PROPRIETARY, prefix) == 0 ? lower + prefix : lower;
    int64_t number;
    if (bp_parse_i64(bp_str(digits), 0, max, &number, NULL) != BP_OK)
        return bp_fail(err, BP_INVALID, "\"%.*s\" is neither a BACnet %s nor its number", BP_STR_ARGS(text),
                       table->noun);
    *ret_number = (uint32_t)number;
    return BP_OK;
}

/* Where the type ends: at a comma or colon, or else in front of the last digits. */
static size_t type_size(BpStr text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == ',' || text.data[i] == ':')
            return i;
    size_t size = text.size;
    while (size > 0 && isdigit((unsigned char)text.data[size - 1]))
        size--;
    return size;
}

BpStatus bac_object_parse(BpStr text, BacObjectId *ret_object, BpError *err)
{
    assert(ret_object);
    const size_t size = type_size(text);
    const BpStr type_text = {text.data, size};
    BpStr instance_text = {text.data + size, text.size - size};
    if (instance_text.size && !isdigit((unsigned char)instance_text.data[0]))
        instance_text = (BpStr){instance_text.data + 1, instance_text.size - 1};
    uint32_t type;
    int64_t instance = 0;
    BpStatus status = parse_word(&bac_object_types, type_text, BAC_OBJECT_TYPE_MAX, &type, err);
    if (status == BP_OK)
        status = bp_parse_i64(instance_text, 0, BAC_INSTANCE_WILDCARD, &instance, err);
    if (status == BP_OK)
        *ret_object = (BacObjectId){(uint16_t)type, (uint32_t)instance};
    else
        bp_within(err, "\"%.*s\" is no object like analog-input,3 or AI3", BP_STR_ARGS(text));
    return status;
}

BpStatus bac_property_parse(BpStr text, uint32_t *ret_property, uint32_t *ret_index, BpError *err)
{
    assert(ret_property && ret_index);
    BpStr index_text;
    BpStr word = bp_str_cut(text, '[', &index_text);
    const bool has_index = word.size < text.size;
    if (word.size == 2 && strncasecmp(word.data, "pv", 2) == 0)
        word = bp_str("present-value");
    uint32_t property;
    int64_t index = BAC_NO_INDEX;
    BpStatus status = parse_word(&bac_properties, word, BAC_PROPERTY_MAX, &property, err);
    if (status == BP_OK && has_index) {
        if (index_text.size == 0 || index_text.data[--index_text.size] != ']')
            return bp_fail(err, BP_INVALID, "\"%.*s\" lacks the index's closing bracket", BP_STR_ARGS(text));
        status = bp_parse_i64(index_text, 0, BAC_NO_INDEX - 1, &index, err);
    }
    if (status == BP_OK) {
        *ret_property = property;
        *ret_index = (uint32_t)index;
    }
    return status;
}
