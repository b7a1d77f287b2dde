/* Air handlers: what their zones give back, outdoor air, filter, heating coil, cooling coil, fan. */
#include "apps/sim/physics/coil.h"
#include "apps/sim/physics/machines.h"
#include "apps/sim/physics/moist.h"

static const double DAMPER_TRAVEL_S = 90, VALVE_TRAVEL_S = 60;
static const double SPEED_TRAVEL_S = 40; /* the drive's ramp */
static const double DAMPER_LEAK = 0.02;  /* of the flow, the outdoor damper shut */

/* Pa over the supply fan at full speed without flow; what it loses in itself, in coils and casing, and in the
 * clean filter at the design flow. All go with the square of speed or flow (fan laws). */
static const double FAN_SHUT = 1000, FAN_LOSS = 250, CASING_LOSS = 260, FILTER_LOSS = 120;
static const double RETURN_STATIC = 40, RETURN_LOSS = 160; /* Pa over the return fan */

/* Of wheel, of belt and motor, whose losses warm the air; and what the drive takes even so, of the power at
 * the design flow, which warms the plant room. */
static const double WHEEL = 0.65, MOTOR = 0.88, DRIVE_LOSS = 0.04;

static void turn_fan(AirHandler *handler)
{
    const bool runs = signal_is_on(&handler->fan_command);
    const double wanted = runs ? physics_clamp(handler->fan_speed.actual, 0, 100) : 0;
    const double most = 100 * BUILDING_STEP_S / SPEED_TRAVEL_S;
    handler->speed += physics_clamp(wanted - handler->speed, -most, most);
}

/* Flow and pressure of duct and dampers at the fan's speed: a network with one unknown. */
static void share_air(Building *building, AirHandler *handler)
{
    double open = 0, flow = 0;
    for (size_t i = handler->first_zone; i < handler->first_zone + handler->zones; i++) {
        Zone *zone = &building->zones[i];
        actuator_move(&zone->damper_actuator, zone->damper.actual, DAMPER_TRAVEL_S);
        open += zone->flow_largest * actuator_open(&zone->damper_actuator);
    }
    const double speed = handler->speed / 100, share = open / handler->flow_design;
    const double loss = FAN_LOSS + CASING_LOSS + FILTER_LOSS * handler->filter_dirt;
    handler->static_pressure = FAN_SHUT * speed * speed / (1 + loss * share * share / 250);
    const double velocity = sqrt(handler->static_pressure / 250);
    for (size_t i = handler->first_zone; i < handler->first_zone + handler->zones; i++) {
        Zone *zone = &building->zones[i];
        zone->flow = zone->flow_largest * actuator_open(&zone->damper_actuator) * velocity;
        flow += zone->flow;
    }
    handler->flow = flow;
}

/* W for so many L/s against so many Pa: all of it is in the air in the end. */
static double air_watts(double flow, double rise)
{
    return flow * 1e-3 * rise / WHEEL / MOTOR;
}

static void take_power(AirHandler *handler)
{
    const double share = handler->flow / handler->flow_design;
    const double full = 250 + CASING_LOSS + FILTER_LOSS, return_full = RETURN_STATIC + RETURN_LOSS;
    const bool runs = handler->flow > 0;
    handler->fan_rise =
        handler->static_pressure + (CASING_LOSS + FILTER_LOSS * handler->filter_dirt) * share * share;
    handler->supply_fan_heat = air_watts(handler->flow, handler->fan_rise);
    handler->return_fan_heat = air_watts(handler->flow, RETURN_STATIC + RETURN_LOSS * share * share);
    handler->supply_fan_power =
        handler->supply_fan_heat + runs * DRIVE_LOSS * air_watts(handler->flow_design, full);
    handler->return_fan_power =
        handler->return_fan_heat + runs * DRIVE_LOSS * air_watts(handler->flow_design, return_full);
}

static void take_back(Building *building, AirHandler *handler)
{
    double air = 0, vapour = 0, co2 = 0, still = 0, still_vapour = 0;
    for (size_t i = handler->first_zone; i < handler->first_zone + handler->zones; i++) {
        const Zone *zone = &building->zones[i];
        air += zone->flow * zone->air;
        vapour += zone->flow * zone->vapour;
        co2 += zone->flow * zone->co2;
        still += zone->air / (double)handler->zones;
        still_vapour += zone->vapour / (double)handler->zones;
    }
    if (handler->flow > 0) {
        handler->returned_air =
            air / handler->flow + handler->return_fan_heat / (air_mass(handler->flow) * AIR_HEAT);
        handler->returned_vapour = vapour / handler->flow;
        handler->returned_co2 = co2 / handler->flow;
    } else if (handler->zones) {
        handler->returned_air += (still - handler->returned_air) * 0.005;
        handler->returned_vapour = still_vapour;
    }
}

static void mix(Building *building, AirHandler *handler)
{
    const Sky *sky = &building->weather.sky;
    const double share = DAMPER_LEAK + (1 - DAMPER_LEAK) * actuator_open(&handler->outdoor_actuator);
    handler->outdoor_flow = share * handler->flow;
    handler->mixed_air = handler->returned_air + share * (sky->temperature - handler->returned_air);
    handler->mixed_vapour = handler->returned_vapour + share * (sky->vapour - handler->returned_vapour);
    handler->mixed_co2 = handler->returned_co2 + share * (OUTDOOR_CO2 - handler->returned_co2);

    const double outdoor = air_mass(handler->outdoor_flow);
    balance_heat(&building->balance,
                 outdoor * (moist_content(sky->temperature, sky->vapour) -
                            moist_content(handler->returned_air, handler->returned_vapour)));
    balance_water(&building->balance, outdoor * (sky->vapour - handler->returned_vapour));
    balance_co2(&building->balance, handler->outdoor_flow * (OUTDOOR_CO2 - handler->returned_co2) * 1e-6);
    balance_heat(&building->balance, handler->supply_fan_heat + handler->return_fan_heat);
}

static CoilWater water_of(WaterLoop *loop, double design, const Actuator *valve, double coil,
                          double air_share)
{
    const double open = actuator_open(valve),
                 share = open * open * loop->share; /* equal percentage, nearly */
    loop->asked += design * open * open;
    return (CoilWater){.flow = design * share,
                       .supply = loop->supply,
                       .returned = loop->supply,
                       .air_side = coil_side(1.6 * coil, air_share),
                       .water_side = coil_side(2.6 * coil, share)};
}

static void condition(Building *building, AirHandler *handler)
{
    Plant *plant = &building->plant;
    const double share = handler->flow / handler->flow_design;
    CoilAir air = {air_mass(handler->flow), handler->mixed_air, handler->mixed_vapour};
    CoilWater hot =
        water_of(&plant->hot, handler->hot_design, &handler->heating_actuator, handler->heating_coil, share);
    CoilWater chilled = water_of(&plant->chilled, handler->chilled_design, &handler->cooling_actuator,
                                 handler->cooling_coil, share);
    handler->heating_power = coil_heat(&air, &hot);
    signal_set(&handler->freeze_alarm, handler->flow > 0 && air.temperature < 3);
    handler->cooling_power = coil_cool(&air, &chilled, &handler->condensate);
    handler->coil_temperature = air.temperature;
    handler->hot_flow = hot.flow;
    handler->hot_return = hot.returned;
    handler->chilled_flow = chilled.flow;
    handler->chilled_return = chilled.returned;
    balance_water(&building->balance, -handler->condensate);
    if (handler->flow > 0) {
        handler->supply_air = air.temperature + handler->supply_fan_heat / (air.flow * AIR_HEAT);
        handler->supply_vapour = air.vapour;
    } else {
        handler->supply_air += (handler->returned_air - handler->supply_air) * 0.005;
        handler->supply_vapour = handler->returned_vapour;
    }
}

static void sense(AirHandler *handler)
{
    const double share = handler->flow / handler->flow_design;
    signal_set(&handler->fan_status, handler->speed > 5);
    signal_set(&handler->return_fan_speed, fmax(0, handler->speed - 8));
    signal_set(&handler->duct_pressure, handler->static_pressure);
    signal_set(&handler->supply, handler->supply_air);
    signal_set(&handler->mixed, handler->flow > 0 ? handler->mixed_air : handler->returned_air);
    signal_set(&handler->returned, handler->returned_air);
    signal_set(&handler->supply_flow, handler->flow);
    signal_set(&handler->outdoor_airflow, handler->outdoor_flow);
    signal_set(&handler->filter_pressure, FILTER_LOSS * handler->filter_dirt * share * share);
    signal_set(&handler->filter_alarm, handler->filter_dirt * share * share * FILTER_LOSS > 250);
    signal_set(&handler->supply_humidity,
               fmin(100, air_humidity(handler->supply_air, handler->supply_vapour)));
    signal_set(&handler->fan_power, (handler->supply_fan_power + handler->return_fan_power) / 1000);
    if (handler->speed > 5)
        signal_set(&handler->run_hours, handler->run_hours.automatic + BUILDING_STEP_S / 3600.0);
}

void physics_step_handler(Building *building, AirHandler *handler)
{
    turn_fan(handler);
    actuator_move(&handler->outdoor_actuator, handler->outdoor_damper.actual, DAMPER_TRAVEL_S);
    actuator_move(&handler->cooling_actuator, handler->cooling_valve.actual, VALVE_TRAVEL_S);
    actuator_move(&handler->heating_actuator, handler->heating_valve.actual, VALVE_TRAVEL_S);
    share_air(building, handler);
    take_power(handler);
    take_back(building, handler);
    mix(building, handler);
    condition(building, handler);
    sense(handler);
}
