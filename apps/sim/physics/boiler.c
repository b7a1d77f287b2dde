/* The boiler, a condensing one: the colder the water that comes back, the more of the flue's vapour gives its
 * heat. */
#include "apps/sim/physics/machines.h"
#include "apps/sim/physics/moist.h"

#include "base/time.h"

static const double LEAST_LOAD = 0.2, BAND = 4; /* of its capacity; K about its setpoint, where it switches */

double boiler_efficiency(double returned)
{
    /* 0.97 at 28 degrees C, and no more condensing above the dew point of flue gas, about 56 (ASHRAE
     * Systems). */
    return physics_clamp(0.97 - 0.0037 * (returned - 28), 0.865, 0.97);
}

static void switch_burner(Building *building, double setpoint, bool enabled)
{
    Plant *plant = &building->plant;
    const bool rested = building->now_us - plant->burner_since_us >= 3 * BP_MINUTE;
    bool runs = plant->burner_runs;
    if (!enabled || (runs && plant->hot.supply > setpoint + BAND && rested))
        runs = false;
    else if (!runs && plant->hot.supply < setpoint - BAND && rested)
        runs = true;
    if (runs == plant->burner_runs)
        return;
    plant->burner_runs = runs;
    plant->burner_since_us = building->now_us;
    plant->burner_starts += runs;
}

void boiler_step(Building *building, Drawn drawn)
{
    Plant *plant = &building->plant;
    WaterLoop *loop = &plant->hot;
    const double setpoint = physics_clamp(plant->hot_setpoint.actual, 25, 85);
    const bool enabled = signal_is_on(&plant->boiler_status) && loop->flow > 0;
    switch_burner(building, setpoint, enabled);
    plant->boiler_heat = plant->gas_watts = 0;
    if (plant->burner_runs) {
        const double wanted = loop->flow * WATER_HEAT * (setpoint - loop->returned) / plant->boiler_capacity;
        plant->boiler_heat = plant->boiler_capacity * physics_clamp(wanted, LEAST_LOAD, 1);
        plant->gas_watts = plant->boiler_heat / boiler_efficiency(loop->returned);
    }
    plant->flue_watts = plant->gas_watts - plant->boiler_heat;
    plant->hot_pump_watts = pump_power(plant->hot_pump_design, enabled ? plant->hot_pump.actual / 100 : 0,
                                       loop->flow / loop->flow_design);
    balance_heat(&building->balance, plant->gas_watts + plant->hot_pump_watts);
    balance_heat(&building->balance, -plant->flue_watts);
    balance_heat(&building->balance, loop_from_room(loop));
    loop_step(loop, plant->boiler_heat, plant->hot_pump_watts + loop_from_room(loop), drawn.flow,
              drawn.returned);
}
