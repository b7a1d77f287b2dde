/* Who-Is and I-Am (ASHRAE 135, clause 16.10). Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_WHO_IS_H
#define BACNET_SERVICE_WHO_IS_H

#include "bacnet/wire/property_value.h"

typedef struct BacWhoIs {
    bool has_range;
    uint32_t low, high; /* instances, both included */
} BacWhoIs;

BpStatus bac_who_is_decode(BpCursor *in, BacWhoIs *ret_who_is, BpError *err) BP_CHECKED;
void bac_who_is_encode(BpBuf *out, const BacWhoIs *who_is);

typedef struct BacIAm {
    uint32_t instance;
    uint32_t max_apdu;    /* as the device says: may be any number */
    uint8_t segmentation; /* BacSegmentation */
    uint16_t vendor;
} BacIAm;

BpStatus bac_i_am_decode(BpCursor *in, BacIAm *ret_i_am, BpError *err) BP_CHECKED;
void bac_i_am_encode(BpBuf *out, const BacIAm *i_am);

#endif
