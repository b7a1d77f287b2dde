/* Devices by their instance, in buckets: found in constant time. There may be several of one instance, where
 * one has moved or another has taken its name. */
#ifndef COLLECT_ASK_DEVICE_INSTANCES_H
#define COLLECT_ASK_DEVICE_INSTANCES_H

#include "apps/collect/ask/device/device.h"

typedef struct CollectInstances {
    CollectDevice **buckets;
} CollectInstances;

void collect_instances_init(CollectInstances *instances);
void collect_instances_done(CollectInstances *instances);

void collect_instances_put(CollectInstances *instances, CollectDevice *device);
void collect_instances_remove(CollectDevice *device);

/* The next device with this instance behind `after`; NULL for the first, and for none. */
CollectDevice *collect_instances_next(const CollectInstances *instances, uint32_t instance,
                                      const CollectDevice *after);

/* A device with this instance, other than `than` (or NULL); NULL: there is none. */
CollectDevice *collect_instances_find(const CollectInstances *instances, uint32_t instance,
                                      const CollectDevice *than);

/* Each device is in the bucket of its instance; returns how many there are. */
size_t collect_instances_check(const CollectInstances *instances);

#endif
