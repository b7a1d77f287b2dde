/* Our own device: we are on the network as one, and say what we are when we are asked. It is true to protocol
 * revision 14 (ASHRAE 135-2012, clause 12.11), the last whose required properties it has: 17 wants a Network
 * Port object. No sockets or clock: datagrams and instants come in, datagrams go out. */
#ifndef COLLECT_NETWORK_OWN_DEVICE_H
#define COLLECT_NETWORK_OWN_DEVICE_H

#include "bacnet/talk/server.h"

typedef struct CollectOwnDeviceOptions {
    void *owner;
    void (*send)(void *owner, const BacAddress *to, BpStr datagram);
    uint32_t instance;
    const char *site, *version; /* of the software; both outlive it */
    int64_t timeout_us;         /* of our own requests */
    uint32_t retries;
} CollectOwnDeviceOptions;

/* In the caller's memory; contents are its own. */
typedef struct CollectOwnDevice {
    CollectOwnDeviceOptions options;
    BacServer server;
    BacSending sending;
    BacReceiving receiving;
} CollectOwnDevice;

void collect_own_device_init(CollectOwnDevice *own, const CollectOwnDeviceOptions *options);

void collect_own_device_receive(CollectOwnDevice *own, const BacDatagram *datagram, int64_t now_us);

/* Goes on with answers in segments, when that is due; INT64_MAX: never. */
void collect_own_device_advance(CollectOwnDevice *own, int64_t now_us);
int64_t collect_own_device_next_due_us(const CollectOwnDevice *own);

#endif
