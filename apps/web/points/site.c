#include "apps/web/points/site.h"

#include <assert.h>
#include <stdlib.h>

Site *site_new(Store *store, BpStr id)
{
    Site *site = store_grow(NULL, 1, sizeof *site);
    char *text = strndup(id.data, id.size);
    if (!text)
        abort();
    *site = (Site){.store = store, .facts.id = text};
    return site;
}

void site_roles_free(Site *site)
{
    for (size_t i = 0; i < site->role_count; i++) {
        free(site->roles[i].role);
        free(site->roles[i].state);
    }
    free(site->roles);
    site->roles = NULL;
    site->role_count = 0;
}

void site_free(Site *site)
{
    for (uint32_t i = 0; i < site->slot_count; i++) {
        free(site->slots[i].texts);
        free((void *)(uintptr_t)site->slots[i].point.held);
    }
    for (size_t i = 0; i < site->facts.device_count; i++) {
        free(site->devices[i]->texts);
        free(site->devices[i]);
    }
    site_roles_free(site);
    for (int i = 0; i < ORDER_COUNT; i++)
        free(site->orders[i]);
    free(site->slots);
    free(site->rows);
    free(site->free);
    free(site->search);
    free(site->devices);
    free(site->device_names);
    free(site->device_slots);
    free((char *)(uintptr_t)site->facts.id);
    free((char *)(uintptr_t)site->facts.name);
    free((char *)(uintptr_t)site->facts.zone);
    free((char *)(uintptr_t)site->facts.mode);
    free(site);
}

Slot *site_find_point(const Site *site, int64_t id)
{
    const uint32_t *order = site->orders[ORDER_ID];
    size_t low = 0, high = site->facts.point_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        Slot *slot = &site->slots[order[middle]];
        if (slot->point.id == id)
            return slot;
        if (slot->point.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

Device *site_find_device(const Site *site, int64_t id, size_t *ret_place)
{
    size_t low = 0, high = site->facts.device_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (site->devices[middle]->facts.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (ret_place)
        *ret_place = low;
    return low < site->facts.device_count && site->devices[low]->facts.id == id ? site->devices[low] : NULL;
}

void site_check(const Site *site)
{
    size_t used = 0, of_devices = 0;
    for (uint32_t i = 0; i < site->slot_count; i++)
        used += site->rows[i].flags & ROW_IS_USED ? 1 : 0;
    assert(used == site->facts.point_count && used + site->free_count == site->slot_count);
    for (SiteOrder order = ORDER_ID; order < ORDER_COUNT; order++) {
        for (size_t i = 0; i < used; i++) {
            const uint32_t number = site->orders[order][i];
            assert(site->rows[number].flags & ROW_IS_USED && !(site->rows[number].flags & ROW_IS_MOVING));
            assert(i == 0 ||
                   order_compare(order, &site->slots[site->orders[order][i - 1]], &site->slots[number]) < 0);
        }
    }
    for (size_t i = 0; i < site->facts.device_count; i++) {
        const Device *device = site->devices[i];
        of_devices += device->facts.point_count;
        assert(site->device_slots[device->number] == device && !device->is_renamed);
        assert(i == 0 || site->devices[i - 1]->facts.id < device->facts.id);
    }
    assert(of_devices == used && site->search_garbage <= site->search_size);
}
