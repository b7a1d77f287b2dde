#include "apps/collect/site/store_scan.h"
#include "apps/collect/site/scan_json.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

/* Four statements in one transaction; their texts live until it has ended. */
typedef struct Storing {
    CollectStore store;
    char *device, *points;
    char address[BAC_ADDRESS_TEXT_MAX];
    uint32_t instance;
    size_t count;
    size_t left_out; /* objects that were not read out */
    PgValue device_values[5], point_values[6];
    PgStep steps[4];
} Storing;

static CollectStored stored_of(const Storing *storing, const PgRows *rows)
{
    return (CollectStored){.points = (uint32_t)storing->count,
                           .added = (uint32_t)pg_get_integer(rows, 0, 0),
                           .changed = (uint32_t)pg_get_integer(rows, 0, 1),
                           .gone = (uint32_t)pg_get_integer(rows, 0, 3)};
}

/* What is new, changed and gone since it was last read out. */
static void tell_scan(const Storing *storing, const PgRows *rows)
{
    const long long added = (long long)pg_get_integer(rows, 0, 0),
                    changed = (long long)pg_get_integer(rows, 0, 1),
                    gone = (long long)pg_get_integer(rows, 0, 2),
                    left_out = (long long)pg_get_integer(rows, 0, 5);
    bp_log(BP_LOG_INFO, "device %u (%s) read out: %zu points, %lld new, %lld changed, %lld gone",
           storing->instance, storing->address, storing->count, added, changed, gone);
    if (pg_get_integer(rows, 0, 3) > 0)
        bp_log(BP_LOG_WARNING, "device %u (%s) has these points no more, which are kept: %.*s",
               storing->instance, storing->address, BP_STR_ARGS(pg_get_text(rows, 0, 4)));
    if (left_out > 0)
        bp_log(BP_LOG_WARNING,
               "device %u (%s): %lld of its points are left out: site.max_points allows for %d in all",
               storing->instance, storing->address, left_out, (int)storing->store.cfg->site_max_points);
}

static void on_scan_stored(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Storing *storing = context;
    BacAddress address;
    CollectDevice *device = NULL;
    if (bac_address_parse(bp_str(storing->address), &address, NULL) == BP_OK)
        device = collect_poll_find(storing->store.poller, &address);
    if (status == BP_OK && pg_row_count(rows) > 0) {
        tell_scan(storing, rows);
        if (device) {
            device->stored = stored_of(storing, rows);
            device->points_left_out = (uint32_t)(storing->left_out + (size_t)pg_get_integer(rows, 0, 5));
            storing->store.on_stored(storing->store.owner, device, NULL);
        }
    } else if (status != BP_OK && device) {
        char why[sizeof err->text + 64];
        snprintf(why, sizeof why, "could not be stored: %s", err->text);
        storing->store.on_stored(storing->store.owner, device, why);
    }
    free(storing->device);
    free(storing->points);
    free(storing);
}

static PgValue id_or_null(int32_t device_id)
{
    return device_id ? pg_integer(device_id) : pg_null();
}

void collect_store_scan(const CollectStore *store, const CollectDevice *device, const CollectScan *scan,
                        const CollectKin *kin)
{
    Storing *storing = calloc(1, sizeof *storing);
    if (!storing)
        abort();
    (void)collect_scan_objects(scan, &storing->count);
    storing->store = *store;
    storing->instance = device->instance;
    storing->left_out = collect_scan_left_out(scan);
    storing->device = collect_scan_device_json(device, scan);
    storing->points = collect_scan_points_json(scan);
    bac_address_format(&device->peer.address, storing->address);
    const PgValue site = pg_text(bp_str(store->cfg->site));
    storing->device_values[0] = storing->point_values[0] = site;
    storing->device_values[1] = pg_text(bp_str(storing->device));
    storing->device_values[2] = storing->point_values[2] = pg_text(bp_str(storing->points));
    storing->device_values[3] = id_or_null(kin->moved);
    storing->device_values[4] = id_or_null(kin->renumbered);
    storing->point_values[1] = pg_text(bp_str(storing->address));
    storing->point_values[3] = pg_integer(store->cfg->site_max_points);
    storing->point_values[4] = pg_text(bp_str(store->cfg->points_enable));
    storing->point_values[5] = pg_bool(store->cfg->points_writable);
    storing->steps[0] = (PgStep){SQL_UPSERT_DEVICE, storing->device_values, 5};
    storing->steps[1] = (PgStep){SQL_UPDATE_POINTS, storing->point_values, 3};
    storing->steps[2] = (PgStep){SQL_INSERT_POINTS, storing->point_values, 6};
    storing->steps[3] = (PgStep){SQL_UPDATE_MISSING_POINTS, storing->point_values, 3};
    pg_transaction(store->pg, storing->steps, 4, on_scan_stored, storing);
}
