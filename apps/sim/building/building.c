#include "apps/sim/building/building.h"

#include "apps/sim/control/control.h"
#include "apps/sim/defect/defect.h"

#include "base/time.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

const char *const building_control_names[] = {
    [CONTROL_CONTRACTOR] = "contractor", [CONTROL_RULES] = "rules", [CONTROL_G36] = "g36", NULL};

static void step_once(Building *building)
{
    building->now_us += BUILDING_STEP_US;
    physics_step_world(building);
    control_step(building);
    defect_step(building);
    physics_step(building);
}

static void step_to(Building *building, int64_t clock_us)
{
    building->clock_us = clock_us;
    while (building->now_us + BUILDING_STEP_US <= clock_us)
        step_once(building);
}

void building_step(Building *building, double seconds)
{
    step_to(building, building->clock_us + (int64_t)llround(seconds * (double)BP_SECOND));
}

void building_init(Building *building, const BuildingOptions *options)
{
    assert(options->handlers > 0);
    const int64_t before_us = options->settle_us ? options->settle_us : 2 * BP_DAY;
    *building = (Building){.climate = options->climate ? options->climate : &climates[0],
                           .control = options->control,
                           .seed = options->seed,
                           .weather_seed = options->weather_seed,
                           .handler_count = options->handlers,
                           .zone_count = options->zones};
    /* From a full minute on, at which people come and the sun moves. */
    building->now_us = (options->start_us - before_us) / BP_MINUTE * BP_MINUTE - BUILDING_STEP_US;
    physics_furnish(building);
    control_begin(building);
    step_to(building, options->start_us);
    building->balance = (Balance){0};
    building->ledger = (Ledger){0};
}

void building_done(Building *building)
{
    free(building->handlers);
    free(building->zones);
    *building = (Building){0};
}
