/* Which device wants to be woken next: a heap by time, the earliest on top. */
#ifndef COLLECT_ASK_QUEUES_WAKE_H
#define COLLECT_ASK_QUEUES_WAKE_H

#include "apps/collect/ask/device/device.h"

typedef struct CollectWake {
    CollectDevice **devices;
    size_t count, capacity;
} CollectWake;

enum { COLLECT_NOT_WOKEN = UINT32_MAX }; /* heap_index of a device that is not in the heap */

/* Has the device woken at device->awaited.due_us, whatever was said before; INT64_MAX: not at all. */
void collect_wake_set(CollectWake *wake, CollectDevice *device, int64_t due_us);

/* The device that is due first, or NULL. */
CollectDevice *collect_wake_first(const CollectWake *wake);

void collect_wake_done(CollectWake *wake);

#endif
