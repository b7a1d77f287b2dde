/* Which of two numbers comes first, as qsort and bsearch want to know it: below 0, 0, above 0. */
#ifndef BASE_COMPARE_H
#define BASE_COMPARE_H

#include <stdint.h>

static inline int bp_compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static inline int bp_compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

#endif
