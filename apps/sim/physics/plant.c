/* The plant: what coils took goes to the machines, and what these need is added up. */
#include "apps/sim/physics/machines.h"
#include "apps/sim/physics/moist.h"

static const double ROOM = 20,
                    PIPES = 10;       /* degrees C where pipes run; W/K of them, for 1 kg/s of design flow */
static const double LEAST_FLOW = 0.4; /* of the machine's design flow, round past the coils */

void loop_step(WaterLoop *loop, double power, double beside, double drawn, double returned)
{
    const double through = loop->flow * WATER_HEAT, came = drawn * WATER_HEAT * (returned - loop->returned),
                 past = (loop->flow - drawn) * WATER_HEAT * (loop->supply - loop->returned);
    const double into_supply = through * (loop->returned - loop->supply) + power + beside;
    loop->returned += (came + past) / loop->heat * BUILDING_STEP_S;
    loop->supply += into_supply / loop->heat * BUILDING_STEP_S;
}

double loop_from_room(const WaterLoop *loop)
{
    return PIPES * loop->flow_design * (ROOM - loop->supply);
}

double pump_power(double design, double speed, double flow_share)
{
    /* Head goes with the square of the speed; 5 % are the drive's. */
    return speed > 0 ? design * (0.05 + 0.95 * speed * speed * (0.25 * speed + 0.75 * flow_share)) : 0;
}

/* Lets a loop run, as far as its pump can give what the open valves ask for. */
static void run_loop(WaterLoop *loop, bool runs, double speed, Drawn *drawn)
{
    const double most = runs ? speed * loop->flow_design : 0;
    loop->flow = runs ? fmax(drawn->flow, fmin(most, LEAST_FLOW * loop->flow_design)) : drawn->flow;
    loop->share = loop->asked > most ? most / loop->asked : runs;
    loop->asked = 0;
}

static void add(Drawn *drawn, double flow, double returned)
{
    drawn->flow += flow;
    drawn->returned += flow * returned;
}

static void mix(Drawn *drawn)
{
    drawn->returned = drawn->flow > 0 ? drawn->returned / drawn->flow : 0;
}

static void sense(Plant *plant)
{
    const bool cools = signal_is_on(&plant->chiller_status), heats = signal_is_on(&plant->boiler_status);
    signal_set(&plant->chilled_supply, plant->chilled.supply);
    signal_set(&plant->chilled_return, plant->chilled.returned);
    signal_set(&plant->hot_supply, plant->hot.supply);
    signal_set(&plant->hot_return, plant->hot.returned);
    signal_set(&plant->tower_supply, plant->condenser.supply);
    signal_set(&plant->tower_return, plant->condenser.returned);
    signal_set(&plant->chiller_load, 100 * plant->chiller_share);
    signal_set(&plant->boiler_load, 100 * plant->boiler_heat / plant->boiler_capacity);
    signal_set(&plant->chiller_power, plant->chiller_watts / 1000);
    signal_set(&plant->pump_power,
               (plant->chilled_pump_watts + plant->hot_pump_watts + plant->tower_pump_watts) / 1000);
    signal_set(&plant->tower_power, plant->tower_fan_watts / 1000);
    signal_set(&plant->mode, 1 + heats + 2 * cools);
}

void physics_step_plant(Building *building)
{
    Plant *plant = &building->plant;
    Drawn chilled = {0}, hot = {0};
    for (size_t i = 0; i < building->handler_count; i++) {
        add(&chilled, building->handlers[i].chilled_flow, building->handlers[i].chilled_return);
        add(&hot, building->handlers[i].hot_flow, building->handlers[i].hot_return);
    }
    for (size_t i = 0; i < building->zone_count; i++)
        add(&hot, building->zones[i].hot_flow, building->zones[i].hot_return);
    mix(&chilled);
    mix(&hot);
    signal_set(&plant->chiller_status, signal_is_on(&plant->chiller_command));
    signal_set(&plant->boiler_status, signal_is_on(&plant->boiler_command));
    run_loop(&plant->chilled, signal_is_on(&plant->chiller_status), plant->chilled_pump.actual / 100,
             &chilled);
    run_loop(&plant->hot, signal_is_on(&plant->boiler_status), plant->hot_pump.actual / 100, &hot);
    chiller_step(building, chilled);
    tower_step(building);
    boiler_step(building, hot);
    sense(plant);
}
