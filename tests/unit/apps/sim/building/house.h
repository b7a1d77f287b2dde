/* A whole building with its controls, and what tests ask of it over days. */
#ifndef TESTS_UNIT_SIM_HOUSE_H
#define TESTS_UNIT_SIM_HOUSE_H

#include "apps/sim/building/building.h"
#include "base/time.h"
#include "tests/unit/apps/sim/physics/near.h"

#include <stdio.h>
#include <string.h>

static Building house;

static inline int64_t instant(const char *text)
{
    int64_t at_us;
    assert_int_equal(bp_time_parse(bp_str(text), &at_us, NULL), BP_OK);
    return at_us;
}

static inline void house_begin_of(size_t handlers, size_t zones, const char *climate, BuildingControl control,
                                  const char *start)
{
    building_init(&house, &(BuildingOptions){.handlers = handlers,
                                             .zones = zones,
                                             .seed = 3,
                                             .weather_seed = 5,
                                             .climate = climate_find(bp_str(climate)),
                                             .control = control,
                                             .start_us = instant(start)});
}

static inline void house_begin(const char *climate, BuildingControl control, const char *start)
{
    house_begin_of(2, 12, climate, control, start);
}

static inline void house_end(void)
{
    building_done(&house);
}

static inline int house_tear_down(void **state)
{
    (void)state;
    house_end();
    return 0;
}

static inline void house_run(double hours)
{
    building_step(&house, hours * 3600);
}

/* What is used in some days, kWh a day, and how it feels, hours of a zone a day. */
typedef struct Use {
    double fans, chiller, pumps, gas, electricity, cooling, heating, reheat;
    double cold, hot, humid, stale; /* K h, K h, h, h */
} Use;

static inline Use house_use(double days)
{
    const Ledger before = house.ledger;
    const double energy = house.meter.energy_joules;
    house_run(24 * days);
    const Ledger *now = &house.ledger;
    const double kwh = 3.6e6 * days;
    return (Use){
        .fans = (now->fans - before.fans) / kwh,
        .chiller = (now->chiller - before.chiller) / kwh,
        .pumps = (now->pumps - before.pumps + now->tower - before.tower) / kwh,
        .gas = (now->gas - before.gas) / kwh,
        .electricity = (house.meter.energy_joules - energy) / kwh,
        .cooling = (now->cooling - before.cooling) / kwh,
        .heating = (now->heating - before.heating) / kwh,
        .reheat = (now->reheat - before.reheat) / kwh,
        .cold = (now->cold_hours - before.cold_hours) / days,
        .hot = (now->hot_hours - before.hot_hours) / days,
        .humid = (now->humid_hours - before.humid_hours) / days,
        .stale = (now->co2_hours - before.co2_hours) / days,
    };
}

#endif
