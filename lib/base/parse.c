#include "base/parse.h"

#include "base/time.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_TEXT_MAX = 64 };

/* strtod and strtoll want a closing zero, skip white space and take hexadecimal: none of that from outside.
 */
static bool copy_number(BpStr text, char ret_number[NUMBER_TEXT_MAX])
{
    if (text.size == 0 || text.size >= NUMBER_TEXT_MAX || memchr(text.data, '\0', text.size))
        return false;
    memcpy(ret_number, text.data, text.size);
    ret_number[text.size] = '\0';
    return strpbrk(ret_number, " \t\n\v\f\rxXpP") == NULL;
}

BpStatus bp_parse_i64(BpStr text, int64_t min, int64_t max, int64_t *ret_value, BpError *err)
{
    char number[NUMBER_TEXT_MAX];
    char *end = number;
    errno = 0;
    const long long value = copy_number(text, number) ? strtoll(number, &end, 10) : 0;
    if (end == number || *end != '\0')
        return bp_fail(err, BP_INVALID, "\"%.*s\" is not a whole number", BP_STR_ARGS(text));
    if (errno == ERANGE || value < min || value > max)
        return bp_fail(err, BP_INVALID, "%.*s is not between %" PRId64 " and %" PRId64, BP_STR_ARGS(text),
                       min, max);
    *ret_value = value;
    return BP_OK;
}

BpStatus bp_parse_double(BpStr text, double *ret_value, BpError *err)
{
    char number[NUMBER_TEXT_MAX];
    char *end = number;
    errno = 0;
    const double value = copy_number(text, number) ? strtod(number, &end) : 0;
    if (end == number || *end != '\0')
        return bp_fail(err, BP_INVALID, "\"%.*s\" is not a number", BP_STR_ARGS(text));
    /* ERANGE also means a result too small to be normal, which is good enough. */
    if (errno == ERANGE && (value > 1 || value < -1))
        return bp_fail(err, BP_INVALID, "%.*s is too large a number", BP_STR_ARGS(text));
    *ret_value = value;
    return BP_OK;
}

BpStatus bp_parse_bool(BpStr text, bool *ret_value, BpError *err)
{
    static const char *const words[][2] = {{"false", "true"}, {"no", "yes"}, {"off", "on"}, {"0", "1"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        for (int truth = 0; truth < 2; truth++)
            if (bp_str_equal(text, bp_str(words[i][truth]))) {
                *ret_value = truth;
                return BP_OK;
            }
    return bp_fail(err, BP_INVALID, "\"%.*s\" is neither true nor false", BP_STR_ARGS(text));
}

typedef struct Unit {
    const char *name;
    int64_t size;
} Unit;

/* The unit that `text` begins with and a digit or nothing follows; *ret_rest is what follows. */
static const Unit *find_unit(const Unit *units, BpStr text, BpStr *ret_rest)
{
    size_t letters = 0;
    while (letters < text.size && (text.data[letters] < '0' || text.data[letters] > '9'))
        letters++;
    *ret_rest = (BpStr){text.data + letters, text.size - letters};
    for (; units->name; units++)
        if (bp_str_equal((BpStr){text.data, letters}, bp_str(units->name)))
            return units;
    return NULL;
}

/* Takes the digits that `rest` begins with as a number of some unit and adds it to *total. */
static bool add_part(const Unit *units, BpStr *rest, int64_t *total)
{
    size_t digits = 0;
    while (digits < rest->size && rest->data[digits] >= '0' && rest->data[digits] <= '9')
        digits++;
    int64_t number = 0, part = 0;
    if (bp_parse_i64((BpStr){rest->data, digits}, 0, INT64_MAX, &number, NULL) != BP_OK)
        return false;
    const Unit *unit = find_unit(units, (BpStr){rest->data + digits, rest->size - digits}, rest);
    return unit && !__builtin_mul_overflow(number, unit->size, &part) &&
           !__builtin_add_overflow(*total, part, total);
}

BpStatus bp_parse_duration_us(BpStr text, int64_t *ret_us, BpError *err)
{
    static const Unit units[] = {{"ms", BP_MS},  {"s", BP_SECOND}, {"min", BP_MINUTE}, {"m", BP_MINUTE},
                                 {"h", BP_HOUR}, {"d", BP_DAY},    {NULL, 0}};
    int64_t total_us = 0;
    BpStr rest = text;
    do {
        if (!add_part(units, &rest, &total_us))
            return bp_fail(err, BP_INVALID, "\"%.*s\" is not a duration such as 15s, 5min, 2h or 7d",
                           BP_STR_ARGS(text));
    } while (rest.size);
    *ret_us = total_us;
    return BP_OK;
}

BpStatus bp_parse_size(BpStr text, int64_t *ret_octets, BpError *err)
{
    static const Unit units[] = {
        {"", 1}, {"B", 1}, {"kB", 1024}, {"MB", 1024 * 1024}, {"GB", INT64_C(1) << 30}, {NULL, 0}};
    int64_t octets = 0;
    BpStr rest = text;
    if (!add_part(units, &rest, &octets) || rest.size)
        return bp_fail(err, BP_INVALID, "\"%.*s\" is not a size such as 64kB, 256MB or 2GB",
                       BP_STR_ARGS(text));
    *ret_octets = octets;
    return BP_OK;
}
