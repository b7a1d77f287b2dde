/* A segment of the spool as it lies on disk. An even first octet: the rest is the segment. An odd one: the
 * rest is a play that says which records are written, and which octet goes wrong afterwards, for a fuzzer
 * does not find checksums. */
#include "apps/collect/deliver/spool/spool.h"
#include "base/cursor.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OCTETS_MAX = 1024 * 1024 };

typedef struct Walk {
    BpStr in;
    size_t count, octets, end; /* of records; where the last one ended */
} Walk;

/* Octets of a record that are kept for later and not looked at. */
static bool is_reserved(size_t offset_in_record)
{
    return offset_in_record >= SPOOL_RECORD_HEADER - 8 && offset_in_record < SPOOL_RECORD_HEADER;
}

/* Written again it is what stands there, behind the one before it. */
static void take_record(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload)
{
    Walk *walk = context;
    assert(segment == 7 && payload.size <= MDL_BATCH_OCTETS_MAX);
    BpBuf again = bp_buf_growing(2 * OCTETS_MAX);
    spool_record(&again, run, n, payload);
    const size_t start = (size_t)(payload.data - walk->in.data) - SPOOL_RECORD_HEADER;
    assert(!again.failed && start >= walk->end && start + again.size <= walk->in.size);
    for (size_t i = 0; i < again.size; i++)
        assert(is_reserved(i) || again.data[i] == (uint8_t)walk->in.data[start + i]);
    walk->count++;
    walk->octets += again.size;
    walk->end = start + again.size;
    bp_buf_done(&again);
}

/* Returns how many records there are. */
static size_t walk_segment(BpStr in, size_t *ret_whole)
{
    Walk walk = {.in = in};
    *ret_whole = spool_walk(in, 7, take_record, &walk);
    assert(walk.octets == *ret_whole && *ret_whole <= in.size);
    return walk.count;
}

/* A payload is JSON, and that has no NUL: so the size of a record that was hidden in it would be too large.
 */
static BpStr as_text(const uint8_t *octets, size_t size, char payload[UINT8_MAX])
{
    for (size_t i = 0; i < size; i++)
        payload[i] = octets[i] ? (char)octets[i] : ' ';
    return (BpStr){payload, size};
}

/* Records of the sizes and contents that the play says, then one octet of it changed: all but its record are
 * read. */
static void act(BpCursor in)
{
    BpBuf segment = bp_buf_growing(OCTETS_MAX);
    const size_t where = bp_cursor_u16(&in);
    const uint8_t change = bp_cursor_u8(&in);
    size_t count = 0, whole, count_before = 0, hit = 0, hit_size = 0;
    bool harmless = change == 0;
    for (; bp_cursor_remaining(&in) && count < 64; count++) {
        const MdlRun run = mdl_run(bp_cursor_u8(&in));
        const int64_t n = bp_cursor_u8(&in);
        const size_t wished = bp_cursor_u8(&in), left = bp_cursor_remaining(&in);
        const size_t size = wished < left ? wished : left, start = segment.size;
        char payload[UINT8_MAX];
        spool_record(&segment, &run, n, as_text(bp_cursor_take(&in, size), size, payload));
        if (where < start || where >= segment.size)
            continue;
        count_before = count;
        hit = start;
        hit_size = segment.size - start;
        harmless = harmless || is_reserved(where - start);
    }
    assert(!segment.failed);
    size_t found = walk_segment(bp_buf_text(&segment), &whole);
    assert(found == count && whole == segment.size);
    if (where < segment.size) {
        segment.data[where] ^= change;
        found = walk_segment(bp_buf_text(&segment), &whole);
        assert(harmless ? found == count : found == count - 1 && whole == segment.size - hit_size);
        /* Cut off there, as where power was lost. */
        found = walk_segment((BpStr){(const char *)segment.data, where}, &whole);
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
        walk_segment((BpStr){(const char *)data + 1, size - 1}, &whole);
    return 0;
}
