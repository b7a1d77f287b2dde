/* Who-Has and I-Have (ASHRAE 135, clause 16.9). Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_WHO_HAS_H
#define BACNET_SERVICE_WHO_HAS_H

#include "bacnet/service/who_is.h"

typedef struct BacWhoHas {
    BacWhoIs limits; /* which devices are asked */
    BacObjectId object;
    BacValue name; /* asks by name; of type BAC_NULL where it asks by identifier */
} BacWhoHas;

BpStatus bac_who_has_decode(BpCursor *in, BacWhoHas *ret_who_has, BpError *err) BP_CHECKED;
void bac_who_has_encode(BpBuf *out, const BacWhoHas *who_has);

typedef struct BacIHave {
    uint32_t device; /* instance */
    BacObjectId object;
    BacValue name; /* a character string */
} BacIHave;

BpStatus bac_i_have_decode(BpCursor *in, BacIHave *ret_i_have, BpError *err) BP_CHECKED;
void bac_i_have_encode(BpBuf *out, const BacIHave *i_have);

#endif
