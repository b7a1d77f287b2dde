/* The chiller: by lift, as Carnot's share of it and losses that do not ask for the lift (Gordon and Ng, Cool
 * Thermodynamics); at part load, as screw machines have it; with a least load, below which it switches on and
 * off. Shapes of capacity and part load after DOE-2 and EnergyPlus (Chiller:Electric:EIR), figures of an
 * ordinary machine: COP 5.2 at full load with water of 7 and 29 degrees C. */
#include "apps/sim/physics/machines.h"
#include "apps/sim/physics/moist.h"

#include "base/time.h"

static const double CARNOT_SHARE = 0.78, LOSSES = 0.048; /* the latter: W for a W of cooling */
static const double EVAPORATOR_APPROACH = 2,
                    CONDENSER_APPROACH = 2; /* K between refrigerant and leaving water */
static const double LEAST_LOAD = 0.2;       /* of its capacity */
static const double LEAST_LEAVING = 4;      /* degrees C: it protects itself from ice */

double chiller_capacity(const Plant *plant, double leaving, double condenser)
{
    return plant->chiller_capacity *
           physics_clamp(1 + 0.025 * (leaving - 7) - 0.010 * (condenser - 29), 0.5, 1.4);
}

double chiller_full_power(const Plant *plant, double leaving, double condenser)
{
    const double capacity = chiller_capacity(plant, leaving, condenser);
    const double rise = 1.2 * capacity / (plant->condenser.flow_design * WATER_HEAT);
    const double cold = leaving - EVAPORATOR_APPROACH + 273.15,
                 warm = fmax(condenser + rise + CONDENSER_APPROACH + 273.15, cold + 12); /* least lift */
    return capacity * ((warm - cold) / cold / CARNOT_SHARE + LOSSES);
}

double chiller_power_share(double load_share)
{
    return 0.10 + 0.60 * load_share + 0.30 * load_share * load_share;
}

/* Its own thermostat: it stops when the water is too cold even at its least load, and rests. */
static void switch_compressor(Building *building, double setpoint, bool enabled)
{
    Plant *plant = &building->plant;
    const int64_t rest_us = plant->short_cycles ? 30 * BP_SECOND : 8 * BP_MINUTE;
    const double band = plant->short_cycles ? 0.3 : 1.2;
    const int64_t since_us = building->now_us - plant->compressor_since_us;
    bool runs = plant->compressor_runs;
    if (!enabled || (runs && plant->chilled.supply < setpoint - band && since_us >= rest_us))
        runs = false;
    else if (!runs && plant->chilled.supply > setpoint + band && since_us >= rest_us)
        runs = true;
    if (runs == plant->compressor_runs)
        return;
    plant->compressor_runs = runs;
    plant->compressor_since_us = building->now_us;
    plant->compressor_starts += runs;
}

void chiller_step(Building *building, Drawn drawn)
{
    Plant *plant = &building->plant;
    WaterLoop *loop = &plant->chilled;
    const double setpoint = physics_clamp(plant->chilled_setpoint.actual, LEAST_LEAVING, 20);
    const bool enabled = signal_is_on(&plant->chiller_status) && loop->flow > 0;
    switch_compressor(building, setpoint, enabled);
    plant->chiller_heat = plant->chiller_watts = plant->chiller_share = 0;
    if (plant->compressor_runs) {
        const double condenser = plant->condenser.supply;
        const double capacity = chiller_capacity(plant, setpoint, condenser);
        const double wanted = loop->flow * WATER_HEAT * (loop->returned - setpoint);
        const double share = physics_clamp(wanted / capacity, LEAST_LOAD, 1);
        plant->chiller_share = share;
        plant->chiller_heat = share * capacity;
        plant->chiller_watts = chiller_full_power(plant, setpoint, condenser) * chiller_power_share(share);
    }
    plant->chilled_pump_watts =
        pump_power(plant->chilled_pump_design, enabled ? plant->chilled_pump.actual / 100 : 0,
                   loop->flow / loop->flow_design);
    balance_heat(&building->balance, loop_from_room(loop));
    balance_heat(&building->balance, plant->chiller_watts + plant->chilled_pump_watts);
    loop_step(loop, -plant->chiller_heat, plant->chilled_pump_watts + loop_from_room(loop), drawn.flow,
              drawn.returned);
}
