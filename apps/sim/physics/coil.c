#include "apps/sim/physics/coil.h"

#include "apps/sim/physics/moist.h"

#include <math.h>

double coil_side(double design, double flow_share)
{
    return flow_share > 0 ? design * pow(flow_share, 0.8) : 0;
}

double coil_effectiveness(double transfer_units, double ratio)
{
    if (fabs(1 - ratio) < 1e-6)
        return transfer_units / (1 + transfer_units);
    if (transfer_units * (ratio - 1) > 500) /* hardly any water: all that it can carry */
        return 1 / ratio;
    const double left = exp(-transfer_units * (1 - ratio));
    return (1 - left) / (1 - ratio * left);
}

/* W from water of 1 K more than the air. */
static double dry_transfer(const CoilAir *air, const CoilWater *water)
{
    const double of_air = air->flow * AIR_HEAT, of_water = water->flow * WATER_HEAT;
    const double least = fmin(of_air, of_water), most = fmax(of_air, of_water);
    const double both = 1 / (1 / water->air_side + 1 / water->water_side);
    return coil_effectiveness(both / least, least / most) * least;
}

double coil_heat(CoilAir *air, CoilWater *water)
{
    water->returned = water->supply;
    if (air->flow <= 0 || water->flow <= 0)
        return 0;
    const double power = dry_transfer(air, water) * (water->supply - air->temperature);
    air->temperature += power / (air->flow * AIR_HEAT);
    water->returned -= power / (water->flow * WATER_HEAT);
    return power;
}

typedef struct Wet {
    double power, temperature, vapour;
} Wet;

/* As if all of the coil were wet. Saturated air's content bends upwards: it is taken for straight from the
 * water's supply on, over so much as water and surface are warmer than that; the second pass knows how much.
 * Where the coil is dry at its warm end, this or the dry one, whichever gives more, gives up to 8 % less than
 * a coil cut into slices does. */
static Wet cool_wet(const CoilAir *air, const CoilWater *water)
{
    static const double FIRST_SPAN = 6, SPAN_SHARE = 0.65;
    const double of_water = water->flow * WATER_HEAT, saturated = moist_saturated(water->supply);
    const double units_air = water->air_side / (air->flow * AIR_HEAT),
                 units_water = water->water_side / of_water;
    const double content = moist_content(air->temperature, air->vapour);
    double power = 0, span = FIRST_SPAN;
    for (int pass = 0; pass < 2; pass++) {
        const double slope = (moist_saturated(water->supply + span) - saturated) / span;
        const double ratio = air->flow * slope / of_water;
        const double units = units_air / (1 + ratio * units_air / units_water);
        power = fmin(coil_effectiveness(units, ratio) * air->flow * (content - saturated),
                     of_water * (air->temperature - water->supply)); /* no water leaves warmer than the air */
        span = fmax(1, SPAN_SHARE * power * (1 / of_water + 1 / water->water_side));
    }
    /* What passes the fins keeps its state, the rest leaves saturated at their temperature. */
    const double passes = exp(-units_air), fall = power / air->flow;
    const double fins = moist_temperature(content - fall / (1 - passes));
    const double temperature = fins + (air->temperature - fins) * passes;
    return (Wet){power, temperature, (content - fall - AIR_HEAT * temperature) / VAPOUR_HEAT};
}

double coil_cool(CoilAir *air, CoilWater *water, double *ret_condensate)
{
    *ret_condensate = 0;
    water->returned = water->supply;
    if (air->flow <= 0 || water->flow <= 0)
        return 0;
    const double power = dry_transfer(air, water) * (air->temperature - water->supply);
    Wet left = {power, air->temperature - power / (air->flow * AIR_HEAT), air->vapour};
    if (air_saturated(water->supply) < air->vapour) { /* else nothing can condense */
        const Wet wet = cool_wet(air, water);
        if (wet.power > power && wet.vapour < air->vapour)
            left = wet;
        if (left.vapour > air_saturated(left.temperature)) { /* nor does it leave as fog */
            left.temperature =
                moist_temperature(moist_content(air->temperature, air->vapour) - left.power / air->flow);
            left.vapour = fmin(air->vapour, air_saturated(left.temperature));
        }
    }
    *ret_condensate = air->flow * (air->vapour - left.vapour);
    *air = (CoilAir){air->flow, left.temperature, left.vapour};
    water->returned += left.power / (water->flow * WATER_HEAT);
    return left.power;
}
