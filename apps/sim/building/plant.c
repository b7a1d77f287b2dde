/* The plant: a chiller and a boiler, their pumps and water. */
#include "apps/sim/building/physics.h"

#include <math.h>

/* Switches with a least time on and off, as machines want it. */
static void switch_machine(Signal *command, double *hold_s, bool wanted, double step_s)
{
    *hold_s = fmax(0, *hold_s - step_s);
    if (*hold_s > 0 || wanted == (command->automatic > 0.5))
        return;
    command->automatic = wanted;
    *hold_s = 600;
}

void building_step_plant(Building *building, double step_s)
{
    Plant *plant = &building->plant;
    double cooling = 0, heating = 0, reheat = 0;
    for (size_t i = 0; i < building->handler_count; i++) {
        cooling = fmax(cooling, building->handlers[i].cooling_valve.actual);
        heating = fmax(heating, building->handlers[i].heating_valve.actual);
    }
    for (size_t i = 0; i < building->zone_count; i++)
        reheat += building->zones[i].reheat.actual / (double)building->zone_count;
    const bool cools = plant->chiller_status.automatic > 0.5, heats = plant->boiler_status.automatic > 0.5;
    switch_machine(&plant->chiller_command, &plant->chiller_hold_s, cooling > (cools ? 3 : 15), step_s);
    switch_machine(&plant->boiler_command, &plant->boiler_hold_s, fmax(heating, reheat) > (heats ? 2 : 8),
                   step_s);
    plant->chiller_status.automatic = plant->chiller_command.actual > 0.5;
    plant->boiler_status.automatic = plant->boiler_command.actual > 0.5;
    plant->hot_setpoint.automatic = building_clamp(65 - 1.2 * building->weather.temperature.actual, 40, 75);
    plant->chilled_setpoint.automatic =
        building_clamp(8 - 0.1 * (building->weather.temperature.actual - 15), 6, 9);
    plant->chilled_supply.automatic =
        building_approach(plant->chilled_supply.automatic, cools ? plant->chilled_setpoint.actual : 17,
                          cools ? 240 : 5400, step_s);
    plant->hot_supply.automatic = building_approach(
        plant->hot_supply.automatic, heats ? plant->hot_setpoint.actual : 24, heats ? 300 : 7200, step_s);
    plant->chiller_load.automatic = building_approach(
        plant->chiller_load.automatic, cools ? building_clamp(cooling + 8, 10, 100) : 0, 120, step_s);
    plant->boiler_load.automatic =
        building_approach(plant->boiler_load.automatic,
                          heats ? building_clamp(fmax(heating, reheat) + 12, 10, 100) : 0, 120, step_s);
    plant->chilled_return.automatic =
        plant->chilled_supply.automatic + 5.5 * plant->chiller_load.automatic / 100;
    plant->hot_return.automatic = plant->hot_supply.automatic - 14 * plant->boiler_load.automatic / 100;
    plant->chilled_pump.automatic =
        cools ? building_clamp(35 + plant->chiller_load.automatic * 0.6, 35, 100) : 0;
    plant->hot_pump.automatic = heats ? building_clamp(35 + plant->boiler_load.automatic * 0.6, 35, 100) : 0;
    plant->chiller_power.automatic =
        (double)building->zone_count * 1.9 * plant->chiller_load.automatic / 100 /
        building_clamp(4.8 - 0.06 * (building->weather.temperature.automatic - 20), 2.5, 6);
    plant->mode.automatic = 1 + heats + 2 * cools;
}
