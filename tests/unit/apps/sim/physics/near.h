/* Asserts on physical quantities, and what the tests know of moist air by themselves. */
#ifndef TESTS_UNIT_SIM_NEAR_H
#define TESTS_UNIT_SIM_NEAR_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define assert_near(value, expected, within)                                                                 \
    do {                                                                                                     \
        const double value_ = (value), expected_ = (expected);                                               \
        if (!(fabs(value_ - expected_) <= (within)))                                                         \
            fail_msg("%s is %.6g, expected %.6g", #value, value_, expected_);                                \
    } while (0)

#define assert_between(value, low, high)                                                                     \
    do {                                                                                                     \
        const double value_ = (value), low_ = (low), high_ = (high);                                         \
        if (!(value_ >= low_ && value_ <= high_))                                                            \
            fail_msg("%s is %.6g, expected %.6g to %.6g", #value, value_, low_, high_);                      \
    } while (0)

/* kg/kg at a temperature and a relative humidity, at sea level (Buck 1981). */
static inline double vapour_of(double temperature, double humidity)
{
    const double pressure = 611.21 * exp(17.502 * temperature / (240.97 + temperature)) * humidity / 100;
    return 0.622 * pressure / (101325 - pressure);
}

#endif
