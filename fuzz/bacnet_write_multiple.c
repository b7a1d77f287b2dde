/* WritePropertyMultiple's request and its Error, both tried on the same octets: refused, or written and read
 * back the same. */
#include "bacnet/service/write_multiple.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t octets[65536];

static void try_request(BpCursor in)
{
    enum { COUNT_MAX = 1000 };
    static BacWrite writes[COUNT_MAX];
    BacWriteMultiple walk = {.in = in};
    BpError err;
    size_t count = 0;
    BpStatus status = BP_OK;
    while (count < COUNT_MAX && (status = bac_write_multiple_next(&walk, &writes[count], &err)) == BP_OK)
        count++;
    if (status != BP_NOT_FOUND)
        return;
    BpBuf out = bp_buf(octets, sizeof octets);
    bac_write_multiple_encode(&out, writes, count);
    if (out.failed)
        return; /* longer than any request */
    walk = (BacWriteMultiple){.in = bp_cursor(octets, out.size)};
    BacWrite again;
    for (size_t i = 0; i < count; i++) {
        const BacWrite *write = &writes[i];
        status = bac_write_multiple_next(&walk, &again, &err);
        assert(status == BP_OK && bac_object_equal(again.reference.object, write->reference.object) &&
               again.reference.property == write->reference.property &&
               again.reference.index == write->reference.index && again.priority == write->priority &&
               again.value.size == write->value.size &&
               memcmp(again.value.data, write->value.data, write->value.size) == 0);
    }
    status = bac_write_multiple_next(&walk, &again, &err);
    assert(status == BP_NOT_FOUND);
}

static void try_error(BpCursor in)
{
    BacRefusal refusal, same;
    BacReference failed, again;
    BpError err;
    if (bac_write_multiple_error_decode(&in, &refusal, &failed, &err) != BP_OK)
        return;
    BpBuf out = bp_buf(octets, sizeof octets);
    bac_write_multiple_error_encode(&out, refusal, &failed);
    in = bp_cursor(octets, out.size);
    const BpStatus status = bac_write_multiple_error_decode(&in, &same, &again, &err);
    assert(status == BP_OK && same.error_class == refusal.error_class && same.code == refusal.code &&
           bac_object_equal(again.object, failed.object) && again.property == failed.property &&
           again.index == failed.index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_request(bp_cursor(data, size));
    try_error(bp_cursor(data, size));
    return 0;
}
