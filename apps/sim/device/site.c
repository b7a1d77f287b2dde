#include "apps/sim/device/site.h"
#include "apps/sim/device/points.h"

#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(specs) (sizeof(specs) / sizeof(specs)[0])

enum { ZONES_PER_CONTROLLER = 4, ZONES_PER_HANDLER = 18 };

/* The last that wants no Network Port object of a device (clause 12.56 came with 17). */
enum { PROTOCOL_REVISION = 16 };

/* ---- laying it out ---- */

/* Points still to be given out, and where. */
typedef struct Layout {
    SimSite *site;
    size_t left;
} Layout;

static SimDevice *add_device(Layout *layout, const char *name, const char *description, const char *model)
{
    SimSite *site = layout->site;
    SimDevice *device = &site->devices[site->device_count];
    *device = (SimDevice){.site = site,
                          .instance = SIM_FIRST_INSTANCE + (uint32_t)site->device_count,
                          .max_apdu = BAC_APDU_MAX,
                          .segmentation = BAC_SEGMENTED_BOTH,
                          .revision = PROTOCOL_REVISION};
    site->device_count++;
    snprintf(device->name, sizeof device->name, "%s", name);
    snprintf(device->description, sizeof device->description, "%s", description);
    snprintf(device->model, sizeof device->model, "%s", model);
    return device;
}

static uint32_t next_instance(const SimDevice *device, uint16_t type)
{
    uint32_t instance = 1;
    for (size_t i = 0; i < device->count; i++)
        instance += device->objects[i].id.type == type;
    return instance;
}

/* As many of the points as are left to be given. */
static void add_points(Layout *layout, SimDevice *device, const SimPoints *points, const char *equipment,
                       void *data)
{
    const size_t taken = points->count < layout->left ? points->count : layout->left;
    device->objects = realloc(device->objects, (device->count + taken + 1) * sizeof *device->objects);
    if (!device->objects)
        abort();
    for (size_t i = 0; i < taken; i++) {
        const BacObjectId id = {points->specs[i].type, next_instance(device, points->specs[i].type)};
        sim_object_init(&device->objects[device->count++], id, &points->specs[i], equipment, data);
    }
    layout->left -= taken;
}

static int by_id(const void *a, const void *b)
{
    const BacObjectId x = ((const SimObject *)a)->id, y = ((const SimObject *)b)->id;
    return x.type != y.type ? x.type - y.type : (x.instance > y.instance) - (x.instance < y.instance);
}

static void add_zones(Layout *layout, size_t handler, size_t *zone, size_t last)
{
    SimDevice *device = NULL;
    Building *building = &layout->site->building;
    for (size_t i = 0; *zone < last && layout->left; (*zone)++, i++) {
        char equipment[SIM_NAME_MAX], name[SIM_NAME_MAX];
        if (i % ZONES_PER_CONTROLLER == 0) {
            snprintf(name, sizeof name, "VAV-%u-%02u", (unsigned)handler + 1,
                     (unsigned)(i / ZONES_PER_CONTROLLER) + 1);
            device = add_device(layout, name, "Controller of VAV boxes", "ZoneBox 4");
        }
        snprintf(equipment, sizeof equipment, "VAV-%u-%02u", (unsigned)handler + 1, (unsigned)i + 1);
        add_points(layout, device, &sim_zone_points, equipment, &building->zones[*zone]);
    }
}

static bool is_logged(const SimObject *object)
{
    static const char *const names[] = {"ZN-T", "SAT", "OAT", "KW", "CHW-ST"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(object->spec->name, names[i]) == 0)
            return true;
    return false;
}

static void add_trends(SimDevice *device)
{
    device->trends = calloc(device->count + 1, sizeof *device->trends);
    if (!device->trends)
        abort();
    for (size_t i = 0; i < device->count; i++)
        if (is_logged(&device->objects[i])) {
            sim_trend_init(&device->trends[device->trend_count], (uint32_t)device->trend_count + 1,
                           &device->objects[i], &device->instance);
            device->trend_count++;
        }
}

static void lay_out(SimSite *site, size_t points)
{
    Building *building = &site->building;
    Layout layout = {site, points};
    size_t zone = 0;
    for (size_t i = 0; i < building->handler_count && layout.left; i++) {
        char name[SIM_NAME_MAX];
        snprintf(name, sizeof name, "AHU-%u", (unsigned)i + 1);
        add_points(&layout, add_device(&layout, name, "Air handler", "AirMaster 300"), &sim_handler_points,
                   name, &building->handlers[i]);
        if (i == 0 && layout.left) {
            SimDevice *plant =
                add_device(&layout, "PLANT", "Chiller, boiler and weather station", "PlantMaster 500");
            add_points(&layout, plant, &sim_plant_points, "PLANT", &building->plant);
            add_points(&layout, plant, &sim_weather_points, "WEATHER", &building->weather);
            if (layout.left)
                add_points(&layout,
                           add_device(&layout, "METER", "Main electricity and heat meter", "PowerEye 3"),
                           &sim_meter_points, "METER", &building->meter);
        }
        add_zones(&layout, i, &zone, building->handlers[i].first_zone + building->handlers[i].zones);
    }
    site->point_count = points - layout.left;
    for (size_t i = 0; i < site->device_count; i++) {
        if (site->devices[i].count)
            qsort(site->devices[i].objects, site->devices[i].count, sizeof *site->devices[i].objects, by_id);
        add_trends(&site->devices[i]);
    }
}

void sim_site_init(SimSite *site, size_t points, uint64_t seed, int64_t start_us, bool flaws)
{
    *site = (SimSite){.has_flaws = flaws};
    const size_t common = sim_plant_points.count + sim_weather_points.count + sim_meter_points.count;
    const size_t per_handler = sim_handler_points.count + ZONES_PER_HANDLER * sim_zone_points.count;
    const size_t handlers =
        points > common + per_handler ? (points - common + per_handler - 1) / per_handler : 1;
    const size_t fixed = common + handlers * sim_handler_points.count;
    const size_t zones =
        points > fixed ? (points - fixed + sim_zone_points.count - 1) / sim_zone_points.count : 0;
    building_init(&site->building, handlers, zones, seed, start_us);
    site->devices = calloc(handlers * 2 + zones / ZONES_PER_CONTROLLER + handlers + 4, sizeof *site->devices);
    if (!site->devices)
        abort();
    lay_out(site, points);
    sim_site_step(site, 0);
}

void sim_site_done(SimSite *site)
{
    for (size_t i = 0; i < site->device_count; i++) {
        for (size_t j = 0; j < site->devices[i].trend_count; j++)
            sim_trend_done(&site->devices[i].trends[j]);
        free(site->devices[i].trends);
        free(site->devices[i].objects);
    }
    free(site->devices);
    building_done(&site->building);
}

/* ---- time goes on ---- */

/* Sensors as they are: one humidity sensor says NaN for the first two minutes of each hour, one zone sensor
 * in twenty is faulty for five. */
static void apply_flaws(SimSite *site)
{
    const int64_t minute = site->building.now_us / BP_MINUTE % 60;
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++) {
            SimObject *object = &site->devices[i].objects[j];
            if (strcmp(object->name, "WEATHER/OAH") == 0)
                object->is_not_a_number = minute < 2;
            else if (strcmp(object->spec->name, "ZN-T") == 0 && object->id.instance == 1 && i % 5 == 4)
                object->is_faulty = minute >= 30 && minute < 35;
        }
}

void sim_site_step(SimSite *site, double seconds)
{
    building_step(&site->building, seconds);
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++)
            sim_object_apply(&site->devices[i].objects[j]);
    if (site->has_flaws)
        apply_flaws(site);
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].trend_count; j++)
            sim_trend_step(&site->devices[i].trends[j],
                           site->building.now_us + site->devices[i].clock_offset_us);
}

void sim_site_age(SimSite *site, int64_t for_us)
{
    static const int64_t step_us = 15 * BP_MINUTE;
    for (int64_t left_us = for_us; left_us > 0;) {
        const int64_t full_us = step_us - site->building.now_us % step_us; /* to the next full quarter */
        const int64_t now_us = left_us < full_us ? left_us : full_us;
        sim_site_step(site, (double)now_us / BP_SECOND);
        left_us -= now_us;
    }
}

void sim_device_start_cold(SimDevice *device)
{
    for (size_t i = 0; i < device->count; i++) {
        device->objects[i].commanded = 0;
        device->objects[i].out_of_service = false;
        sim_object_apply(&device->objects[i]);
    }
}

SimObject *sim_device_find(const SimDevice *device, BacObjectId id)
{
    SimObject key;
    key.id = id;
    return device->count ? bsearch(&key, device->objects, device->count, sizeof *device->objects, by_id)
                         : NULL;
}
