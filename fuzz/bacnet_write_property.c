/* WriteProperty's request: refused, or written and read back the same. */

#include "bacnet/service/write_property.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t octets[65536];
    BpCursor in = bp_cursor(data, size);
    BacWrite write, again;
    BpError err;
    if (bac_write_property_decode(&in, &write, &err) != BP_OK)
        return 0;
    BpBuf out = bp_buf(octets, sizeof octets);
    bac_write_property_encode(&out, &write);
    if (out.failed)
        return 0; /* longer than any request */
    in = bp_cursor(octets, out.size);
    const BpStatus status = bac_write_property_decode(&in, &again, &err);
    assert(status == BP_OK && bac_object_equal(again.reference.object, write.reference.object) &&
           again.reference.property == write.reference.property &&
           again.reference.index == write.reference.index && again.priority == write.priority &&
           again.value.size == write.value.size &&
           memcmp(again.value.data, write.value.data, write.value.size) == 0);
    return 0;
}
