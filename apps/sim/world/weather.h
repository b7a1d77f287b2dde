/* The weather at an instant. It depends on the place, the seed and the instant alone: not on what was asked
 * before, and not on the building that stands in it. So two controls can be compared under the same sky, and
 * a past can be made in any order.
 *
 * It is a stationary process around the climate's normals. Spells of warm and cold, dry and moist days have a
 * memory of about 60 h, clouds of 14 h. Clear days swing more than dull ones. Air keeps its vapour: the dew
 * point moves slowly, and relative humidity falls as the day warms up. Rain, wind and snow are left out. */
#ifndef SIM_WEATHER_H
#define SIM_WEATHER_H

#include "apps/sim/world/climate.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Sky {
    double temperature, vapour, humidity, wet_bulb; /* degrees C, kg/kg, %RH, degrees C */
    double direct, diffuse, global;                 /* W/m2: across the beam, on a level, both on a level */
    double sun_height, sun_azimuth;                 /* degrees; azimuth from north by east */
    double cloud;                                   /* share of the sky: 0 to 1 */
} Sky;

/* About 10 us; who asks for one instant after the other keeps a cache. */
void weather_at(const Climate *climate, uint64_t seed, int64_t at_us, Sky *ret_sky);

/* What was worked out for the instants around the last one. Plain data: zeroes are an empty one; it may be
 * copied or kept, and changes no answer, whatever it holds. */
typedef struct WeatherHour {
    double temperature, swing; /* degrees C without the daily swing; K from a day's coldest to its warmest */
    double upward; /* share of the swing that the warmest is further from the mean than the coldest, halved */
    double dew_point, cloud; /* degrees C; standard deviations from a half covered sky */
} WeatherHour;

typedef struct WeatherCache {
    bool is_filled;
    uint64_t seed;
    double longitude; /* of the climate that it is about */
    int64_t hour, minute;
    WeatherHour hours[2]; /* at its beginning and end */
    Sky skies[2];         /* the same of the minute */
} WeatherCache;

/* As weather_at, to the bit; about 20 ns on the way through a minute. */
void weather_cached(const Climate *climate, uint64_t seed, int64_t at_us, WeatherCache *cache, Sky *ret_sky);

/* W/m2 on an upright wall that faces `azimuth` (degrees from north by east): beam, half of the sky, and of
 * the ground, which sends back a fifth. */
double sun_on_wall(const Sky *sky, double azimuth);

#endif
