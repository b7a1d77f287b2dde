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

static BpStatus read_state(BpCursor *in, BacEventValues *values, BpError *err)
{
    BpCursor inner, ahead;
    BacTag choice;
    BP_TRY(bac_parameter_values(in, CHANGED, &inner, err));
    ahead = inner;
    BP_TRY(bac_tag_decode(&ahead, &choice, err));
    BP_TRY(bac_parameter_unsigned(&inner, choice.number, UINT32_MAX, &values->state.number, err));
    values->state.kind = choice.number;
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

static void write_first(BpBuf *out, const BacEventValues *values)
{
    const BacValue *changed = &values->changed;
    switch (values->type) {
    case BAC_EVENT_CHANGE_OF_STATE:
        bac_tag_encode(out, BAC_OPENING, CHANGED, 0);
        bac_parameter_put_unsigned(out, values->state.kind, values->state.number);
        bac_tag_encode(out, BAC_CLOSING, CHANGED, 0);
        break;
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
