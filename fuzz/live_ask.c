/* What a screen says on /live: refused with a sentence, or at most so many points in ascending order. The
 * same octets as a cursor are one of this run, or none. */
#include "apps/web/live/ask.h"
#include "apps/web/live/values.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const BpStr text = {(const char *)data, size};
    LiveAsk *ask = malloc(sizeof *ask);
    BpError err = {0};
    assert(ask);
    if (live_ask_read(text, ask, &err) != BP_OK) {
        assert(*err.text);
    } else {
        assert(!ask->watch != !ask->unwatch && ask->point_count <= LIVE_POINTS_MAX);
        for (size_t i = 0; i < ask->point_count; i++)
            assert(ask->points[i] > (i ? ask->points[i - 1] : 0));
    }
    free(ask);
    uint64_t number = 0;
    if (live_cursor_read(text, 0x1234, UINT64_MAX, &number)) {
        char again[LIVE_CURSOR_MAX];
        uint64_t number_again = 0;
        live_cursor_write(0x1234, number, again);
        const bool is_read = live_cursor_read(bp_str(again), 0x1234, UINT64_MAX, &number_again);
        assert(is_read && number_again == number);
    }
    return 0;
}
