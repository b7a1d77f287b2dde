/* Records of a Trend Log's buffer, as ReadRange brings them (ASHRAE 135, clause 12.25: BACnetLogRecord). */
#ifndef BACNET_SERVICE_LOG_RECORD_H
#define BACNET_SERVICE_LOG_RECORD_H

#include "bacnet/service/error.h"
#include "bacnet/wire/timestamp.h"

/* What was logged: the choices, with their context tags. */
typedef enum BacLogDatum {
    BAC_LOG_STATUS = 0, /* bits: log disabled, buffer purged, log interrupted */
    BAC_LOG_BOOLEAN = 1,
    BAC_LOG_REAL = 2,
    BAC_LOG_ENUMERATED = 3,
    BAC_LOG_UNSIGNED = 4,
    BAC_LOG_SIGNED = 5,
    BAC_LOG_BITS = 6,
    BAC_LOG_NULL = 7,
    BAC_LOG_FAILURE = 8,     /* reading the value failed */
    BAC_LOG_TIME_CHANGE = 9, /* the clock was set by so many seconds, a Real */
    BAC_LOG_ANY = 10,
} BacLogDatum;

typedef struct BacLogRecord {
    BacDateTime time;
    BacLogDatum datum;
    union {
        BacValue value; /* of those not named below */
        BacRefusal failure;
        BpCursor any; /* spans the value's octets, tagged as they are */
    };
    bool has_status_flags;
    BacBits status_flags; /* BacStatusFlag */
} BacLogRecord;

/* The next record of a list. A choice that the standard does not have is BP_MALFORMED.
 * BP_NOT_FOUND: the end, properly reached. */
BpStatus bac_log_record_next(BpCursor *items, BacLogRecord *ret_record, BpError *err) BP_CHECKED;

/* Writes one more. */
void bac_log_record_encode(BpBuf *out, const BacLogRecord *record);

#endif
