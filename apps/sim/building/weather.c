/* Weather: a temperate year, clear and cloudy days. */
#include "apps/sim/building/physics.h"

#include "base/time.h"

#include <math.h>

static double day_of_year(const Building *building)
{
    return fmod((double)building->now_us / (double)BP_DAY, 365.25);
}

void building_step_weather(Building *building, double step_s)
{
    Weather *weather = &building->weather;
    const double season = cos(2 * M_PI * (day_of_year(building) - 200) / 365.25); /* 1 in July */
    const double hour = building_hour(building);
    weather->noise = building_approach(weather->noise, 0, 6 * 3600, step_s) +
                     bp_random_normal(&building->random) * 0.035 * sqrt(step_s / 5);
    const double day = cos(2 * M_PI * (hour - 15) / 24);
    weather->mean = 11 + 10 * season;
    weather->swing = 4 + 2 * season;
    weather->temperature.automatic = weather->mean + weather->swing * day + weather->noise * 1.5;
    weather->humidity.automatic = building_clamp(66 - 16 * day - 4 * weather->noise, 15, 100);
    const double height = sin(M_PI * building_clamp((hour - 6 + season) / (12 + 2 * season), 0, 1));
    weather->irradiance.automatic =
        fmax(0, height * (520 + 330 * season) * building_clamp(0.75 + weather->noise * 0.12, 0.15, 1));
}
