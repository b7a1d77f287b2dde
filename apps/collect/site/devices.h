/* Devices of the site are the poller's: what their rows say, and who is who where a device has moved. */
#ifndef COLLECT_SITE_DEVICES_H
#define COLLECT_SITE_DEVICES_H

#include "apps/collect/site/known.h"

/* Columns of select_collect_known, whose rows are the devices and behind them the points. */
enum {
    COLLECT_ROW_DEVICE_ID,
    COLLECT_ROW_ADDRESS,
    COLLECT_ROW_INSTANCE,
    COLLECT_ROW_MAX_APDU,
    COLLECT_ROW_ENABLED,
    COLLECT_ROW_INTERVAL_MS,
    COLLECT_ROW_READ_MULTIPLE,
    COLLECT_ROW_LEARNED,
    COLLECT_ROW_IS_REPLACED,
    COLLECT_ROW_POINT_ID, /* NULL: the row is a device's */
};

size_t collect_site_count_devices(const PgRows *rows);

/* ---- devices.c ---- */

CollectDevice *collect_site_find_device(const CollectPoller *poller, int32_t device_id); /* NULL: none */

/* The first `count` rows are all devices that there are. */
void collect_site_take_devices(const CollectKnownOptions *known, const PgRows *rows, size_t count);

/* ---- moves.c ---- */

/* Rows that are gone, or say something else of who the device is and where: it is forgotten, to be taken in
 * anew. */
void collect_site_forget_devices(const CollectKnownOptions *known, const PgRows *rows, size_t count);

/* Which devices a stranger may be that was read out: device_ids, or 0 (see device_store in the database). */
typedef struct CollectKin {
    int32_t moved;      /* the same instance, at another address now */
    int32_t renumbered; /* the same address, under another instance now */
} CollectKin;

CollectKin collect_site_find_kin(const CollectPoller *poller, const CollectDevice *device);

#endif
