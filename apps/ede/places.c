#include "apps/ede/places.h"

#include "base/parse.h"

#include <inttypes.h>
#include <stdarg.h>

/* ---- where somebody says that they are ---- */

typedef struct EdeToldPlace {
    uint32_t instance;
    BacAddress address;
} EdeToldPlace;

/* An address that one device has, and not all of a network. */
static bool parse_address(BpStr text, BacAddress *ret_address)
{
    BacAddress address;
    if (bac_address_parse(text, &address, NULL) != BP_OK ||
        (address.remote.network && !address.remote.length))
        return false;
    *ret_address = address;
    return true;
}

static BpStatus parse_told(const char *text, EdeToldPlace *ret_told, BpError *err)
{
    int64_t instance;
    BpStr address;
    const BpStr before = bp_str_cut(bp_str(text), '=', &address);
    if (bp_parse_i64(before, 0, BAC_INSTANCE_MAX, &instance, NULL) != BP_OK ||
        !parse_address(address, &ret_told->address))
        return bp_fail(err, BP_INVALID,
                       "--address %s is not an instance and an address: write it as 1001=10.1.2.9, "
                       "1001=10.1.2.9:47809 or 1001=10.1.2.1/2001:0a",
                       text);
    ret_told->instance = (uint32_t)instance;
    return BP_OK;
}

static const BacAddress *find_told(const EdeToldPlaces *told, uint32_t instance)
{
    for (size_t i = 0; i < told->count; i++)
        if (told->items[i].instance == instance)
            return &told->items[i].address;
    return NULL;
}

static bool is_in_file(const Ede *ede, uint32_t instance)
{
    for (size_t i = 0; i < ede->count; i++)
        if (ede->objects[i].device == instance)
            return true;
    return false;
}

BpStatus ede_places_read_told(const CfgTexts *texts, const Ede *ede, BpArena *arena, EdeToldPlaces *ret_told,
                              BpError *err)
{
    EdeToldPlaces told = {.items = bp_arena_take(arena, (texts->count + 1) * sizeof *told.items)};
    for (size_t i = 0; i < texts->count; i++) {
        EdeToldPlace place = {0};
        BP_TRY(parse_told(texts->items[i], &place, err));
        if (find_told(&told, place.instance))
            return bp_fail(err, BP_INVALID,
                           "--address says twice where device %" PRIu32 " is: once is enough",
                           place.instance);
        if (!is_in_file(ede, place.instance))
            return bp_fail(err, BP_INVALID, "--address %s: the file has no device %" PRIu32, texts->items[i],
                           place.instance);
        told.items[told.count++] = place;
    }
    *ret_told = told;
    return BP_OK;
}

/* ---- where they are ---- */

static bool device_is_at(const EdeSiteDevice *device, const BacAddress *address)
{
    BacAddress its;
    return bac_address_parse(device->address, &its, NULL) == BP_OK && bac_address_equal(&its, address);
}

static const EdeSiteDevice *find_at(const EdeSite *site, const BacAddress *address)
{
    for (size_t i = 0; i < site->device_count; i++)
        if (device_is_at(&site->devices[i], address))
            return &site->devices[i];
    return NULL;
}

/* Those of the site that have the instance: how many, and the first two. */
static size_t find_instance(const EdeSite *site, uint32_t instance, const EdeSiteDevice *ret_first[2])
{
    size_t count = 0;
    for (size_t i = 0; i < site->device_count; i++)
        if (site->devices[i].instance == instance) {
            if (count < 2)
                ret_first[count] = &site->devices[i];
            count++;
        }
    return count;
}

static bool own_line_has_address(const EdePlace *place, BacAddress *ret_address)
{
    return place->first->object.type == BAC_DEVICE && parse_address(place->first->address, ret_address);
}

static void wrong(EdePlaces *places, const EdePlace *place, EdeColumn column, const char *format, ...)
    BP_PRINTF(4, 5);
static void wrong(EdePlaces *places, const EdePlace *place, EdeColumn column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_problem_va(places->problems, places->file, place->first->line, places->ede->titles[column], format,
                   arguments);
    va_end(arguments);
}

/* A device that the site does not have goes where nobody is. */
static void place_new(EdePlaces *places, EdePlace *place, const BacAddress *address)
{
    char text[BAC_ADDRESS_TEXT_MAX];
    const EdeSiteDevice *there = find_at(places->site, address);
    bac_address_format(address, text);
    place->address = bp_str(bp_arena_text(places->arena, bp_str(text)));
    if (there)
        wrong(places, place, EDE_DEVICE,
              "device %" PRIu32 " cannot be at %s, where the site has device %" PRIu32 ": --address %" PRIu32
              "=ADDRESS says where it is",
              place->instance, text, there->instance, place->instance);
    for (size_t i = 0; &places->items[i] < place; i++)
        if (!places->items[i].known && bp_str_equal(places->items[i].address, place->address))
            wrong(places, place, EDE_DEVICE,
                  "devices %" PRIu32 " and %" PRIu32 " cannot both be at %s: --address %" PRIu32
                  "=ADDRESS says where this one is",
                  places->items[i].instance, place->instance, text, place->instance);
}

/* --address says where the device is: one of the site's must be there, or the site has none of this instance.
 */
static void place_as_told(EdePlaces *places, EdePlace *place, const BacAddress *address)
{
    char text[BAC_ADDRESS_TEXT_MAX];
    const EdeSiteDevice *known[2] = {0};
    const EdeSiteDevice *there = find_at(places->site, address);
    if (there && there->instance == place->instance)
        place->known = there;
    else if (!there && find_instance(places->site, place->instance, known))
        wrong(places, place, EDE_DEVICE,
              "the site has device %" PRIu32 " at %.*s and not at %s: --address %" PRIu32
              "=%.*s, or none, takes that one",
              place->instance, BP_STR_ARGS(known[0]->address), bac_address_format(address, text),
              place->instance, BP_STR_ARGS(known[0]->address));
    else
        place_new(places, place, address);
}

/* Of several with one instance in the file the address says which. */
static void place_twin(EdePlaces *places, EdePlace *place, const BacAddress *told)
{
    BacAddress own;
    const bool has_own = parse_address(place->twin, &own);
    const EdeSiteDevice *there = has_own ? find_at(places->site, &own) : NULL;
    if (told)
        wrong(places, place, EDE_DEVICE,
              "the file has several devices %" PRIu32 ": their lines say where each is, --address cannot",
              place->instance);
    else if (!has_own)
        wrong(places, place, EDE_ADDRESS,
              "this is no address like 10.1.2.9, 10.1.2.9:47809 or 10.1.2.1/2001:0a");
    else if (there && there->instance == place->instance)
        place->known = there;
    else
        place_new(places, place, &own);
}

static void find_place(EdePlaces *places, EdePlace *place, const BacAddress *told)
{
    BacAddress own;
    const EdeSiteDevice *known[2] = {0};
    const size_t count = find_instance(places->site, place->instance, known);
    const bool has_own = own_line_has_address(place, &own);
    const EdeSiteDevice *at_own = has_own ? find_at(places->site, &own) : NULL;
    if (place->twin.size)
        place_twin(places, place, told);
    else if (told)
        place_as_told(places, place, told);
    else if (count == 1)
        place->known = known[0];
    else if (count > 1 && at_own && at_own->instance == place->instance)
        place->known = at_own;
    else if (count > 1)
        wrong(places, place, EDE_DEVICE,
              "the site has %zu devices %" PRIu32 ", as at %.*s and %.*s: --address %" PRIu32
              "=%.*s says which",
              count, place->instance, BP_STR_ARGS(known[0]->address), BP_STR_ARGS(known[1]->address),
              place->instance, BP_STR_ARGS(known[0]->address));
    else if (has_own)
        place_new(places, place, &own);
    else
        wrong(places, place, EDE_DEVICE,
              "the site has no device %" PRIu32
              ", and the file does not say where it answers: --address %" PRIu32
              "=ADDRESS adds it, or the %s of its own line (object-type 8)",
              place->instance, place->instance, "vendor-specific-address");
}

static bool is_wanted(const EdeObject *object)
{
    return object->object.type == BAC_DEVICE || bac_object_is_numeric(object->object.type);
}

bool ede_place_has(const EdePlace *place, const EdeObject *object)
{
    return place->instance == object->device && bp_str_equal(place->twin, object->twin);
}

void ede_places_find(EdePlaces *places, const EdeToldPlaces *told)
{
    const Ede *ede = places->ede;
    places->items = bp_arena_take(places->arena, (ede->count + 1) * sizeof *places->items);
    for (size_t i = 0; i < ede->count; i++) {
        const EdeObject *object = &ede->objects[i];
        if (!is_wanted(object))
            places->left_out++;
        else if (places->count == 0 || !ede_place_has(&places->items[places->count - 1], object))
            places->items[places->count++] =
                (EdePlace){.instance = object->device, .twin = object->twin, .first = object};
    }
    for (size_t i = 0; i < places->count; i++)
        find_place(places, &places->items[i], find_told(told, places->items[i].instance));
}
