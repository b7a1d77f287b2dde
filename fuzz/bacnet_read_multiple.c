/* ReadPropertyMultiple's request and answer, both tried on the same octets: refused somewhere, or walked to
 * the end, with every result inside the message. */

#include "bacnet/service/error.h"
#include "bacnet/service/read_multiple.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_request(BpCursor in)
{
    enum { COUNT_MAX = 1000 };
    static BacReference references[COUNT_MAX];
    static uint8_t octets[65536];
    BacReadMultiple walk = {.in = in};
    BpError err;
    size_t count = 0;
    BpStatus status = BP_OK;
    while (count < COUNT_MAX && (status = bac_read_multiple_next(&walk, &references[count], &err)) == BP_OK)
        count++;
    if (status != BP_NOT_FOUND)
        return;
    BpBuf out = bp_buf(octets, sizeof octets);
    bac_read_multiple_encode(&out, references, count);
    walk = (BacReadMultiple){.in = bp_cursor(octets, out.size)};
    BacReference again;
    for (size_t i = 0; i < count; i++) {
        status = bac_read_multiple_next(&walk, &again, &err);
        assert(status == BP_OK && bac_object_equal(again.object, references[i].object) &&
               again.property == references[i].property && again.index == references[i].index);
    }
    status = bac_read_multiple_next(&walk, &again, &err);
    assert(status == BP_NOT_FOUND);
}

static void walk_answer(BpCursor in)
{
    BacReadMultiple walk = {.in = in};
    BacReadResult result;
    BpError err;
    size_t offset = 0;
    while (bac_read_multiple_ack_next(&walk, &result, &err) == BP_OK) {
        assert(walk.in.offset > offset && walk.in.offset <= in.size); /* it goes on, so it ends */
        offset = walk.in.offset;
        if (result.refusal.kind == BAC_NOT_REFUSED)
            assert(result.value.data >= in.data &&
                   result.value.data + result.value.size <= in.data + in.size);
        else
            assert(result.refusal.kind == BAC_REFUSED_ERROR && result.value.size == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk_request(bp_cursor(data, size));
    walk_answer(bp_cursor(data, size));
    return 0;
}
