/* Points into their slots: texts, what a search looks at, and their places in each order. */
#include "apps/web/points/put.h"

#include "apps/web/points/site.h"
#include "apps/web/points/tags.h"

#include "bacnet/wire/enums.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

enum {
    FOLDED_MAX = 12 * 1024, /* of one point, folded: more than two texts of STORE_TEXT_MAX as a rule */
    SEARCH_GARBAGE_MIN = 256 * 1024, /* below that it is not worth a walk */
    PATH_SIZE_MAX = 2 * STORE_TEXT_MAX + 40,
};

/* As point_label of the database: "AHU-1/SAT" of AHU-1 is its own path, "SAT" has the device in front. */
static BpStr path_of(const StorePoint *point, char ret_path[PATH_SIZE_MAX])
{
    const BpStr device = point->device->name, name = point->name;
    if (device.size && name.size >= device.size && strncasecmp(name.data, device.data, device.size) == 0)
        return name;
    BpBuf out = bp_buf(ret_path, PATH_SIZE_MAX);
    if (device.size)
        bp_buf_str(&out, device);
    else
        bp_buf_printf(&out, "device %d", point->device->instance);
    bp_buf_u8(&out, '/');
    if (name.size)
        bp_buf_str(&out, name);
    else
        bp_buf_printf(&out, "%.80s,%d", point->object_type, point->object_instance);
    return bp_buf_text(&out);
}

/* Copies `text`, and a zero behind it, to *at, which goes on behind that. */
static BpStr keep(char **at, BpStr text)
{
    const BpStr kept = {*at, text.size};
    if (text.size)
        memcpy(*at, text.data, text.size);
    (*at)[text.size] = '\0';
    *at += text.size + 1;
    return kept;
}

/* Name, description, path and key of the slot, in one piece of memory. True: the key is another one. */
static bool set_texts(Slot *slot, BpStr name, BpStr description)
{
    char key[FOLD_KEY_MAX], path_memory[PATH_SIZE_MAX];
    StorePoint *point = &slot->point;
    char *before = slot->texts;
    point->name = name;
    const BpStr path = path_of(point, path_memory);
    const size_t key_size = fold_key(path, key);
    const bool is_own_path = path.data != name.data;
    char *at = slot->texts =
        store_grow(NULL, name.size + description.size + (is_own_path ? path.size : 0) + key_size + 4, 1);
    point->name = keep(&at, name);
    point->description = keep(&at, description);
    point->path = is_own_path ? keep(&at, path) : point->name;
    const BpStr kept_key = keep(&at, (BpStr){key, key_size});
    const bool is_other =
        !before || !bp_str_equal((BpStr){slot->key, slot->key_size}, (BpStr){key, key_size});
    slot->key = kept_key.data;
    slot->key_size = (uint8_t)key_size;
    free(before);
    return is_other;
}

/* ---- what is searched ---- */

static void add_search(Site *site, uint32_t number, BpStr folded)
{
    Row *row = &site->rows[number];
    if (site->search_size + folded.size > UINT32_MAX)
        folded.size = 0; /* 4 GB of names: what comes now is not found by its texts */
    if (site->search_size + folded.size > site->search_capacity) {
        site->search_capacity = 2 * site->search_capacity + folded.size + 4096;
        site->search = store_grow(site->search, site->search_capacity, 1);
    }
    if (folded.size && site->search)
        memcpy(site->search + site->search_size, folded.data, folded.size);
    row->text_at = (uint32_t)site->search_size;
    row->text_size = (uint16_t)folded.size;
    site->search_size += folded.size;
}

static BpStr search_of(const Site *site, uint32_t number)
{
    return (BpStr){site->search + site->rows[number].text_at, site->rows[number].text_size};
}

/* Words are looked for in each line by itself: none has a newline. */
static void set_search(Site *site, uint32_t number)
{
    char memory[FOLDED_MAX];
    const StorePoint *point = &site->slots[number].point;
    BpBuf folded = bp_buf(memory, sizeof memory);
    fold_text(&folded, point->path);
    bp_buf_u8(&folded, '\n');
    fold_text(&folded, point->description);
    const BpStr before = search_of(site, number), now = bp_buf_text(&folded);
    if (before.data && before.size && bp_str_equal(before, now))
        return;
    site->search_garbage += before.size;
    add_search(site, number, now);
}

/* In order of names, so that a search walks through memory as it lies. */
static void tidy_search(Site *site)
{
    if (site->search_garbage < SEARCH_GARBAGE_MIN || site->search_garbage < site->search_size / 2)
        return;
    char *before = site->search;
    site->search = NULL;
    site->search_size = site->search_capacity = site->search_garbage = 0;
    for (size_t i = 0; i < site->facts.point_count; i++) {
        const uint32_t number = site->orders[ORDER_NAME][i];
        const Row *row = &site->rows[number];
        add_search(site, number, (BpStr){before + row->text_at, row->text_size});
    }
    free(before);
}

/* ---- slots ---- */

static uint32_t take_slot(Site *site)
{
    if (site->free_count)
        return site->free[--site->free_count];
    if (site->slot_count == site->slot_capacity) {
        site->slot_capacity = site->slot_capacity ? 2 * site->slot_capacity : 256;
        site->slots = store_grow(site->slots, site->slot_capacity, sizeof *site->slots);
        site->rows = store_grow(site->rows, site->slot_capacity, sizeof *site->rows);
        for (int i = 0; i < ORDER_COUNT; i++)
            site->orders[i] = store_grow(site->orders[i], site->slot_capacity, sizeof(uint32_t));
    }
    return site->slot_count++;
}

static void give_slot(Site *site, uint32_t number)
{
    Slot *slot = &site->slots[number];
    Row *row = &site->rows[number];
    Store *store = site->store;
    const uint32_t texts[] = {slot->property, slot->states, slot->by_device};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        intern_drop(&store->texts, texts[i]);
    intern_drop(&store->units, slot->units);
    intern_drop(&store->reasons, slot->reason);
    intern_drop(&store->types, row->type);
    tags_drop(store, row->tags);
    ((Device *)(uintptr_t)slot->point.device)->facts.point_count--;
    site->search_garbage += row->text_size;
    free(slot->texts);
    free((void *)(uintptr_t)slot->point.held);
    *slot = (Slot){0};
    *row = (Row){0};
    if (site->free_count == site->free_capacity) {
        site->free_capacity = site->free_capacity ? 2 * site->free_capacity : 64;
        site->free = store_grow(site->free, site->free_capacity, sizeof *site->free);
    }
    site->free[site->free_count++] = number;
}

static const char *set_shared(Intern *intern, uint32_t *number, BpStr text)
{
    const uint32_t before = *number;
    *number = intern_take(intern, text); /* first, so that the same text stays */
    intern_drop(intern, before);
    return intern_text(intern, *number);
}

/* Looked up once for each unit there is: there are hundreds of words. */
static const char *symbol_of(Store *store, uint32_t units)
{
    if (units >= store->symbol_capacity) {
        const uint32_t capacity = 2 * units + 32;
        store->symbols = store_grow(store->symbols, capacity, sizeof(char *));
        while (store->symbol_capacity < capacity)
            store->symbols[store->symbol_capacity++] = NULL;
    }
    if (store->units.items[units].users == 1 ||
        !store->symbols[units]) { /* the number may have been another's */
        uint32_t number;
        const bool is_known =
            bac_words_parse(&bac_units, bp_str(intern_text(&store->units, units)), &number, NULL) == BP_OK;
        store->symbols[units] = is_known ? bac_units_symbol(number) : "";
    }
    return store->symbols[units];
}

/* Copies, cut between two characters where it is too long. */
static BpStr cut(BpStr text, char ret_text[STORE_TEXT_MAX + 1])
{
    (void)bp_str_copy(text, ret_text, STORE_TEXT_MAX + 1);
    return bp_str(ret_text);
}

/* True: its place in the orders by name and device is another one. */
static bool set_slot(Site *site, uint32_t number, Device *device, const StoreGiven *given)
{
    char name[STORE_TEXT_MAX + 1], description[STORE_TEXT_MAX + 1];
    Store *store = site->store;
    Slot *slot = &site->slots[number];
    Row *row = &site->rows[number];
    StorePoint *point = &slot->point;
    const bool is_elsewhere = point->device != &device->facts;
    if (point->device && is_elsewhere)
        ((Device *)(uintptr_t)point->device)->facts.point_count--;
    if (is_elsewhere)
        device->facts.point_count++;
    point->id = given->id;
    point->object_instance = given->object_instance;
    point->device = &device->facts;
    point->object_type = set_shared(&store->types, &row->type, given->object_type);
    point->property = set_shared(&store->texts, &slot->property, given->property);
    point->units = set_shared(&store->units, &slot->units, given->units);
    point->unit_symbol = symbol_of(store, slot->units);
    point->states = set_shared(&store->texts, &slot->states, given->states);
    point->by_device = set_shared(&store->texts, &slot->by_device, given->by_device);
    point->tags = tags_set(store, &row->tags, given->tags);
    point->write_min = given->write_min;
    point->write_max = given->write_max;
    point->device_min = given->device_min;
    point->device_max = given->device_max;
    point->version = given->version;
    point->interval_ms = given->interval_ms;
    point->is_enabled = given->is_enabled;
    point->is_writable = given->is_writable;
    point->is_commandable = given->is_commandable;
    point->is_missing = given->is_missing;
    row->flags =
        (uint8_t)((row->flags & ROW_IS_HELD) | ROW_IS_USED | (given->is_enabled ? ROW_IS_ENABLED : 0) |
                  (given->is_writable ? ROW_IS_WRITABLE : 0));
    row->device = device->number;
    const bool is_renamed = set_texts(slot, cut(given->name, name), cut(given->description, description));
    set_search(site, number);
    return is_renamed || is_elsewhere;
}

static uint32_t begin_slot(Site *site)
{
    const uint32_t number = take_slot(site);
    site->slots[number] = (Slot){.point.now.reason = ""};
    site->rows[number] = (Row){.quality = ROW_QUALITY_NONE};
    return number;
}

/* New ones into all orders, those whose names changed to other places in two of them. */
static void put_in_order(Site *site, uint32_t *fresh, size_t fresh_count, uint32_t *moved, size_t moved_count)
{
    const size_t before = site->facts.point_count;
    (void)order_change(site, ORDER_ID, before, fresh, fresh_count);
    for (size_t i = 0; i < moved_count; i++)
        site->rows[moved[i]].flags |= ROW_IS_MOVING;
    for (size_t i = 0; i < fresh_count; i++)
        moved[moved_count + i] = fresh[i]; /* there is room for all that were given */
    if (moved_count + fresh_count) {
        (void)order_change(site, ORDER_NAME, before, moved, moved_count + fresh_count);
        (void)order_change(site, ORDER_DEVICE, before, moved, moved_count + fresh_count);
    }
    for (size_t i = 0; i < moved_count + fresh_count; i++)
        site->rows[moved[i]].flags &= (uint8_t)~ROW_IS_MOVING;
    site->facts.point_count = before + fresh_count;
}

size_t store_put_points(StoreSite *site, const StoreGiven *given, size_t count)
{
    Site *inside = site_of(site);
    size_t refused = 0, fresh_count = 0, moved_count = 0;
    if (!count)
        return 0;
    uint32_t *fresh = store_grow(NULL, count, sizeof *fresh), *moved = store_grow(NULL, count, sizeof *moved);
    for (size_t i = 0; i < count; i++) {
        Device *device = site_find_device(inside, given[i].device, NULL);
        Slot *known = site_find_point(inside, given[i].id);
        if (!device || (!known && site->point_count + fresh_count >= STORE_POINTS_MAX)) {
            refused++;
            continue;
        }
        const uint32_t number = known ? (uint32_t)(known - inside->slots) : begin_slot(inside);
        const bool is_moved = set_slot(inside, number, device, &given[i]);
        if (!known)
            fresh[fresh_count++] = number;
        else if (is_moved)
            moved[moved_count++] = number;
    }
    put_in_order(inside, fresh, fresh_count, moved, moved_count);
    free(fresh);
    free(moved);
    tidy_search(inside);
    BP_INVARIANT(site_check(inside));
    if (refused < count)
        site_changed(inside, STORE_POINTS);
    return refused;
}

void store_keep_points(StoreSite *site, const int32_t *ids, size_t count)
{
    Site *inside = site_of(site);
    const size_t before = site->point_count;
    uint32_t *gone = store_grow(NULL, before + 1, sizeof *gone);
    size_t gone_count = 0, at = 0;
    for (size_t i = 0; i < before; i++) {
        const uint32_t number = inside->orders[ORDER_ID][i];
        while (at < count && ids[at] < inside->slots[number].point.id)
            at++;
        if (at < count && ids[at] == inside->slots[number].point.id)
            continue;
        inside->rows[number].flags |= ROW_IS_MOVING;
        gone[gone_count++] = number;
    }
    for (SiteOrder order = ORDER_ID; gone_count && order < ORDER_COUNT; order++)
        site->point_count = order_change(inside, order, before, gone, 0);
    for (size_t i = 0; i < gone_count; i++)
        give_slot(inside, gone[i]);
    free(gone);
    tidy_search(inside);
    BP_INVARIANT(site_check(inside));
    if (gone_count)
        site_changed(inside, STORE_POINTS);
}

/* All of them at once: an order is whole but for what moves. */
void site_devices_renamed(Site *site)
{
    uint32_t *moved = store_grow(NULL, site->facts.point_count + 1, sizeof *moved), none = 0;
    size_t count = 0;
    for (size_t i = 0; i < site->facts.point_count; i++) {
        const uint32_t number = site->orders[ORDER_ID][i];
        Slot *slot = &site->slots[number];
        if (!((const Device *)slot->point.device)->is_renamed)
            continue;
        set_texts(slot, slot->point.name, slot->point.description);
        set_search(site, number);
        moved[count++] = number; /* in any case: the order by device is another one */
    }
    put_in_order(site, &none, 0, moved, count);
    free(moved);
}
