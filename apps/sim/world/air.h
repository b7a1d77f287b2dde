/* Moist air at sea level: what it holds, and what it is worth. One set of formulae for the sky and for rooms,
 * so that air that comes in is the air that was outside. Temperatures in degrees C, vapour in kg a kg of dry
 * air. */
#ifndef SIM_WORLD_AIR_H
#define SIM_WORLD_AIR_H

/* Pa */
#define AIR_PRESSURE 101325.0

/* Vapour at saturation over water (Magnus, WMO-No. 8: within 0.3 % from -45 to 60 degrees C), and its slope,
 * a kelvin. */
double air_saturated(double temperature);
double air_saturated_slope(double temperature);

/* %RH, which may exceed 100 where the vapour does not fit; and back. */
double air_humidity(double temperature, double vapour);
double air_vapour(double temperature, double humidity);

/* Temperature at which this vapour saturates. */
double air_dew_point(double vapour);

/* J a kg of dry air, from 0 degrees C and liquid water. */
double air_enthalpy(double temperature, double vapour);

/* Temperature down to which water that evaporates cools this air: enthalpy, with that of the water, is kept.
 */
double air_wet_bulb(double temperature, double vapour);

#endif
