/* The confirmed services of a server: what a request asks for is done, and its answer's parameters written.
 * For server.c alone. */
#ifndef BACNET_TALK_SERVICES_H
#define BACNET_TALK_SERVICES_H

#include "bacnet/talk/server.h"

/* Writes the answer's parameters to `out`, or says why not. Where one of several writes was refused,
 * *ret_failed is that one, and else stays as it is. */
BacRefusal bac_services_serve(const BacServer *server, const BacDatagram *request, BpBuf *out,
                              BacReference *ret_failed, int64_t now_us);

#endif
