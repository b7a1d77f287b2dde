#include "apps/collect/deliver/spool/record.h"

#include "base/cursor.h"
#include "base/random.h"

/* A record: magic, octets of payload, number, run, checksum of all that but itself, payload. */
static const uint32_t MAGIC = 0x42505331; /* "BPS1" */

static uint64_t checksum(uint32_t size, int64_t n, const MdlRun *run, BpStr payload)
{
    uint64_t hash = bp_hash(&size, sizeof size, 0);
    hash = bp_hash(&n, sizeof n, hash);
    hash = bp_hash(run->text, MDL_RUN_TEXT, hash);
    return bp_hash(payload.data, payload.size, hash);
}

void spool_record(BpBuf *out, const MdlRun *run, int64_t n, BpStr payload)
{
    const uint32_t size = (uint32_t)payload.size;
    bp_buf_u32(out, MAGIC);
    bp_buf_u32(out, size);
    bp_buf_unsigned(out, (uint64_t)n, 8);
    bp_buf_octets(out, run->text, MDL_RUN_TEXT);
    bp_buf_unsigned(out, checksum(size, n, run, payload), 8);
    bp_buf_unsigned(out, 0, 8); /* to come */
    bp_buf_str(out, payload);
}

/* The size of the record at the start of the octets, or 0 where there is no whole one. */
static size_t take_record(BpCursor in, MdlRun *run, int64_t *n, BpStr *payload)
{
    const uint32_t magic = bp_cursor_u32(&in), size = bp_cursor_u32(&in);
    *n = (int64_t)bp_cursor_unsigned(&in, 8);
    const uint8_t *name = bp_cursor_take(&in, MDL_RUN_TEXT);
    const uint64_t sum = bp_cursor_unsigned(&in, 8);
    bp_cursor_skip(&in, 8);
    if (size > MDL_BATCH_OCTETS_MAX)
        return 0;
    bp_cursor_skip(&in, size);
    if (in.failed || magic != MAGIC)
        return 0;
    *run = (MdlRun){0};
    memcpy(run->text, name, MDL_RUN_TEXT);
    *payload = (BpStr){(const char *)in.data + SPOOL_RECORD_HEADER, size};
    return checksum(size, *n, run, *payload) == sum ? in.offset : 0;
}

size_t spool_walk(BpStr octets, int64_t segment, SpoolEach each, void *context)
{
    static const uint8_t magic[] = {MAGIC >> 24, MAGIC >> 16 & 0xFF, MAGIC >> 8 & 0xFF, MAGIC & 0xFF};
    size_t whole = 0, offset = 0;
    while (offset < octets.size) {
        const char *here = octets.data + offset;
        const size_t left = octets.size - offset;
        MdlRun run;
        int64_t n;
        BpStr payload;
        const size_t size = take_record(bp_cursor(here, left), &run, &n, &payload);
        if (size) {
            each(context, segment, &run, n, payload);
            whole += size;
            offset += size;
            continue;
        }
        const char *next = memmem(here + 1, left - 1, magic, sizeof magic);
        offset = next ? (size_t)(next - octets.data) : octets.size;
    }
    return whole;
}
