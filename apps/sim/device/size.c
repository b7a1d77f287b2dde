#include "apps/sim/device/size.h"

#include <assert.h>
#include <string.h>

/* Of a handler; a site has four zones (a controller of VAV boxes) at least, and one for each so many points,
 * where as many with all of their points would not fit. */
enum { ZONES_PER_HANDLER = 18, ZONES_MIN = 4, POINTS_PER_ZONE_MAX = 20 };

static size_t rounded_up(size_t points, size_t each)
{
    return (points + each - 1) / each;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Gives `left` points to the kind's equipment, those of one level first. Returns how many are left then. */
static size_t give(SimSize *size, SimEquipmentKind kind, SimLevel level, size_t left)
{
    for (size_t i = 0; i < sim_points[kind].count; i++) {
        const size_t wanted = size->equipment[kind];
        if (sim_points[kind].specs[i].level == level) {
            size->have[kind][i] = wanted < left ? wanted : left;
            left -= size->have[kind][i];
        }
    }
    return left;
}

/* A part of a site: the handler's points as its table has them, then the plant's, and on. */
static void give_in_order(SimSize *size, size_t left)
{
    for (size_t kind = 0; kind < SIM_EQUIPMENT_KINDS && left; kind++)
        for (size_t i = 0; i < sim_points[kind].count && left; i++, left--)
            size->have[kind][i] = 1;
}

void sim_size(size_t points, SimSize *ret_size)
{
    assert(points >= 1 && points <= SIM_POINTS_MAX);
    const size_t handler = sim_points[SIM_HANDLER].count, zone = sim_points[SIM_ZONE].count;
    const size_t common =
        sim_points[SIM_PLANT].count + sim_points[SIM_WEATHER].count + sim_points[SIM_METER].count;
    const size_t per_handler = handler + ZONES_PER_HANDLER * zone;
    const size_t handlers = points > common + per_handler ? rounded_up(points - common, per_handler) : 1;
    const size_t fixed = common + handlers * handler;
    const size_t fitting = points > fixed ? rounded_up(points - fixed, zone) : 0;
    const size_t least = larger(ZONES_MIN, points / POINTS_PER_ZONE_MAX);
    const bool is_whole = handlers > 1 || fitting >= least;
    *ret_size = (SimSize){.equipment = {[SIM_HANDLER] = handlers,
                                        [SIM_PLANT] = 1,
                                        [SIM_WEATHER] = 1,
                                        [SIM_METER] = 1,
                                        [SIM_ZONE] = is_whole ? fitting : least}};
    if (points < SIM_POINTS_WHOLE) {
        give_in_order(ret_size, points);
        return;
    }
    size_t left = points;
    for (size_t level = 0; level < SIM_LEVELS; level++)
        for (size_t kind = 0; kind < SIM_EQUIPMENT_KINDS; kind++)
            left = give(ret_size, (SimEquipmentKind)kind, (SimLevel)level, left);
    assert(left == 0); /* as there is room for more than were asked for */
}
