/* AddListElement's request and its Error, and the destinations that Recipient_List holds: refused, or written
 * to octets that are read and written to the same octets. */

#include "bacnet/service/destination.h"
#include "bacnet/service/list_element.h"
#include "echo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool echo_request(BpCursor in, BpBuf *out)
{
    BacListElements elements;
    BpError err;
    if (bac_list_elements_decode(&in, &elements, &err) != BP_OK)
        return false;
    bac_list_elements_encode(out, &elements);
    return true;
}

static bool echo_error(BpCursor in, BpBuf *out)
{
    BacRefusal refusal;
    uint32_t failed;
    BpError err;
    if (bac_list_elements_error_decode(&in, &refusal, &failed, &err) != BP_OK)
        return false;
    bac_list_elements_error_encode(out, refusal, failed);
    return true;
}

static bool echo_destinations(BpCursor in, BpBuf *out)
{
    BacDestination destination;
    BpError err;
    BpStatus status;
    while ((status = bac_destination_next(&in, &destination, &err)) == BP_OK) {
        assert(bac_destination_equal(&destination, &destination));
        bac_destination_encode(out, &destination);
    }
    return status == BP_NOT_FOUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_twice(echo_request, bp_cursor(data, size));
    try_twice(echo_error, bp_cursor(data, size));
    try_twice(echo_destinations, bp_cursor(data, size));
    return 0;
}
