#include "apps/collect/ask/queues/wake.h"

#include <stdlib.h>

static void place(CollectWake *wake, size_t i, CollectDevice *device)
{
    wake->devices[i] = device;
    device->awaited.heap_index = (uint32_t)i;
}

/* Puts the device at `i`, which is free, or as far up from there as it is earlier. */
static void sift_up(CollectWake *wake, size_t i, CollectDevice *device)
{
    for (; i > 0 && device->awaited.due_us < wake->devices[(i - 1) / 2]->awaited.due_us; i = (i - 1) / 2)
        place(wake, i, wake->devices[(i - 1) / 2]);
    place(wake, i, device);
}

static void sift_down(CollectWake *wake, size_t i, CollectDevice *device)
{
    for (size_t child = 2 * i + 1; child < wake->count; child = 2 * i + 1) {
        if (child + 1 < wake->count &&
            wake->devices[child + 1]->awaited.due_us < wake->devices[child]->awaited.due_us)
            child++;
        if (wake->devices[child]->awaited.due_us >= device->awaited.due_us)
            break;
        place(wake, i, wake->devices[child]);
        i = child;
    }
    place(wake, i, device);
}

static void sift(CollectWake *wake, size_t i, CollectDevice *device)
{
    if (i > 0 && device->awaited.due_us < wake->devices[(i - 1) / 2]->awaited.due_us)
        sift_up(wake, i, device);
    else
        sift_down(wake, i, device);
}

static void take_out(CollectWake *wake, CollectDevice *device)
{
    const size_t i = device->awaited.heap_index;
    CollectDevice *last = wake->devices[--wake->count];
    device->awaited.heap_index = COLLECT_NOT_WOKEN;
    if (last != device)
        sift(wake, i, last);
}

static void grow(CollectWake *wake)
{
    wake->capacity = wake->capacity ? 2 * wake->capacity : 64;
    CollectDevice **devices = reallocarray(wake->devices, wake->capacity, sizeof(CollectDevice *));
    if (!devices)
        abort();
    wake->devices = devices;
}

void collect_wake_set(CollectWake *wake, CollectDevice *device, int64_t due_us)
{
    const bool is_in = device->awaited.heap_index != COLLECT_NOT_WOKEN;
    device->awaited.due_us = due_us;
    if (due_us == INT64_MAX && is_in) {
        take_out(wake, device);
    } else if (is_in) {
        sift(wake, device->awaited.heap_index, device);
    } else if (due_us != INT64_MAX) {
        if (wake->count == wake->capacity)
            grow(wake);
        sift_up(wake, wake->count++, device);
    }
}

CollectDevice *collect_wake_first(const CollectWake *wake)
{
    return wake->count > 0 ? wake->devices[0] : NULL;
}

void collect_wake_done(CollectWake *wake)
{
    free(wake->devices);
    *wake = (CollectWake){0};
}
