/* Octets that are understood are written to octets that are read and written to the same octets. */
#ifndef FUZZ_ECHO_H
#define FUZZ_ECHO_H

#include "base/buf.h"
#include "base/cursor.h"

#include <assert.h>

/* Reads the octets and writes what they say; false: they are refused. */
typedef bool Echo(BpCursor in, BpBuf *out);

static inline void try_twice(Echo *echo, BpCursor in)
{
    static uint8_t first_octets[65536], second_octets[65536];
    BpBuf first = bp_buf(first_octets, sizeof first_octets);
    BpBuf second = bp_buf(second_octets, sizeof second_octets);
    if (!echo(in, &first) || first.failed)
        return;
    const bool again = echo(bp_cursor(first.data, first.size), &second);
    assert(again && second.size == first.size && memcmp(first.data, second.data, first.size) == 0);
}

#endif
