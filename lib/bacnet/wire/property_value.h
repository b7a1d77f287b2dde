/* A property with its value, as lists of them stand in notifications and writes (ASHRAE 135, clause 21:
 * BACnetPropertyValue). */
#ifndef BACNET_WIRE_PROPERTY_VALUE_H
#define BACNET_WIRE_PROPERTY_VALUE_H

#include "bacnet/wire/value.h"

enum { BAC_NO_PRIORITY = 0 }; /* a device then takes 16 (clause 19.2) */

typedef struct BacPropertyValue {
    uint32_t property;
    uint32_t index;   /* array index, or BAC_NO_INDEX */
    BpCursor value;   /* spans the values, borrowed from the message */
    uint8_t priority; /* 1 to 16, or BAC_NO_PRIORITY */
} BacPropertyValue;

/* The next of a list. BP_NOT_FOUND: the end, properly reached. */
BpStatus bac_property_value_next(BpCursor *list, BacPropertyValue *ret_value, BpError *err) BP_CHECKED;

/* Writes one more. */
void bac_property_value_encode(BpBuf *out, const BacPropertyValue *value);

#endif
