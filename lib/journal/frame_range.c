#include "journal/frame_range.h"

Range journal_range_write(BpBuf *out)
{
    return (Range){.range = UINT32_MAX, .out = out, .begin = out->size, .held = 1};
}

Range journal_range_read(const uint8_t *octets, size_t size)
{
    Range range = {.is_reading = true, .range = UINT32_MAX, .next = octets, .end = octets + size};
    for (int i = 0; i < 4; i++)
        range.code = range.code << 8 | (range.next < range.end ? *range.next++ : 0);
    return range;
}

/* The upper 8 of 32 bits are settled, but for a carry, which goes through octets of 0xFF: those are held. */
static void put_upper(Range *range)
{
    if (range->low < 0xFF000000U || range->low > UINT32_MAX) {
        const uint8_t carry = (uint8_t)(range->low >> 32);
        for (uint8_t octet = range->cache; range->held > 0; range->held--, octet = 0xFF) {
            if (range->has_begun)
                bp_buf_u8(range->out, (uint8_t)(octet + carry));
            range->has_begun = true;
        }
        range->cache = (uint8_t)(range->low >> 24);
    }
    range->held++;
    range->low = (range->low & 0x00FFFFFF) << 8;
}

void journal_range_shift(Range *range)
{
    range->range <<= 8;
    if (range->is_reading)
        range->code = range->code << 8 | (range->next < range->end ? *range->next++ : 0);
    else
        put_upper(range);
}

/* Of the numbers that are left, the one that ends in most zeros. */
void journal_range_end(Range *range)
{
    const uint64_t least = range->low, greatest = range->low + range->range - 1;
    for (unsigned zeros = 32; zeros-- > 0;) {
        const uint64_t below = (UINT64_C(1) << zeros) - 1;
        if (((least + below) & ~below) <= greatest) {
            range->low = (least + below) & ~below;
            break;
        }
    }
    for (int i = 0; i < 5; i++)
        put_upper(range);
    while (!range->out->failed && range->out->size > range->begin &&
           range->out->data[range->out->size - 1] == 0)
        range->out->size--;
}
