/* AcknowledgeAlarm (ASHRAE 135, clause 13.5). */
#include "bacnet/service/acknowledge_alarm.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

enum { PROCESS = 0, OBJECT = 1, STATE = 2, EVENT_TIME = 3, SOURCE = 4, ACK_TIME = 5 };

BpStatus bac_acknowledge_alarm_decode(BpCursor *in, BacAcknowledgeAlarm *ret_acknowledge, BpError *err)
{
    assert(in && ret_acknowledge);
    BacAcknowledgeAlarm acknowledge;
    BP_TRY(bac_parameter_unsigned(in, PROCESS, UINT32_MAX, &acknowledge.process, err));
    BP_TRY(bac_parameter_object(in, OBJECT, &acknowledge.object, err));
    BP_TRY(bac_parameter_unsigned(in, STATE, UINT32_MAX, &acknowledge.state, err));
    BP_TRY(bac_timestamp_decode_context(in, EVENT_TIME, &acknowledge.time, err));
    BP_TRY(bac_parameter_value(in, SOURCE, BAC_CHARACTER_STRING, &acknowledge.source, err));
    BP_TRY(bac_timestamp_decode_context(in, ACK_TIME, &acknowledge.ack_time, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_acknowledge = acknowledge;
    return BP_OK;
}

void bac_acknowledge_alarm_encode(BpBuf *out, const BacAcknowledgeAlarm *acknowledge)
{
    bac_parameter_put_unsigned(out, PROCESS, acknowledge->process);
    bac_parameter_put_object(out, OBJECT, acknowledge->object);
    bac_parameter_put_unsigned(out, STATE, acknowledge->state);
    bac_timestamp_encode_context(out, EVENT_TIME, &acknowledge->time);
    bac_value_encode_context(out, SOURCE, &acknowledge->source);
    bac_timestamp_encode_context(out, ACK_TIME, &acknowledge->ack_time);
}
