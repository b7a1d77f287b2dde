/* The weather around the building, its station, and who is in. */
#include "apps/sim/physics/machines.h"
#include "apps/sim/world/people.h"

#include "base/time.h"

static const double AZIMUTHS[4] = {0, 90, 180, 270};

/* Lights go on with the first who come, equipment with each. */
static void people_come(Building *building, Zone *zone, uint32_t number)
{
    const double in = people_in(building->seed, number, &building->local);
    zone->people = in * zone->seats;
    zone->gain_lights = zone->lights * physics_clamp(0.05 + 2 * in, 0, 1);
    zone->gain_equipment = zone->equipment * (0.15 + 0.85 * in);
    signal_set(&zone->occupied, in > 0.03);
}

void physics_step_world(Building *building)
{
    Weather *weather = &building->weather;
    calendar_cached(building->climate, building->now_us, &building->local);
    weather_cached(building->climate, building->weather_seed, building->now_us, &weather->cache,
                   &weather->sky);
    const Sky *sky = &weather->sky;
    signal_set(&weather->temperature, sky->temperature);
    signal_set(&weather->humidity, sky->humidity);
    signal_set(&weather->irradiance, sky->global);
    if (building->now_us % BP_MINUTE)
        return;
    for (size_t i = 0; i < 4; i++)
        weather->on_wall[i] = sun_on_wall(sky, AZIMUTHS[i]);
    for (size_t i = 0; i < building->zone_count; i++) {
        Zone *zone = &building->zones[i];
        people_come(building, zone, (uint32_t)i);
        zone->gain_sun =
            zone->facing < 0 ? 0 : weather->on_wall[zone->facing] * zone->glass * zone->glass_gain;
    }
}
