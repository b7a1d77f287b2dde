/* Which points of a device are read: what was learned of those that stay is kept. */
#include "apps/collect/ask/device/cov.h"
#include "apps/collect/ask/device/rounds.h"
#include "apps/collect/ask/turn.h"
#include "base/invariant.h"

#include <stdlib.h>

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        abort();
    return memory;
}

static int compare_ids(const void *left, const void *right)
{
    const CollectPoint *a = left, *b = right;
    return (a->point_id > b->point_id) - (a->point_id < b->point_id);
}

/* What was learned of a point holds for as long as it is the same property of the same object. */
static void keep_learned(CollectPoint *point, const CollectPoint *old, size_t old_count)
{
    const CollectPoint *same = old_count ? bsearch(point, old, old_count, sizeof *old, compare_ids) : NULL;
    if (!same || !bac_object_equal(same->object, point->object) || same->property != point->property)
        return;
    const CollectPoint given = *point;
    *point = *same;
    point->interval_us = given.interval_us;
    point->cov = given.cov;
    point->cov_increment = given.cov_increment;
    point->state_count = given.state_count;
}

/* Both sorted by point_id: what was given is compared with what is there. */
bool collect_points_differ(const CollectDevice *device, const CollectPoint *points, size_t count)
{
    if (count != device->point_count)
        return true;
    CollectPoint *sorted = allocate(count, sizeof *sorted), *given = allocate(count, sizeof *given);
    bool differ = false;
    if (count) {
        memcpy(sorted, device->points, count * sizeof *sorted);
        memcpy(given, points, count * sizeof *given);
        qsort(sorted, count, sizeof *sorted, compare_ids);
        qsort(given, count, sizeof *given, compare_ids);
    }
    for (size_t i = 0; i < count && !differ; i++)
        differ = sorted[i].point_id != given[i].point_id || sorted[i].interval_us != given[i].interval_us ||
                 sorted[i].property != given[i].property || sorted[i].state_count != given[i].state_count ||
                 sorted[i].cov != given[i].cov || !bac_object_equal(sorted[i].object, given[i].object);
    free(sorted);
    free(given);
    return differ;
}

void collect_poll_set_points(CollectPoller *poller, CollectDevice *device, const CollectPoint *points,
                             size_t count, int64_t now_us)
{
    collect_readings_end(&poller->shared, device);
    CollectPoint *old = device->points;
    const size_t old_count = device->point_count;
    if (old_count > 0)
        qsort(old, old_count, sizeof *old, compare_ids);
    device->points = allocate(count, sizeof *points);
    device->point_count = count;
    for (size_t i = 0; i < count; i++) {
        device->points[i] = points[i];
        keep_learned(&device->points[i], old, old_count);
    }
    free(old);
    collect_readings_resize(device);
    collect_rounds_plan(device, now_us);
    collect_cov_plan(&poller->shared, device, now_us);
    collect_turn_look_at(poller, device, now_us);
    collect_turn_serve(poller, now_us);
    BP_INVARIANT(collect_check_device(poller, device));
}
