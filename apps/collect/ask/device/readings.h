/* Readings of a device until they are given to the owner, all of a round together. While the device is
 * suspect they wait for its own word (identity.h). */
#ifndef COLLECT_ASK_DEVICE_READINGS_H
#define COLLECT_ASK_DEVICE_READINGS_H

#include "apps/collect/ask/device/decode.h"
#include "apps/collect/ask/device/shared.h"

/* Adds what was read of the point, or why it was not. */
void collect_readings_add(CollectShared *shared, CollectDevice *device, const CollectPoint *point,
                          const CollectSample *sample, int64_t now_us);
void collect_readings_add_problem(CollectShared *shared, CollectDevice *device, const CollectPoint *point,
                                  const char *problem, int64_t now_us);

/* The same for a value that was read or told, and what it teaches of its point. */
void collect_readings_take(CollectShared *shared, CollectDevice *device, CollectPoint *point,
                           const CollectSample *sample, int64_t now_us);

/* Gives the readings so far to the owner; while the device is suspect they wait. */
void collect_readings_flush(CollectShared *shared, CollectDevice *device);

/* The same where the first of them has waited for long. */
void collect_readings_flush_late(CollectShared *shared, CollectDevice *device, int64_t now_us);

/* A probe goes out now. */
void collect_readings_cover(CollectDevice *device);

/* The device has said that it was there when it was asked: what it told before that is its own. */
void collect_readings_release_covered(CollectShared *shared, CollectDevice *device);

/* They are nobody's. */
void collect_readings_forget(CollectDevice *device);

/* The device's points or the device itself are about to go: so do its readings, of which those that wait are
 * nobody's. */
void collect_readings_end(CollectShared *shared, CollectDevice *device);

/* Makes room for one of each point, when there are none. */
void collect_readings_resize(CollectDevice *device);
void collect_readings_done(CollectDevice *device);

#endif
