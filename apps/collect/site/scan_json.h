/* What was read out of a device, as device_store and point_store of the database take it. */
#ifndef COLLECT_SITE_SCAN_JSON_H
#define COLLECT_SITE_SCAN_JSON_H

#include "apps/collect/ask/device/device.h"
#include "apps/collect/ask/jobs/scan.h"

/* Both are to be freed. */
char *collect_scan_device_json(const CollectDevice *device, const CollectScan *scan);
char *collect_scan_points_json(const CollectScan *scan);

#endif
