#include "apps/collect/ask/device/readings.h"

#include "base/time.h"

#include <assert.h>
#include <stdlib.h>

enum { FLUSH_AFTER_S = 5 }; /* readings of a slow round do not wait longer for its end */

static void give_out(CollectShared *shared, const CollectDevice *device, size_t count)
{
    if (count == 0 || !device->device_id)
        return;
    shared->telling++;
    shared->hooks.on_readings(shared->hooks.owner, device, device->readings.all, count);
    shared->telling--;
}

void collect_readings_forget(CollectDevice *device)
{
    device->readings.count = 0;
    bp_arena_reset(&device->readings.reasons);
}

void collect_readings_flush(CollectShared *shared, CollectDevice *device)
{
    if (device->identity.is_suspect)
        return;
    give_out(shared, device, device->readings.count);
    collect_readings_forget(device);
}

void collect_readings_flush_late(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    if (device->readings.count > 0 && now_us - device->readings.first_us >= FLUSH_AFTER_S * BP_SECOND)
        collect_readings_flush(shared, device);
}

void collect_readings_end(CollectShared *shared, CollectDevice *device)
{
    collect_readings_flush(shared, device);
    collect_readings_forget(device);
}

void collect_readings_cover(CollectDevice *device)
{
    device->readings.covered = device->readings.count;
}

void collect_readings_release_covered(CollectShared *shared, CollectDevice *device)
{
    CollectReadings *readings = &device->readings;
    const size_t count = readings->covered < readings->count ? readings->covered : readings->count;
    give_out(shared, device, count);
    readings->count -= count;
    readings->covered = 0;
    for (size_t i = 0; i < readings->count; i++)
        readings->all[i] = readings->all[count + i];
    if (readings->count == 0)
        collect_readings_forget(device);
}

void collect_readings_add(CollectShared *shared, CollectDevice *device, const CollectPoint *point,
                          const CollectSample *sample, int64_t now_us)
{
    CollectReadings *readings = &device->readings;
    shared->counts.reads++;
    shared->counts.reads_failed += sample->problem != NULL;
    if (readings->count == device->point_count)
        return; /* it is suspect, and there is one of each point already */
    if (readings->count == 0)
        readings->first_us = now_us;
    readings->all[readings->count++] =
        collect_decode_reading(point->point_id, now_us + shared->wall_offset_us, sample, &readings->reasons);
    if (readings->count == device->point_count)
        collect_readings_flush(shared, device);
}

void collect_readings_add_problem(CollectShared *shared, CollectDevice *device, const CollectPoint *point,
                                  const char *problem, int64_t now_us)
{
    const CollectSample sample = {.problem = problem};
    collect_readings_add(shared, device, point, &sample, now_us);
}

void collect_readings_take(CollectShared *shared, CollectDevice *device, CollectPoint *point,
                           const CollectSample *sample, int64_t now_us)
{
    point->flags = sample->flags;
    if (!sample->problem)
        point->refusals = 0;
    if (sample->octets > point->value_octets)
        point->value_octets = sample->octets;
    collect_readings_add(shared, device, point, sample, now_us);
}

void collect_readings_resize(CollectDevice *device)
{
    assert(device->readings.count == 0);
    free(device->readings.all);
    device->readings.all = calloc(device->point_count ? device->point_count : 1, sizeof(MdlReading));
    if (!device->readings.all)
        abort();
}

void collect_readings_done(CollectDevice *device)
{
    free(device->readings.all);
    bp_arena_done(&device->readings.reasons);
}
