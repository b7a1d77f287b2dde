/* AcknowledgeAlarm (ASHRAE 135, clause 13.5). Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_ACKNOWLEDGE_ALARM_H
#define BACNET_SERVICE_ACKNOWLEDGE_ALARM_H

#include "bacnet/wire/timestamp.h"

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
