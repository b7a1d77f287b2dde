#include "apps/sim/device/site.h"

#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ZONES_PER_CONTROLLER = 4, TYPES = 64 };

/* The last that wants no Network Port object of a device (clause 12.56 came with 17). */
enum { PROTOCOL_REVISION = 16 };

/* ---- laying it out ---- */

typedef struct Layout {
    SimSite *site;
    const SimNaming *naming;
    SimSize size;
    size_t met[SIM_EQUIPMENT_KINDS]; /* of each kind so far */
    uint32_t instances[TYPES];       /* the last of each type on the device at hand */
} Layout;

static SimDevice *add_device(Layout *layout, const SimEquipment *equipment, const char *model)
{
    SimSite *site = layout->site;
    SimDevice *device = &site->devices[site->device_count];
    *device = (SimDevice){.site = site,
                          .instance = SIM_FIRST_INSTANCE + (uint32_t)site->device_count,
                          .max_apdu = BAC_APDU_MAX,
                          .segmentation = BAC_SEGMENTED_BOTH,
                          .revision = PROTOCOL_REVISION};
    site->device_count++;
    layout->naming->device(equipment, device->name, device->description);
    snprintf(device->model, sizeof device->model, "%s", model);
    memset(layout->instances, 0, sizeof layout->instances);
    return device;
}

static SimEquipment *add_equipment(Layout *layout, SimEquipment equipment)
{
    SimEquipment *added = &layout->site->equipment[layout->site->equipment_count++];
    equipment.naming = layout->naming;
    *added = equipment;
    return added;
}

/* Those that a site of this size has. A point has the same instance whether others of its equipment are there
 * or not. */
static void add_points(Layout *layout, SimDevice *device, const SimEquipment *equipment)
{
    const SimPoints *points = sim_equipment_points(equipment);
    const size_t place = layout->met[equipment->kind]++;
    device->objects = realloc(device->objects, (device->count + points->count) * sizeof *device->objects);
    if (!device->objects)
        abort();
    for (size_t i = 0; i < points->count; i++) {
        const SimSpec *spec = &points->specs[i];
        const BacObjectId id = {spec->type, ++layout->instances[spec->type]};
        if (place < layout->size.have[equipment->kind][i])
            sim_object_init(&device->objects[device->count++], id, spec, equipment);
    }
}

/* A device that would have no point is none. */
static bool has_points(const Layout *layout, SimEquipmentKind kind)
{
    for (size_t i = 0; i < sim_points[kind].count; i++)
        if (layout->size.have[kind][i] > layout->met[kind])
            return true;
    return false;
}

static int by_id(const void *a, const void *b)
{
    const BacObjectId x = ((const SimObject *)a)->id, y = ((const SimObject *)b)->id;
    return x.type != y.type ? x.type - y.type : (x.instance > y.instance) - (x.instance < y.instance);
}

static void add_handler(Layout *layout, unsigned handler)
{
    SimEquipment *equipment =
        add_equipment(layout, (SimEquipment){.kind = SIM_HANDLER,
                                             .handler = handler,
                                             .data = &layout->site->building.handlers[handler - 1]});
    snprintf(equipment->name, sizeof equipment->name, "AHU-%u", handler);
    if (has_points(layout, SIM_HANDLER))
        add_points(layout, add_device(layout, equipment, "AirMaster 300"), equipment);
}

static void add_plant(Layout *layout)
{
    Building *building = &layout->site->building;
    SimEquipment *plant =
        add_equipment(layout, (SimEquipment){.kind = SIM_PLANT, .name = "PLANT", .data = &building->plant});
    SimEquipment *weather = add_equipment(
        layout, (SimEquipment){.kind = SIM_WEATHER, .name = "WEATHER", .data = &building->weather});
    SimEquipment *meter =
        add_equipment(layout, (SimEquipment){.kind = SIM_METER, .name = "METER", .data = &building->meter});
    if (has_points(layout, SIM_PLANT)) {
        SimDevice *device = add_device(layout, plant, "PlantMaster 500");
        add_points(layout, device, plant);
        add_points(layout, device, weather);
    }
    if (has_points(layout, SIM_METER))
        add_points(layout, add_device(layout, meter, "PowerEye 3"), meter);
}

static void add_zones(Layout *layout, unsigned handler)
{
    Building *building = &layout->site->building;
    const AirHandler *sends = &building->handlers[handler - 1];
    SimDevice *device = NULL;
    for (unsigned i = 0; i < sends->zones && has_points(layout, SIM_ZONE); i++) {
        SimEquipment *zone =
            add_equipment(layout, (SimEquipment){.kind = SIM_ZONE,
                                                 .handler = handler,
                                                 .number = i + 1,
                                                 .data = &building->zones[sends->first_zone + i]});
        if (i % ZONES_PER_CONTROLLER == 0) {
            SimEquipment first = *zone;
            first.number = i / ZONES_PER_CONTROLLER + 1;
            snprintf(first.name, sizeof first.name, "VAV-%u-%02u", handler, first.number);
            device = add_device(layout, &first, "ZoneBox 4");
        }
        snprintf(zone->name, sizeof zone->name, "VAV-%u-%02u", handler, i + 1);
        add_points(layout, device, zone);
    }
}

static bool is_logged(const SimObject *object)
{
    return sim_object_is(object, SIM_ZONE, "ZN-T") || sim_object_is(object, SIM_HANDLER, "SAT") ||
           sim_object_is(object, SIM_WEATHER, "OAT") || sim_object_is(object, SIM_METER, "KW") ||
           sim_object_is(object, SIM_PLANT, "CHW-ST");
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

static void lay_out(Layout *layout)
{
    SimSite *site = layout->site;
    for (unsigned handler = 1; handler <= site->building.handler_count; handler++) {
        add_handler(layout, handler);
        if (handler == 1)
            add_plant(layout);
        add_zones(layout, handler);
    }
    for (size_t i = 0; i < site->device_count; i++) {
        SimDevice *device = &site->devices[i];
        site->point_count += device->count;
        qsort(device->objects, device->count, sizeof *device->objects, by_id);
        add_trends(device);
    }
}

void sim_site_init(SimSite *site, const SimSiteOptions *options)
{
    *site = (SimSite){.has_flaws = options->has_flaws};
    Layout layout = {.site = site, .naming = options->naming ? options->naming : sim_namings[0]};
    sim_size(options->points, &layout.size);
    const size_t handlers = layout.size.equipment[SIM_HANDLER], zones = layout.size.equipment[SIM_ZONE];
    BuildingOptions building = options->building;
    building.handlers = handlers;
    building.zones = zones;
    building_init(&site->building, &building);
    site->equipment = calloc(handlers + zones + 3, sizeof *site->equipment);
    /* Of each handler's controllers the last may have fewer zones than the others. */
    site->devices = calloc(handlers * 2 + zones / ZONES_PER_CONTROLLER + 2, sizeof *site->devices);
    if (!site->equipment || !site->devices)
        abort();
    lay_out(&layout);
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
    free(site->equipment);
    building_done(&site->building);
}

/* ---- time goes on ---- */

/* Sensors as they are: one humidity sensor says NaN for two minutes of each hour, away from those that rows
 * at round times are of, one zone sensor in twenty is faulty for five. */
static void apply_flaws(SimSite *site)
{
    const int64_t minute = site->building.clock_us / BP_MINUTE % 60;
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++) {
            SimObject *object = &site->devices[i].objects[j];
            if (sim_object_is(object, SIM_WEATHER, "OAH"))
                object->is_not_a_number = minute >= 17 && minute < 19;
            else if (sim_object_is(object, SIM_ZONE, "ZN-T") && object->id.instance == 1 && i % 5 == 4)
                object->is_faulty = minute >= 30 && minute < 35;
        }
}

void sim_site_step(SimSite *site, double seconds)
{
    building_step(&site->building, seconds);
    if (site->has_flaws)
        apply_flaws(site);
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].trend_count; j++)
            sim_trend_step(&site->devices[i].trends[j],
                           site->building.clock_us + site->devices[i].clock_offset_us);
}

void sim_site_age(SimSite *site, int64_t for_us)
{
    static const int64_t step_us = 15 * BP_MINUTE;
    for (int64_t left_us = for_us; left_us > 0;) {
        const int64_t full_us = step_us - site->building.clock_us % step_us; /* to the next full quarter */
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

const SimEquipment *sim_site_equipment(const SimSite *site, BpStr name)
{
    for (size_t i = 0; i < site->equipment_count; i++)
        if (bp_str_equal(name, bp_str(site->equipment[i].name)))
            return &site->equipment[i];
    return NULL;
}

SimObject *sim_site_point(const SimSite *site, BpStr name)
{
    BpStr spec;
    const SimEquipment *equipment = sim_site_equipment(site, bp_str_cut(name, '/', &spec));
    for (size_t i = 0; equipment && i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++) {
            SimObject *object = &site->devices[i].objects[j];
            if (object->equipment == equipment && bp_str_equal(spec, bp_str(object->spec->name)))
                return object;
        }
    return NULL;
}

SimObject *sim_device_find(const SimDevice *device, BacObjectId id)
{
    SimObject key;
    key.id = id;
    return device->count ? bsearch(&key, device->objects, device->count, sizeof *device->objects, by_id)
                         : NULL;
}
