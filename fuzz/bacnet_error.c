/* The parameters of an Error: refused, or a class and a code that are written and read back the same. */

#include "bacnet/service/error.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BpCursor in = bp_cursor(data, size);
    BacRefusal refusal, again;
    BpError err;
    if (bac_error_decode(&in, &refusal, &err) != BP_OK)
        return 0;
    uint8_t octets[16];
    char text[BAC_REFUSAL_TEXT_MAX];
    BpBuf out = bp_buf(octets, sizeof octets);
    bac_error_encode(&out, refusal);
    in = bp_cursor(octets, out.size);
    const BpStatus status = bac_error_decode(&in, &again, &err);
    assert(status == BP_OK && again.error_class == refusal.error_class && again.code == refusal.code);
    assert(strlen(bac_refusal_format(refusal, text)) > 0);
    return 0;
}
