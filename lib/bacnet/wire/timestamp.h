/* Dates with times, and timestamps (ASHRAE 135, clause 21: BACnetDateTime, BACnetTimeStamp). These decoders
 * take one of them and leave what follows. */
#ifndef BACNET_WIRE_TIMESTAMP_H
#define BACNET_WIRE_TIMESTAMP_H

#include "bacnet/wire/value.h"

typedef struct BacDateTime {
    BacDate date;
    BacTime time;
} BacDateTime;

/* Instants of a clock without time zones: microseconds since 1970, as the clock shows them. */
BacDateTime bac_date_time_at(int64_t clock_us);

/* BP_INVALID: parts of it are unspecified, or no date. */
BpStatus bac_date_time_to_us(const BacDateTime *date_time, int64_t *ret_clock_us, BpError *err) BP_CHECKED;

/* "2026-11-24 08:15:00", with "*" for parts that are unspecified. Returns ret_text. */
enum { BAC_DATE_TIME_TEXT_MAX = 32 };
char *bac_date_time_format(const BacDateTime *date_time, char ret_text[BAC_DATE_TIME_TEXT_MAX]);

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
