/* Times as they are set, and timestamps: refused, or written to octets that are read and written to the same
 * octets. */
#include "bacnet/time_sync.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef bool Echo(BpCursor in, BpBuf *out);

static bool echo_time_sync(BpCursor in, BpBuf *out)
{
    BacDateTime now;
    BpError err;
    if (bac_time_sync_decode(&in, &now, &err) != BP_OK)
        return false;
    bac_time_sync_encode(out, &now);
    return true;
}

static bool echo_timestamp(BpCursor in, BpBuf *out)
{
    BacTimestamp timestamp;
    BpError err;
    if (bac_timestamp_decode(&in, &timestamp, &err) != BP_OK)
        return false;
    bac_timestamp_encode(out, &timestamp);
    return true;
}

static void try_twice(Echo *echo, BpCursor in)
{
    static uint8_t first_octets[65536], second_octets[65536];
    BpBuf first = bp_buf(first_octets, sizeof first_octets);
    BpBuf second = bp_buf(second_octets, sizeof second_octets);
    if (!echo(in, &first) || first.failed)
        return;
    const bool again = echo(bp_cursor(first.data, first.size), &second);
    assert(again && second.size == first.size && memcmp(first.data, second.data, first.size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_twice(echo_time_sync, bp_cursor(data, size));
    try_twice(echo_timestamp, bp_cursor(data, size));
    return 0;
}
