#include "apps/web/points/mark.h"

#include "base/buf.h"
#include "base/cursor.h"

#include <math.h>

bool mark_has_number(SearchSort sort)
{
    return sort >= SEARCH_BY_VALUE;
}

Mark mark_of(const Slot *slot, SearchSort sort, double number)
{
    const Device *device = (const Device *)slot->point.device;
    Mark mark = {.number = number, .id = slot->point.id};
    if (sort == SEARCH_BY_DEVICE) {
        mark.device_key = (BpStr){device->key, device->key_size};
        mark.device = device->facts.id;
    }
    if (sort != SEARCH_BY_ID)
        mark.key = (BpStr){slot->key, slot->key_size};
    return mark;
}

int mark_compare(SearchSort sort, bool is_descending, const Mark *a, const Mark *b)
{
    int by = (a->number > b->number) - (a->number < b->number);
    if (by)
        return by;
    by = bp_str_compare(a->device_key, b->device_key);
    if (!by)
        by = (a->device > b->device) - (a->device < b->device);
    if (!by)
        by = bp_str_compare(a->key, b->key);
    if (!by)
        by = (a->id > b->id) - (a->id < b->id);
    return is_descending && !mark_has_number(sort) ? -by : by;
}

/* ---- as text: octets in hexadecimal digits ---- */

static void add_key(BpBuf *out, BpStr key)
{
    bp_buf_u8(out, (uint8_t)key.size);
    bp_buf_str(out, key);
}

static uint8_t sort_octet(SearchSort sort, bool is_descending)
{
    return (uint8_t)(sort | (is_descending ? 0x80u : 0));
}

void mark_write(SearchSort sort, bool is_descending, const Mark *mark, char ret_text[SEARCH_CURSOR_MAX])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t octets[SEARCH_CURSOR_MAX / 2 - 1];
    BpBuf out = bp_buf(octets, sizeof octets);
    uint64_t bits;
    memcpy(&bits, &mark->number, sizeof bits);
    bp_buf_u8(&out, sort_octet(sort, is_descending));
    bp_buf_u32(&out, (uint32_t)mark->id);
    bp_buf_u32(&out, (uint32_t)mark->device);
    bp_buf_unsigned(&out, bits, sizeof bits);
    add_key(&out, mark->device_key);
    add_key(&out, mark->key);
    for (size_t i = 0; i < out.size; i++) {
        ret_text[2 * i] = digits[octets[i] >> 4];
        ret_text[2 * i + 1] = digits[octets[i] & 0x0F];
    }
    ret_text[2 * out.size] = '\0';
}

static int digit_of(char letter)
{
    return letter >= '0' && letter <= '9'   ? letter - '0'
           : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
                                            : -1;
}

static BpStr read_key(BpCursor *in)
{
    const size_t size = bp_cursor_u8(in);
    const uint8_t *octets = bp_cursor_take(in, size <= FOLD_KEY_MAX ? size : SIZE_MAX);
    return octets ? (BpStr){(const char *)octets, size} : (BpStr){"", 0};
}

BpStatus mark_read(BpStr text, SearchSort sort, bool is_descending, uint8_t ret_memory[SEARCH_CURSOR_MAX / 2],
                   Mark *ret_mark, BpError *err)
{
    static const char wrong[] = "`after` is the `next` of the page before, as it was given";
    const size_t size = text.size / 2;
    if (text.size % 2 || text.size >= SEARCH_CURSOR_MAX)
        return bp_fail(err, BP_INVALID, wrong);
    for (size_t i = 0; i < size; i++) {
        const int high = digit_of(text.data[2 * i]), low = digit_of(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return bp_fail(err, BP_INVALID, wrong);
        ret_memory[i] = (uint8_t)(high << 4 | low);
    }
    BpCursor in = bp_cursor(ret_memory, size);
    const uint8_t octet = bp_cursor_u8(&in);
    Mark mark = {0};
    mark.id = (int32_t)bp_cursor_u32(&in);
    mark.device = (int32_t)bp_cursor_u32(&in);
    const uint64_t bits = bp_cursor_unsigned(&in, sizeof bits);
    memcpy(&mark.number, &bits, sizeof bits);
    mark.device_key = read_key(&in);
    mark.key = read_key(&in);
    if (in.failed || bp_cursor_remaining(&in) || isnan(mark.number))
        return bp_fail(err, BP_INVALID, wrong);
    if (octet != sort_octet(sort, is_descending))
        return bp_fail(err, BP_INVALID, "`after` is of a page in another order: begin anew, or keep `sort`");
    *ret_mark = mark;
    return BP_OK;
}
