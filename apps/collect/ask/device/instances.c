#include "apps/collect/ask/device/instances.h"

#include <assert.h>
#include <stdlib.h>

enum { BUCKETS = 4096 };

void collect_instances_init(CollectInstances *instances)
{
    instances->buckets = calloc(BUCKETS, sizeof(CollectDevice *));
    if (!instances->buckets)
        abort();
}

void collect_instances_done(CollectInstances *instances)
{
    free(instances->buckets);
    *instances = (CollectInstances){0};
}

void collect_instances_put(CollectInstances *instances, CollectDevice *device)
{
    CollectDevice **first = &instances->buckets[device->instance % BUCKETS];
    device->next_namesake = *first;
    device->namesake_link = first;
    if (device->next_namesake)
        device->next_namesake->namesake_link = &device->next_namesake;
    *first = device;
}

void collect_instances_remove(CollectDevice *device)
{
    *device->namesake_link = device->next_namesake;
    if (device->next_namesake)
        device->next_namesake->namesake_link = device->namesake_link;
}

CollectDevice *collect_instances_next(const CollectInstances *instances, uint32_t instance,
                                      const CollectDevice *after)
{
    CollectDevice *device = after ? after->next_namesake : instances->buckets[instance % BUCKETS];
    while (device && device->instance != instance)
        device = device->next_namesake;
    return device;
}

CollectDevice *collect_instances_find(const CollectInstances *instances, uint32_t instance,
                                      const CollectDevice *than)
{
    CollectDevice *device = collect_instances_next(instances, instance, NULL);
    return device && device == than ? collect_instances_next(instances, instance, device) : device;
}

size_t collect_instances_check(const CollectInstances *instances)
{
    size_t count = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        CollectDevice *const *link = &instances->buckets[i];
        for (const CollectDevice *device = *link; device; device = device->next_namesake) {
            assert(device->instance % BUCKETS == i);
            assert(device->namesake_link == link);
            link = &device->next_namesake;
            count++;
        }
    }
    return count;
}
