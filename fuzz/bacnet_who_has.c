/* Who-Has and I-Have, both tried on the same octets: refused, or written to octets that are read and written
 * to the same octets. */
#include "bacnet/service/who_has.h"

#include "echo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool echo_who_has(BpCursor in, BpBuf *out)
{
    BacWhoHas who_has;
    BpError err;
    if (bac_who_has_decode(&in, &who_has, &err) != BP_OK)
        return false;
    bac_who_has_encode(out, &who_has);
    return true;
}

static bool echo_i_have(BpCursor in, BpBuf *out)
{
    BacIHave i_have;
    BpError err;
    if (bac_i_have_decode(&in, &i_have, &err) != BP_OK)
        return false;
    bac_i_have_encode(out, &i_have);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_twice(echo_who_has, bp_cursor(data, size));
    try_twice(echo_i_have, bp_cursor(data, size));
    return 0;
}
