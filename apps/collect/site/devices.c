/* A device's row is a device of the poller, by its device_id. */
#include "apps/collect/site/devices.h"
#include "apps/collect/site/learned_json.h"
#include "base/log.h"
#include "base/time.h"

CollectDevice *collect_site_find_device(const CollectPoller *poller, int32_t device_id)
{
    for (CollectDevice *device = collect_poll_devices(poller); device; device = device->next)
        if (device->device_id == device_id)
            return device;
    return NULL;
}

/* Takes in the device of a row whose address nobody has but, perhaps, a stranger: who is then this device, or
 * gives way to it. */
static CollectDevice *add_device(const CollectKnownOptions *known, const PgRows *rows, size_t row,
                                 const BacAddress *address)
{
    BpError err;
    const uint32_t instance = (uint32_t)pg_get_integer(rows, row, COLLECT_ROW_INSTANCE);
    CollectDevice *device = collect_poll_find(known->poller, address);
    if (device && device->device_id == 0 && device->instance == instance)
        return device;
    if (device && device->device_id == 0)
        known->forget(known->owner, device);
    if (collect_poll_add(known->poller, address, instance,
                         (uint32_t)pg_get_integer(rows, row, COLLECT_ROW_MAX_APDU),
                         pg_get_bool(rows, row, COLLECT_ROW_READ_MULTIPLE), &device, &err) == BP_OK)
        return device;
    bp_log(BP_LOG_WARNING, "%s", err.text);
    return NULL;
}

static void take_device(const CollectKnownOptions *known, const PgRows *rows, size_t row)
{
    BacAddress address;
    BpError err;
    const int32_t device_id = (int32_t)pg_get_integer(rows, row, COLLECT_ROW_DEVICE_ID);
    if (bac_address_parse(pg_get_text(rows, row, COLLECT_ROW_ADDRESS), &address, &err) != BP_OK) {
        bp_log(BP_LOG_WARNING, "table device: %s; device_id %d is left alone", err.text, (int)device_id);
        return;
    }
    CollectDevice *device = collect_site_find_device(known->poller, device_id);
    const bool is_new = !device;
    if (is_new && pg_get_bool(rows, row, COLLECT_ROW_IS_REPLACED))
        device = collect_poll_add_evicted(known->poller, &address,
                                          (uint32_t)pg_get_integer(rows, row, COLLECT_ROW_INSTANCE));
    else if (is_new)
        device = add_device(known, rows, row, &address);
    if (!device)
        return;
    if (is_new) {
        device->device_id = device_id;
        device->row_is_replaced = pg_get_bool(rows, row, COLLECT_ROW_IS_REPLACED);
        collect_learned_recall(device, pg_get_text(rows, row, COLLECT_ROW_LEARNED), loop_now_us(known->loop));
        collect_states_tell(known->states, device);
    }
    const bool enabled = pg_get_bool(rows, row, COLLECT_ROW_ENABLED);
    const int64_t interval_us = pg_get_integer(rows, row, COLLECT_ROW_INTERVAL_MS) * BP_MS;
    device->interval_us = interval_us ? interval_us : known->cfg->poll_interval;
    if (device->enabled != enabled)
        collect_poll_enable(known->poller, device, enabled, loop_now_us(known->loop));
}

size_t collect_site_count_devices(const PgRows *rows)
{
    size_t count = 0;
    while (count < pg_row_count(rows) && pg_is_null(rows, count, COLLECT_ROW_POINT_ID))
        count++;
    return count;
}

void collect_site_take_devices(const CollectKnownOptions *known, const PgRows *rows, size_t count)
{
    collect_site_forget_devices(known, rows, count);
    for (size_t row = 0; row < count; row++)
        take_device(known, rows, row);
}
