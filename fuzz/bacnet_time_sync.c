/* Times as they are set, and timestamps: refused, or written to octets that are read and written to the same
 * octets. */
#include "bacnet/service/time_sync.h"

#include "echo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_twice(echo_time_sync, bp_cursor(data, size));
    try_twice(echo_timestamp, bp_cursor(data, size));
    return 0;
}
