#include "apps/sim/device/object.h"

#include "base/decimal.h"
#include "base/parse.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

/* ---- values as octets ---- */

BacRefusal sim_error(BacErrorClass error_class, BacErrorCode code)
{
    return (BacRefusal){
        .kind = BAC_REFUSED_ERROR, .error_class = (uint16_t)error_class, .code = (uint16_t)code};
}

static const BacRefusal not_refused = {.kind = BAC_NOT_REFUSED};

void sim_put_text(BpBuf *out, const char *text)
{
    const BacValue value = {.type = BAC_CHARACTER_STRING,
                            .text = {.charset = BAC_UTF_8, .octets = bp_cursor(text, strlen(text))}};
    bac_value_encode(out, &value);
}

void sim_put_natural(BpBuf *out, uint64_t natural)
{
    const BacValue value = {.type = BAC_UNSIGNED, .natural = natural};
    bac_value_encode(out, &value);
}

void sim_put_enumerated(BpBuf *out, uint32_t enumerated)
{
    const BacValue value = {.type = BAC_ENUMERATED, .enumerated = enumerated};
    bac_value_encode(out, &value);
}

void sim_put_real(BpBuf *out, double real)
{
    const BacValue value = {.type = BAC_REAL, .real = (float)real};
    bac_value_encode(out, &value);
}

static void put_boolean(BpBuf *out, bool boolean)
{
    const BacValue value = {.type = BAC_BOOLEAN, .boolean = boolean};
    bac_value_encode(out, &value);
}

static void put_null(BpBuf *out)
{
    const BacValue value = {.type = BAC_NULL};
    bac_value_encode(out, &value);
}

void sim_put_bits(BpBuf *out, const uint8_t *octets, uint32_t count)
{
    const BacValue value = {.type = BAC_BIT_STRING, .bits = {octets, count}};
    bac_value_encode(out, &value);
}

void sim_put_object(BpBuf *out, BacObjectId object)
{
    const BacValue value = {.type = BAC_OBJECT_IDENTIFIER, .object = object};
    bac_value_encode(out, &value);
}

BacRefusal sim_put_array(BpBuf *out, uint32_t index, size_t count,
                         void (*put)(const void *context, size_t i, BpBuf *out), const void *context)
{
    if (index == 0)
        sim_put_natural(out, count);
    else if (index == BAC_NO_INDEX)
        for (size_t i = 0; i < count; i++)
            put(context, i, out);
    else if (index <= count)
        put(context, index - 1, out);
    else
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_INVALID_ARRAY_INDEX);
    return not_refused;
}

/* ---- what sort an object is of ---- */

static SimKind kind_of(const SimObject *object)
{
    switch (object->id.type) {
    case BAC_BINARY_INPUT:
    case BAC_BINARY_OUTPUT:
    case BAC_BINARY_VALUE: return SIM_BINARY;
    case BAC_MULTI_STATE_INPUT:
    case BAC_MULTI_STATE_OUTPUT:
    case BAC_MULTI_STATE_VALUE: return SIM_MULTI_STATE;
    case BAC_ACCUMULATOR: return SIM_ACCUMULATOR;
    default: return SIM_ANALOG;
    }
}

static bool is_output(uint16_t type)
{
    return type == BAC_ANALOG_OUTPUT || type == BAC_BINARY_OUTPUT || type == BAC_MULTI_STATE_OUTPUT;
}

static bool is_value(uint16_t type)
{
    return type == BAC_ANALOG_VALUE || type == BAC_BINARY_VALUE || type == BAC_MULTI_STATE_VALUE;
}

static size_t state_count(const SimObject *object)
{
    size_t count = 0;
    while (object->spec->states && object->spec->states[count])
        count++;
    return count;
}

void sim_object_init(SimObject *object, BacObjectId id, const SimSpec *spec, const SimEquipment *equipment)
{
    *object = (SimObject){.id = id,
                          .spec = spec,
                          .equipment = equipment,
                          .signal = (Signal *)((char *)equipment->data + spec->signal)};
    object->is_commandable = is_output(id.type) || is_value(id.type);
    object->has_default = is_value(id.type) && strstr(spec->name, "SP") != NULL;
    equipment->naming->point(equipment, spec, object->name);
}

bool sim_object_is(const SimObject *object, SimEquipmentKind kind, const char *spec)
{
    return object->equipment->kind == kind && strcmp(object->spec->name, spec) == 0;
}

char *sim_object_description(const SimObject *object, char ret_text[SIM_TEXT_MAX])
{
    object->equipment->naming->describe(object->equipment, object->spec, ret_text);
    return ret_text;
}

/* ---- values ---- */

static double highest_command(const SimObject *object)
{
    return object->slots[__builtin_ctz(object->commanded)];
}

void sim_object_apply(SimObject *object)
{
    if (object->out_of_service)
        signal_force(object->signal, object->forced);
    else if (object->commanded)
        signal_force(object->signal, highest_command(object));
    else
        signal_release(object->signal);
}

/* Sensors and actuators tell whole steps of their resolution. */
double sim_rounded(double value, double resolution)
{
    /* By the inverse where that is whole: 235 / 10 is 23.5, 235 * 0.1 is not. */
    const double steps = round(1 / resolution);
    if (resolution <= 0)
        return value;
    return resolution < 1 && fabs(steps * resolution - 1) < 1e-9 ? round(value * steps) / steps
                                                                 : round(value / resolution) * resolution;
}

double sim_object_value(const SimObject *object)
{
    if (object->is_not_a_number)
        return NAN;
    if (object->is_stuck)
        return object->stuck_value;
    if (object->out_of_service || object->commanded)
        return object->signal->actual;
    /* A sensor says no more than its range has. */
    const SimSpec *spec = object->spec;
    const double value = object->signal->actual,
                 within = spec->max > spec->min ? fmin(spec->max, fmax(spec->min, value)) : value;
    return sim_rounded(within, spec->resolution);
}

/* A value as its datatype can say it. */
static double said(const SimObject *object, double value)
{
    switch (kind_of(object)) {
    case SIM_BINARY: return value > 0.5;
    case SIM_MULTI_STATE: return fmax(1, round(value));
    case SIM_ACCUMULATOR: return floor(fmax(0, value));
    default:
        return object->id.type == BAC_LARGE_ANALOG_VALUE       ? value
               : object->id.type == BAC_POSITIVE_INTEGER_VALUE ? floor(fmax(0, value))
                                                               : (float)value;
    }
}

double sim_object_said(const SimObject *object)
{
    return said(object, sim_object_value(object));
}

double sim_object_kept(const SimObject *object)
{
    const double number = sim_object_said(object);
    const bool is_real = kind_of(object) == SIM_ANALOG && object->id.type != BAC_LARGE_ANALOG_VALUE &&
                         object->id.type != BAC_POSITIVE_INTEGER_VALUE;
    return is_real ? bp_decimal((float)number) : number;
}

static void put_value(const SimObject *object, double value, BpBuf *out)
{
    const double number = said(object, value);
    switch (kind_of(object)) {
    case SIM_ANALOG:
        if (object->id.type == BAC_LARGE_ANALOG_VALUE) {
            const BacValue large = {.type = BAC_DOUBLE, .double_real = number};
            bac_value_encode(out, &large);
        } else if (object->id.type == BAC_POSITIVE_INTEGER_VALUE) {
            sim_put_natural(out, (uint64_t)number);
        } else {
            sim_put_real(out, number);
        }
        break;
    case SIM_BINARY: sim_put_enumerated(out, number > 0 ? BAC_ACTIVE : BAC_INACTIVE); break;
    case SIM_MULTI_STATE:
    case SIM_ACCUMULATOR: sim_put_natural(out, (uint64_t)number); break;
    }
}

static void put_slot(const void *context, size_t i, BpBuf *out)
{
    const SimObject *object = context;
    if (object->commanded >> i & 1)
        put_value(object, object->slots[i], out);
    else
        put_null(out);
}

/* A state text, from 0. */
static void put_word(const SimObject *object, size_t i, BpBuf *out)
{
    sim_put_text(out, object->equipment->naming->word(object->spec->states[i]));
}

static void put_state(const void *context, size_t i, BpBuf *out)
{
    const SimObject *object = context;
    put_word(object, i, out);
}

static void put_status_flags(const SimObject *object, BpBuf *out)
{
    const bool overridden = false; /* nobody stands at the equipment */
    const bool in_alarm = object->is_faulty || object->event_state != BAC_STATE_NORMAL;
    const uint8_t flags = (uint8_t)((in_alarm ? 0x80 : 0) | (object->is_faulty ? 0x40 : 0) |
                                    (overridden ? 0x20 : 0) | (object->out_of_service ? 0x10 : 0));
    sim_put_bits(out, &flags, 4);
}

/* ---- properties ---- */

typedef enum Presence { REQUIRED, OPTIONAL } Presence;

typedef struct Property {
    uint32_t property;
    Presence presence;
    bool (*has)(const SimObject *object); /* NULL: all have it */
} Property;

static bool has_units(const SimObject *object)
{
    return kind_of(object) == SIM_ANALOG || kind_of(object) == SIM_ACCUMULATOR;
}

static bool has_range(const SimObject *object)
{
    return kind_of(object) == SIM_ANALOG && object->spec->max > object->spec->min;
}

static bool has_increment(const SimObject *object)
{
    return kind_of(object) == SIM_ANALOG && object->id.type != BAC_POSITIVE_INTEGER_VALUE;
}

static bool has_polarity(const SimObject *object)
{
    return object->id.type == BAC_BINARY_INPUT || object->id.type == BAC_BINARY_OUTPUT;
}

static bool has_two_states(const SimObject *object)
{
    return kind_of(object) == SIM_BINARY;
}

static bool has_states(const SimObject *object)
{
    return kind_of(object) == SIM_MULTI_STATE;
}

static bool is_accumulator(const SimObject *object)
{
    return kind_of(object) == SIM_ACCUMULATOR;
}

static bool has_priorities(const SimObject *object)
{
    return object->is_commandable;
}

static const Property properties[] = {
    {BAC_PROP_OBJECT_IDENTIFIER, REQUIRED, NULL},
    {BAC_PROP_OBJECT_NAME, REQUIRED, NULL},
    {BAC_PROP_OBJECT_TYPE, REQUIRED, NULL},
    {BAC_PROP_PRESENT_VALUE, REQUIRED, NULL},
    {BAC_PROP_DESCRIPTION, OPTIONAL, NULL},
    {BAC_PROP_STATUS_FLAGS, REQUIRED, NULL},
    {BAC_PROP_EVENT_STATE, REQUIRED, NULL},
    {BAC_PROP_RELIABILITY, OPTIONAL, NULL},
    {BAC_PROP_OUT_OF_SERVICE, REQUIRED, NULL},
    {BAC_PROP_UNITS, REQUIRED, has_units},
    {BAC_PROP_MIN_PRES_VALUE, OPTIONAL, has_range},
    {BAC_PROP_MAX_PRES_VALUE, OPTIONAL, has_range},
    {BAC_PROP_RESOLUTION, OPTIONAL, has_range},
    {BAC_PROP_COV_INCREMENT, OPTIONAL, has_increment},
    {BAC_PROP_SCALE, REQUIRED, is_accumulator},
    {BAC_PROP_MAX_PRES_VALUE, REQUIRED, is_accumulator},
    {BAC_PROP_POLARITY, REQUIRED, has_polarity},
    {BAC_PROP_INACTIVE_TEXT, OPTIONAL, has_two_states},
    {BAC_PROP_ACTIVE_TEXT, OPTIONAL, has_two_states},
    {BAC_PROP_NUMBER_OF_STATES, REQUIRED, has_states},
    {BAC_PROP_STATE_TEXT, OPTIONAL, has_states},
    {BAC_PROP_PRIORITY_ARRAY, REQUIRED, has_priorities},
    {BAC_PROP_RELINQUISH_DEFAULT, REQUIRED, has_priorities},
    {BAC_PROP_CURRENT_COMMAND_PRIORITY, REQUIRED, has_priorities},
};

enum { PROPERTIES = sizeof properties / sizeof properties[0] };

static const Property *find_property(const SimObject *object, uint32_t property)
{
    for (size_t i = 0; i < PROPERTIES; i++)
        if (properties[i].property == property && (!properties[i].has || properties[i].has(object)))
            return &properties[i];
    return NULL;
}

bool sim_object_property(const SimObject *object, uint32_t only, size_t i, uint32_t *ret_property)
{
    for (size_t j = 0; j < PROPERTIES; j++) {
        const Property *property = &properties[j];
        if ((property->has && !property->has(object)) ||
            (only == BAC_PROP_REQUIRED && property->presence != REQUIRED) ||
            (only == BAC_PROP_OPTIONAL && property->presence != OPTIONAL))
            continue;
        if (i-- == 0) {
            *ret_property = property->property;
            return true;
        }
    }
    return false;
}

static void put_property(const SimObject *object, uint32_t property, BpBuf *out)
{
    const SimSpec *spec = object->spec;
    switch (property) {
    case BAC_PROP_OBJECT_IDENTIFIER: sim_put_object(out, object->id); break;
    case BAC_PROP_OBJECT_NAME: sim_put_text(out, object->name); break;
    case BAC_PROP_OBJECT_TYPE: sim_put_enumerated(out, object->id.type); break;
    case BAC_PROP_PRESENT_VALUE: put_value(object, sim_object_value(object), out); break;
    case BAC_PROP_DESCRIPTION:
        sim_put_text(out, sim_object_description(object, (char[SIM_TEXT_MAX]){0}));
        break;
    case BAC_PROP_STATUS_FLAGS: put_status_flags(object, out); break;
    case BAC_PROP_EVENT_STATE:
        sim_put_enumerated(out, object->is_faulty ? BAC_STATE_FAULT : object->event_state);
        break;
    case BAC_PROP_RELIABILITY:
        sim_put_enumerated(out, object->is_faulty ? BAC_RELIABILITY_UNRELIABLE_OTHER
                                                  : BAC_RELIABILITY_NO_FAULT_DETECTED);
        break;
    case BAC_PROP_OUT_OF_SERVICE: put_boolean(out, object->out_of_service); break;
    case BAC_PROP_UNITS: sim_put_enumerated(out, spec->units); break;
    case BAC_PROP_MIN_PRES_VALUE: put_value(object, spec->min, out); break;
    case BAC_PROP_MAX_PRES_VALUE:
        put_value(object, is_accumulator(object) ? 4294967295.0 : spec->max, out);
        break;
    case BAC_PROP_RESOLUTION: put_value(object, spec->resolution, out); break;
    case BAC_PROP_COV_INCREMENT: put_value(object, spec->resolution * 2, out); break;
    case BAC_PROP_SCALE: sim_put_real(out, 1); break; /* BACnetScale's float choice is context 0: see below */
    case BAC_PROP_POLARITY: sim_put_enumerated(out, BAC_POLARITY_NORMAL); break;
    case BAC_PROP_INACTIVE_TEXT: put_word(object, 0, out); break;
    case BAC_PROP_ACTIVE_TEXT: put_word(object, 1, out); break;
    case BAC_PROP_NUMBER_OF_STATES: sim_put_natural(out, state_count(object)); break;
    case BAC_PROP_CURRENT_COMMAND_PRIORITY:
        if (object->commanded)
            sim_put_natural(out, (uint64_t)__builtin_ctz(object->commanded) + 1);
        else
            put_null(out);
        break;
    case BAC_PROP_RELINQUISH_DEFAULT:
        put_value(object,
                  object->has_default ? object->signal->automatic
                                      : sim_rounded(object->signal->automatic, spec->resolution),
                  out);
        break;
    default: assert(false);
    }
}

/* BACnetScale ::= CHOICE { float-scale [0] REAL, integer-scale [1] INTEGER } */
static void put_scale(BpBuf *out)
{
    const BacValue one = {.type = BAC_REAL, .real = 1};
    bac_value_encode_context(out, 0, &one);
}

BacRefusal sim_object_read(const SimObject *object, const BacReference *reference, BpBuf *out)
{
    const uint32_t property = reference->property;
    if (!find_property(object, property))
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
    if (property == BAC_PROP_PRIORITY_ARRAY)
        return sim_put_array(out, reference->index, SIM_PRIORITIES, put_slot, object);
    if (property == BAC_PROP_STATE_TEXT)
        return sim_put_array(out, reference->index, state_count(object), put_state, object);
    if (reference->index != BAC_NO_INDEX)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    if (property == BAC_PROP_SCALE)
        put_scale(out);
    else
        put_property(object, property, out);
    return not_refused;
}

/* ---- writing ---- */

static BacType value_type(const SimObject *object)
{
    switch (kind_of(object)) {
    case SIM_BINARY: return BAC_ENUMERATED;
    case SIM_MULTI_STATE:
    case SIM_ACCUMULATOR: return BAC_UNSIGNED;
    default:
        return object->id.type == BAC_LARGE_ANALOG_VALUE       ? BAC_DOUBLE
               : object->id.type == BAC_POSITIVE_INTEGER_VALUE ? BAC_UNSIGNED
                                                               : BAC_REAL;
    }
}

bool sim_object_takes(const SimObject *object, double value)
{
    switch (kind_of(object)) {
    case SIM_BINARY: return value == 0 || value == 1;
    case SIM_MULTI_STATE: return value >= 1 && value <= (double)state_count(object) && value == floor(value);
    default:
        return isfinite(value) && (object->spec->max <= object->spec->min ||
                                   (value >= object->spec->min && value <= object->spec->max));
    }
}

/* Its states and their numbers, as on the wire. */
static BacWords words_of(const SimObject *object, BacWord words[SIM_STATES_MAX])
{
    const size_t count = state_count(object);
    const uint32_t first = kind_of(object) == SIM_MULTI_STATE;
    assert(count <= SIM_STATES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const char *state = object->spec->states[i];
        words[i] = (BacWord){first + i, state, object->equipment->naming->word(state)};
    }
    return (BacWords){"state", words, count};
}

BpStatus sim_object_parse(const SimObject *object, BpStr text, double *ret_value, BpError *err)
{
    BacWord words[SIM_STATES_MAX];
    const BacWords states = words_of(object, words);
    uint32_t number;
    bool truth;
    if (bac_words_parse(&states, text, &number, NULL) == BP_OK) {
        *ret_value = number;
        return BP_OK;
    }
    if (kind_of(object) == SIM_BINARY && bac_words_parse(&bac_binaries, text, &number, NULL) == BP_OK) {
        *ret_value = number;
        return BP_OK;
    }
    if (kind_of(object) == SIM_BINARY && bp_parse_bool(text, &truth, NULL) == BP_OK) {
        *ret_value = truth;
        return BP_OK;
    }
    if (states.count == 0 || bp_parse_double(text, ret_value, NULL) == BP_OK)
        return bp_parse_double(text, ret_value, err);
    char memory[128];
    BpBuf out = bp_buf(memory, sizeof memory);
    for (size_t i = 0; i < states.count; i++)
        bp_buf_printf(&out, "%s%u %s", i ? ", " : "", (unsigned)words[i].number, words[i].text);
    return bp_fail(err, BP_INVALID, "\"%.*s\" is no state of %s: %.*s", BP_STR_ARGS(text), object->name,
                   BP_STR_ARGS(bp_buf_text(&out)));
}

static BacRefusal write_present_value(SimObject *object, const BacValue *value, uint8_t priority)
{
    enum { MINIMUM_ON_OFF = 6 }; /* reserved for that, which none of these objects has (19.2.3) */
    double number;
    const bool is_null = value->type == BAC_NULL;
    if (object->is_commandable && priority == MINIMUM_ON_OFF)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_WRITE_ACCESS_DENIED);
    if (!object->is_commandable && !object->out_of_service)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_WRITE_ACCESS_DENIED);
    if (!is_null && value->type != value_type(object))
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_INVALID_DATA_TYPE);
    if (is_null && !object->is_commandable)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_INVALID_DATA_TYPE);
    if (!is_null && (!bac_value_number(value, &number) || !sim_object_takes(object, number)))
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_VALUE_OUT_OF_RANGE);
    if (!object->is_commandable) {
        object->forced = number;
    } else if (is_null) {
        object->commanded &= (uint16_t) ~(1U << (priority - 1));
    } else {
        object->commanded |= (uint16_t)(1U << (priority - 1));
        object->slots[priority - 1] = number;
        object->forced = number;
    }
    sim_object_apply(object);
    return not_refused;
}

static BacRefusal write_out_of_service(SimObject *object, const BacValue *value)
{
    if (value->type != BAC_BOOLEAN)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_INVALID_DATA_TYPE);
    if (value->boolean && !object->out_of_service)
        object->forced = sim_object_value(object);
    object->out_of_service = value->boolean;
    sim_object_apply(object);
    return not_refused;
}

static BacRefusal write_default(SimObject *object, const BacValue *value)
{
    double number;
    if (!object->has_default)
        return sim_error(BAC_CLASS_PROPERTY,
                         BAC_CODE_WRITE_ACCESS_DENIED); /* the building's controls say it */
    if (value->type != value_type(object))
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_INVALID_DATA_TYPE);
    if (!bac_value_number(value, &number) || !sim_object_takes(object, number))
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_VALUE_OUT_OF_RANGE);
    signal_set(object->signal, number);
    return not_refused;
}

BacRefusal sim_object_write(SimObject *object, const BacWrite *write)
{
    BpCursor in = write->value;
    BacValue value;
    const uint32_t property = write->reference.property;
    if (!find_property(object, property))
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
    if (write->reference.index != BAC_NO_INDEX && property != BAC_PROP_PRIORITY_ARRAY &&
        property != BAC_PROP_STATE_TEXT)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    if (bac_value_decode(&in, &value, NULL) != BP_OK || bp_cursor_remaining(&in))
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_INVALID_DATA_TYPE);
    switch (property) {
    case BAC_PROP_PRESENT_VALUE: return write_present_value(object, &value, write->priority);
    case BAC_PROP_OUT_OF_SERVICE: return write_out_of_service(object, &value);
    case BAC_PROP_RELINQUISH_DEFAULT: return write_default(object, &value);
    default: return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_WRITE_ACCESS_DENIED);
    }
}
