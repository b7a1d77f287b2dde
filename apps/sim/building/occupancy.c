#include "apps/sim/building/physics.h"

#include "base/time.h"

#include <math.h>

double building_hour(const Building *building)
{
    return (double)(building->now_us % BP_DAY) / (double)BP_HOUR;
}

bool building_is_workday(const Building *building)
{
    return (building->now_us / BP_DAY + 4) % 7 % 6 !=
           0; /* 1970 began on a Thursday; 0 is Sunday, 6 Saturday */
}

double building_occupancy(const Building *building)
{
    const double hour = building_hour(building);
    if (!building_is_workday(building))
        return hour > 9 && hour < 15 ? 0.04 : 0;
    const double in = building_clamp((hour - 7) / 1.5, 0, 1), out = building_clamp((18.5 - hour) / 2.5, 0, 1);
    const double lunch = hour > 12 && hour < 13 ? 0.6 : 1;
    return fmin(in, out) * lunch;
}
