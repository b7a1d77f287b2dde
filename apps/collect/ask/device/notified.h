/* Notifications: what devices tell of points that were subscribed to (cov.h). */
#ifndef COLLECT_ASK_DEVICE_NOTIFIED_H
#define COLLECT_ASK_DEVICE_NOTIFIED_H

#include "apps/collect/ask/device/shared.h"
#include "bacnet/wire/datagram.h"

/* Whether the datagram is a notification of a change of value. */
bool collect_notified_is_one(const BacDatagram *datagram);

/* Takes one that comes from the address of `device` (NULL: nobody known). Confirmed ones are answered. False
 * for a confirmed one that breaks the rules. */
bool collect_notified_take(CollectShared *shared, CollectDevice *device, const BacDatagram *datagram,
                           int64_t now_us);

#endif
