#include "apps/sim/world/air.h"

#include <math.h>

/* J/(kg K) of dry air, of vapour and of water; J/kg to evaporate at 0 degrees C (ASHRAE Handbook,
 * Fundamentals, chapter 1). */
static const double DRY = 1006, STEAM = 1860, WATER = 4186, EVAPORATION = 2501000;

/* kg of vapour at this pressure for a kg of dry air beside it. */
static double ratio(double pressure)
{
    return 0.622 * pressure / (AIR_PRESSURE - pressure);
}

static double pressure_saturated(double temperature)
{
    return 611.2 * exp(17.62 * temperature / (243.12 + temperature));
}

static double pressure_of(double vapour)
{
    return AIR_PRESSURE * vapour / (0.622 + vapour);
}

double air_saturated(double temperature)
{
    return ratio(pressure_saturated(temperature));
}

double air_saturated_slope(double temperature)
{
    const double pressure = pressure_saturated(temperature);
    const double slope = pressure * 17.62 * 243.12 / ((243.12 + temperature) * (243.12 + temperature));
    return ratio(pressure) * slope / pressure * AIR_PRESSURE / (AIR_PRESSURE - pressure);
}

double air_humidity(double temperature, double vapour)
{
    return 100 * pressure_of(vapour) / pressure_saturated(temperature);
}

double air_vapour(double temperature, double humidity)
{
    return ratio(pressure_saturated(temperature) * humidity / 100);
}

double air_dew_point(double vapour)
{
    const double exponent = log(pressure_of(vapour) / 611.2);
    return 243.12 * exponent / (17.62 - exponent);
}

double air_enthalpy(double temperature, double vapour)
{
    return DRY * temperature + vapour * (EVAPORATION + STEAM * temperature);
}

double air_wet_bulb(double temperature, double vapour)
{
    const double enthalpy = air_enthalpy(temperature, vapour);
    double bulb = temperature - 0.4 * (temperature - air_dew_point(vapour));
    for (int i = 0; i < 3; i++) { /* Newton; three are good for 0.001 K */
        const double full = air_saturated(bulb), slope = air_saturated_slope(bulb);
        const double excess = air_enthalpy(bulb, full) - (full - vapour) * WATER * bulb - enthalpy;
        const double rise =
            DRY + full * (STEAM - WATER) + vapour * WATER + slope * (EVAPORATION + (STEAM - WATER) * bulb);
        bulb -= excess / rise;
    }
    return bulb;
}
