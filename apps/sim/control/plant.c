#include "apps/sim/control/plant.h"

#include "apps/sim/control/regulator.h"
#include "apps/sim/control/schedule.h"
#include "apps/sim/world/air.h"

#include <math.h>

static const RegulatorTuning tower_loop = {.gain = 8, .integral_s = 240, .low = 0, .high = 100};

static const double FORGETFUL_S = 60;        /* least run and rest of a machine that short-cycles */
static const double BOILER_READY_BELOW = 20; /* degrees C outside, where machines are always ready */
static const double ZONES_HEARD =
    20; /* one zone in so many with its valve wide open is worth a boiler, where requests count */
static const double FAR_END = 0.4, LEAST_PRESSURE = 0.1; /* of the pump's design pressure: what is left for
                                                            coils; of that: what a reset leaves */
static const double RESET_FLOW = 50; /* % of the reset: all of the flow from here on; above, colder water */

static double square(double value)
{
    return value * value;
}

/* What coils want of the plant now. */
typedef struct Wants {
    double cooling, heating; /* %: the most open valve */
    bool any_runs;           /* a fan, with people expected */
} Wants;

static Wants ask_handlers(const Sequence *sequence, Building *building)
{
    Wants wants = {0};
    PlantLoops *loops = &building->plant.loops;
    double wide = 0, reheat = 0;
    loops->chilled_requests = loops->hot_requests = loops->chilled_flow = loops->hot_flow = 0;
    for (size_t i = 0; i < building->handler_count; i++) {
        const AirHandler *handler = &building->handlers[i];
        const HandlerLoops *its = &handler->loops;
        wants.cooling = fmax(wants.cooling, handler->cooling_valve.actual);
        /* A handler that heats against its cooling gets its hot water in summer, too. */
        wants.heating = fmax(wants.heating, handler->fights ? 100 : handler->heating_valve.actual);
        wants.any_runs = wants.any_runs ||
                         (signal_is_on(&handler->fan_status) && schedule_mode(handler) == HANDLER_OCCUPIED);
        loops->chilled_requests += its->for_chilled_water.count;
        loops->hot_requests += its->for_hot_water.count + its->hot_requests;
        wide += its->reheat_wide;
        reheat = fmax(reheat, its->reheat_most);
        loops->chilled_flow += square(handler->cooling_valve.actual / 100) / (double)building->handler_count;
        loops->hot_flow += square(fmax(handler->heating_valve.actual, its->reheat_mean) / 100) /
                           (double)building->handler_count;
    }
    /* By requests: one zone in many whose valve is wide open is not worth a boiler that stands. */
    const bool asks = wide > 0 && wide >= floor((double)building->zone_count / ZONES_HEARD);
    if (!sequence->trims || asks || signal_is_on(&building->plant.boiler_command))
        wants.heating = fmax(wants.heating, reheat);
    return wants;
}

/* Switches a machine that has run or rested long enough, once it has been wanted, or not, for a while. */
static void switch_machine(const Sequence *sequence, const Plant *plant, PlantMachine *machine,
                           Signal *command, double valve, bool ready)
{
    const bool runs = signal_is_on(command), forgets = plant->short_cycles;
    const double enough = forgets ? sequence->wants_at - 1 : sequence->enough_at;
    const bool wanted = ready || valve > (runs ? enough : sequence->wants_at);
    machine->since_s += 60;
    machine->wanted_s = wanted ? machine->wanted_s + 60 : 0;
    machine->unwanted_s = wanted ? 0 : machine->unwanted_s + 60;
    const double least = forgets ? FORGETFUL_S : runs ? sequence->least_run_s : sequence->least_rest_s;
    const double decided = forgets ? 0 : sequence->decide_s;
    bool now = command->automatic > 0.5;
    if (machine->since_s >= least && (wanted ? machine->wanted_s : machine->unwanted_s) > decided)
        now = wanted;
    if (now != (command->automatic > 0.5))
        machine->since_s = 0;
    signal_set(command, now);
}

/* A pump that holds a pressure difference at the far end: `pressure` of the design one, 1 in all; pipes take
 * the rest, with the square of the flow (0 to 1). */
static double pump_speed(const Sequence *sequence, double pressure, double flow)
{
    return fmax(sequence->pump_least, 100 * sqrt(FAR_END * pressure + (1 - FAR_END) * flow * flow));
}

static void cold_water(const Sequence *sequence, Plant *plant, double outdoor)
{
    PlantLoops *loops = &plant->loops;
    const bool runs = signal_is_on(&plant->chiller_command);
    double water = reset_at(&sequence->chilled, outdoor), pressure = 1;
    if (sequence->trims) {
        /* While somebody else holds the water, what coils ask for says nothing about ours. */
        const double reset =
            plant->chilled_setpoint.is_forced && runs
                ? loops->chilled.setpoint
                : trim_step(&loops->chilled, &sequence->trim_chilled, runs, loops->chilled_requests, 60);
        const Reset push = {0, LEAST_PRESSURE, RESET_FLOW, 1},
                    cold = {RESET_FLOW, sequence->chilled_warmest, 100, sequence->chilled_coldest};
        pressure = reset_at(&push, reset);
        water = reset_at(&cold, reset);
    }
    signal_set(&plant->chilled_setpoint, water);
    signal_set(&plant->chilled_pump, runs ? pump_speed(sequence, pressure, loops->chilled_flow) : 0);
}

static void hot_water(const Sequence *sequence, Plant *plant, double outdoor)
{
    PlantLoops *loops = &plant->loops;
    const bool runs = signal_is_on(&plant->boiler_command);
    double water = reset_at(&sequence->hot, outdoor);
    if (sequence->trims) {
        water = trim_step(&loops->hot, &sequence->trim_hot, runs, loops->hot_requests, 60);
        if (plant->hot_setpoint.is_forced)
            trim_follow(&loops->hot, &sequence->trim_hot, plant->hot_setpoint.forced);
    }
    signal_set(&plant->hot_setpoint, water);
    signal_set(&plant->hot_pump, runs ? pump_speed(sequence, 1, loops->hot_flow) : 0);
}

static void tower_water(const Sequence *sequence, const Weather *weather, Plant *plant)
{
    const double outdoor = weather->temperature.actual,
                 wet = air_wet_bulb(outdoor, air_vapour(outdoor, weather->humidity.actual));
    const double by_wet_bulb =
        fmin(sequence->tower_warmest, fmax(sequence->tower_coldest, wet + sequence->tower_approach));
    signal_set(&plant->tower_setpoint, sequence->tower_fixed > 0 ? sequence->tower_fixed : by_wet_bulb);
}

void control_plant_minute(const Sequence *sequence, Building *building)
{
    Plant *plant = &building->plant;
    const double outdoor = building->weather.temperature.actual;
    const Wants wants = ask_handlers(sequence, building);
    const bool ready = sequence->is_always_ready && wants.any_runs, is_cold = outdoor < BOILER_READY_BELOW;
    switch_machine(sequence, plant, &plant->loops.chiller, &plant->chiller_command, wants.cooling, ready);
    switch_machine(sequence, plant, &plant->loops.boiler, &plant->boiler_command, wants.heating,
                   ready && is_cold);
    cold_water(sequence, plant, outdoor);
    hot_water(sequence, plant, outdoor);
    tower_water(sequence, &building->weather, plant);
}

void control_plant_step(Plant *plant)
{
    Regulator *tower = &plant->loops.tower;
    const double error = plant->tower_supply.actual - plant->tower_setpoint.actual;
    if (!signal_is_on(&plant->chiller_status)) {
        *tower = (Regulator){0};
        signal_set(&plant->tower_fan, 0);
        return;
    }
    if (plant->tower_fan.is_forced)
        regulator_follow(tower, &tower_loop, plant->tower_fan.forced, error);
    signal_set(&plant->tower_fan, regulator_step(tower, &tower_loop, error, BUILDING_STEP_S));
}
