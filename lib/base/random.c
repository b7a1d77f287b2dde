#include "base/random.h"

#include <math.h>

static uint64_t mixed(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

static uint64_t rotated(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

BpRandom bp_random(uint64_t seed)
{
    BpRandom random;
    for (size_t i = 0; i < 4; i++)
        random.state[i] = mixed(seed += UINT64_C(0x9E3779B97F4A7C15));
    return random;
}

uint64_t bp_random_u64(BpRandom *random)
{
    uint64_t *s = random->state;
    const uint64_t result = rotated(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotated(s[3], 45);
    return result;
}

double bp_random_unit(BpRandom *random)
{
    return (double)(bp_random_u64(random) >> 11) * 0x1p-53;
}

double bp_random_normal(BpRandom *random)
{
    /* Box-Muller; 1 - u lies in (0, 1], where the logarithm is finite. */
    const double radius = sqrt(-2 * log(1 - bp_random_unit(random)));
    return radius * cos(2 * 3.14159265358979323846 * bp_random_unit(random));
}

uint64_t bp_hash(const void *octets, size_t size, uint64_t start)
{
    uint64_t hash = start ^ UINT64_C(0xCBF29CE484222325);
    const uint8_t *in = octets;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ in[i]) * UINT64_C(0x100000001B3);
    return mixed(hash);
}
