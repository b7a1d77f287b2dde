#include "apps/sim/control/schedule.h"

#include <math.h>

/* K of error that are near enough: less is not worth a fan, and is what sensors are unsure of. */
static const double WARM_ENOUGH = 0.3, COOL_ENOUGH = 0.8;
static const double NIGHT_BEYOND = 1, NIGHT_ENOUGH = 0.3; /* K past a night setpoint: the fan starts; stops */
static const double LEAST_NIGHT_S = 900;
/* A tenth of the zones may be worse than what counts: one with an open window does not wake the building at
 * three. */
enum { WORST_IN = 10, WORST_MOST = 8 };

typedef struct Errors {
    double cold, hot;             /* K from being ready for people: so that a tenth of the zones are worse */
    double cold_night, hot_night; /* K past night limits: the worst zone */
    bool is_asked;                /* a command has made a zone occupied */
} Errors;

/* The last of `worst` is the smallest of the largest few so far. */
static void keep_worst(double *worst, size_t count, double error)
{
    size_t i = count;
    for (; i > 0 && worst[i - 1] < error; i--)
        if (i < count)
            worst[i] = worst[i - 1];
    if (i < count)
        worst[i] = error;
}

static Errors look(const AirHandler *handler, const Zone *zones)
{
    double cold[WORST_MOST], hot[WORST_MOST];
    size_t count = handler->zones / WORST_IN + 1;
    if (count > WORST_MOST)
        count = WORST_MOST;
    for (size_t i = 0; i < WORST_MOST; i++)
        cold[i] = hot[i] = -100;
    Errors errors = {.cold_night = -100, .hot_night = -100};
    for (size_t i = 0; i < handler->zones; i++) {
        const Zone *zone = &zones[i];
        const double sensed = zone->temperature.actual - zone->offset.actual;
        keep_worst(cold, count, zone->heating_setpoint.actual - sensed - WARM_ENOUGH);
        keep_worst(hot, count, sensed - zone->cooling_setpoint.actual - COOL_ENOUGH);
        errors.cold_night = fmax(errors.cold_night, SEQUENCE_HEATING_UNOCCUPIED - sensed);
        errors.hot_night = fmax(errors.hot_night, sensed - SEQUENCE_COOLING_UNOCCUPIED);
        errors.is_asked =
            errors.is_asked || (zone->occupancy_mode.is_forced && lround(zone->occupancy_mode.forced) == 1);
    }
    errors.cold = fmax(0, cold[count - 1]);
    errors.hot = fmax(0, hot[count - 1]);
    return errors;
}

static bool is_workday(const Sequence *sequence, const LocalTime *local)
{
    return sequence->knows_holidays ? local->is_workday : local->weekday > 0 && local->weekday < 6;
}

static bool is_early(const Sequence *sequence, const LocalTime *local, const AirHandler *handler,
                     const Errors *errors)
{
    const double start = handler->start_time.actual;
    if (!signal_is_on(&handler->warmup_enable) || local->hour >= start || start >= handler->stop_time.actual)
        return false;
    if (schedule_mode(handler) == HANDLER_WARM_UP)
        return true; /* what has begun goes on */
    if (sequence->early_h > 0)
        return local->hour >= start - sequence->early_h && (errors->cold > 0 || errors->hot > 0);
    const double lead =
        fmax(start_lead_h(&handler->loops.warming, &sequence->warming, errors->cold),
             start_lead_h(&handler->loops.cooling_down, &sequence->cooling_down, errors->hot));
    return lead > 0 && local->hour >= start - lead;
}

static bool is_night(const AirHandler *handler, const Errors *errors)
{
    const double error = fmax(errors->cold_night, errors->hot_night);
    if (schedule_mode(handler) == HANDLER_NIGHT)
        return error > NIGHT_ENOUGH || handler->loops.mode_s < LEAST_NIGHT_S;
    return error > NIGHT_BEYOND;
}

/* Mornings are timed where they are learned from. */
static void learn(const Sequence *sequence, AirHandler *handler, HandlerMode before, HandlerMode now,
                  const Errors *errors)
{
    HandlerLoops *loops = &handler->loops;
    if (now == HANDLER_WARM_UP && before != HANDLER_WARM_UP) {
        if (loops->must_heat)
            start_begin(&loops->warming, errors->cold);
        else
            start_begin(&loops->cooling_down, errors->hot);
    } else if (before == HANDLER_WARM_UP) {
        start_step(&loops->warming, errors->cold, 60);
        start_step(&loops->cooling_down, errors->hot, 60);
        if (now != HANDLER_WARM_UP) {
            start_end(&loops->warming, &sequence->warming, errors->cold);
            start_end(&loops->cooling_down, &sequence->cooling_down, errors->hot);
        }
    }
}

void schedule_minute(const Sequence *sequence, const LocalTime *local, AirHandler *handler, const Zone *zones)
{
    HandlerLoops *loops = &handler->loops;
    const HandlerMode before = schedule_mode(handler);
    const Errors errors = look(handler, zones);
    signal_set(&handler->start_time, sequence->start);
    signal_set(&handler->stop_time, sequence->stop);
    signal_set(&handler->warmup_enable, sequence->warms_up);
    const bool expected = is_workday(sequence, local) && local->hour >= handler->start_time.actual &&
                          local->hour < handler->stop_time.actual;
    signal_set(&handler->occupied, expected || errors.is_asked || handler->ignores_schedule);
    HandlerMode wanted = HANDLER_OFF;
    if (signal_is_on(&handler->occupied))
        wanted = HANDLER_OCCUPIED;
    else if (is_workday(sequence, local) && is_early(sequence, local, handler, &errors))
        wanted = HANDLER_WARM_UP;
    else if (is_night(handler, &errors))
        wanted = HANDLER_NIGHT;
    signal_set(&handler->mode, wanted);
    const HandlerMode now = schedule_mode(handler);
    loops->mode_s = now == before ? loops->mode_s + 60 : 0;
    if (now != before && now == HANDLER_NIGHT)
        loops->must_heat = errors.cold_night > errors.hot_night;
    else if (now != before)
        loops->must_heat = errors.cold > errors.hot;
    learn(sequence, handler, before, now, &errors);
}

HandlerMode schedule_mode(const AirHandler *handler)
{
    const long mode = lround(handler->mode.actual);
    return mode < HANDLER_OFF || mode > HANDLER_NIGHT ? HANDLER_OFF : (HandlerMode)mode;
}
