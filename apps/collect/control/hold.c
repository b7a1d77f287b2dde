#include "apps/collect/control/hold.h"

#include <math.h>
#include <string.h>

/* The one may be a decimal, and the other the Real that is nearest to it. */
static bool is_same(double a, double b)
{
    return a == b || (double)(float)a == b || a == (double)(float)b;
}

bool control_hold_is_ours(const ControlHold *hold, double value)
{
    for (size_t i = 0; i < hold->ours_count; i++)
        if (is_same(hold->ours[i], value))
            return true;
    return false;
}

void control_hold_add_ours(ControlHold *hold, double value)
{
    if (!isfinite(value) || control_hold_is_ours(hold, value))
        return;
    memmove(hold->ours + 1, hold->ours, sizeof hold->ours - sizeof hold->ours[0]);
    hold->ours[0] = value;
    if (hold->ours_count < CONTROL_OURS_MAX)
        hold->ours_count++;
}
