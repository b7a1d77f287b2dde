/* A test rig: the parts of a building without its controls and people, in weather of the test's own. What a
 * part should do is worked out in the test from its description, by other means than the part's own. */
#ifndef TESTS_UNIT_SIM_RIG_H
#define TESTS_UNIT_SIM_RIG_H

#include "apps/sim/physics/machines.h"
#include "apps/sim/physics/moist.h"
#include "tests/unit/apps/sim/physics/near.h"

#include <string.h>

static Building rig;

/* Outdoors: a temperature and a relative humidity, no sun. */
static inline void rig_weather(double temperature, double humidity)
{
    const double vapour = vapour_of(temperature, humidity);
    rig.weather.sky = (Sky){.temperature = temperature, .vapour = vapour, .humidity = humidity};
    memset(rig.weather.on_wall, 0, sizeof rig.weather.on_wall);
}

/* A building of one air handler, furnished, at 20 degrees C throughout, empty and dark, outdoors the same.
 * Of five zones one is inside, and one faces each way. */
static inline void rig_begin(size_t zones)
{
    rig = (Building){.seed = 1, .handler_count = 1, .zone_count = zones};
    physics_furnish(&rig);
    rig_weather(20, 50);
    for (size_t i = 0; i < zones; i++) {
        Zone *zone = &rig.zones[i];
        zone->air = zone->mass = zone->wall = 20;
        zone->vapour = vapour_of(20, 50);
        zone->co2 = OUTDOOR_CO2;
        zone->people = zone->gain_equipment = zone->gain_lights = zone->gain_sun = 0;
    }
}

/* -1 inside, 0 north, 1 east, 2 south, 3 west. */
static inline Zone *rig_zone(int facing)
{
    for (size_t i = 0; i < rig.zone_count; i++)
        if (rig.zones[i].facing == facing)
            return &rig.zones[i];
    fail_msg("no zone faces %d", facing);
    return NULL;
}

static inline int rig_tear_down(void **state)
{
    (void)state;
    free(rig.handlers);
    free(rig.zones);
    rig = (Building){0};
    return 0;
}

static inline void rig_run(double hours)
{
    for (long i = 0; i < lround(hours * 3600 / BUILDING_STEP_S); i++) {
        rig.now_us += BUILDING_STEP_US;
        physics_step(&rig);
    }
}

#endif
