/* DeviceCommunicationControl: a device is told to be quiet for a while (ASHRAE 135, clause 16.1). Conventions
 * as in read_property.h. */
#ifndef BACNET_SERVICE_COMMUNICATION_CONTROL_H
#define BACNET_SERVICE_COMMUNICATION_CONTROL_H

#include "bacnet/wire/value.h"

enum { BAC_PASSWORD_MAX = 20 }; /* characters (16.1.1.1.3, 16.4.1.1.2) */

typedef struct BacCommunicationControl {
    uint32_t state;    /* BacCommunication, or a number that is none */
    uint32_t minutes;  /* how long, 1 to 65535; 0: until told otherwise */
    BacValue password; /* a character string, or of type BAC_NULL where there is none */
} BacCommunicationControl;

/* More than 65535 minutes, and 0 of them said aloud, are BP_INVALID. */
BpStatus bac_communication_control_decode(BpCursor *in, BacCommunicationControl *ret_control,
                                          BpError *err) BP_CHECKED;
void bac_communication_control_encode(BpBuf *out, const BacCommunicationControl *control);

#endif
