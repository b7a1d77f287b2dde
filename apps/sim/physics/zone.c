/* Zones: air and furniture, floors and ceilings, outer walls; each a store of heat (a network of resistances
 * and capacities: ASHRAE Fundamentals, nonresidential load calculations). */
#include "apps/sim/physics/coil.h"
#include "apps/sim/physics/machines.h"
#include "apps/sim/physics/moist.h"

#include "base/random.h"
#include "base/time.h"

/* Of one who sits and works (ASHRAE Fundamentals, chapter on loads; 62.1, appendix on CO2 at 1.2 met). */
static const double PERSON_SENSIBLE = 70, PERSON_LATENT = 45, PERSON_CO2 = 0.0050; /* W, W, L/s */

static const double HEIGHT = 3;        /* m */
static const double VAPOUR_STORES = 4; /* times the air: carpets and paper take up moisture, too */
static const double INSIDE =
    2.5; /* times its loss: from an outer wall's mass, which lies outside, to the room */
static const double WALL_ABSORBS = 0.6, OUTSIDE_FILM = 20; /* of the sun; W/(m2 K) */
static const double VALVE_TRAVEL_S = 60;
static const double FAN_LEAKAGE = 0.25; /* of the leakage is left while the fan keeps the pressure up */

/* Through the reheat coil. */
static void reheat(Building *building, const AirHandler *handler, Zone *zone)
{
    WaterLoop *hot = &building->plant.hot;
    const double open = actuator_open(&zone->reheat_actuator),
                 asked = zone->reheat_largest / 2000 * open * open;
    CoilAir air = {air_mass(zone->flow), handler->supply_air, handler->supply_vapour};
    CoilWater water = {.flow = asked * hot->share, .supply = hot->supply, .returned = hot->supply};
    hot->asked += asked;
    zone->reheat_power = 0;
    if (water.flow > 0 && zone->flow > 0) {
        water.air_side = coil_side(2 * zone->reheat_largest, zone->flow / zone->flow_largest);
        water.water_side = coil_side(2 * zone->reheat_largest, open * open * hot->share);
        zone->reheat_power = coil_heat(&air, &water);
    }
    zone->hot_flow = water.flow;
    zone->hot_return = water.returned;
    zone->supplied = zone->flow > 0 ? air.temperature : zone->supplied + (zone->air - zone->supplied) * 0.005;
}

static void warm(Building *building, Zone *zone)
{
    const Sky *sky = &building->weather.sky;
    const double outdoor = sky->temperature;
    const double leak = air_mass(zone->leakage_now) * AIR_HEAT;
    const double on_wall = zone->facing < 0 ? 0.5 * sky->global : building->weather.on_wall[zone->facing];
    const double outside = outdoor + WALL_ABSORBS * on_wall / OUTSIDE_FILM;
    const double into_wall = INSIDE * zone->wall_loss * (zone->air - zone->wall),
                 from_outside = INSIDE / (INSIDE - 1) * zone->wall_loss * (outside - zone->wall);
    const double into_mass = zone->mass_exchange * (zone->air - zone->mass);
    const double through = (zone->glass_loss + leak) * (outdoor - zone->air);
    const double people = zone->people * PERSON_SENSIBLE;
    const double radiant = 0.4 * people + 0.5 * zone->gain_lights + 0.7 * zone->gain_sun,
                 gains = people + zone->gain_lights + zone->gain_sun + zone->gain_equipment;
    const double supplied = air_mass(zone->flow) * AIR_HEAT * (zone->supplied - zone->air);
    zone->air +=
        (through + gains - radiant + supplied - into_wall - into_mass) / zone->air_heat * BUILDING_STEP_S;
    zone->mass += (into_mass + radiant) / zone->mass_heat * BUILDING_STEP_S;
    zone->wall += (into_wall + from_outside) / zone->wall_heat * BUILDING_STEP_S;
    balance_heat(&building->balance, through);
    balance_heat(&building->balance, from_outside);
    balance_heat(&building->balance, gains);
}

/* Vapour and CO2 that people make, that leaks in, and that comes with the supply. */
static void breathe(Building *building, const AirHandler *handler, Zone *zone)
{
    const Sky *sky = &building->weather.sky;
    const double leak = air_mass(zone->leakage_now), flow = air_mass(zone->flow);
    const double sweat = zone->people * PERSON_LATENT / VAPOUR_HEAT,
                 leaked = leak * (sky->vapour - zone->vapour);
    zone->vapour += (sweat + leaked + flow * (handler->supply_vapour - zone->vapour)) /
                    physics_zone_air(zone) * BUILDING_STEP_S;
    balance_water(&building->balance, sweat);
    balance_water(&building->balance, leaked);
    balance_heat(&building->balance, sweat * VAPOUR_HEAT);
    balance_heat(&building->balance, leaked * VAPOUR_HEAT);

    const double breath = zone->people * PERSON_CO2,
                 cracks = zone->leakage_now * (OUTDOOR_CO2 - zone->co2) * 1e-6;
    const double given = zone->flow * (handler->mixed_co2 - zone->co2) * 1e-6;
    zone->co2 += (breath + cracks + given) / physics_zone_volume(zone) * 1e6 * BUILDING_STEP_S;
    balance_co2(&building->balance, breath);
    balance_co2(&building->balance, cracks);
}

static void sense(const Building *building, Zone *zone, uint32_t number)
{
    if (building->now_us % BP_MINUTE == 0)
        zone->noise = 0.967 * zone->noise + 0.02 * physics_noise(building->seed, number, building->now_us);
    signal_set(&zone->temperature, zone->air + zone->noise);
    signal_set(&zone->co2_sensor, zone->co2);
    signal_set(&zone->airflow, zone->flow);
    signal_set(&zone->discharge, zone->supplied);
    if (building->now_us % BP_MINUTE == 0) /* a slow sensor */
        signal_set(&zone->humidity, fmin(100, air_humidity(zone->air, zone->vapour)));
}

void physics_step_zone(Building *building, const AirHandler *handler, Zone *zone)
{
    actuator_move(&zone->reheat_actuator, zone->reheat.actual, VALVE_TRAVEL_S);
    reheat(building, handler, zone);
    zone->leakage_now = zone->leakage * (zone->flow > 1 ? FAN_LEAKAGE : 1);
    warm(building, zone);
    breathe(building, handler, zone);
    sense(building, zone, (uint32_t)(zone - building->zones));
}

double physics_zone_air(const Zone *zone)
{
    return zone->area * HEIGHT * AIR_DENSITY * VAPOUR_STORES;
}

double physics_zone_volume(const Zone *zone)
{
    return zone->area * HEIGHT * 1000;
}
