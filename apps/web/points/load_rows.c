#include "apps/web/points/load_rows.h"

#include "apps/web/points/load.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

enum { NAME_MAX_OCTETS = 256 }; /* of who holds something */

static void *allocate(size_t count, size_t size)
{
    void *made = calloc(count + 1, size);
    if (!made)
        abort();
    return made;
}

static bool has_row_of(const PgRows *rows, const char *site)
{
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        if (bp_str_equal(pg_get_text(rows, row, 0), bp_str(site)))
            return true;
    }
    return false;
}

static void put_roles(StoreSite *site, BpStr text)
{
    enum { ROLES_MAX = 8 };
    json_auto_t *said = json_loadb(text.data, text.size, 0, NULL);
    StoreRole roles[ROLES_MAX];
    size_t count = 0;
    const char *role;
    json_t *state;
    json_object_foreach (said, role, state) {
        if (count < ROLES_MAX && json_is_string(state))
            roles[count++] = (StoreRole){role, json_string_value(state)};
    }
    store_put_roles(site, roles, count);
}

void load_put_sites(Store *store, const PgRows *rows)
{
    enum { ID, NAME, ZONE, IS_SIMULATED, MODE, IS_REMOTE, ROLES };
    for (size_t i = store_site_count(store); i-- > 0;) {
        StoreSite *site = (StoreSite *)(uintptr_t)store_site_at(store, i);
        if (!has_row_of(rows, site->id))
            store_remove_site(store, site);
    }
    const size_t count = pg_row_count(rows) < STORE_SITES_MAX ? pg_row_count(rows) : STORE_SITES_MAX;
    for (size_t row = 0; row < count; row++) {
        StoreSite *site = store_put_site(store, pg_get_text(rows, row, ID), pg_get_text(rows, row, NAME),
                                         pg_get_text(rows, row, ZONE), pg_get_bool(rows, row, IS_SIMULATED));
        store_put_mode(site, pg_get_text(rows, row, MODE));
        store_put_remote(site, pg_get_bool(rows, row, IS_REMOTE));
        if (site->is_remote)
            put_roles(site, pg_get_text(rows, row, ROLES));
    }
}

/* Rows of a site stand together, and sites are in the store's order: those of the next site from *row on.
 * Returns how many they are. */
static size_t next_of_site(const PgRows *rows, const char *site, size_t *row)
{
    const size_t count = pg_row_count(rows);
    size_t size = 0;
    while (*row < count && bp_str_compare(pg_get_text(rows, *row, 0), bp_str(site)) < 0)
        ++*row;
    while (*row + size < count && bp_str_equal(pg_get_text(rows, *row + size, 0), bp_str(site)))
        size++;
    return size;
}

static StoreDevice device_of(const PgRows *rows, size_t row)
{
    enum {
        SITE,
        ID,
        INSTANCE,
        NAME,
        DESCRIPTION,
        LOCATION,
        ADDRESS,
        VENDOR,
        MODEL,
        FIRMWARE,
        STATE,
        REASON,
        SINCE,
        LAST_ANSWER,
        INTERVAL,
        ENABLED,
        REPLACED
    };
    return (StoreDevice){.id = (int32_t)pg_get_integer(rows, row, ID),
                         .instance = (int32_t)pg_get_integer(rows, row, INSTANCE),
                         .name = pg_get_text(rows, row, NAME),
                         .description = pg_get_text(rows, row, DESCRIPTION),
                         .location = pg_get_text(rows, row, LOCATION),
                         .address = pg_get_text(rows, row, ADDRESS),
                         .vendor = pg_get_text(rows, row, VENDOR),
                         .model = pg_get_text(rows, row, MODEL),
                         .firmware = pg_get_text(rows, row, FIRMWARE),
                         .state = pg_get_text(rows, row, STATE),
                         .reason = pg_get_text(rows, row, REASON),
                         .since_us = pg_get_time_us(rows, row, SINCE),
                         .last_answer_us = pg_get_time_us(rows, row, LAST_ANSWER),
                         .interval_ms = (int32_t)pg_get_integer(rows, row, INTERVAL),
                         .is_enabled = pg_get_bool(rows, row, ENABLED),
                         .is_replaced = pg_get_bool(rows, row, REPLACED)};
}

void load_put_devices(Store *store, const PgRows *rows)
{
    StoreDevice *given = allocate(pg_row_count(rows), sizeof *given);
    size_t row = 0;
    for (size_t i = 0; i < store_site_count(store); i++) {
        StoreSite *site = (StoreSite *)(uintptr_t)store_site_at(store, i);
        const size_t count = next_of_site(rows, site->id, &row);
        for (size_t at = 0; at < count; at++)
            given[at] = device_of(rows, row + at);
        store_put_devices(site, given, count);
    }
    free(given);
}

void load_put_overrides(Store *store, const PgRows *rows)
{
    enum { SITE, POINT, PRIORITY, UNTIL, IS_OURS, BY };
    StoreHeld *given = allocate(pg_row_count(rows), sizeof *given);
    char(*names)[NAME_MAX_OCTETS] = allocate(pg_row_count(rows), sizeof *names);
    size_t row = 0;
    for (size_t i = 0; i < store_site_count(store); i++) {
        StoreSite *site = (StoreSite *)(uintptr_t)store_site_at(store, i);
        const size_t count = next_of_site(rows, site->id, &row);
        for (size_t at = 0; at < count; at++) {
            (void)bp_str_copy(pg_get_text(rows, row + at, BY), names[at], sizeof names[at]);
            given[at] = (StoreHeld){.point = (int32_t)pg_get_integer(rows, row + at, POINT),
                                    .held = {.priority = (int)pg_get_integer(rows, row + at, PRIORITY),
                                             .until_us = pg_get_time_us(rows, row + at, UNTIL),
                                             .is_ours = pg_get_bool(rows, row + at, IS_OURS),
                                             .by = names[at]}};
        }
        store_put_overrides(site, given, count);
    }
    free(names);
    free(given);
}

static double real_of(const PgRows *rows, size_t row, int column)
{
    return pg_is_null(rows, row, column) ? (double)NAN : pg_get_double(rows, row, column);
}

StoreGiven load_given(const PgRows *rows, size_t row)
{
    enum {
        SEEN,
        SITE,
        ID,
        DEVICE,
        INSTANCE,
        INTERVAL,
        TYPE,
        PROPERTY,
        NAME,
        DESCRIPTION,
        UNITS,
        STATES,
        TAGS,
        SAYS,
        WRITE_MIN,
        WRITE_MAX,
        DEVICE_MIN,
        DEVICE_MAX,
        VERSION,
        ENABLED,
        WRITABLE,
        COMMANDABLE,
        MISSING
    };
    return (StoreGiven){.id = (int32_t)pg_get_integer(rows, row, ID),
                        .device = (int32_t)pg_get_integer(rows, row, DEVICE),
                        .object_instance = (int32_t)pg_get_integer(rows, row, INSTANCE),
                        .interval_ms = (int32_t)pg_get_integer(rows, row, INTERVAL),
                        .object_type = pg_get_text(rows, row, TYPE),
                        .property = pg_get_text(rows, row, PROPERTY),
                        .name = pg_get_text(rows, row, NAME),
                        .description = pg_get_text(rows, row, DESCRIPTION),
                        .units = pg_get_text(rows, row, UNITS),
                        .states = pg_get_text(rows, row, STATES),
                        .tags = pg_get_text(rows, row, TAGS),
                        .by_device = pg_get_text(rows, row, SAYS),
                        .write_min = real_of(rows, row, WRITE_MIN),
                        .write_max = real_of(rows, row, WRITE_MAX),
                        .device_min = real_of(rows, row, DEVICE_MIN),
                        .device_max = real_of(rows, row, DEVICE_MAX),
                        .version = pg_get_integer(rows, row, VERSION),
                        .is_enabled = pg_get_bool(rows, row, ENABLED),
                        .is_writable = pg_get_bool(rows, row, WRITABLE),
                        .is_commandable = pg_get_bool(rows, row, COMMANDABLE),
                        .is_missing = pg_get_bool(rows, row, MISSING)};
}

void load_keep_texts(StoreGiven *given, BpArena *arena)
{
    BpStr *const texts[] = {&given->object_type, &given->property, &given->name, &given->description,
                            &given->units,       &given->states,   &given->tags, &given->by_device};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        texts[i]->data = bp_arena_text(arena, *texts[i]);
}

void load_put_rows(StoreSite *site, const PgRows *rows)
{
    const size_t count = pg_row_count(rows);
    StoreGiven *given = allocate(count, sizeof *given);
    for (size_t row = 0; row < count; row++)
        given[row] = load_given(rows, row);
    (void)store_put_points(site, given, count);
    free(given);
}
