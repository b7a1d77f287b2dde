/* Who-Is and I-Am, both tried on the same octets: refused, or written and read back the same. */

#include "bacnet/service/who_is.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_who_is(BpCursor in)
{
    BacWhoIs who_is = {0}, again = {0};
    BpError err;
    if (bac_who_is_decode(&in, &who_is, &err) != BP_OK)
        return;
    uint8_t octets[16];
    BpBuf out = bp_buf(octets, sizeof octets);
    bac_who_is_encode(&out, &who_is);
    in = bp_cursor(octets, out.size);
    const BpStatus status = bac_who_is_decode(&in, &again, &err);
    assert(status == BP_OK && again.has_range == who_is.has_range && again.low == who_is.low &&
           again.high == who_is.high);
}

static void try_i_am(BpCursor in)
{
    BacIAm i_am, again;
    BpError err;
    if (bac_i_am_decode(&in, &i_am, &err) != BP_OK)
        return;
    uint8_t octets[32];
    BpBuf out = bp_buf(octets, sizeof octets);
    bac_i_am_encode(&out, &i_am);
    in = bp_cursor(octets, out.size);
    const BpStatus status = bac_i_am_decode(&in, &again, &err);
    assert(status == BP_OK && again.instance == i_am.instance && again.max_apdu == i_am.max_apdu &&
           again.segmentation == i_am.segmentation && again.vendor == i_am.vendor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_who_is(bp_cursor(data, size));
    try_i_am(bp_cursor(data, size));
    return 0;
}
