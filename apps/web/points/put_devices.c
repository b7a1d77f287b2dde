/* Devices, and what is held of points. */
#include "apps/web/points/put.h"

#include "apps/web/points/site.h"

#include <stdlib.h>

enum { TEXTS = 10 };

/* All texts of a device, so that they are compared, measured and copied in one place. */
static void list_texts(StoreDevice *facts, BpStr *ret_texts[TEXTS])
{
    BpStr *const texts[TEXTS] = {
        &facts->name,  &facts->description, &facts->location, &facts->address, &facts->vendor,
        &facts->model, &facts->firmware,    &facts->state,    &facts->reason,  NULL};
    memcpy(ret_texts, texts, sizeof texts);
}

static bool is_same(StoreDevice *a, StoreDevice *b)
{
    BpStr *of_a[TEXTS], *of_b[TEXTS];
    list_texts(a, of_a);
    list_texts(b, of_b);
    bool same = a->instance == b->instance && a->since_us == b->since_us &&
                a->interval_ms == b->interval_ms && a->is_enabled == b->is_enabled &&
                a->is_replaced == b->is_replaced;
    for (size_t i = 0; of_a[i] && same; i++)
        same = bp_str_equal(*of_a[i], *of_b[i]);
    return same;
}

/* Takes what is given, with copies of its texts. */
static void set_facts(Device *device, const StoreDevice *given)
{
    StoreDevice facts = *given;
    BpStr *texts[TEXTS];
    size_t size = 1;
    list_texts(&facts, texts);
    for (size_t i = 0; texts[i]; i++)
        size += texts[i]->size + 1;
    char *memory = store_grow(NULL, size, 1), *at = memory;
    for (size_t i = 0; texts[i]; i++) {
        if (texts[i]->size)
            memcpy(at, texts[i]->data, texts[i]->size);
        texts[i]->data = at;
        at += texts[i]->size;
        *at++ = '\0';
    }
    facts.point_count = device->facts.point_count;
    device->is_renamed = device->texts && !bp_str_equal(device->facts.name, facts.name);
    device->key_size = (uint8_t)fold_key(facts.name, device->key);
    free(device->texts);
    device->texts = memory;
    device->facts = facts;
}

static void add_device(Site *site, Device *device, size_t place)
{
    uint32_t number = 0;
    while (number < site->device_slot_count && site->device_slots[number])
        number++; /* devices are few, and seldom new */
    const size_t count = site->facts.device_count;
    if (number == site->device_capacity) {
        site->device_capacity = site->device_capacity ? 2 * site->device_capacity : 64;
        site->device_slots = store_grow(site->device_slots, site->device_capacity, sizeof(Device *));
        site->devices = store_grow(site->devices, site->device_capacity, sizeof(Device *));
        site->device_names = store_grow(site->device_names, site->device_capacity, sizeof(Device *));
    }
    if (number == site->device_slot_count)
        site->device_slot_count++;
    site->device_slots[number] = device;
    device->number = number;
    memmove(site->devices + place + 1, site->devices + place, (count - place) * sizeof(Device *));
    site->devices[place] = device;
    site->facts.device_count++;
}

/* Those that were not given and have no points. */
static bool remove_devices(Site *site)
{
    size_t left = 0;
    const size_t before = site->facts.device_count;
    for (size_t i = 0; i < before; i++) {
        Device *device = site->devices[i];
        if (device->is_given || device->facts.point_count) {
            site->devices[left++] = device;
            continue;
        }
        site->device_slots[device->number] = NULL;
        free(device->texts);
        free(device);
    }
    site->facts.device_count = left;
    return left != before;
}

static int compare_devices(const void *a, const void *b)
{
    const Device *of_a = *(Device *const *)a, *of_b = *(Device *const *)b;
    const int by = bp_str_compare((BpStr){of_a->key, of_a->key_size}, (BpStr){of_b->key, of_b->key_size});
    return by ? by : (of_a->facts.id > of_b->facts.id) - (of_a->facts.id < of_b->facts.id);
}

void store_put_devices(StoreSite *site, const StoreDevice *given, size_t count)
{
    Site *inside = site_of(site);
    bool is_changed = false, is_renamed = false;
    for (size_t i = 0; i < site->device_count; i++)
        inside->devices[i]->is_given = false;
    for (size_t i = 0; i < count; i++) {
        size_t place;
        StoreDevice now = given[i];
        Device *device = site_find_device(inside, now.id, &place);
        if (!device) {
            device = store_grow(NULL, 1, sizeof *device);
            *device = (Device){0};
            add_device(inside, device, place);
        }
        device->is_given = true;
        device->facts.last_answer_us = now.last_answer_us; /* which changes all the time, and is no change */
        if (device->texts && is_same(&device->facts, &now))
            continue;
        set_facts(device, &now);
        is_renamed |= device->is_renamed;
        is_changed = true;
    }
    is_changed |= remove_devices(inside);
    if (!is_changed)
        return;
    memcpy(inside->device_names, inside->devices, site->device_count * sizeof(Device *));
    qsort(inside->device_names, site->device_count, sizeof(Device *), compare_devices);
    if (is_renamed)
        site_devices_renamed(inside);
    for (size_t i = 0; i < site->device_count; i++) {
        inside->devices[i]->is_renamed = false;
        inside->device_names[i]->place = (uint32_t)i;
    }
    BP_INVARIANT(site_check(inside));
    site_changed(inside, STORE_DEVICES);
}

/* ---- overrides ---- */

static bool is_same_held(const StoreOverride *a, const StoreOverride *b)
{
    return a && b && a->priority == b->priority && a->until_us == b->until_us && a->is_ours == b->is_ours &&
           bp_str_equal(bp_str(a->by), bp_str(b->by));
}

/* With its text behind it, in one piece of memory. */
static StoreOverride *copy_held(const StoreOverride *held)
{
    const size_t size = strlen(held->by) + 1;
    StoreOverride *copy = store_grow(NULL, sizeof *copy + size, 1);
    char *text = (char *)(copy + 1);
    *copy = *held;
    memcpy(text, held->by, size);
    copy->by = text;
    return copy;
}

void store_put_overrides(StoreSite *site, const StoreHeld *given, size_t count)
{
    Site *inside = site_of(site);
    bool is_changed = false;
    size_t at = 0;
    for (size_t i = 0; i < site->point_count; i++) {
        const uint32_t number = inside->orders[ORDER_ID][i];
        StorePoint *point = &inside->slots[number].point;
        while (at < count && given[at].point < point->id)
            at++;
        const StoreOverride *now = at < count && given[at].point == point->id ? &given[at].held : NULL;
        if (point->held == now || is_same_held(point->held, now))
            continue;
        free((void *)(uintptr_t)point->held);
        point->held = now ? copy_held(now) : NULL;
        inside->rows[number].flags =
            (uint8_t)((inside->rows[number].flags & ~ROW_IS_HELD) | (now ? ROW_IS_HELD : 0));
        is_changed = true;
    }
    if (is_changed)
        site_changed(inside, STORE_OVERRIDES);
}
