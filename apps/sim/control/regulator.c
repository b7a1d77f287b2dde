#include "apps/sim/control/regulator.h"

#include <math.h>

static double clamp(const RegulatorTuning *tuning, double value)
{
    return fmin(tuning->high, fmax(tuning->low, value));
}

double regulator_step(Regulator *regulator, const RegulatorTuning *tuning, double error, double step_s)
{
    const double wanted = regulator->integral + tuning->gain * error;
    const bool winds_up = (wanted > tuning->high && error > 0) || (wanted < tuning->low && error < 0);
    if (!winds_up)
        regulator->integral =
            clamp(tuning, regulator->integral + tuning->gain * error * step_s / tuning->integral_s);
    return clamp(tuning, regulator->integral + tuning->gain * error);
}

void regulator_follow(Regulator *regulator, const RegulatorTuning *tuning, double output, double error)
{
    regulator->integral = clamp(tuning, output - tuning->gain * error);
}
