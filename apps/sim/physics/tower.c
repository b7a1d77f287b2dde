/* The cooling tower, by effectiveness with the enthalpy of saturated air (Braun, Klein and Mitchell 1989): it
 * cools towards the wet bulb, and not further. */
#include "apps/sim/physics/coil.h"
#include "apps/sim/physics/machines.h"
#include "apps/sim/physics/moist.h"

static const double AIR_BY_WATER = 0.9; /* kg of air for 1 kg of water, at full speed */
static const double UNITS = 1.3;        /* transfer units then */
static const double DRAUGHT = 0.06;     /* of the air, with the fan off */

double tower_rejects(const Plant *plant, const Sky *sky, double water, double fan_share)
{
    enum { SPAN = 5 };
    const double flow = plant->condenser.flow;
    if (flow <= 0)
        return 0;
    const double air_share = fmax(DRAUGHT, fan_share),
                 air = air_share * AIR_BY_WATER * plant->condenser.flow_design;
    const double hot = moist_saturated(water), slope = (hot - moist_saturated(water - SPAN)) / SPAN;
    const double outside = moist_content(sky->temperature, sky->vapour);
    const double share = coil_effectiveness(UNITS * pow(air_share, -0.4), air * slope / (flow * WATER_HEAT));
    return fmax(0, share * air * (hot - outside));
}

void tower_step(Building *building)
{
    Plant *plant = &building->plant;
    WaterLoop *loop = &plant->condenser;
    const bool runs = signal_is_on(&plant->chiller_status);
    const double speed = runs ? physics_clamp(plant->tower_fan.actual / 100, 0, 1) : 0;
    loop->flow = runs ? loop->flow_design : 0;
    loop->share = runs;
    plant->tower_pump_watts = runs ? plant->tower_pump_design : 0;
    plant->tower_fan_watts = plant->tower_fan_design * speed * speed * speed;
    plant->rejected = tower_rejects(plant, &building->weather.sky, loop->returned, speed);
    balance_heat(&building->balance, plant->tower_pump_watts);
    balance_heat(&building->balance, -plant->rejected);
    const double heat = plant->chiller_heat + plant->chiller_watts;
    if (loop->flow > 0)
        loop_step(loop, -plant->rejected, plant->tower_pump_watts, loop->flow,
                  loop->supply + heat / (loop->flow * WATER_HEAT));
}
