/* Devices as they answer now, against those that the database has: who is where another one should be. */
#include "apps/doctor/doctor.h"
#include "site/database.h"
#include "site/devices.h"

#include <inttypes.h>

typedef struct Places {
    const DoctorPlace *items;
    size_t count;
} Places;

/* The place of this instance, or of any, at the address. */
static const DoctorPlace *find_at(const Places *places, const BacAddress *address, const uint32_t *instance)
{
    for (size_t i = 0; i < places->count; i++)
        if (bac_address_equal(&places->items[i].address, address) &&
            (!instance || places->items[i].instance == *instance))
            return &places->items[i];
    return NULL;
}

static const DoctorPlace *find_instance(const Places *places, uint32_t instance)
{
    for (size_t i = 0; i < places->count; i++)
        if (places->items[i].instance == instance)
            return &places->items[i];
    return NULL;
}

static void judge_replaced(Doctor *doctor, const DoctorPlace *known, const Places *heard)
{
    char here[BAC_ADDRESS_TEXT_MAX], there[BAC_ADDRESS_TEXT_MAX];
    const DoctorPlace *found = find_instance(heard, known->instance),
                      *by = find_at(heard, &known->address, NULL);
    bac_address_format(&known->address, here);
    if (found) {
        doctor_say(doctor, DOCTOR_WRONG, "known",
                   "device %" PRIu32 " answers at %s; the database has it as replaced at %s", known->instance,
                   bac_address_format(&found->address, there), here);
        doctor_mend(doctor,
                    "where it is the same (vendor, model, and name or objects) `bacpipes collect` takes it "
                    "back; else set its address in table device");
        return;
    }
    doctor_say(doctor, DOCTOR_WRONG, "known",
               "device %" PRIu32 " is replaced: another one has its address %s", known->instance, here);
    if (by && by->instance != known->instance)
        doctor_mend(doctor,
                    "is that its successor? `bacpipes device replace %" PRIu32 " --by %" PRIu32
                    "` gives it the points and their history",
                    known->instance, by->instance);
    else
        doctor_mend(doctor, "`bacpipes device replace` gives its points and history to its successor");
}

static void tell_other(Doctor *doctor, const DoctorPlace *known, const DoctorPlace *other)
{
    char here[BAC_ADDRESS_TEXT_MAX];
    doctor_say(doctor, DOCTOR_WRONG, "known",
               "device %" PRIu32 " answers at %s, where the database has device %" PRIu32, other->instance,
               bac_address_format(&known->address, here), known->instance);
    doctor_mend(doctor,
                "`bacpipes collect` asks them who they are, and keeps them apart; `bacpipes device list` "
                "shows what it found");
}

static void tell_swap(Doctor *doctor, const DoctorPlace *one, const DoctorPlace *other)
{
    char here[BAC_ADDRESS_TEXT_MAX], there[BAC_ADDRESS_TEXT_MAX];
    doctor_say(doctor, DOCTOR_WRONG, "known",
               "devices %" PRIu32 " and %" PRIu32 " have swapped the addresses %s and %s", one->instance,
               other->instance, bac_address_format(&one->address, here),
               bac_address_format(&other->address, there));
    doctor_mend(doctor,
                "`bacpipes collect` follows them with their points, where they are the same; addresses that "
                "do not change (DHCP reservations) are better");
}

static void tell_moved(Doctor *doctor, const DoctorPlace *known, const DoctorPlace *found)
{
    char here[BAC_ADDRESS_TEXT_MAX], there[BAC_ADDRESS_TEXT_MAX];
    doctor_say(doctor, DOCTOR_WRONG, "known", "device %" PRIu32 " answers at %s; the database has it at %s",
               known->instance, bac_address_format(&found->address, there),
               bac_address_format(&known->address, here));
    doctor_mend(doctor,
                "`bacpipes collect` follows it where it is the same (vendor, model, and name or objects); "
                "else set its address in table device");
}

static void judge_known(Doctor *doctor, const Places *known, size_t i, const Places *heard)
{
    const DoctorPlace *one = &known->items[i];
    if (one->is_replaced) {
        judge_replaced(doctor, one, heard);
        return;
    }
    if (find_at(heard, &one->address, &one->instance))
        return;
    const DoctorPlace *other = find_at(heard, &one->address, NULL),
                      *found = find_instance(heard, one->instance);
    const DoctorPlace *twin = found ? find_at(known, &found->address, NULL) : NULL;
    const bool is_swap = other && twin && !twin->is_replaced && twin->instance == other->instance;
    if (is_swap && one < twin)
        tell_swap(doctor, one, twin);
    else if (other && !is_swap)
        tell_other(doctor, one, other);
    else if (found && (!twin || twin->instance != one->instance) && !is_swap)
        tell_moved(doctor, one, found);
}

void doctor_compare(Doctor *doctor, const DoctorPlace *known, size_t known_count, const DoctorPlace *heard,
                    size_t heard_count)
{
    const Places known_places = {known, known_count}, heard_places = {heard, heard_count};
    for (size_t i = 0; i < known_count; i++)
        judge_known(doctor, &known_places, i, &heard_places);
}

/* ---- from the database ---- */

enum { KNOWN_MAX = 10000 };

typedef struct Known {
    DoctorPlace *items;
    size_t count;
} Known;

static void add_known(void *context, const PgRows *rows, size_t row)
{
    Known *known = context;
    DoctorPlace place = {.instance = (uint32_t)pg_get_integer(rows, row, DEVICES_INSTANCE),
                         .is_replaced = pg_get_bool(rows, row, DEVICES_IS_REPLACED)};
    if (known->count < KNOWN_MAX &&
        bac_address_parse(pg_get_text(rows, row, DEVICES_ADDRESS), &place.address, NULL) == BP_OK)
        known->items[known->count++] = place;
}

void doctor_look_at_known(Doctor *doctor, const DoctorPlace *heard, size_t heard_count)
{
    SiteDatabase database;
    BpError err;
    const PgValue values[] = {pg_null(), pg_null()};
    Known known = {.items = bp_arena_take(doctor->arena, KNOWN_MAX * sizeof *known.items)};
    BpStatus status = site_database_open(&database, doctor->cfg, doctor->arena, &err);
    if (status == BP_OK)
        status = site_database_ask(&database, SQL_SELECT_DEVICES, values, 2, add_known, &known, &err);
    site_database_close(&database);
    if (status != BP_OK)
        return; /* this machine may have none */
    const size_t before = doctor->count;
    doctor_compare(doctor, known.items, known.count, heard, heard_count);
    if (doctor->count == before && known.count)
        doctor_say(doctor, DOCTOR_FINE, "known", "nobody answers where the database has another device");
}
