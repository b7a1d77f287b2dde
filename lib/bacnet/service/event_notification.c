/* Event notifications, confirmed or not (ASHRAE 135, clauses 13.8 and 13.9). */
#include "bacnet/service/event_notification.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

enum {
    PROCESS = 0,
    DEVICE = 1,
    OBJECT = 2,
    EVENT_TIME = 3,
    NOTIFICATION_CLASS = 4,
    PRIORITY = 5,
    EVENT_TYPE = 6,
    MESSAGE = 7,
    NOTIFY_TYPE = 8,
    ACK_REQUIRED = 9,
    FROM_STATE = 10,
    TO_STATE = 11,
    VALUES = 12,
};

static BpStatus read_source(BpCursor *in, BacEventNotification *notification, BpError *err)
{
    BP_TRY(bac_parameter_unsigned(in, PROCESS, UINT32_MAX, &notification->process, err));
    BP_TRY(bac_parameter_device(in, DEVICE, &notification->device, err));
    BP_TRY(bac_parameter_object(in, OBJECT, &notification->object, err));
    return bac_timestamp_decode_context(in, EVENT_TIME, &notification->time, err);
}

static BpStatus read_kind(BpCursor *in, BacEventNotification *notification, BpError *err)
{
    uint32_t priority = 0;
    BP_TRY(
        bac_parameter_unsigned(in, NOTIFICATION_CLASS, UINT32_MAX, &notification->notification_class, err));
    BP_TRY(bac_parameter_unsigned(in, PRIORITY, UINT8_MAX, &priority, err));
    notification->priority = (uint8_t)priority;
    BP_TRY(bac_parameter_unsigned(in, EVENT_TYPE, UINT32_MAX, &notification->event_type, err));
    BP_TRY(bac_parameter_optional(in, MESSAGE, BAC_CHARACTER_STRING, &notification->message, err));
    return bac_parameter_unsigned(in, NOTIFY_TYPE, UINT32_MAX, &notification->notify_type, err);
}

static BpStatus read_states(BpCursor *in, BacEventNotification *notification, BpError *err)
{
    notification->has_ack_required = bac_tag_is_next(in, BAC_CONTEXT, ACK_REQUIRED);
    if (notification->has_ack_required)
        BP_TRY(bac_parameter_boolean(in, ACK_REQUIRED, &notification->ack_required, err));
    notification->has_from_state = bac_tag_is_next(in, BAC_CONTEXT, FROM_STATE);
    if (notification->has_from_state)
        BP_TRY(bac_parameter_unsigned(in, FROM_STATE, UINT32_MAX, &notification->from_state, err));
    return bac_parameter_unsigned(in, TO_STATE, UINT32_MAX, &notification->to_state, err);
}

static BpStatus read_values(BpCursor *in, BacEventNotification *notification, BpError *err)
{
    BpCursor inner;
    BacTag choice;
    BP_TRY(bac_parameter_values(in, VALUES, &inner, err));
    BP_TRY(bac_tag_decode(&inner, &choice, err));
    if (choice.kind != BAC_OPENING)
        return bp_fail(err, BP_MALFORMED, "event values of type %u are not opened", choice.number);
    notification->has_values = true;
    notification->values_type = choice.number;
    BP_TRY(bac_tag_contents(&inner, choice.number, &notification->values, err));
    return bac_parameter_end(&inner, err);
}

BpStatus bac_event_notification_decode(BpCursor *in, BacEventNotification *ret_notification, BpError *err)
{
    assert(in && ret_notification);
    BacEventNotification notification = {0};
    BP_TRY(read_source(in, &notification, err));
    BP_TRY(read_kind(in, &notification, err));
    BP_TRY(read_states(in, &notification, err));
    if (bac_tag_is_next(in, BAC_OPENING, VALUES))
        BP_TRY(read_values(in, &notification, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_notification = notification;
    return BP_OK;
}

void bac_event_notification_encode(BpBuf *out, const BacEventNotification *notification)
{
    bac_parameter_put_unsigned(out, PROCESS, notification->process);
    bac_parameter_put_device(out, DEVICE, notification->device);
    bac_parameter_put_object(out, OBJECT, notification->object);
    bac_timestamp_encode_context(out, EVENT_TIME, &notification->time);
    bac_parameter_put_unsigned(out, NOTIFICATION_CLASS, notification->notification_class);
    bac_parameter_put_unsigned(out, PRIORITY, notification->priority);
    bac_parameter_put_unsigned(out, EVENT_TYPE, notification->event_type);
    bac_parameter_put_optional(out, MESSAGE, &notification->message);
    bac_parameter_put_unsigned(out, NOTIFY_TYPE, notification->notify_type);
    if (notification->has_ack_required)
        bac_parameter_put_boolean(out, ACK_REQUIRED, notification->ack_required);
    if (notification->has_from_state)
        bac_parameter_put_unsigned(out, FROM_STATE, notification->from_state);
    bac_parameter_put_unsigned(out, TO_STATE, notification->to_state);
    if (!notification->has_values)
        return;
    bac_tag_encode(out, BAC_OPENING, VALUES, 0);
    bac_parameter_put_cursor(out, notification->values_type, &notification->values);
    bac_tag_encode(out, BAC_CLOSING, VALUES, 0);
}
