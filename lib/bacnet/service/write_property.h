/* WriteProperty (ASHRAE 135, clause 15.9). Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_WRITE_PROPERTY_H
#define BACNET_SERVICE_WRITE_PROPERTY_H

#include "bacnet/wire/property_value.h"

typedef struct BacWrite {
    BacReference reference;
    BpCursor value;   /* application-tagged; Null relinquishes the priority */
    uint8_t priority; /* 1 to 16, or BAC_NO_PRIORITY */
} BacWrite;

BpStatus bac_write_property_decode(BpCursor *in, BacWrite *ret_write, BpError *err) BP_CHECKED;
void bac_write_property_encode(BpBuf *out, const BacWrite *write);

#endif
