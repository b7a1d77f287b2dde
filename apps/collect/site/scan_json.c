#include "apps/collect/site/scan_json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* Texts of a scan are UTF-8 (bac_text_to_utf8), so that JSON can always be made of them. */
static char *dump(const json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    if (!text)
        abort();
    return text;
}

static json_t *services_json(uint64_t services)
{
    json_t *names = json_array();
    for (unsigned bit = 0; bit < 64; bit++) {
        const char *name = services >> bit & 1 ? bac_words_text(&bac_services_supported, bit) : NULL;
        if (name)
            json_array_append_new(names, json_string(name));
    }
    return names;
}

static json_t *natural_or_null(int64_t number)
{
    return number >= 0 ? json_integer(number) : json_null();
}

char *collect_scan_device_json(const CollectDevice *device, const CollectScan *scan)
{
    char address[BAC_ADDRESS_TEXT_MAX];
    const CollectScanDevice *read = collect_scan_device(scan);
    const char *segmentation = bac_words_text(&bac_segmentations, read->segmentation);
    json_auto_t *json =
        json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:I, s:s, s:o, s:I}", "address",
                  bac_address_format(&device->peer.address, address), "instance", (json_int_t)read->instance,
                  "name", read->name, "description", read->description, "location", read->location,
                  "vendor_id", natural_or_null(read->vendor_id), "vendor_name", read->vendor_name,
                  "model_name", read->model_name, "firmware_revision", read->firmware_revision,
                  "application_software_version", read->application_software_version, "protocol_revision",
                  natural_or_null(read->protocol_revision), "max_apdu", (json_int_t)read->max_apdu,
                  "segmentation", segmentation ? segmentation : "no-segmentation", "services",
                  services_json(read->services), "object_count", (json_int_t)collect_scan_object_count(scan));
    return dump(json);
}

static json_t *number_or_null(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

static json_t *object_json(const CollectScanObject *object)
{
    json_t *states = json_array();
    for (size_t i = 0; i < object->state_count; i++)
        json_array_append_new(states, json_string(object->states[i]));
    char type[BAC_REFERENCE_TEXT_MAX], units[BAC_UNITS_TEXT_MAX] = "";
    bac_object_format(object->id, type);
    *strrchr(type, ',') = '\0';
    if (object->units >= 0)
        bac_units_format((uint32_t)object->units, units);
    return json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b}", "object_type", type,
                     "object_instance", (json_int_t)object->id.instance, "name", object->name, "description",
                     object->description, "units", units, "states", states, "min_value",
                     number_or_null(object->min), "max_value", number_or_null(object->max), "resolution",
                     number_or_null(object->resolution), "cov_increment",
                     number_or_null(object->cov_increment), "commandable", object->commandable);
}

char *collect_scan_points_json(const CollectScan *scan)
{
    size_t count;
    const CollectScanObject *objects = collect_scan_objects(scan, &count);
    json_auto_t *points = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(points, object_json(&objects[i]));
    return dump(points);
}
