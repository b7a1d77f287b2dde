#include "apps/sim/control/start.h"

#include <math.h>

static const double LEARNED = 1.0 / 3; /* of the difference, each morning */
/* Smaller mornings say little: sensors' noise is a part of them. */
static const double LEAST_ERROR = 0.5, LEAST_S = 600;

static double believed(const StartMemory *memory, const StartRule *rule)
{
    return memory->rate > 0 ? memory->rate : rule->rate;
}

double start_lead_h(const StartMemory *memory, const StartRule *rule, double error)
{
    return error <= 0 ? 0 : fmin(rule->most_h, error / believed(memory, rule) + rule->spare_h);
}

void start_begin(StartMemory *memory, double error)
{
    memory->began_error = error;
    memory->took_s = 0;
    memory->is_timed = true;
    memory->is_ready = false;
}

void start_step(StartMemory *memory, double error, double step_s)
{
    if (!memory->is_timed || memory->is_ready)
        return;
    memory->took_s += step_s;
    memory->is_ready = error <= 0;
}

void start_end(StartMemory *memory, const StartRule *rule, double error)
{
    if (!memory->is_timed)
        return;
    memory->is_timed = false;
    if (memory->began_error < LEAST_ERROR || memory->took_s < LEAST_S)
        return;
    const double done = memory->is_ready ? memory->began_error : memory->began_error - fmax(0, error);
    const double seen = fmin(rule->fastest, fmax(rule->slowest, done / (memory->took_s / 3600)));
    const double rate = believed(memory, rule);
    memory->rate = rate + LEARNED * (seen - rate);
}
