#include "apps/sim/device/site.h"

#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the equipment's points ---- */

static const char *const off_on[] = {"off", "on", NULL};
static const char *const stopped_running[] = {"stopped", "running", NULL};
static const char *const normal_alarm[] = {"normal", "alarm", NULL};
static const char *const empty_occupied[] = {"unoccupied", "occupied", NULL};
static const char *const inactive_active[] = {"inactive", "active", NULL};
static const char *const handler_modes[] = {"off", "warm-up", "occupied", "night", NULL};
static const char *const zone_modes[] = {"off", "heating", "deadband", "cooling", NULL};
static const char *const plant_modes[] = {"off", "heating", "cooling", "heating and cooling", NULL};

#define AT(equipment, field) offsetof(equipment, field)

static const SimSpec zone_specs[] = {
    {BAC_ANALOG_INPUT, "ZN-T", "Zone temperature", BAC_UNITS_DEGREES_CELSIUS, -10, 60, 0.1,
     AT(Zone, temperature), NULL},
    {BAC_ANALOG_INPUT, "SUP-F", "Supply air flow", BAC_UNITS_LITERS_PER_SECOND, 0, 1000, 1, AT(Zone, airflow),
     NULL},
    {BAC_ANALOG_VALUE, "CLG-SP", "Cooling setpoint", BAC_UNITS_DEGREES_CELSIUS, 10, 35, 0.1,
     AT(Zone, cooling_setpoint), NULL},
    {BAC_ANALOG_VALUE, "HTG-SP", "Heating setpoint", BAC_UNITS_DEGREES_CELSIUS, 10, 35, 0.1,
     AT(Zone, heating_setpoint), NULL},
    {BAC_ANALOG_OUTPUT, "DPR-O", "Damper position", BAC_UNITS_PERCENT, 0, 100, 1, AT(Zone, damper), NULL},
    {BAC_ANALOG_OUTPUT, "RHT-O", "Reheat valve", BAC_UNITS_PERCENT, 0, 100, 1, AT(Zone, reheat), NULL},
    {BAC_ANALOG_INPUT, "DA-T", "Discharge air temperature", BAC_UNITS_DEGREES_CELSIUS, -10, 80, 0.1,
     AT(Zone, discharge), NULL},
    {BAC_BINARY_INPUT, "OCC-S", "Occupancy sensor", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Zone, occupied),
     empty_occupied},
    {BAC_MULTI_STATE_VALUE, "MODE", "Control mode", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Zone, mode), zone_modes},
    {BAC_ANALOG_VALUE, "FLW-C", "Air flow wanted", BAC_UNITS_LITERS_PER_SECOND, 0, 1000, 1,
     AT(Zone, flow_setpoint), NULL},
    {BAC_ANALOG_INPUT, "CO2", "Carbon dioxide", BAC_UNITS_PARTS_PER_MILLION, 0, 5000, 10, AT(Zone, co2),
     NULL},
    {BAC_ANALOG_VALUE, "OFS-SP", "Setpoint dial at the wall", BAC_UNITS_DELTA_DEGREES_KELVIN, -3, 3, 0.1,
     AT(Zone, offset), NULL},
    {BAC_ANALOG_INPUT, "ZN-H", "Zone humidity", BAC_UNITS_PERCENT_RELATIVE_HUMIDITY, 0, 100, 0.5,
     AT(Zone, humidity), NULL},
};

static const SimSpec handler_specs[] = {
    {BAC_ANALOG_INPUT, "SAT", "Supply air temperature", BAC_UNITS_DEGREES_CELSIUS, -20, 80, 0.1,
     AT(AirHandler, supply), NULL},
    {BAC_ANALOG_INPUT, "RAT", "Return air temperature", BAC_UNITS_DEGREES_CELSIUS, -20, 80, 0.1,
     AT(AirHandler, returned), NULL},
    {BAC_ANALOG_INPUT, "MAT", "Mixed air temperature", BAC_UNITS_DEGREES_CELSIUS, -40, 80, 0.1,
     AT(AirHandler, mixed), NULL},
    {BAC_ANALOG_INPUT, "SA-H", "Supply air humidity", BAC_UNITS_PERCENT_RELATIVE_HUMIDITY, 0, 100, 0.5,
     AT(AirHandler, supply_humidity), NULL},
    {BAC_ANALOG_INPUT, "DUCT-P", "Duct static pressure", BAC_UNITS_PASCALS, 0, 1000, 1,
     AT(AirHandler, duct_pressure), NULL},
    {BAC_ANALOG_INPUT, "FLT-P", "Filter pressure difference", BAC_UNITS_PASCALS, 0, 500, 1,
     AT(AirHandler, filter_pressure), NULL},
    {BAC_ANALOG_INPUT, "SA-F", "Supply air flow", BAC_UNITS_LITERS_PER_SECOND, 0, 100000, 10,
     AT(AirHandler, supply_flow), NULL},
    {BAC_ANALOG_INPUT, "SF-KW", "Supply fan power", BAC_UNITS_KILOWATTS, 0, 500, 0.1,
     AT(AirHandler, fan_power), NULL},
    {BAC_ANALOG_OUTPUT, "SF-O", "Supply fan speed", BAC_UNITS_PERCENT, 0, 100, 0.5, AT(AirHandler, fan_speed),
     NULL},
    {BAC_ANALOG_OUTPUT, "RF-O", "Return fan speed", BAC_UNITS_PERCENT, 0, 100, 0.5,
     AT(AirHandler, return_fan_speed), NULL},
    {BAC_ANALOG_OUTPUT, "OAD-O", "Outdoor air damper", BAC_UNITS_PERCENT, 0, 100, 1,
     AT(AirHandler, outdoor_damper), NULL},
    {BAC_ANALOG_OUTPUT, "CLG-O", "Cooling valve", BAC_UNITS_PERCENT, 0, 100, 1, AT(AirHandler, cooling_valve),
     NULL},
    {BAC_ANALOG_OUTPUT, "HTG-O", "Heating valve", BAC_UNITS_PERCENT, 0, 100, 1, AT(AirHandler, heating_valve),
     NULL},
    {BAC_ANALOG_VALUE, "SAT-C", "Supply air temperature wanted", BAC_UNITS_DEGREES_CELSIUS, 5, 40, 0.1,
     AT(AirHandler, supply_setpoint), NULL},
    {BAC_ANALOG_VALUE, "DUCT-SP", "Duct pressure setpoint", BAC_UNITS_PASCALS, 0, 600, 1,
     AT(AirHandler, pressure_setpoint), NULL},
    {BAC_BINARY_OUTPUT, "SF-C", "Supply fan command", BAC_UNITS_NO_UNITS, 0, 0, 0,
     AT(AirHandler, fan_command), off_on},
    {BAC_BINARY_INPUT, "SF-S", "Supply fan status", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(AirHandler, fan_status),
     stopped_running},
    {BAC_BINARY_INPUT, "FRZ-A", "Freeze alarm", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(AirHandler, freeze_alarm),
     normal_alarm},
    {BAC_BINARY_INPUT, "FLT-A", "Filter alarm", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(AirHandler, filter_alarm),
     normal_alarm},
    {BAC_BINARY_VALUE, "OCC", "Occupied", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(AirHandler, occupied),
     empty_occupied},
    {BAC_BINARY_VALUE, "ECON", "Economizer", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(AirHandler, economizer),
     inactive_active},
    {BAC_MULTI_STATE_VALUE, "MODE", "Operating mode", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(AirHandler, mode),
     handler_modes},
    {BAC_ACCUMULATOR, "SF-HRS", "Supply fan run hours", BAC_UNITS_HOURS, 0, 0, 1, AT(AirHandler, run_hours),
     NULL},
};

static const SimSpec plant_specs[] = {
    {BAC_ANALOG_INPUT, "CHW-ST", "Chilled water supply temperature", BAC_UNITS_DEGREES_CELSIUS, -10, 60, 0.1,
     AT(Plant, chilled_supply), NULL},
    {BAC_ANALOG_INPUT, "CHW-RT", "Chilled water return temperature", BAC_UNITS_DEGREES_CELSIUS, -10, 60, 0.1,
     AT(Plant, chilled_return), NULL},
    {BAC_ANALOG_INPUT, "HW-ST", "Hot water supply temperature", BAC_UNITS_DEGREES_CELSIUS, 0, 120, 0.1,
     AT(Plant, hot_supply), NULL},
    {BAC_ANALOG_INPUT, "HW-RT", "Hot water return temperature", BAC_UNITS_DEGREES_CELSIUS, 0, 120, 0.1,
     AT(Plant, hot_return), NULL},
    {BAC_ANALOG_INPUT, "CH-LOAD", "Chiller load", BAC_UNITS_PERCENT, 0, 100, 1, AT(Plant, chiller_load),
     NULL},
    {BAC_ANALOG_INPUT, "BLR-LOAD", "Boiler load", BAC_UNITS_PERCENT, 0, 100, 1, AT(Plant, boiler_load), NULL},
    {BAC_ANALOG_INPUT, "CH-KW", "Chiller power", BAC_UNITS_KILOWATTS, 0, 5000, 0.1, AT(Plant, chiller_power),
     NULL},
    {BAC_ANALOG_VALUE, "CHW-C", "Chilled water temperature wanted", BAC_UNITS_DEGREES_CELSIUS, 4, 20, 0.1,
     AT(Plant, chilled_setpoint), NULL},
    {BAC_ANALOG_VALUE, "HW-C", "Hot water temperature wanted", BAC_UNITS_DEGREES_CELSIUS, 20, 90, 0.1,
     AT(Plant, hot_setpoint), NULL},
    {BAC_ANALOG_OUTPUT, "CHP-O", "Chilled water pump speed", BAC_UNITS_PERCENT, 0, 100, 1,
     AT(Plant, chilled_pump), NULL},
    {BAC_ANALOG_OUTPUT, "HWP-O", "Hot water pump speed", BAC_UNITS_PERCENT, 0, 100, 1, AT(Plant, hot_pump),
     NULL},
    {BAC_BINARY_OUTPUT, "CH-C", "Chiller command", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Plant, chiller_command),
     off_on},
    {BAC_BINARY_INPUT, "CH-S", "Chiller status", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Plant, chiller_status),
     stopped_running},
    {BAC_BINARY_OUTPUT, "BLR-C", "Boiler command", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Plant, boiler_command),
     off_on},
    {BAC_BINARY_INPUT, "BLR-S", "Boiler status", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Plant, boiler_status),
     stopped_running},
    {BAC_MULTI_STATE_INPUT, "MODE", "Plant mode", BAC_UNITS_NO_UNITS, 0, 0, 0, AT(Plant, mode), plant_modes},
};

static const SimSpec weather_specs[] = {
    {BAC_ANALOG_INPUT, "OAT", "Outdoor air temperature", BAC_UNITS_DEGREES_CELSIUS, -50, 60, 0.1,
     AT(Weather, temperature), NULL},
    {BAC_ANALOG_INPUT, "OAH", "Outdoor air humidity", BAC_UNITS_PERCENT_RELATIVE_HUMIDITY, 0, 100, 0.5,
     AT(Weather, humidity), NULL},
    {BAC_ANALOG_INPUT, "SOLAR", "Solar irradiance", BAC_UNITS_WATTS_PER_SQUARE_METER, 0, 1500, 5,
     AT(Weather, irradiance), NULL},
};

static const SimSpec meter_specs[] = {
    {BAC_ANALOG_INPUT, "KW", "Power", BAC_UNITS_KILOWATTS, 0, 20000, 0.1, AT(Meter, power), NULL},
    {BAC_ANALOG_INPUT, "KVAR", "Reactive power", BAC_UNITS_KILOVOLT_AMPERES_REACTIVE, 0, 20000, 0.1,
     AT(Meter, reactive), NULL},
    {BAC_ANALOG_INPUT, "PF", "Power factor", BAC_UNITS_POWER_FACTOR, 0, 1, 0.01, AT(Meter, factor), NULL},
    {BAC_ANALOG_INPUT, "V", "Voltage", BAC_UNITS_VOLTS, 0, 500, 0.1, AT(Meter, voltage), NULL},
    {BAC_ANALOG_INPUT, "A", "Current", BAC_UNITS_AMPERES, 0, 50000, 0.1, AT(Meter, current), NULL},
    {BAC_ANALOG_INPUT, "HZ", "Frequency", BAC_UNITS_HERTZ, 40, 70, 0.01, AT(Meter, frequency), NULL},
    {BAC_ANALOG_INPUT, "FANS-KW", "Power of the fans", BAC_UNITS_KILOWATTS, 0, 20000, 0.1, AT(Meter, fans),
     NULL},
    {BAC_ANALOG_INPUT, "LTG-KW", "Power of lighting and sockets", BAC_UNITS_KILOWATTS, 0, 20000, 0.1,
     AT(Meter, lighting), NULL},
    {BAC_ACCUMULATOR, "KWH", "Energy", BAC_UNITS_KILOWATT_HOURS, 0, 0, 1, AT(Meter, energy), NULL},
    {BAC_LARGE_ANALOG_VALUE, "GAS-KWH", "Heat from the boiler", BAC_UNITS_KILOWATT_HOURS, 0, 0, 0.1,
     AT(Meter, gas), NULL},
};

#define COUNT(specs) (sizeof(specs) / sizeof(specs)[0])

enum { ZONES_PER_CONTROLLER = 4, ZONES_PER_HANDLER = 18 };

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
                          .segmentation = BAC_SEGMENTED_BOTH};
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
static void add_points(Layout *layout, SimDevice *device, const SimSpec *specs, size_t count,
                       const char *equipment, void *data)
{
    const size_t taken = count < layout->left ? count : layout->left;
    device->objects = realloc(device->objects, (device->count + taken + 1) * sizeof *device->objects);
    if (!device->objects)
        abort();
    for (size_t i = 0; i < taken; i++) {
        const BacObjectId id = {specs[i].type, next_instance(device, specs[i].type)};
        sim_object_init(&device->objects[device->count++], id, &specs[i], equipment, data);
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
        add_points(layout, device, zone_specs, COUNT(zone_specs), equipment, &building->zones[*zone]);
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
        add_points(&layout, add_device(&layout, name, "Air handler", "AirMaster 300"), handler_specs,
                   COUNT(handler_specs), name, &building->handlers[i]);
        if (i == 0 && layout.left) {
            SimDevice *plant =
                add_device(&layout, "PLANT", "Chiller, boiler and weather station", "PlantMaster 500");
            add_points(&layout, plant, plant_specs, COUNT(plant_specs), "PLANT", &building->plant);
            add_points(&layout, plant, weather_specs, COUNT(weather_specs), "WEATHER", &building->weather);
            if (layout.left)
                add_points(&layout,
                           add_device(&layout, "METER", "Main electricity and heat meter", "PowerEye 3"),
                           meter_specs, COUNT(meter_specs), "METER", &building->meter);
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
    const size_t common = COUNT(plant_specs) + COUNT(weather_specs) + COUNT(meter_specs);
    const size_t per_handler = COUNT(handler_specs) + ZONES_PER_HANDLER * COUNT(zone_specs);
    const size_t handlers =
        points > common + per_handler ? (points - common + per_handler - 1) / per_handler : 1;
    const size_t fixed = common + handlers * COUNT(handler_specs);
    const size_t zones = points > fixed ? (points - fixed + COUNT(zone_specs) - 1) / COUNT(zone_specs) : 0;
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

SimObject *sim_device_find(const SimDevice *device, BacObjectId id)
{
    SimObject key;
    key.id = id;
    return device->count ? bsearch(&key, device->objects, device->count, sizeof *device->objects, by_id)
                         : NULL;
}
