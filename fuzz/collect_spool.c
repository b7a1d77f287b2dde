/* A segment of the spool as it lies on disk. An even first octet: the rest is the segment. An odd one: the
 * rest is a play that says which records are written, and which octet goes wrong afterwards, for a fuzzer
 * does not find checksums. */
#include "apps/collect/spool.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OCTETS_MAX = 1024 * 1024 };

/* What is written beside the octets that are walked: the same records again. */
typedef struct Walk {
    BpCursor in;
    BpBuf again;
    size_t count;
} Walk;

static void take_record(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload)
{
    Walk *walk = context;
    const char *begin = (const char *)walk->in.data;
    assert(segment == 7 && payload.size <= MDL_BATCH_OCTETS_MAX);
    assert(payload.size == 0 ||
           (payload.data >= begin && payload.data + payload.size <= begin + walk->in.size));
    spool_record(&walk->again, run, n, payload);
    walk->count++;
}

/* Octets of a record that are kept for later and not looked at. */
static bool is_reserved(size_t offset_in_record)
{
    return offset_in_record >= SPOOL_RECORD_HEADER - 8 && offset_in_record < SPOOL_RECORD_HEADER;
}

/* Returns how many records there are. Written again they are the octets that were whole. */
static size_t walk_segment(BpCursor in, size_t *ret_whole)
{
    Walk walk = {.in = in, .again = bp_buf_growing(2 * OCTETS_MAX)};
    *ret_whole = spool_walk(in, 7, take_record, &walk);
    assert(!walk.again.failed && walk.again.size == *ret_whole && *ret_whole <= in.size);
    for (size_t start = 0; start < *ret_whole;) {
        BpCursor header = bp_cursor(walk.again.data + start, SPOOL_RECORD_HEADER);
        bp_cursor_skip(&header, 4);
        const size_t record = SPOOL_RECORD_HEADER + bp_cursor_u32(&header);
        for (size_t i = 0; i < record; i++)
            assert(is_reserved(i) || walk.again.data[start + i] == in.data[start + i]);
        start += record;
    }
    bp_buf_done(&walk.again);
    return walk.count;
}

/* Records of the sizes and contents that the play says, then one octet of it changed: what is in front of its
 * record is all read, and nothing from it on. */
static void act(BpCursor in)
{
    BpBuf segment = bp_buf_growing(OCTETS_MAX);
    const size_t where = bp_cursor_u16(&in);
    const uint8_t change = bp_cursor_u8(&in);
    size_t count = 0, whole, count_before = 0, hit = 0;
    bool harmless = change == 0;
    for (; bp_cursor_remaining(&in) && count < 64; count++) {
        const MdlRun run = mdl_run(bp_cursor_u8(&in));
        const int64_t n = bp_cursor_u8(&in);
        const size_t wished = bp_cursor_u8(&in), left = bp_cursor_remaining(&in);
        const size_t size = wished < left ? wished : left, start = segment.size;
        spool_record(&segment, &run, n, (BpStr){(const char *)bp_cursor_take(&in, size), size});
        if (where < start || where >= segment.size)
            continue;
        count_before = count;
        hit = start;
        harmless = harmless || is_reserved(where - start);
    }
    assert(!segment.failed);
    size_t found = walk_segment(bp_cursor(segment.data, segment.size), &whole);
    assert(found == count && whole == segment.size);
    if (where < segment.size) {
        segment.data[where] ^= change;
        found = walk_segment(bp_cursor(segment.data, segment.size), &whole);
        assert(harmless ? found == count : found == count_before && whole == hit);
        /* Cut off there, as where power was lost. */
        found = walk_segment(bp_cursor(segment.data, where), &whole);
        assert(found == count_before && whole == hit);
    }
    bp_buf_done(&segment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BpCursor in = bp_cursor(data, size);
    size_t whole;
    if (bp_cursor_u8(&in) % 2)
        act(in);
    else if (!in.failed)
        walk_segment(bp_cursor_sub(&in, bp_cursor_remaining(&in)), &whole);
    return 0;
}
