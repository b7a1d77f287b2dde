#include "apps/sim/list.h"

#include "apps/sim/device/tags.h"
#include "say/json.h"

#include <inttypes.h>
#include <stdio.h>

static const char *units_of(const SimObject *object)
{
    return object->spec->units == BAC_UNITS_NO_UNITS ? "" : bac_units_name(object->spec->units);
}

static int longest_name(const SimSite *site)
{
    size_t longest = 22;
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++) {
            const size_t size = strlen(site->devices[i].objects[j].name);
            longest = size > longest ? size : longest;
        }
    return (int)longest;
}

void sim_list_table(const SimSite *site)
{
    const int width = longest_name(site);
    for (size_t i = 0; i < site->device_count; i++) {
        const SimDevice *device = &site->devices[i];
        printf("device %" PRIu32 "  %s  %s\n", device->instance, device->name, device->description);
        for (size_t j = 0; j < device->count; j++) {
            char id[BAC_REFERENCE_TEXT_MAX], text[SIM_TEXT_MAX];
            const SimObject *object = &device->objects[j];
            printf("  %-26s %-*s %10.6g %-28s %s\n", bac_object_format(object->id, id), width, object->name,
                   sim_object_value(object), units_of(object), sim_object_description(object, text));
        }
    }
}

static json_t *object_json(const SimObject *object)
{
    char id[BAC_REFERENCE_TEXT_MAX], text[SIM_TEXT_MAX];
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "object", bac_object_format(object->id, id), "name",
                     object->name, "units", units_of(object), "description",
                     sim_object_description(object, text), "equipment", object->equipment->name, "tags",
                     sim_tags_json(object));
}

static bool is_first_of_its_equipment(const SimDevice *device, size_t object)
{
    for (size_t i = 0; i < object; i++)
        if (device->objects[i].equipment == device->objects[object].equipment)
            return false;
    return true;
}

/* What has a point on the device. */
static json_t *equipment_json(const SimDevice *device)
{
    json_t *all = json_array();
    for (size_t i = 0; i < device->count; i++) {
        const SimEquipment *equipment = device->objects[i].equipment;
        if (is_first_of_its_equipment(device, i))
            json_array_append_new(all, json_pack("{s:s, s:o}", "name", equipment->name, "tags",
                                                 sim_tags_equipment_json(equipment)));
    }
    return all;
}

void sim_list_json(const SimSite *site)
{
    json_t *devices = json_array();
    for (size_t i = 0; i < site->device_count; i++) {
        const SimDevice *device = &site->devices[i];
        json_t *objects = json_array();
        for (size_t j = 0; j < device->count; j++)
            json_array_append_new(objects, object_json(&device->objects[j]));
        json_array_append_new(devices,
                              json_pack("{s:i, s:s, s:s, s:o, s:o}", "instance", (int)device->instance,
                                        "name", device->name, "description", device->description, "equipment",
                                        equipment_json(device), "objects", objects));
    }
    say_json_print(devices);
}
