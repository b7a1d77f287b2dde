/* ReinitializeDevice: a device is told to restart, or to begin or end a backup (ASHRAE 135, clause 16.4).
 * Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_REINITIALIZE_H
#define BACNET_SERVICE_REINITIALIZE_H

#include "bacnet/wire/value.h"

typedef struct BacReinitialize {
    uint32_t state;    /* BacReinitialized, or a number that is none */
    BacValue password; /* a character string, or of type BAC_NULL where there is none */
} BacReinitialize;

BpStatus bac_reinitialize_decode(BpCursor *in, BacReinitialize *ret_reinitialize, BpError *err) BP_CHECKED;
void bac_reinitialize_encode(BpBuf *out, const BacReinitialize *reinitialize);

#endif
