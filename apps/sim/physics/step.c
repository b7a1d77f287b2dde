/* A step of all of it, what is stored in it, and what moves. */
#include "apps/sim/physics/machines.h"
#include "apps/sim/physics/moist.h"

#include "base/random.h"

void actuator_move(Actuator *actuator, double command, double travel_s)
{
    const double most = 100 * BUILDING_STEP_S / travel_s;
    if (isnan(actuator->stuck_at))
        actuator->at += physics_clamp(physics_clamp(command, 0, 100) - actuator->at, -most, most);
    else
        actuator->at = actuator->stuck_at;
}

double physics_noise(uint64_t seed, uint32_t sensor, int64_t at_us)
{
    const uint64_t key[3] = {seed, sensor, (uint64_t)at_us};
    uint64_t bits = bp_hash(key, sizeof key, 0);
    double sum = 0; /* of four that are evenly spread: near enough to normal, and cheap */
    for (int i = 0; i < 4; i++, bits >>= 16)
        sum += (double)(bits & 0xFFFF) / 65535 - 0.5;
    return sum * 1.7320508;
}

void physics_step(Building *building)
{
    for (size_t i = 0; i < building->handler_count; i++) {
        AirHandler *handler = &building->handlers[i];
        physics_step_handler(building, handler);
        for (size_t j = handler->first_zone; j < handler->first_zone + handler->zones; j++)
            physics_step_zone(building, handler, &building->zones[j]);
    }
    physics_step_plant(building);
    physics_step_meter(building);
}

double physics_heat_stored(const Building *building)
{
    double heat = 0;
    for (size_t i = 0; i < building->zone_count; i++) {
        const Zone *zone = &building->zones[i];
        heat += zone->air_heat * zone->air + zone->mass_heat * zone->mass + zone->wall_heat * zone->wall +
                VAPOUR_HEAT * physics_zone_air(zone) * zone->vapour;
    }
    const WaterLoop *loops[] = {&building->plant.chilled, &building->plant.hot, &building->plant.condenser};
    for (size_t i = 0; i < 3; i++)
        heat += loops[i]->heat * (loops[i]->supply + loops[i]->returned);
    return heat;
}

double physics_water_stored(const Building *building)
{
    double water = 0;
    for (size_t i = 0; i < building->zone_count; i++)
        water += physics_zone_air(&building->zones[i]) * building->zones[i].vapour;
    return water;
}

double physics_co2_stored(const Building *building)
{
    double co2 = 0;
    for (size_t i = 0; i < building->zone_count; i++)
        co2 += physics_zone_volume(&building->zones[i]) * building->zones[i].co2 * 1e-6;
    return co2;
}
