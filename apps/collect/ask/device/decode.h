/* From what a device answered to readings: value, quality, and the reason for the quality. */
#ifndef COLLECT_ASK_DEVICE_DECODE_H
#define COLLECT_ASK_DEVICE_DECODE_H

#include "apps/collect/ask/device/device.h"
#include "bacnet/service/error.h"
#include "bacnet/wire/value.h"

/* What a device said of a point in one round. */
typedef struct CollectSample {
    const char *problem;  /* why there is no value, as "unknown-object"; NULL: there is one */
    double number;        /* finite */
    bool is_beyond;       /* a state with a number above those that the object has */
    uint8_t octets;       /* of the value with its tag; 0 without a value */
    uint8_t flags;        /* bit n for BacStatusFlag n; 0 where the device has none */
    uint16_t reliability; /* BacReliability; NO_FAULT_DETECTED where it was not asked */
} CollectSample;

/* Takes the octets of a value of `point` into problem, number and octets. What its object cannot have for a
 * present value is "implausible": a binary one other than 0 and 1, a state below 1 or between two; so is what
 * no double holds exactly, an Unsigned beyond 2^53. Real numbers become the shortest decimal that reads back
 * as the same float, which is what the device's maker wrote: 21.3, not 21.299999237060547. */
void collect_decode_value(BpCursor value, const CollectPoint *point, CollectSample *sample);

/* "unknown-object" for an Error, "unrecognized-service" for a Reject; "error-700" for what the standard has
 * no word for, which is then in `reasons`. */
const char *collect_decode_refusal(BacRefusal refusal, BpArena *reasons);

bool collect_decode_is_unknown_object(BacRefusal refusal);

/* The bits of a Status_Flags; 0 for anything else. */
uint8_t collect_decode_flags(BpCursor value);

/* An Enumerated; `fallback` for anything else. */
uint32_t collect_decode_enumerated(BpCursor value, uint32_t fallback);

/* Without a value it is bad for its problem, with the flag fault bad for "fault: open-loop" (just "fault"
 * where the reliability is not known), out of service uncertain, and a state that
 * is_beyond uncertain as "implausible"; overridden and in alarm are good. Reasons
 * that are put together are in `reasons`. */
MdlReading collect_decode_reading(int32_t point_id, int64_t at_us, const CollectSample *sample,
                                  BpArena *reasons);

#endif
