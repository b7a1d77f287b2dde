/* Event notifications, their values, summaries and acknowledgements, all tried on the same octets: refused,
 * or written to octets that are read and written to the same octets. */

#include "bacnet/service/acknowledge_alarm.h"
#include "bacnet/service/event_notification.h"
#include "bacnet/service/event_values.h"
#include "bacnet/service/get_events.h"
#include "echo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool echo_notification(BpCursor in, BpBuf *out)
{
    BacEventNotification notification;
    BpError err;
    if (bac_event_notification_decode(&in, &notification, &err) != BP_OK)
        return false;
    bac_event_notification_encode(out, &notification);
    return true;
}

static bool echo_values(BpCursor in, BpBuf *out)
{
    BacEventNotification notification;
    BacEventValues values;
    BpError err;
    uint8_t memory[4096];
    BpBuf inner = bp_buf(memory, sizeof memory);
    if (bac_event_notification_decode(&in, &notification, &err) != BP_OK || !notification.has_values ||
        bac_event_values_decode(&notification.values, notification.values_type, &values, &err) != BP_OK)
        return false;
    bac_event_values_encode(&inner, &values);
    notification.values = bp_cursor(inner.data, inner.size);
    if (!inner.failed)
        bac_event_notification_encode(out, &notification);
    return !inner.failed;
}

static bool echo_summaries(BpCursor in, BpBuf *out)
{
    BacGetEventsAck ack;
    BacEventSummary summary;
    BpError err;
    BpStatus status = bac_get_events_ack_decode(&in, &ack, &err);
    if (status != BP_OK)
        return false;
    bac_tag_encode(out, BAC_OPENING, 0, 0); /* the answer, by hand around its summaries */
    while ((status = bac_event_summary_next(&ack.summaries, &summary, &err)) == BP_OK)
        bac_event_summary_encode(out, &summary);
    bac_tag_encode(out, BAC_CLOSING, 0, 0);
    bac_value_encode_context(out, 1, &(BacValue){.type = BAC_BOOLEAN, .boolean = ack.has_more});
    return status == BP_NOT_FOUND;
}

static bool echo_request(BpCursor in, BpBuf *out)
{
    BacGetEvents request;
    BpError err;
    if (bac_get_events_decode(&in, &request, &err) != BP_OK)
        return false;
    bac_get_events_encode(out, &request);
    return true;
}

static bool echo_answer(BpCursor in, BpBuf *out)
{
    BacGetEventsAck ack;
    BpError err;
    if (bac_get_events_ack_decode(&in, &ack, &err) != BP_OK)
        return false;
    bac_get_events_ack_encode(out, &ack);
    return true;
}

static bool echo_acknowledge(BpCursor in, BpBuf *out)
{
    BacAcknowledgeAlarm acknowledge;
    BpError err;
    if (bac_acknowledge_alarm_decode(&in, &acknowledge, &err) != BP_OK)
        return false;
    bac_acknowledge_alarm_encode(out, &acknowledge);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_twice(echo_notification, bp_cursor(data, size));
    try_twice(echo_values, bp_cursor(data, size));
    try_twice(echo_request, bp_cursor(data, size));
    try_twice(echo_answer, bp_cursor(data, size));
    try_twice(echo_summaries, bp_cursor(data, size));
    try_twice(echo_acknowledge, bp_cursor(data, size));
    return 0;
}
