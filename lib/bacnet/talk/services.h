/* The confirmed services of a server: what a request asks for is done, and its answer's parameters written.
 * For server.c alone. */
#ifndef BACNET_TALK_SERVICES_H
#define BACNET_TALK_SERVICES_H

#include "bacnet/talk/server.h"

/* What an Error says besides. Begins as zero. */
typedef struct BacFailure {
    bool is_of_write, is_of_list;
    BacReference write; /* which of several was refused */
    uint32_t element;   /* of those to be added or removed, from 1 */
} BacFailure;

/* Writes the answer's parameters to `out`, or says why not. */
BacRefusal bac_services_serve(const BacServer *server, const BacDatagram *request, BpBuf *out,
                              BacFailure *failure, int64_t now_us);

#endif
