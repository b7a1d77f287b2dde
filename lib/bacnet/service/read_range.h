/* ReadRange (ASHRAE 135, clause 15.8). Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_READ_RANGE_H
#define BACNET_SERVICE_READ_RANGE_H

#include "bacnet/wire/timestamp.h"

/* The choices, with their context tags. */
typedef enum BacRangeKind {
    BAC_RANGE_ALL = 0,
    BAC_RANGE_BY_POSITION = 3,
    BAC_RANGE_BY_SEQUENCE = 6,
    BAC_RANGE_BY_TIME = 7,
} BacRangeKind;

typedef struct BacReadRange {
    BacReference reference;
    BacRangeKind kind;
    union {
        uint32_t position; /* of an item, the first is 1 */
        uint32_t sequence; /* number of an item */
        BacDateTime time;  /* items after it, or before it for a negative count */
    };
    int32_t count; /* of a range that is not ALL: items from there on, or for a negative one up to there */
} BacReadRange;

/* A count of 0 is BP_INVALID. */
BpStatus bac_read_range_decode(BpCursor *in, BacReadRange *ret_range, BpError *err) BP_CHECKED;
void bac_read_range_encode(BpBuf *out, const BacReadRange *range);

typedef struct BacReadRangeAck {
    BacReference reference;
    bool has_first_item, has_last_item; /* those of the list are among these */
    bool has_more_items;                /* the range has more than would fit */
    uint32_t count;                     /* items, as the device says */
    BpCursor items; /* borrowed from the message; of a Trend Log for bac_log_record_next */
    bool has_sequence;
    uint32_t sequence; /* number of the first item */
} BacReadRangeAck;

BpStatus bac_read_range_ack_decode(BpCursor *in, BacReadRangeAck *ret_ack, BpError *err) BP_CHECKED;
void bac_read_range_ack_encode(BpBuf *out, const BacReadRangeAck *ack);

/* The same around items that the caller writes straight to `out`. */
void bac_read_range_ack_begin(BpBuf *out, const BacReadRangeAck *ack);
void bac_read_range_ack_end(BpBuf *out, const BacReadRangeAck *ack);

#endif
