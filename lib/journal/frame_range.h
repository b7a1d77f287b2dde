/* A range coder of single bits whose odds are learned as it goes (docs/protocol.md, "Frames"): one that
 * writes and one that reads, behind the same calls, so that both sides of the format are the same code. Of
 * this folder. */
#ifndef JOURNAL_FRAME_RANGE_H
#define JOURNAL_FRAME_RANGE_H

#include "base/buf.h"
#include "base/str.h"

/* What is known of a bit: how likely a 0 is, of 65536, and how many were seen, as far as RANGE_SEEN_MAX. */
typedef struct RangeBit {
    uint16_t zero;
    uint16_t seen;
} RangeBit;
enum { RANGE_SEEN_MAX = 40, RANGE_ZERO_MIN = 24, RANGE_ZERO_MAX = 65536 - RANGE_ZERO_MIN };
static const RangeBit RANGE_BIT_UNKNOWN = {32768, 0};

typedef struct Range {
    bool is_reading;
    uint32_t range;
    /* Writing. */
    uint64_t low;
    BpBuf *out;
    size_t begin;  /* of this coder's octets in `out` */
    uint64_t held; /* octets that a carry may still change: `cache`, then 0xFF */
    uint8_t cache;
    bool has_begun; /* the first octet is always 0 and left out */
    /* Reading; behind the end are zeros, which the writer leaves out. */
    uint32_t code;
    const uint8_t *next, *end;
} Range;

Range journal_range_write(BpBuf *out);
Range journal_range_read(const uint8_t *octets, size_t size);
void journal_range_shift(Range *range); /* the next 8 bits: of the functions below */
void journal_range_end(Range *range);   /* of writing: the octets that remain */

static inline void range_normalise(Range *range)
{
    while (range->range < 1U << 24)
        journal_range_shift(range);
}

/* Codes a bit: when writing the one given, when reading the one found. Returns it. */
static inline bool journal_range_bit(Range *range, RangeBit *known, bool bit)
{
    const uint32_t bound = (range->range >> 16) * known->zero;
    if (range->is_reading)
        bit = range->code >= bound;
    if (bit) {
        range->low += bound;
        range->code -= bound; /* whichever of both is not in use may be anything */
        range->range -= bound;
    } else {
        range->range = bound;
    }
    const uint32_t pace = 131072U / (2U * known->seen + 3U);
    uint32_t zero = known->zero;
    zero = bit ? zero - (zero * pace >> 16) : zero + ((65536U - zero) * pace >> 16);
    known->zero = (uint16_t)(zero < RANGE_ZERO_MIN   ? RANGE_ZERO_MIN
                             : zero > RANGE_ZERO_MAX ? RANGE_ZERO_MAX
                                                     : zero);
    if (known->seen < RANGE_SEEN_MAX)
        known->seen++;
    range_normalise(range);
    return bit;
}

/* The same for the low `count` bits of a number, of which nothing is known; 0 to 64 of them. */
static inline uint64_t journal_range_bits(Range *range, unsigned count, uint64_t bits)
{
    uint64_t found = 0;
    while (count-- > 0) {
        range->range >>= 1;
        bool bit = bits >> count & 1;
        if (range->is_reading)
            bit = range->code >= range->range;
        if (bit) {
            range->low += range->range;
            range->code -= range->range;
        }
        found = found << 1 | bit;
        range_normalise(range);
    }
    return found;
}

#endif
