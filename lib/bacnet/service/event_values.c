/* What an event notification says besides, by the type of the event (ASHRAE 135, clause 21:
 * BACnetNotificationParameters). In all of these status flags stand at 1, behind what changed. */
#include "bacnet/service/event_values.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

enum { CHANGED = 0, STATUS_FLAGS = 1, SECOND = 2, THIRD = 3 };

/* Choices of a change of value. */
enum { CHANGED_BITS = 0, CHANGED_REAL = 1 };

static BpStatus read_real(BpCursor *in, uint8_t number, float *ret_real, BpError *err)
{
    BacValue value;
    const BpStatus status = bac_parameter_value(in, number, BAC_REAL, &value, err);
    if (status == BP_OK)
        *ret_real = value.real;
    return status;
}

static void write_real(BpBuf *out, uint8_t number, float real)
{
    bac_value_encode_context(out, number, &(BacValue){.type = BAC_REAL, .real = real});
}

static BpStatus read_flags(BpCursor *in, BacEventValues *values, BpError *err)
{
    BacValue flags;
    BP_TRY(bac_parameter_value(in, STATUS_FLAGS, BAC_BIT_STRING, &flags, err));
    values->status_flags = flags.bits;
    return BP_OK;
}

static void write_flags(BpBuf *out, const BacEventValues *values)
{
    bac_value_encode_context(out, STATUS_FLAGS,
                             &(BacValue){.type = BAC_BIT_STRING, .bits = values->status_flags});
}

/* The choices that the standard has given a meaning (clause 21: BACnetPropertyStates); all of them but one
 * are Unsigned, Enumerated or Boolean, which look alike behind a context tag. */
static bool is_known(const BacTag *choice)
{
    enum { FIRST_OF_VENDORS = 64 };
    static const uint8_t not_given[] = {29, 35, 61, 62};
    for (size_t i = 0; i < sizeof not_given; i++)
        if (choice->number == not_given[i])
            return false;
    return choice->kind == BAC_CONTEXT && choice->number < FIRST_OF_VENDORS;
}

/* One value of whatever kind. */
static BpStatus skip_choice(BpCursor *in, const BacTag *choice, BpError *err)
{
    BpCursor contents;
    BacTag tag;
    if (choice->kind == BAC_OPENING)
        return bac_parameter_values(in, choice->number, &contents, err);
    if (choice->kind != BAC_CONTEXT)
        return bp_fail(err, BP_MALFORMED, "a state has no context tag");
    BP_TRY(bac_tag_decode(in, &tag, err));
    (void)bp_cursor_sub(in, tag.length);
    return BP_OK;
}

static BpStatus read_state(BpCursor *in, BacEventValues *values, BpError *err)
{
    BpCursor inner, ahead;
    BacTag choice;
    BacValue number;
    uint32_t natural;
    BP_TRY(bac_parameter_values(in, CHANGED, &inner, err));
    ahead = inner;
    BP_TRY(bac_tag_decode(&ahead, &choice, err));
    values->state.kind = choice.number;
    values->state.is_known = is_known(&choice);
    if (!values->state.is_known) {
        values->state.octets = inner;
        BP_TRY(skip_choice(&inner, &choice, err));
    } else if (choice.number == BAC_STATE_OF_INTEGER) {
        BP_TRY(bac_parameter_value(&inner, choice.number, BAC_SIGNED, &number, err));
        values->state.number = number.integer;
    } else {
        BP_TRY(bac_parameter_unsigned(&inner, choice.number, UINT32_MAX, &natural, err));
        values->state.number = natural;
    }
    return bac_parameter_end(&inner, err);
}

static BpStatus read_changed(BpCursor *in, BacEventValues *values, BpError *err)
{
    BpCursor inner;
    BP_TRY(bac_parameter_values(in, CHANGED, &inner, err));
    if (bac_tag_is_next(&inner, BAC_CONTEXT, CHANGED_BITS))
        BP_TRY(bac_parameter_value(&inner, CHANGED_BITS, BAC_BIT_STRING, &values->changed, err));
    else
        BP_TRY(bac_parameter_value(&inner, CHANGED_REAL, BAC_REAL, &values->changed, err));
    return bac_parameter_end(&inner, err);
}

static BpStatus read_first(BpCursor *in, BacEventValues *values, BpError *err)
{
    switch (values->type) {
    case BAC_EVENT_CHANGE_OF_STATE: return read_state(in, values, err);
    case BAC_EVENT_CHANGE_OF_VALUE: return read_changed(in, values, err);
    case BAC_EVENT_COMMAND_FAILURE: return bac_parameter_values(in, CHANGED, &values->failure.command, err);
    case BAC_EVENT_FLOATING_LIMIT: return read_real(in, CHANGED, &values->floating.reference, err);
    case BAC_EVENT_OUT_OF_RANGE: return read_real(in, CHANGED, &values->range.value, err);
    default: return bp_fail(err, BP_UNSUPPORTED, "values of event type %u are not read", values->type);
    }
}

static BpStatus read_reals(BpCursor *in, float *second, float *third, BpError *err)
{
    const BpStatus status = read_real(in, SECOND, second, err);
    return status == BP_OK ? read_real(in, THIRD, third, err) : status;
}

/* What follows the status flags. */
static BpStatus read_rest(BpCursor *in, BacEventValues *values, BpError *err)
{
    switch (values->type) {
    case BAC_EVENT_COMMAND_FAILURE: return bac_parameter_values(in, SECOND, &values->failure.feedback, err);
    case BAC_EVENT_FLOATING_LIMIT:
        return read_reals(in, &values->floating.setpoint, &values->floating.error, err);
    case BAC_EVENT_OUT_OF_RANGE: return read_reals(in, &values->range.deadband, &values->range.limit, err);
    default: return BP_OK;
    }
}

BpStatus bac_event_values_decode(BpCursor *in, uint8_t type, BacEventValues *ret_values, BpError *err)
{
    assert(in && ret_values);
    BacEventValues values = {.type = type};
    BP_TRY(read_first(in, &values, err));
    BP_TRY(read_flags(in, &values, err));
    BP_TRY(read_rest(in, &values, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_values = values;
    return BP_OK;
}

static void write_state(BpBuf *out, const BacEventValues *values)
{
    const uint8_t kind = values->state.kind;
    BpCursor octets = values->state.octets;
    const size_t size = values->state.is_known ? 0 : bp_cursor_remaining(&octets);
    bac_tag_encode(out, BAC_OPENING, CHANGED, 0);
    if (!values->state.is_known)
        bp_buf_octets(out, bp_cursor_take(&octets, size), size);
    else if (kind == BAC_STATE_OF_INTEGER)
        bac_value_encode_context(out, kind, &(BacValue){.type = BAC_SIGNED, .integer = values->state.number});
    else
        bac_parameter_put_unsigned(out, kind, (uint32_t)values->state.number);
    bac_tag_encode(out, BAC_CLOSING, CHANGED, 0);
}

static void write_first(BpBuf *out, const BacEventValues *values)
{
    const BacValue *changed = &values->changed;
    switch (values->type) {
    case BAC_EVENT_CHANGE_OF_STATE: write_state(out, values); break;
    case BAC_EVENT_CHANGE_OF_VALUE:
        bac_tag_encode(out, BAC_OPENING, CHANGED, 0);
        bac_value_encode_context(out, changed->type == BAC_REAL ? CHANGED_REAL : CHANGED_BITS, changed);
        bac_tag_encode(out, BAC_CLOSING, CHANGED, 0);
        break;
    case BAC_EVENT_COMMAND_FAILURE: bac_parameter_put_cursor(out, CHANGED, &values->failure.command); break;
    case BAC_EVENT_FLOATING_LIMIT: write_real(out, CHANGED, values->floating.reference); break;
    default: write_real(out, CHANGED, values->range.value); break;
    }
}

void bac_event_values_encode(BpBuf *out, const BacEventValues *values)
{
    assert(values->type >= BAC_EVENT_CHANGE_OF_STATE && values->type <= BAC_EVENT_OUT_OF_RANGE);
    write_first(out, values);
    write_flags(out, values);
    switch (values->type) {
    case BAC_EVENT_COMMAND_FAILURE: bac_parameter_put_cursor(out, SECOND, &values->failure.feedback); break;
    case BAC_EVENT_FLOATING_LIMIT:
        write_real(out, SECOND, values->floating.setpoint);
        write_real(out, THIRD, values->floating.error);
        break;
    case BAC_EVENT_OUT_OF_RANGE:
        write_real(out, SECOND, values->range.deadband);
        write_real(out, THIRD, values->range.limit);
        break;
    default: break;
    }
}
