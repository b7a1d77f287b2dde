#include "base/decimal.h"

#include <math.h>
#include <stddef.h>

/* It tries one decimal after the other. A float has 24 bits and 5^12 has 28, so the product is exact up to
 * 10^12; n / 10^k is rounded once, so the result is the double nearest to that decimal. */
double bp_decimal(float real)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
    const double exact = (double)real;
    if (!isfinite(exact) || fabs(exact) >= 1e9)
        return exact;
    for (size_t i = 0; i < sizeof powers / sizeof powers[0]; i++) {
        const double decimal = nearbyint(exact * powers[i]) / powers[i];
        if ((float)decimal == real)
            return decimal;
    }
    return exact; /* very small: its digits begin further behind the point */
}
