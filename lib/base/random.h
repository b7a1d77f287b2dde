/* Numbers that look random and repeat from a seed (splitmix64, xoshiro256**), and hashing. Not for secrets.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct BpRandom {
    uint64_t state[4];
} BpRandom;

BpRandom bp_random(uint64_t seed);
uint64_t bp_random_u64(BpRandom *random);

/* In [0, 1). */
double bp_random_unit(BpRandom *random);

/* Mean 0, standard deviation 1. */
double bp_random_normal(BpRandom *random);

/* FNV-1a over octets, finished by splitmix64's mixer; start with 0 or an earlier hash. */
uint64_t bp_hash(const void *octets, size_t size, uint64_t start);

#endif
