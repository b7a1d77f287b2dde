/* Reading a device out: what it is, which objects it has, and what their points are called. One request at a
 * time; the poller sends them when nothing more urgent is to be asked. */
#ifndef COLLECT_ASK_JOBS_SCAN_H
#define COLLECT_ASK_JOBS_SCAN_H

#include "apps/collect/ask/device/limits.h"
#include "bacnet/talk/client.h"
#include "bacnet/wire/object.h"
#include "base/arena.h"

typedef struct CollectScan CollectScan;

enum { COLLECT_SCAN_OBJECTS_MAX = 50000, COLLECT_SCAN_STATES_MAX = 256 };

/* Texts are UTF-8 in the scan's arena, "" where the device has none. */
typedef struct CollectScanDevice {
    uint32_t instance;
    const char *name, *description, *location, *vendor_name, *model_name, *firmware_revision,
        *application_software_version;
    int32_t vendor_id, protocol_revision; /* 0 to 65535; -1: not said, or what cannot be */
    uint32_t max_apdu;
    uint8_t segmentation;
    uint64_t services; /* bit n: BacServiceSupported n, of the first 64 */
} CollectScanDevice;

/* An object whose present value is a number. Numbers that it does not say are NaN. */
typedef struct CollectScanObject {
    BacObjectId id;
    const char *name, *description;
    int64_t units; /* BacUnits, or -1 */
    double min, max, resolution, cov_increment;
    bool commandable;
    const char **states; /* of a multi-state object from 1; of a binary one inactive, active */
    size_t state_count;
} CollectScanObject;

/* `instance` as the device's I-Am said it. */
CollectScan *collect_scan_new(uint32_t instance, uint32_t max_apdu, uint8_t segmentation);

/* At most so many points are read out, COLLECT_SCAN_OBJECTS_MAX if not said; said before it begins. */
void collect_scan_set_most(CollectScan *scan, size_t points);
void collect_scan_free(CollectScan *scan);

/* Writes the parameters of the next request and returns its service, so that it fits the limits. */
uint8_t collect_scan_ask(CollectScan *scan, const CollectLimits *limits, BpBuf *out);

/* Takes the answer to it, and lowers the limits where it shows that they were too wide. */
void collect_scan_take(CollectScan *scan, CollectLimits *limits, const BacAnswer *answer, int64_t now_us);

/* It cannot go on. */
void collect_scan_fail(CollectScan *scan, const char *why);

bool collect_scan_is_over(const CollectScan *scan);
const char *collect_scan_failure(const CollectScan *scan); /* NULL: it ended well */

const CollectScanDevice *collect_scan_device(const CollectScan *scan);
const CollectScanObject *collect_scan_objects(const CollectScan *scan, size_t *ret_count);

/* What of the device was odd and was left out: objects that it lists twice or beyond the most, numbers that
 * cannot be. In words, "" for nothing. */
const char *collect_scan_oddities(CollectScan *scan);
size_t collect_scan_left_out(const CollectScan *scan);     /* objects beyond the most */
size_t collect_scan_object_count(const CollectScan *scan); /* length of the object list, others included */

#endif
