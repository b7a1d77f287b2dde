#include "bacnet/service/communication_control.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

enum { DURATION = 0, STATE = 1, PASSWORD = 2 };

static BpStatus read_duration(BpCursor *in, uint32_t *ret_minutes, BpError *err)
{
    BP_TRY(bac_parameter_unsigned(in, DURATION, UINT16_MAX, ret_minutes, err));
    return *ret_minutes ? BP_OK : bp_fail(err, BP_INVALID, "a duration of 0 minutes");
}

BpStatus bac_communication_control_decode(BpCursor *in, BacCommunicationControl *ret_control, BpError *err)
{
    assert(in && ret_control);
    BacCommunicationControl control = {.minutes = 0};
    if (bac_tag_is_next(in, BAC_CONTEXT, DURATION))
        BP_TRY(read_duration(in, &control.minutes, err));
    BP_TRY(bac_parameter_unsigned(in, STATE, UINT32_MAX, &control.state, err));
    BP_TRY(bac_parameter_optional(in, PASSWORD, BAC_CHARACTER_STRING, &control.password, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_control = control;
    return BP_OK;
}

void bac_communication_control_encode(BpBuf *out, const BacCommunicationControl *control)
{
    assert(control->minutes <= UINT16_MAX);
    if (control->minutes)
        bac_parameter_put_unsigned(out, DURATION, control->minutes);
    bac_parameter_put_unsigned(out, STATE, control->state);
    bac_parameter_put_optional(out, PASSWORD, &control->password);
}
