/* Regulators: PI loops, as every controller in the building has several. The output is clamped, and the
 * integral stands still while the output is at an end of its range and the error would push it further, so
 * that nothing winds up. */
#ifndef SIM_REGULATOR_H
#define SIM_REGULATOR_H

#include "apps/sim/physics/loops.h"

#include <stdbool.h>

typedef struct RegulatorTuning {
    double gain;       /* units of output for one of error */
    double integral_s; /* in which the integral does what the gain does at once */
    double low, high;  /* of the output */
} RegulatorTuning;

/* The output for `error`, whose sign is such that a positive one asks for more. */
double regulator_step(Regulator *regulator, const RegulatorTuning *tuning, double error, double step_s);

/* It goes on from `output`, because somebody else has set it there: without a jump. */
void regulator_follow(Regulator *regulator, const RegulatorTuning *tuning, double output, double error);

#endif
