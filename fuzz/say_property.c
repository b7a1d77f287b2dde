/* A property's values as a device sent them: shown as text and as JSON, whatever they are. */
#include "say/property.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { SHOWN_MAX = 4 * 1024 * 1024 };
    BpCursor in = bp_cursor(data, size);
    const BacReference reference = {
        .object = {bp_cursor_u8(&in), 1}, .property = bp_cursor_u16(&in), .index = BAC_NO_INDEX};
    const BpCursor values = bp_cursor_sub(&in, bp_cursor_remaining(&in));
    if (in.failed)
        return 0;
    BpBuf text = bp_buf_growing(SHOWN_MAX);
    say_property_values(&text, values, &reference);
    assert(!text.failed && bp_str_is_utf8(bp_buf_text(&text)));
    bp_buf_done(&text);
    json_t *json = say_property_json(values, &reference);
    assert(json);
    json_decref(json);
    return 0;
}
