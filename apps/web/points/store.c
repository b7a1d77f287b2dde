#include "apps/web/points/site.h"

#include "apps/web/points/put.h"
#include "apps/web/points/tags.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

void *store_grow(void *memory, size_t count, size_t size)
{
    void *grown = reallocarray(memory, count, size);
    if (!grown)
        abort();
    return grown;
}

Store *store_new(void)
{
    Store *store = store_grow(NULL, 1, sizeof *store);
    *store = (Store){0};
    return store;
}

void store_free(Store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->site_count; i++)
        site_free(store->sites[i]);
    free(store->sites);
    intern_done(&store->types);
    tags_done(store);
    intern_done(&store->reasons);
    intern_done(&store->units);
    free(store->symbols);
    intern_done(&store->texts);
    free(store);
}

void store_watch(Store *store, void (*on_changed)(void *owner, const StoreSite *site, StoreWhat what),
                 void *owner)
{
    assert(store->watcher_count < STORE_WATCHERS_MAX);
    store->watchers[store->watcher_count].on_changed = on_changed;
    store->watchers[store->watcher_count++].owner = owner;
}

void site_changed(Site *site, StoreWhat what)
{
    const Store *store = site->store;
    site->facts.revision++;
    for (size_t i = 0; i < store->watcher_count; i++)
        store->watchers[i].on_changed(store->watchers[i].owner, &site->facts, what);
}

/* ---- sites ---- */

bool store_is_central(const Store *store)
{
    return store_site(store, bp_str(STORE_CENTRAL)) != NULL;
}

size_t store_site_count(const Store *store)
{
    return store->site_count;
}

const StoreSite *store_site_at(const Store *store, size_t i)
{
    return &store->sites[i]->facts;
}

static size_t place_of(const Store *store, BpStr id, bool *ret_is_there)
{
    size_t low = 0, high = store->site_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (bp_str_compare(bp_str(store->sites[middle]->facts.id), id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_is_there = low < store->site_count && bp_str_equal(bp_str(store->sites[low]->facts.id), id);
    return low;
}

const StoreSite *store_site(const Store *store, BpStr id)
{
    bool is_there;
    const size_t i = place_of(store, id, &is_there);
    return is_there ? &store->sites[i]->facts : NULL;
}

static const char *copy(BpStr text)
{
    char *made = strndup(text.size ? text.data : "", text.size);
    if (!made)
        abort();
    return made;
}

/* True: it is another text now. */
static bool set_text(const char **text, BpStr now)
{
    if (*text && bp_str_equal(bp_str(*text), now))
        return false;
    free((char *)(uintptr_t)*text);
    *text = copy(now);
    return true;
}

StoreSite *store_put_site(Store *store, BpStr id, BpStr name, BpStr zone, bool is_simulated)
{
    bool is_there;
    const size_t place = place_of(store, id, &is_there);
    if (!is_there) {
        store->sites = store_grow(store->sites, store->site_count + 1, sizeof(Site *));
        memmove(store->sites + place + 1, store->sites + place, (store->site_count - place) * sizeof(Site *));
        store->sites[place] = site_new(store, id);
        store->site_count++;
    }
    StoreSite *facts = &store->sites[place]->facts;
    bool is_new = !is_there || facts->is_simulated != is_simulated;
    facts->is_simulated = is_simulated;
    is_new |= set_text(&facts->name, name);
    is_new |= set_text(&facts->zone, zone);
    if (!is_there)
        (void)set_text(&facts->mode, bp_str("normal"));
    if (is_new)
        site_changed(store->sites[place], STORE_SITES);
    return facts;
}

void store_put_mode(StoreSite *site, BpStr mode)
{
    if (set_text(&site->mode, mode))
        site_changed(site_of(site), STORE_SITES);
}

void store_put_remote(StoreSite *site, bool is_remote)
{
    if (site->is_remote == is_remote)
        return;
    site->is_remote = is_remote;
    site_changed(site_of(site), STORE_SITES);
}

void store_remove_site(Store *store, StoreSite *site)
{
    bool is_there;
    const size_t place = place_of(store, bp_str(site->id), &is_there);
    assert(is_there);
    Site *inside = store->sites[place];
    store->site_count--;
    memmove(store->sites + place, store->sites + place + 1, (store->site_count - place) * sizeof(Site *));
    site_changed(inside, STORE_SITES);
    site_free(inside);
}

void store_put_loaded(StoreSite *site)
{
    if (site->is_loaded)
        return;
    site->is_loaded = true;
    site_changed(site_of(site), STORE_SITES);
}

void store_put_views(StoreSite *site)
{
    site_changed(site_of(site), STORE_VIEWS);
}

void store_set_role(Store *store, const StoreSite *site, BpStr role, BpStr state)
{
    (void)store;
    Site *inside = site_of(site);
    size_t i = 0;
    while (i < inside->role_count && !bp_str_equal(bp_str(inside->roles[i].role), role))
        i++;
    if (i == inside->role_count) {
        inside->roles = store_grow(inside->roles, ++inside->role_count, sizeof *inside->roles);
        inside->roles[i] = (struct SiteRole){.role = (char *)(uintptr_t)copy(role)};
    }
    free(inside->roles[i].state);
    inside->roles[i].state = (char *)(uintptr_t)copy(state);
}

void store_put_roles(StoreSite *site, const StoreRole *roles, size_t count)
{
    Site *inside = site_of(site);
    bool is_same = inside->role_count == count;
    for (size_t i = 0; i < count && is_same; i++)
        is_same = strcmp(inside->roles[i].role, roles[i].role) == 0 &&
                  strcmp(inside->roles[i].state, roles[i].state) == 0;
    if (is_same)
        return;
    site_roles_free(inside);
    for (size_t i = 0; i < count; i++)
        store_set_role(inside->store, site, bp_str(roles[i].role), bp_str(roles[i].state));
    site_changed(inside, STORE_ROLES);
}

void store_roles(const StoreSite *site, void (*each)(void *context, const char *role, const char *state),
                 void *context)
{
    const Site *inside = site_of(site);
    for (size_t i = 0; i < inside->role_count; i++)
        each(context, inside->roles[i].role, inside->roles[i].state);
}

/* ---- points and devices ---- */

const StorePoint *store_point(const StoreSite *site, int64_t id)
{
    const Slot *slot = site_find_point(site_of(site), id);
    return slot ? &slot->point : NULL;
}

size_t store_device_place(const StoreSite *site, const StoreDevice *device)
{
    (void)site;
    return ((const Device *)device)->place;
}

const StorePoint *store_point_at(const StoreSite *site, size_t i)
{
    const Site *inside = site_of(site);
    return i < site->point_count ? &inside->slots[inside->orders[ORDER_ID][i]].point : NULL;
}

const StoreDevice *store_device(const StoreSite *site, int64_t id)
{
    const Device *device = site_find_device(site_of(site), id, NULL);
    return device ? &device->facts : NULL;
}

const StoreDevice *store_device_at(const StoreSite *site, size_t i)
{
    return i < site->device_count ? &site_of(site)->device_names[i]->facts : NULL;
}

BpStr store_state_text(const StorePoint *point, const StoreValue *value, char ret_text[STORE_STATE_MAX])
{
    const bool is_binary = strncmp(point->object_type, "binary", 6) == 0;
    const bool is_multi = strncmp(point->object_type, "multi-state", 11) == 0;
    const double number = value->value + (is_binary ? 1 : 0);
    const bool is_state = value->has_value && (is_binary || is_multi) && number >= 1 && number <= 65535 &&
                          number == floor(number) && (!is_binary || number <= 2);
    if (!is_state)
        return (BpStr){"", 0};
    json_auto_t *states = json_loads(point->states, 0, NULL); /* some 2 us: they are few and short */
    const char *text = json_string_value(json_array_get(states, (size_t)number - 1));
    (void)bp_str_copy(bp_str(text ? text : ""), ret_text, STORE_STATE_MAX);
    return bp_str(ret_text);
}

bool store_set_value(Store *store, const StoreSite *site, int64_t point, const StoreValue *value)
{
    Site *inside = site_of(site);
    Slot *slot = site_find_point(inside, point);
    if (!slot)
        return false;
    const BpStr reason = bp_str(value->reason ? value->reason : "");
    if (!bp_str_equal(bp_str(slot->point.now.reason), reason)) {
        intern_drop(&store->reasons, slot->reason);
        slot->reason = reason.size ? intern_take(&store->reasons, reason) : 0;
    }
    slot->point.now = *value;
    slot->point.now.reason = intern_text(&store->reasons, slot->reason);
    inside->rows[slot - inside->slots].quality = (uint8_t)value->quality;
    return true;
}
