/* Property values: refused, or read as many as there are, written as text that is UTF-8, and written back as
 * octets that read as the same. */
#include "bacnet/wire/value.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUTPUT_MAX = 1024 * 1024 };

/* Properties and types that values are described for, picked by the input's size. */
static void describe(const BacValue *value, size_t pick)
{
    static const uint32_t properties[] = {BAC_PROP_PRESENT_VALUE, BAC_PROP_UNITS, BAC_PROP_STATUS_FLAGS,
                                          BAC_PROP_PROTOCOL_SERVICES_SUPPORTED, BAC_PROP_RELIABILITY};
    BpBuf text = bp_buf_growing(OUTPUT_MAX);
    bac_value_describe(&text, value, (uint16_t)(pick % 8), properties[pick % 5]);
    assert(!text.failed && bp_str_is_utf8(bp_buf_text(&text)));
    bp_buf_done(&text);
}

static size_t write_all(BpCursor in, BpBuf *out)
{
    size_t count = 0;
    while (bp_cursor_remaining(&in) > 0) {
        BacValue value;
        BpError err;
        if (bac_value_decode(&in, &value, &err) != BP_OK)
            break;
        bac_value_encode(out, &value);
        describe(&value, in.size + count);
        count++;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BpBuf once = bp_buf_growing(OUTPUT_MAX), again = bp_buf_growing(OUTPUT_MAX);
    const size_t count = write_all(bp_cursor(data, size), &once);
    assert(!once.failed && once.size <= size);
    const size_t same = write_all(bp_cursor(once.data, once.size), &again);
    assert(same == count && bp_str_equal(bp_buf_text(&once), bp_buf_text(&again)));
    bp_buf_done(&once);
    bp_buf_done(&again);
    return 0;
}
