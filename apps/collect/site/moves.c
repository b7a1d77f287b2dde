/* Devices that have moved, were renumbered, or lost their address: rows that say something else than the
 * device, and strangers that may be known ones. */
#include "apps/collect/site/devices.h"
#include "base/log.h"

/* What the row says now that the device is not. */
static void tell_change(const CollectDevice *device, const PgRows *rows, size_t row,
                        const BacAddress *address)
{
    char here[BAC_ADDRESS_TEXT_MAX], there[BAC_ADDRESS_TEXT_MAX];
    const unsigned instance = (unsigned)pg_get_integer(rows, row, COLLECT_ROW_INSTANCE);
    bac_address_format(&device->peer.address, here);
    if (instance != device->instance)
        bp_log(BP_LOG_NOTICE, "device %u (%s) is device %u now, and keeps its points", device->instance, here,
               instance);
    if (!bac_address_equal(address, &device->peer.address))
        bp_log(BP_LOG_NOTICE, "device %u, which was at %s, is at %s now, and keeps its points", instance,
               here, bac_address_format(address, there));
    else if (instance == device->instance && !pg_get_bool(rows, row, COLLECT_ROW_IS_REPLACED))
        bp_log(BP_LOG_NOTICE, "device %u is at %s again", instance, here);
}

/* It lost its address, and the one that has it now is it again, under its own name. */
static bool is_back(const CollectKnownOptions *known, const CollectDevice *device)
{
    const CollectDevice *there = collect_poll_find(known->poller, &device->peer.address);
    return device->is_evicted && there && there->device_id == 0 && there->instance == device->instance;
}

/* One that lost its address stays as it is until the row says something else than it said before. */
static bool is_row_of(const CollectKnownOptions *known, const PgRows *rows, size_t row,
                      const CollectDevice *device)
{
    BacAddress address;
    if (pg_get_integer(rows, row, COLLECT_ROW_DEVICE_ID) != device->device_id ||
        bac_address_parse(pg_get_text(rows, row, COLLECT_ROW_ADDRESS), &address, NULL) != BP_OK)
        return false;
    const bool is_same = (uint32_t)pg_get_integer(rows, row, COLLECT_ROW_INSTANCE) == device->instance &&
                         bac_address_equal(&address, &device->peer.address);
    const bool is_replaced = pg_get_bool(rows, row, COLLECT_ROW_IS_REPLACED);
    if (is_same && (is_replaced ? device->is_evicted : !device->row_is_replaced && !is_back(known, device)))
        return true;
    tell_change(device, rows, row, &address);
    return false;
}

void collect_site_forget_devices(const CollectKnownOptions *known, const PgRows *rows, size_t count)
{
    CollectDevice *next;
    for (CollectDevice *device = collect_poll_devices(known->poller); device; device = next) {
        next = device->next;
        bool is_there = device->device_id == 0;
        for (size_t row = 0; row < count && !is_there; row++)
            if (is_row_of(known, rows, row, device)) {
                device->row_is_replaced = pg_get_bool(rows, row, COLLECT_ROW_IS_REPLACED);
                is_there = true;
            }
        if (is_there)
            continue;
        known->forget(known->owner, device);
    }
}

/* Of a stranger that was read out: who it may be. */
CollectKin collect_site_find_kin(const CollectPoller *poller, const CollectDevice *device)
{
    const CollectDevice *namesake = NULL;
    CollectKin kin = {0};
    if (device->device_id)
        return kin;
    if (collect_poll_namesake(poller, device, &namesake) == COLLECT_NAMESAKE_GONE)
        kin.moved = namesake->device_id;
    for (CollectDevice *gone = collect_poll_devices(poller); gone; gone = gone->next)
        if (gone->is_evicted && bac_address_equal(&gone->peer.address, &device->peer.address) &&
            !collect_poll_find_instance(poller, gone->instance, gone))
            kin.renumbered = gone->device_id;
    return kin;
}
