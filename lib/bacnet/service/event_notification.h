/* ConfirmedEventNotification and UnconfirmedEventNotification: what a device tells of an event (ASHRAE 135,
 * clauses 13.8 and 13.9). Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_EVENT_NOTIFICATION_H
#define BACNET_SERVICE_EVENT_NOTIFICATION_H

#include "bacnet/wire/timestamp.h"

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

#endif
