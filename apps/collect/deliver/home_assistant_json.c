#include "apps/collect/deliver/home_assistant_json.h"

#include "model/topic.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { ID_MAX = 128 };

/* ---- numbers ---- */

/* Units that say by themselves what is measured, as Home Assistant writes them; its classes of sensors take
 * just these (homeassistant/components/sensor/const.py, DEVICE_CLASS_UNITS). Percent may be anything, and
 * litres may flow in or be in a tank: such units go as they are, without a class. */
static const struct {
    const char *symbol; /* ours */
    const char *unit;   /* NULL: the same */
    const char *device_class;
} classes[] = {
    {"°C", NULL, "temperature"},
    {"°F", NULL, "temperature"},
    {"K", NULL, "temperature"},
    {"%RH", "%", "humidity"},
    {"Pa", NULL, "pressure"},
    {"hPa", NULL, "pressure"},
    {"kPa", NULL, "pressure"},
    {"mbar", NULL, "pressure"},
    {"bar", NULL, "pressure"},
    {"psi", NULL, "pressure"},
    {"inHg", NULL, "pressure"},
    {"mmHg", NULL, "pressure"},
    {"W", NULL, "power"},
    {"kW", NULL, "power"},
    {"MW", NULL, "power"},
    {"Wh", NULL, "energy"},
    {"kWh", NULL, "energy"},
    {"MWh", NULL, "energy"},
    {"V", NULL, "voltage"},
    {"mV", NULL, "voltage"},
    {"A", NULL, "current"},
    {"mA", NULL, "current"},
    {"VA", NULL, "apparent_power"},
    {"var", NULL, "reactive_power"},
    {"Hz", NULL, "frequency"},
    {"lx", NULL, "illuminance"},
    {"W/m²", NULL, "irradiance"},
    {"m³/h", NULL, "volume_flow_rate"},
    {"L/min", NULL, "volume_flow_rate"},
    {"ft³/min", NULL, "volume_flow_rate"},
    {"gal/min", NULL, "volume_flow_rate"},
    {"m/s", NULL, "speed"},
    {"km/h", NULL, "speed"},
    {"ft/s", NULL, "speed"},
    {"d", NULL, "duration"},
    {"h", NULL, "duration"},
    {"min", NULL, "duration"},
    {"s", NULL, "duration"},
};

static void put_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, json_string(text));
}

/* A meter counts up, and so does energy; Home Assistant keeps sums of these, and means of all else. */
static void put_number(json_t *config, const CollectPointName *name)
{
    const char *unit = name->units, *device_class = NULL;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i].symbol, name->units) == 0) {
            device_class = classes[i].device_class;
            unit = classes[i].unit ? classes[i].unit : unit;
        }
    const bool counts = name->object.type == BAC_ACCUMULATOR;
    const bool is_energy = device_class && strcmp(device_class, "energy") == 0;
    if (*unit)
        put_text(config, "unit_of_measurement", unit);
    if (device_class && (!counts || is_energy)) /* its other classes are of what does not count */
        put_text(config, "device_class", device_class);
    put_text(config, "state_class", counts || is_energy ? "total_increasing" : "measurement");
    put_text(config, "value_template", "{{ value_json.value }}");
}

/* ---- words ---- */

static bool has_text(const json_t *texts, const char *text)
{
    for (size_t i = 0; i < json_array_size(texts); i++)
        if (strcmp(json_string_value(json_array_get(texts, i)), text) == 0)
            return true;
    return false;
}

/* Each of its states has a text; the same one twice is one option. */
static bool has_words(const CollectPointName *name)
{
    for (size_t i = 0; i < name->state_count; i++)
        if (!*name->states[i])
            return false;
    return name->state_count > 0 && !*name->property;
}

static void put_words(json_t *config, const CollectPointName *name)
{
    json_t *options = json_array();
    for (size_t i = 0; i < name->state_count; i++)
        if (!has_text(options, name->states[i]))
            json_array_append_new(options, json_string(name->states[i]));
    put_text(config, "device_class", "enum");
    json_object_set_new(config, "options", options);
    /* A value that has no text, and none at all, is "None": unknown. */
    put_text(config, "value_template", "{{ value_json.text | default('None') }}");
}

/* ---- the message ---- */

static bool is_binary(const CollectPointName *name)
{
    return bac_object_is_binary(name->object.type) && !*name->property;
}

const char *home_assistant_component(const CollectPointName *name)
{
    return is_binary(name) ? "binary_sensor" : "sensor";
}

static json_t *device_json(const char *site, const CollectPointName *name)
{
    char id[ID_MAX], fallback[ID_MAX];
    snprintf(id, sizeof id, "bacpipes_%s_device_%d", site, (int)name->device_id);
    snprintf(fallback, sizeof fallback, "BACnet device %d", (int)name->device_id);
    const CollectDeviceName *device = &name->device;
    json_t *json = json_pack("{s:[s], s:s}", "identifiers", id, "name",
                             device->name && *device->name ? device->name : fallback);
    if (device->vendor && *device->vendor)
        put_text(json, "manufacturer", device->vendor);
    if (device->model && *device->model)
        put_text(json, "model", device->model);
    if (device->version && *device->version)
        put_text(json, "sw_version", device->version);
    return json;
}

/* The collector says offline, or has the broker say it (its last will); a device that is silent has bad
 * readings. So nothing expires: that a value stays the same for long is no fault. */
static json_t *availability_json(const char *site, const char *state_topic)
{
    char status[MDL_TOPIC_MAX];
    mdl_topic(site, "collect/status", status);
    return json_pack("[{s:s, s:s}, {s:s, s:s}]", "topic", status, "value_template", "{{ value_json.state }}",
                     "topic", state_topic, "value_template",
                     "{{ 'offline' if value_json.quality == 'bad' else 'online' }}");
}

char *home_assistant_json(const char *site, int32_t point_id, const CollectPointName *name,
                          const char *state_topic)
{
    char id[ID_MAX];
    snprintf(id, sizeof id, "bacpipes_%s_%d", site, (int)point_id);
    json_auto_t *config = json_pack("{s:s, s:s, s:s, s:i, s:o, s:s, s:o, s:{s:s}}", "name", name->name,
                                    "unique_id", id, "state_topic", state_topic, "qos", 1, "availability",
                                    availability_json(site, state_topic), "availability_mode", "all",
                                    "device", device_json(site, name), "origin", "name", "BacPipes");
    if (!config)
        return NULL;
    if (is_binary(name))
        put_text(config, "value_template",
                 "{{ 'ON' if value_json.value == 1 else 'OFF' if value_json.value == 0 else 'None' }}");
    else if (has_words(name))
        put_words(config, name);
    else
        put_number(config, name);
    return json_dumps(config, JSON_COMPACT);
}
