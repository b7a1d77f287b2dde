/* Which points the equipment of a building has, each kind in a table. */
#ifndef SIM_POINTS_H
#define SIM_POINTS_H

#include "apps/sim/device/object.h"

typedef struct SimPoints {
    const SimSpec *specs;
    size_t count;
} SimPoints;

extern const SimPoints sim_zone_points, sim_handler_points, sim_plant_points, sim_weather_points,
    sim_meter_points;

#endif
