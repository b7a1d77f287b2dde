/* ReadProperty's request and answer, both tried on the same octets: refused, or written and read back the
 * same. */

#include "bacnet/service/read_property.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool equal(const BacReference *a, const BacReference *b)
{
    return bac_object_equal(a->object, b->object) && a->property == b->property && a->index == b->index;
}

static void try_request(BpCursor in)
{
    BacReference reference, again;
    BpError err;
    if (bac_read_property_decode(&in, &reference, &err) != BP_OK)
        return;
    uint8_t octets[32];
    char text[BAC_REFERENCE_TEXT_MAX];
    BpBuf out = bp_buf(octets, sizeof octets);
    bac_read_property_encode(&out, &reference);
    in = bp_cursor(octets, out.size);
    const BpStatus status = bac_read_property_decode(&in, &again, &err);
    assert(status == BP_OK && equal(&again, &reference));
    assert(strlen(bac_reference_format(&reference, text)) + 1 < sizeof text);
}

static void try_answer(BpCursor in)
{
    static uint8_t octets[65536];
    BacReference reference, again;
    BpCursor value, value_again;
    BpError err;
    if (bac_read_property_ack_decode(&in, &reference, &value, &err) != BP_OK)
        return;
    BpBuf out = bp_buf(octets, sizeof octets);
    bac_read_property_ack_encode(&out, &reference, (BpStr){(const char *)value.data, value.size});
    if (out.failed)
        return; /* longer than any answer */
    in = bp_cursor(octets, out.size);
    const BpStatus status = bac_read_property_ack_decode(&in, &again, &value_again, &err);
    assert(status == BP_OK && equal(&again, &reference) && value_again.size == value.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_request(bp_cursor(data, size));
    try_answer(bp_cursor(data, size));
    return 0;
}
