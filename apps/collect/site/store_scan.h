/* What was read out of a device goes into the database: the device, and its points that are new, have changed
 * or are gone, in one transaction. */
#ifndef COLLECT_SITE_STORE_SCAN_H
#define COLLECT_SITE_STORE_SCAN_H

#include "apps/collect/site/devices.h"

/* `owner` is told when it has ended, if there is a device at the address by then: why it could not be stored,
 * or NULL. All that this points to outlives the connection. */
typedef struct CollectStore {
    Pg *pg;
    const CollectPoller *poller;
    const Cfg *cfg;
    void *owner;
    void (*on_stored)(void *owner, CollectDevice *device, const char *failure);
} CollectStore;

void collect_store_scan(const CollectStore *store, const CollectDevice *device, const CollectScan *scan,
                        const CollectKin *kin);

#endif
