/* Where the sun stands (Astronomical Almanac's low-precision formulae, as in Michalsky, Solar Energy 40
 * (1988): to 0.01 degrees from 1950 to 2050), and what comes through a clear sky. */
#ifndef SIM_SUN_H
#define SIM_SUN_H

#include <stdint.h>

typedef struct Sun {
    double height;  /* degrees above the horizon, without refraction; below 0 at night */
    double azimuth; /* degrees from north by east: 90 is east */
    double sine;    /* of the height */
    double beyond;  /* W/m2 on a plane across the beam, outside the atmosphere */
} Sun;

/* Degrees, north and east. */
void sun_at(double latitude, double longitude, int64_t at_us, Sun *ret_sun);

/* W/m2 of a clear sky: across the beam, and from the sky on a level (ASHRAE Handbook, Fundamentals 2013,
 * chapter 14: optical depths of beam and diffuse, about 0.3 to 0.6 and 1.8 to 2.6). Both 0 while the sun is
 * down. */
void sun_clear(const Sun *sun, double haze_beam, double haze_diffuse, double *ret_direct,
               double *ret_diffuse);

/* Hours from sunrise to sunset on a day of the year (1 on), by Cooper's declination: for normals of sunshine.
 */
double sun_day_hours(double latitude, double day_of_year);

#endif
