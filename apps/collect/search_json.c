#include "apps/collect/search_json.h"

#include <stdlib.h>

static json_t *device_json(const CollectDevice *device)
{
    char address[BAC_ADDRESS_TEXT_MAX];
    const CollectStored stored = device->sought.is_stored ? device->stored : (CollectStored){0};
    return json_pack("{s:I, s:s, s:b, s:b, s:b, s:i, s:i, s:i, s:i}", "instance",
                     (json_int_t)device->instance, "address",
                     bac_address_format(&device->peer.address, address), "is_new",
                     collect_device_is_added(device), "is_read", device->sought.is_stored, "has_failed",
                     device->sought.has_failed, "points", (int)stored.points, "points_new", (int)stored.added,
                     "points_changed", (int)stored.changed, "points_gone", (int)stored.gone);
}

static json_t *devices_json(const CollectNetwork *network, CollectDevice *devices)
{
    json_t *json = json_array();
    for (const CollectDevice *device = devices; device; device = device->next) {
        const bool is_told =
            collect_network_was_found(network, device) &&
            (device->sought.was_new || device->sought.is_stored || device->sought.has_failed);
        if (is_told && json_array_size(json) < COLLECT_SEARCH_TOLD_MAX)
            json_array_append_new(json, device_json(device));
    }
    return json;
}

json_t *collect_search_json(const CollectNetwork *network, CollectDevice *devices)
{
    const CollectSearchState state = collect_network_search_state(network);
    json_t *json = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "answered", (json_int_t)state.answered, "new",
        (json_int_t)state.added, "changed", (json_int_t)state.changed, "read_out", (json_int_t)state.read_out,
        "failed", (json_int_t)state.failed, "points", (json_int_t)state.points, "points_new",
        (json_int_t)state.points_added, "points_changed", (json_int_t)state.points_changed, "points_gone",
        (json_int_t)state.points_gone, "devices", devices_json(network, devices));
    if (!json)
        abort();
    return json;
}
