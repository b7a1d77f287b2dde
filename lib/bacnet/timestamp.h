/* Dates with times, and timestamps (ASHRAE 135, clause 21: BACnetDateTime, BACnetTimeStamp). These decoders
 * take one of them and leave what follows. */
#ifndef BACNET_TIMESTAMP_H
#define BACNET_TIMESTAMP_H

#include "bacnet/value.h"

typedef struct BacDateTime {
    BacDate date;
    BacTime time;
} BacDateTime;

BpStatus bac_date_time_decode(BpCursor *in, BacDateTime *ret_date_time, BpError *err) BP_CHECKED;
void bac_date_time_encode(BpBuf *out, const BacDateTime *date_time);

/* The choices, with their context tags. */
typedef enum BacTimestampKind {
    BAC_TIMESTAMP_TIME = 0,
    BAC_TIMESTAMP_SEQUENCE = 1, /* the device has no clock, and counts */
    BAC_TIMESTAMP_DATE_TIME = 2,
} BacTimestampKind;

typedef struct BacTimestamp {
    BacTimestampKind kind;
    union {
        BacTime time;
        uint16_t sequence;
        BacDateTime date_time;
    };
} BacTimestamp;

BpStatus bac_timestamp_decode(BpCursor *in, BacTimestamp *ret_timestamp, BpError *err) BP_CHECKED;
void bac_timestamp_encode(BpBuf *out, const BacTimestamp *timestamp);

/* One alone between an opening and a closing tag `number`. */
BpStatus bac_timestamp_decode_context(BpCursor *in, uint8_t number, BacTimestamp *ret_timestamp,
                                      BpError *err) BP_CHECKED;
void bac_timestamp_encode_context(BpBuf *out, uint8_t number, const BacTimestamp *timestamp);

#endif
