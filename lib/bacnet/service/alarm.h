/* Alarms and events: what devices tell about them, and acknowledging them (ASHRAE 135, clause 13).
 * Conventions as in service.h. */
#ifndef BACNET_SERVICE_ALARM_H
#define BACNET_SERVICE_ALARM_H

#include "bacnet/wire/timestamp.h"

typedef enum BacNotifyType {
    BAC_NOTIFY_ALARM = 0,
    BAC_NOTIFY_EVENT = 1,
    BAC_NOTIFY_ACKNOWLEDGEMENT = 2,
} BacNotifyType;

/* The kinds of event whose values are read; the standard has more (clause 13.3). */
typedef enum BacEventType {
    BAC_EVENT_CHANGE_OF_STATE = 1,
    BAC_EVENT_CHANGE_OF_VALUE = 2,
    BAC_EVENT_COMMAND_FAILURE = 3,
    BAC_EVENT_FLOATING_LIMIT = 4,
    BAC_EVENT_OUT_OF_RANGE = 5,
} BacEventType;

/* The three kinds of transition; arrays of them are in this order. */
enum { BAC_TO_OFFNORMAL = 0, BAC_TO_FAULT = 1, BAC_TO_NORMAL = 2, BAC_TRANSITIONS = 3 };

/* ---- ConfirmedEventNotification and UnconfirmedEventNotification (clauses 13.8 and 13.9) ---- */

typedef struct BacEventNotification {
    uint32_t process;
    uint32_t device; /* instance of who tells */
    BacObjectId object;
    BacTimestamp time;
    uint32_t notification_class;
    uint8_t priority;                    /* 0 is the most urgent, 255 the least */
    uint32_t event_type;                 /* BacEventType, or one of the others */
    BacValue message;                    /* a character string; of type BAC_NULL where there is none */
    uint32_t notify_type;                /* BacNotifyType */
    bool has_ack_required, ack_required; /* missing from an acknowledgement's notification, as is: */
    bool has_from_state;
    uint32_t from_state, to_state; /* BacEventState */
    bool has_values;
    uint8_t values_type; /* the choice: the event type, where the device is right */
    BpCursor values;     /* for bac_event_values_decode; borrowed from the message */
} BacEventNotification;

BpStatus bac_event_notification_decode(BpCursor *in, BacEventNotification *ret_notification,
                                       BpError *err) BP_CHECKED;
void bac_event_notification_encode(BpBuf *out, const BacEventNotification *notification);

typedef struct BacEventValues {
    uint8_t type;         /* BacEventType */
    BacBits status_flags; /* BacStatusFlag */
    union {
        struct {
            uint8_t kind; /* the choice of BACnetPropertyStates: what the number is of */
            uint32_t number;
        } state;
        BacValue changed; /* change of value: a Real, or bits */
        struct {
            BpCursor command, feedback; /* application-tagged, borrowed */
        } failure;
        struct {
            float reference, setpoint, error;
        } floating;
        struct {
            float value, deadband, limit;
        } range;
    };
} BacEventValues;

/* What a notification of the `type` says besides. BP_UNSUPPORTED: none of BacEventType. */
BpStatus bac_event_values_decode(BpCursor *in, uint8_t type, BacEventValues *ret_values,
                                 BpError *err) BP_CHECKED;
void bac_event_values_encode(BpBuf *out, const BacEventValues *values);

/* ---- GetEventInformation (clause 13.12) ---- */

/* Where to go on after an answer that had more: the last object that it told of. */
typedef struct BacGetEvents {
    bool has_last;
    BacObjectId last;
} BacGetEvents;

BpStatus bac_get_events_decode(BpCursor *in, BacGetEvents *ret_request, BpError *err) BP_CHECKED;
void bac_get_events_encode(BpBuf *out, const BacGetEvents *request);

typedef struct BacGetEventsAck {
    BpCursor summaries; /* for bac_event_summary_next, which finds its mistakes; borrowed */
    bool has_more;
} BacGetEventsAck;

BpStatus bac_get_events_ack_decode(BpCursor *in, BacGetEventsAck *ret_ack, BpError *err) BP_CHECKED;
void bac_get_events_ack_encode(BpBuf *out, const BacGetEventsAck *ack);

/* The same around summaries that the caller writes straight to `out`. */
void bac_get_events_ack_begin(BpBuf *out);
void bac_get_events_ack_end(BpBuf *out, bool has_more);

typedef struct BacEventSummary {
    BacObjectId object;
    uint32_t state; /* BacEventState */
    bool is_acknowledged[BAC_TRANSITIONS];
    BacTimestamp times[BAC_TRANSITIONS];
    uint32_t notify_type; /* BacNotifyType */
    bool is_enabled[BAC_TRANSITIONS];
    uint8_t priorities[BAC_TRANSITIONS];
} BacEventSummary;

/* The next of a list. BP_NOT_FOUND: the end, properly reached. */
BpStatus bac_event_summary_next(BpCursor *summaries, BacEventSummary *ret_summary, BpError *err) BP_CHECKED;
void bac_event_summary_encode(BpBuf *out, const BacEventSummary *summary);

/* ---- AcknowledgeAlarm (clause 13.5) ---- */

typedef struct BacAcknowledgeAlarm {
    uint32_t process; /* of who acknowledges */
    BacObjectId object;
    uint32_t state;    /* BacEventState that is acknowledged */
    BacTimestamp time; /* of the notification, as it said */
    BacValue source;   /* a character string: who acknowledges */
    BacTimestamp ack_time;
} BacAcknowledgeAlarm;

BpStatus bac_acknowledge_alarm_decode(BpCursor *in, BacAcknowledgeAlarm *ret_acknowledge,
                                      BpError *err) BP_CHECKED;
void bac_acknowledge_alarm_encode(BpBuf *out, const BacAcknowledgeAlarm *acknowledge);

#endif
