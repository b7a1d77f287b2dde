/* What the notification of an event says besides, each kind of event its own (ASHRAE 135, clause 13.3).
 * Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_EVENT_VALUES_H
#define BACNET_SERVICE_EVENT_VALUES_H

#include "bacnet/wire/value.h"

/* The kinds of event whose values are read; the standard has more (clause 13.3). */
typedef enum BacEventType {
    BAC_EVENT_CHANGE_OF_STATE = 1,
    BAC_EVENT_CHANGE_OF_VALUE = 2,
    BAC_EVENT_COMMAND_FAILURE = 3,
    BAC_EVENT_FLOATING_LIMIT = 4,
    BAC_EVENT_OUT_OF_RANGE = 5,
} BacEventType;

/* The choice of BACnetPropertyStates that is a signed number. */
enum { BAC_STATE_OF_INTEGER = 41 };

typedef struct BacEventValues {
    uint8_t type;         /* BacEventType */
    BacBits status_flags; /* BacStatusFlag */
    union {
        struct {
            uint8_t kind;  /* the choice of BACnetPropertyStates: what the number is of */
            bool is_known; /* false: of a vendor, or of a later standard */
            union {
                int64_t number;  /* below zero only where kind is BAC_STATE_OF_INTEGER */
                BpCursor octets; /* of what is not known, its tag too; borrowed */
            };
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

#endif
