/* Moist air that moves: its mass, and how much heat is in it. Heat is counted from 0 degrees C and water; the
 * small heat of warmed vapour is left out (2 % of the latent heat at 30 K), everywhere alike, so that
 * balances close. */
#ifndef SIM_MOIST_H
#define SIM_MOIST_H

#include "apps/sim/world/air.h"

#define AIR_DENSITY 1.2     /* kg/m3 of standard air */
#define AIR_HEAT    1006.0  /* J/(kg K) */
#define VAPOUR_HEAT 2.501e6 /* J/kg: to evaporate it at 0 degrees C */
#define WATER_HEAT  4186.0  /* J/(kg K) */
#define OUTDOOR_CO2 420.0   /* ppm */

/* kg/s of so many L/s. */
static inline double air_mass(double flow)
{
    return flow * 1e-3 * AIR_DENSITY;
}

/* J/kg of dry air. Unlike air_enthalpy it leaves out what warms the vapour. */
static inline double moist_content(double temperature, double vapour)
{
    return AIR_HEAT * temperature + VAPOUR_HEAT * vapour;
}

static inline double moist_saturated(double temperature)
{
    return moist_content(temperature, air_saturated(temperature));
}

/* Degrees C at which saturated air has this content. */
double moist_temperature(double content);

#endif
