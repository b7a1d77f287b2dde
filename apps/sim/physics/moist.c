#include "apps/sim/physics/moist.h"

double moist_temperature(double content)
{
    /* Newton's steps on a function that is smooth and bends one way: four are exact to 1e-6 K between -10
     * and 45. */
    double temperature = content / 2900;
    for (int i = 0; i < 5; i++) {
        const double here = moist_saturated(temperature);
        const double slope = (moist_saturated(temperature + 0.01) - here) / 0.01;
        temperature += (content - here) / slope;
    }
    return temperature;
}
