#include "apps/sim/control/trim.h"

#include <math.h>

static double limited(const TrimRule *rule, double value)
{
    return fmin(rule->high, fmax(rule->low, value));
}

static double response(const TrimRule *rule, double requests)
{
    const double wanted = fmax(0, requests - rule->ignored) * rule->respond;
    return fabs(wanted) > fabs(rule->respond_most) ? rule->respond_most : wanted;
}

double trim_step(Trim *trim, const TrimRule *rule, bool runs, double requests, double step_s)
{
    if (!runs || !trim->has_run)
        *trim = (Trim){.setpoint = rule->start, .wait_s = rule->delay_s};
    trim->has_run = runs;
    trim->wait_s -= step_s;
    if (runs && trim->wait_s <= 0) {
        trim->setpoint = limited(rule, trim->setpoint + rule->trim + response(rule, requests));
        trim->wait_s = rule->every_s;
    }
    return trim->setpoint;
}

void trim_follow(Trim *trim, const TrimRule *rule, double held)
{
    trim->setpoint = limited(rule, held);
}
