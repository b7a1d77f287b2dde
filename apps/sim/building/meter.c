/* The meter: what all of it takes. */
#include "apps/sim/building/physics.h"

#include <math.h>

void building_step_meter(Building *building, double step_s)
{
    Meter *meter = &building->meter;
    const double zones = (double)building->zone_count;
    double fans = 0;
    for (size_t i = 0; i < building->handler_count; i++)
        fans += building->handlers[i].fan_power.automatic * 1.4;
    const double people = building_occupancy(building), noise = bp_random_normal(&building->random);
    meter->fans.automatic = fans;
    meter->chiller.automatic = building->plant.chiller_power.automatic;
    meter->lighting.automatic = zones * (0.09 + 1.1 * people);
    const double pumps =
        (building->plant.chilled_pump.automatic + building->plant.hot_pump.automatic) / 100 * zones * 0.06;
    meter->power.automatic = building_approach(meter->power.automatic,
                                               meter->fans.automatic + meter->chiller.automatic +
                                                   meter->lighting.automatic + pumps + 3,
                                               10, step_s) +
                             noise * 0.02 * sqrt(zones);
    meter->factor.automatic =
        building_clamp(0.97 - 0.05 * meter->chiller.automatic / fmax(1, meter->power.automatic), 0.8, 1);
    meter->reactive.automatic = meter->power.automatic * tan(acos(meter->factor.automatic));
    meter->voltage.automatic =
        230 + 1.5 * sin((double)building->now_us / 4e9) - meter->power.automatic * 0.004 + noise * 0.1;
    meter->current.automatic =
        meter->power.automatic * 1000 / (3 * meter->voltage.automatic * meter->factor.automatic);
    meter->frequency.automatic = 50 + 0.01 * noise;
    meter->energy.automatic += meter->power.automatic * step_s / 3600;
    meter->gas.automatic += zones * 2.4 * building->plant.boiler_load.automatic / 100 * step_s / 3600;
}
