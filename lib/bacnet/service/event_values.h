/* What the notification of an event says besides, each kind of event its own (ASHRAE 135, clause 13.3).
 * Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_EVENT_VALUES_H
#define BACNET_SERVICE_EVENT_VALUES_H

#include "bacnet/wire/enums.h"
#include "bacnet/wire/value.h"

/* The choice of BACnetPropertyStates that is a signed number. */
enum { BAC_STATE_OF_INTEGER = 41 };

typedef struct BacEventValues {
    uint8_t type;         /* BacEventType, of CHANGE_OF_STATE to OUT_OF_RANGE */
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

/* What a notification of the `type` says besides. BP_UNSUPPORTED: none of those five, of which
 * this knows what they say. */
BpStatus bac_event_values_decode(BpCursor *in, uint8_t type, BacEventValues *ret_values,
                                 BpError *err) BP_CHECKED;
void bac_event_values_encode(BpBuf *out, const BacEventValues *values);

#endif
