#include "apps/web/history/places.h"

#include "apps/web/history/meaning.h"

#include <stdlib.h>

/* A point with a meaning, on its way to its place. */
typedef struct Found {
    BpStr equipment; /* borrowed of the store */
    int32_t device;  /* that has it; 0: what a point refers to may be in several */
    Meaning meaning;
    int32_t point;
} Found;

/* The one that it is, of those that may be: of several, the one that is the whole site's; else none. `any`:
 * the first of them. */
typedef struct Only {
    int32_t any, of_site;
    size_t count, of_site_count;
} Only;

static void consider(Only *only, const MeaningFacts *facts, int32_t point)
{
    if (!only->count++)
        only->any = point;
    if (meaning_is_of_site(facts)) {
        only->of_site = point;
        only->of_site_count++;
    }
}

static int32_t settle(const Only *only)
{
    if (only->count == 1)
        return only->any;
    return only->of_site_count == 1 ? only->of_site : 0;
}

static int by_equipment(const void *a, const void *b)
{
    const Found *one = a, *other = b;
    const int order = bp_str_compare(one->equipment, other->equipment);
    if (order)
        return order;
    if (one->device != other->device)
        return one->device > other->device ? 1 : -1;
    return (one->point > other->point) - (one->point < other->point);
}

static char *copy(BpStr text)
{
    char *copied = strndup(text.data ? text.data : "", text.size);
    if (!copied)
        abort();
    return copied;
}

/* Points of one equipment. The first of each meaning counts: who has two sensors in a zone has numbered them.
 */
static void add_zone(Places *places, const Found *found, size_t count)
{
    Zone zone = {0};
    for (size_t i = 0; i < count; i++) {
        int32_t *place = NULL;
        switch (found[i].meaning) {
        case MEANING_ZONE_TEMPERATURE: place = &zone.temperature; break;
        case MEANING_ZONE_COOLING: place = &zone.cooling; break;
        case MEANING_ZONE_HEATING: place = &zone.heating; break;
        default: place = &zone.setpoint; break;
        }
        if (!*place)
            *place = found[i].point;
    }
    if (!zone.temperature)
        return;
    zone.name = copy(found->equipment);
    places->zones[places->zone_count++] = zone;
}

static void find_zones(Places *places, Found *found, size_t count)
{
    places->zones = calloc(count + 1, sizeof *places->zones);
    if (!places->zones)
        abort();
    if (count)
        qsort(found, count, sizeof *found, by_equipment);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && bp_str_equal(found[end].equipment, found[i].equipment) &&
                          found[end].device == found[i].device;
             end++)
            ;
        add_zone(places, &found[i], end - i);
    }
}

/* By what it refers to; else by its name, and that of its controller where it says no more. */
static Found place(const StorePoint *point, Meaning meaning)
{
    const BpStr reference = meaning_reference(point->tags), equipment = meaning_equipment(point->name);
    if (reference.size)
        return (Found){reference, 0, meaning, point->id};
    return (Found){equipment.size ? equipment : point->device->name, point->device->id, meaning, point->id};
}

void places_find(const StoreSite *site, Places *ret_places)
{
    Places places = {0};
    Only energy = {0}, power = {0}, temperature = {0}, humidity = {0};
    Found *found = calloc(site->point_count + 1, sizeof *found);
    if (!found)
        abort();
    size_t count = 0;
    for (size_t i = 0; i < site->point_count; i++) {
        const StorePoint *point = store_point_at(site, i);
        if (!point->is_enabled || point->is_missing)
            continue;
        const MeaningFacts facts = {.tags = point->tags,
                                    .name = point->path,
                                    .description = point->description,
                                    .units = point->units};
        const Meaning meaning = meaning_of(&facts);
        switch (meaning) {
        case MEANING_NONE: break;
        case MEANING_ENERGY: consider(&energy, &facts, point->id); break;
        case MEANING_POWER: consider(&power, &facts, point->id); break;
        case MEANING_OUTDOOR_TEMPERATURE: consider(&temperature, &facts, point->id); break;
        case MEANING_OUTDOOR_HUMIDITY: consider(&humidity, &facts, point->id); break;
        default: found[count++] = place(point, meaning);
        }
    }
    find_zones(&places, found, count);
    free(found);
    places.energy = settle(&energy);
    places.power = settle(&power);
    /* Every controller may have the weather in it: the same one, so any will do. */
    places.outdoor_temperature = temperature.of_site_count == 1 ? temperature.of_site : temperature.any;
    places.outdoor_humidity = humidity.of_site_count == 1 ? humidity.of_site : humidity.any;
    *ret_places = places;
}

void places_done(Places *places)
{
    for (size_t i = 0; i < places->zone_count; i++)
        free(places->zones[i].name);
    free(places->zones);
    *places = (Places){0};
}
