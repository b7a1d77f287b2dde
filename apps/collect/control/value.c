#include "apps/collect/control/value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

static const double NATURAL_MAX = 4294967295.0, INTEGER_MIN = -2147483648.0, INTEGER_MAX = 2147483647.0;

/* Doubles that are nearer than this to each other, for their size, were one decimal. */
static const double SAME = 1e-9;

static BpStatus take_whole(double number, double least, double most, const char *what, BpError *err)
{
    if (number != nearbyint(number) || number < least || number > most)
        return bp_fail(err, BP_INVALID, "%.10g is no %s: whole numbers from %.0f to %.0f are", number, what,
                       least, most);
    return BP_OK;
}

static BpStatus value_of(BacType type, double number, BacValue *ret_value, BpError *err)
{
    BacValue value = {.type = type};
    if (!isfinite(number))
        return bp_fail(err, BP_INVALID, "%g is no number that can be written", number);
    switch (type) {
    case BAC_REAL:
        if (fabs(number) > (double)FLT_MAX)
            return bp_fail(err, BP_INVALID, "%g is more than a Real holds", number);
        value.real = (float)number;
        break;
    case BAC_DOUBLE: value.double_real = number; break;
    case BAC_UNSIGNED:
        BP_TRY(take_whole(number, 0, NATURAL_MAX, "Unsigned", err));
        value.natural = (uint64_t)number;
        break;
    case BAC_SIGNED:
        BP_TRY(take_whole(number, INTEGER_MIN, INTEGER_MAX, "Integer", err));
        value.integer = (int64_t)number;
        break;
    case BAC_ENUMERATED:
        BP_TRY(take_whole(number, 0, NATURAL_MAX, "Enumerated", err));
        value.enumerated = (uint32_t)number;
        break;
    case BAC_BOOLEAN:
        BP_TRY(take_whole(number, 0, 1, "Boolean", err));
        value.boolean = number != 0;
        break;
    default:
        return bp_fail(err, BP_INVALID, "its value is of a datatype that takes no number (%d)", (int)type);
    }
    *ret_value = value;
    return BP_OK;
}

BpStatus control_value_encode(BpBuf *out, BacType type, double number, BpError *err)
{
    BacValue value;
    BP_TRY(value_of(type, number, &value, err));
    bac_value_encode(out, &value);
    return BP_OK;
}

bool control_value_is_same(BacType type, double a, double b)
{
    if (type == BAC_REAL)
        return (float)a == (float)b;
    return a == b || (type == BAC_DOUBLE && fabs(a - b) <= SAME * fmax(fabs(a), fabs(b)));
}

char *control_value_format(double number, const char *units, char ret_text[CONTROL_VALUE_TEXT_MAX])
{
    snprintf(ret_text, CONTROL_VALUE_TEXT_MAX, "%.10g%s%.40s", number, *units ? " " : "", units);
    return ret_text;
}
