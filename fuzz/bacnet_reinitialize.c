/* ReinitializeDevice's request: refused, or written to octets that are read and written to the same octets.
 */

#include "bacnet/service/reinitialize.h"
#include "echo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool echo(BpCursor in, BpBuf *out)
{
    BacReinitialize request;
    BpError err;
    if (bac_reinitialize_decode(&in, &request, &err) != BP_OK)
        return false;
    bac_reinitialize_encode(out, &request);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_twice(echo, bp_cursor(data, size));
    return 0;
}
