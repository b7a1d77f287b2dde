/* DeviceCommunicationControl's request: refused, or written to octets that are read and written to the same
 * octets. */

#include "bacnet/service/communication_control.h"
#include "echo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool echo(BpCursor in, BpBuf *out)
{
    BacCommunicationControl request;
    BpError err;
    if (bac_communication_control_decode(&in, &request, &err) != BP_OK)
        return false;
    bac_communication_control_encode(out, &request);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_twice(echo, bp_cursor(data, size));
    return 0;
}
