/* GetEventInformation: the objects that are in alarm, or were and nobody has seen it (ASHRAE 135, clause
 * 13.12). Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_GET_EVENTS_H
#define BACNET_SERVICE_GET_EVENTS_H

#include "bacnet/wire/enums.h"
#include "bacnet/wire/timestamp.h"

/* Arrays of transitions are in the order of BacTransition. */
enum { BAC_TRANSITIONS = 3 };

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

#endif
