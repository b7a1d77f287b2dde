#include "apps/sim/control/handler.h"

#include "apps/sim/control/regulator.h"
#include "apps/sim/control/request.h"
#include "apps/sim/control/schedule.h"
#include "apps/sim/control/zone.h"
#include "apps/sim/world/air.h"

#include <math.h>

static const RegulatorTuning fan_loop = {.gain = 0.04, .integral_s = 20, .low = 15, .high = 100};
static const RegulatorTuning economizer_loop = {.gain = 2, .integral_s = 60, .low = 0, .high = 100};
static const RegulatorTuning cooling_loop = {.gain = 1, .integral_s = 30, .low = 0, .high = 100};
static const RegulatorTuning heating_loop = {.gain = 0.5, .integral_s = 30, .low = 0, .high = 100};

static const double SUPPLY_WARM = 30; /* degrees C: of warm-up and of nights that are too cold */
static const double
    STAGE_K = 0.3,
    STAGE_S = 120; /* off by so much for so long, and with nothing left to give: the next means takes over */
static const double FREE_COOLING_K = 1.5, FREE_COOLING_REMAINS_K = 1;
static const double FROST_NEAR = 6,
                    FROST_S =
                        3600; /* degrees C of mixed air: less outdoor air; so long after an alarm: none */
static const double OUTDOOR_S = 60; /* in which the damper makes good what of the outdoor air is missing */
static const double FIGHTS_AT = 45; /* %: how far the heating valve stays open where controls fight */
static const double WIDE_OPEN = 95;

/* ---- each minute ---- */

static void add_up_zones(AirHandler *handler, const Zone *zones)
{
    HandlerLoops *loops = &handler->loops;
    loops->pressure_requests = loops->supply_requests = loops->hot_requests = 0;
    loops->reheat_mean = loops->reheat_most = loops->reheat_wide = 0;
    for (size_t i = 0; i < handler->zones; i++) {
        const Zone *zone = &zones[i];
        loops->pressure_requests += zone->loops.for_pressure.count;
        loops->supply_requests += zone->loops.for_supply.count;
        loops->hot_requests += zone->loops.for_hot_water.count;
        loops->reheat_mean += zone->reheat.actual / (double)handler->zones;
        loops->reheat_most = fmax(loops->reheat_most, zone->reheat.actual);
        loops->reheat_wide += zone->reheat.actual > WIDE_OPEN;
    }
}

static bool may_free_cool(const Sequence *sequence, const Weather *weather, const AirHandler *handler)
{
    const double outdoor = weather->temperature.actual;
    const double colder = handler->loops.may_free_cool ? FREE_COOLING_REMAINS_K : FREE_COOLING_K;
    const double vapour = air_vapour(outdoor, weather->humidity.actual);
    const bool is_dry =
        sequence->outdoor_enthalpy <= 0 || air_enthalpy(outdoor, vapour) < sequence->outdoor_enthalpy * 1000;
    return outdoor < sequence->outdoor_warmest && outdoor < handler->returned.actual - colder && is_dry;
}

/* Outdoor air for a full house (nobody has all seats taken at once), or for those who are in. */
static double least_outdoor_air(const Sequence *sequence, const AirHandler *handler, const Zone *zones)
{
    double needed = 0;
    for (size_t i = 0; i < handler->zones; i++)
        needed += sequence->watches_co2 ? control_zone_outdoor_now(&zones[i])
                                        : control_zone_outdoor(&zones[i], SEQUENCE_PEOPLE_AT_ONCE);
    const double share = sequence->watches_co2 ? 1 : sequence->outdoor_share;
    return round(share * needed / SEQUENCE_VENTILATION_EFFICIENCY);
}

static void choose_setpoints(const Sequence *sequence, const Weather *weather, AirHandler *handler)
{
    HandlerLoops *loops = &handler->loops;
    const HandlerMode mode = schedule_mode(handler);
    const bool runs = signal_is_on(&handler->fan_status),
               conditions = mode == HANDLER_WARM_UP || mode == HANDLER_NIGHT;
    Reset supply = sequence->supply;
    double pressure = sequence->pressure;
    if (sequence->trims) {
        pressure = trim_step(&loops->pressure, &sequence->trim_pressure, runs, loops->pressure_requests, 60);
        supply.at_low = trim_step(&loops->supply, &sequence->trim_supply, runs && mode == HANDLER_OCCUPIED,
                                  loops->supply_requests, 60);
        if (handler->pressure_setpoint.is_forced)
            trim_follow(&loops->pressure, &sequence->trim_pressure, handler->pressure_setpoint.forced);
        if (handler->supply_setpoint.is_forced)
            trim_follow(&loops->supply, &sequence->trim_supply, handler->supply_setpoint.forced);
    }
    signal_set(&handler->pressure_setpoint, pressure);
    signal_set(&handler->supply_setpoint, conditions ? loops->must_heat ? SUPPLY_WARM : supply.at_high
                                                     : reset_at(&supply, weather->temperature.actual));
}

void control_handler_minute(const Sequence *sequence, const Weather *weather, AirHandler *handler,
                            const Zone *zones)
{
    HandlerLoops *loops = &handler->loops;
    add_up_zones(handler, zones);
    request_of_handler(handler, signal_is_on(&handler->fan_status));
    loops->may_free_cool = handler->economizer.is_forced ? signal_is_on(&handler->economizer)
                                                         : may_free_cool(sequence, weather, handler);
    signal_set(&handler->outdoor_minimum, least_outdoor_air(sequence, handler, zones));
    choose_setpoints(sequence, weather, handler);
    loops->frost_s = signal_is_on(&handler->freeze_alarm) ? FROST_S : fmax(0, loops->frost_s - 60);
}

/* ---- each step ---- */

static void turn_fan(AirHandler *handler)
{
    Regulator *fan = &handler->loops.fan;
    signal_set(&handler->fan_command, schedule_mode(handler) != HANDLER_OFF);
    const double error = handler->pressure_setpoint.actual - handler->duct_pressure.actual;
    if (!signal_is_on(&handler->fan_command)) {
        *fan = (Regulator){fan_loop.low};
        signal_set(&handler->fan_speed, 0);
        return;
    }
    if (handler->fan_speed.is_forced)
        regulator_follow(fan, &fan_loop, handler->fan_speed.forced, error);
    signal_set(&handler->fan_speed, regulator_step(fan, &fan_loop, error, BUILDING_STEP_S));
}

/* A regulator that goes on from a command where one holds its actuator. */
static double regulate(Regulator *regulator, const RegulatorTuning *tuning, const Signal *held, double error)
{
    if (held->is_forced)
        regulator_follow(regulator, tuning, held->forced, error);
    return regulator_step(regulator, tuning, error, BUILDING_STEP_S);
}

/* Outdoor air may cool now, beyond what people need of it. */
static bool free_cools(const AirHandler *handler)
{
    const HandlerLoops *loops = &handler->loops;
    return loops->may_free_cool && loops->frost_s <= 0 &&
           !(schedule_mode(handler) != HANDLER_OCCUPIED && loops->must_heat);
}

/* The damper's place for the least outdoor air: by the flow, as pressure and speed change what a place lets
 * in. It stays while free cooling lets in more, and goes on from a command that holds the damper. */
static void keep_outdoor_least(AirHandler *handler)
{
    HandlerLoops *loops = &handler->loops;
    const Signal *damper = &handler->outdoor_damper;
    const bool occupied = schedule_mode(handler) == HANDLER_OCCUPIED;
    const double missing = (handler->outdoor_minimum.actual - handler->outdoor_airflow.actual) /
                           fmax(1, handler->supply_flow.actual);
    double least = loops->outdoor_least;
    if (!occupied || loops->frost_s > 0)
        least = 0;
    else if (handler->mixed.actual < FROST_NEAR)
        least -= 1;
    else if (damper->is_forced)
        least = free_cools(handler) ? fmin(least, damper->forced) : damper->forced;
    else if (missing > 0 || damper->actual <= least + 0.1)
        least += 100 * fmax(-0.2, fmin(0.2, missing)) * BUILDING_STEP_S / OUTDOOR_S;
    loops->outdoor_least = fmin(100, fmax(0, least));
}

static void go_to(HandlerLoops *loops, HandlerStage stage, bool wanted)
{
    if (!wanted)
        return;
    loops->stage_s += BUILDING_STEP_S;
    if (loops->stage_s < STAGE_S)
        return;
    loops->stage = stage;
    loops->stage_s = 0;
    loops->cooling = loops->heating = (Regulator){0};
    loops->economizer = (Regulator){stage == STAGE_ECONOMIZER ? loops->outdoor_least : 0};
}

/* Outdoor air first, then a coil. `error`: K that the supply air is too warm. */
static void condition(AirHandler *handler, double error)
{
    HandlerLoops *loops = &handler->loops;
    const bool free = free_cools(handler);
    double damper = loops->outdoor_least, cooling = 0, heating = 0;
    /* The stage has nothing left to give, or to take back: neither where a command holds its means. */
    bool more = false, less = false;
    if (loops->stage == STAGE_ECONOMIZER && free) {
        const bool is_held = handler->outdoor_damper.is_forced;
        damper =
            fmax(damper, regulate(&loops->economizer, &economizer_loop, &handler->outdoor_damper, error));
        more = is_held || damper >= 100;
        less = is_held || damper <= loops->outdoor_least;
    } else if (loops->stage == STAGE_ECONOMIZER) {
        more = less = true;
    } else if (loops->stage == STAGE_COOLING) {
        damper = free ? 100 : damper;
        cooling = regulate(&loops->cooling, &cooling_loop, &handler->cooling_valve, error);
        less = handler->cooling_valve.is_forced || cooling <= 0;
    } else {
        heating = regulate(&loops->heating, &heating_loop, &handler->heating_valve, -error);
        more = handler->heating_valve.is_forced || heating <= 0;
    }
    const bool colder = more && error > STAGE_K, warmer = less && error < -STAGE_K;
    if (!colder && !warmer)
        loops->stage_s = 0;
    go_to(loops, loops->stage == STAGE_HEATING ? STAGE_ECONOMIZER : STAGE_COOLING, colder);
    go_to(loops, loops->stage == STAGE_COOLING ? STAGE_ECONOMIZER : STAGE_HEATING, warmer);
    if (handler->fights)
        heating = fmax(heating, FIGHTS_AT);
    signal_set(&handler->economizer, free && damper > loops->outdoor_least + 0.5);
    signal_set(&handler->outdoor_damper, damper);
    signal_set(&handler->cooling_valve, cooling);
    signal_set(&handler->heating_valve, heating);
}

static void rest(AirHandler *handler)
{
    HandlerLoops *loops = &handler->loops;
    loops->stage = STAGE_ECONOMIZER;
    loops->stage_s = loops->outdoor_least = 0;
    loops->economizer = loops->cooling = loops->heating = (Regulator){0};
    signal_set(&handler->economizer, 0);
    signal_set(&handler->outdoor_damper, 0);
    signal_set(&handler->cooling_valve, 0);
    signal_set(&handler->heating_valve, 0);
}

void control_handler_step(AirHandler *handler)
{
    turn_fan(handler);
    if (!signal_is_on(&handler->fan_status)) {
        rest(handler);
        return;
    }
    keep_outdoor_least(handler);
    condition(handler, handler->supply.actual - handler->supply_setpoint.actual);
}
