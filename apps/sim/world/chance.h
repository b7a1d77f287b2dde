/* Of this folder. Chance that can be asked for in any order: numbers by what they are for, not by when they
 * are drawn. */
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

#include <stdint.h>

/* What is drawn, so that the same index means something else to each. */
typedef enum Chance {
    CHANCE_SPELL,
    CHANCE_MOISTURE,
    CHANCE_CLOUD,
    CHANCE_FLICKER,
    CHANCE_ZONE,
    CHANCE_DAY
} Chance;

/* splitmix64's mixer. */
static inline uint64_t chance_mixed(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

/* Stands for (seed, what); what is drawn for an index of it is chance_bits of both. */
static inline uint64_t chance_of(uint64_t seed, Chance what)
{
    return chance_mixed(seed + ((uint64_t)what + 1) * UINT64_C(0x9E3779B97F4A7C15));
}

static inline uint64_t chance_bits(uint64_t chance, int64_t index)
{
    return chance_mixed(chance + (uint64_t)index * UINT64_C(0x9E3779B97F4A7C15));
}

/* Mean 0, standard deviation 1, nearly normal (four uniform numbers), within 3.5: for sums of many. */
static inline double chance_normal(uint64_t chance, int64_t index)
{
    const uint64_t bits = chance_bits(chance, index);
    const uint64_t sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48);
    return ((double)sum / 65536 - 2) * 1.7320508;
}

#endif
