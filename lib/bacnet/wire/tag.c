#include "bacnet/wire/tag.h"

#include <assert.h>

/* Values of the initial octet's fields that mean something other than themselves. */
enum { NUMBER_FOLLOWS = 15, LENGTH_FOLLOWS = 5, OPENING = 6, CLOSING = 7 };
enum { CONTEXT_CLASS = 0x08, LENGTH_U16 = 254, LENGTH_U32 = 255 };

/* Constructed values inside each other. The standard's own reach about eight. */
enum { NESTING_MAX = 32 };

static uint32_t read_length(BpCursor *in)
{
    const uint8_t octet = bp_cursor_u8(in);
    switch (octet) {
    case LENGTH_U16: return bp_cursor_u16(in);
    case LENGTH_U32: return bp_cursor_u32(in);
    default: return octet;
    }
}

BpStatus bac_tag_decode(BpCursor *in, BacTag *ret_tag, BpError *err)
{
    assert(in && ret_tag);
    const size_t start = in->offset;
    const uint8_t initial = bp_cursor_u8(in);
    const uint8_t low = initial & 0x07;
    const bool context = initial & CONTEXT_CLASS;
    BacTag tag = {.kind = context ? BAC_CONTEXT : BAC_APPLICATION, .number = initial >> 4};
    if (tag.number == NUMBER_FOLLOWS)
        tag.number = bp_cursor_u8(in);
    if (low < LENGTH_FOLLOWS)
        tag.length = low;
    else if (low == LENGTH_FOLLOWS)
        tag.length = read_length(in);
    else if (context)
        tag.kind = low == OPENING ? BAC_OPENING : BAC_CLOSING;
    else
        return bp_fail(err, BP_MALFORMED, "application tag at octet %zu opens or closes", start);

    if (tag.kind == BAC_APPLICATION && tag.number == BAC_BOOLEAN) {
        tag.truth = tag.length != 0;
        tag.length = 0;
    }
    /* The cursor noticed every missing octet above; one look here covers them all. */
    if (in->failed || tag.length > bp_cursor_remaining(in))
        return bp_fail(err, BP_TRUNCATED, "tag at octet %zu is cut short", start);
    *ret_tag = tag;
    return BP_OK;
}

static const char *kind_name(BacTagKind kind)
{
    switch (kind) {
    case BAC_APPLICATION: return "application";
    case BAC_CONTEXT: return "context";
    case BAC_OPENING: return "opening";
    case BAC_CLOSING: return "closing";
    }
    return "unknown";
}

BpStatus bac_tag_expect(BpCursor *in, BacTagKind kind, uint8_t number, BacTag *ret_tag, BpError *err)
{
    assert(in && ret_tag);
    const size_t start = in->offset;
    BacTag tag;
    const BpStatus status = bac_tag_decode(in, &tag, err);
    if (status != BP_OK)
        return status;
    if (tag.kind != kind || tag.number != number)
        return bp_fail(err, BP_MALFORMED, "%s tag %u at octet %zu where %s tag %u belongs",
                       kind_name(tag.kind), tag.number, start, kind_name(kind), number);
    *ret_tag = tag;
    return BP_OK;
}

BpStatus bac_tag_contents(BpCursor *in, uint8_t number, BpCursor *ret_contents, BpError *err)
{
    assert(in && ret_contents);
    uint8_t open[NESTING_MAX] = {number};
    size_t depth = 1;
    const size_t start = in->offset;
    for (;;) {
        const size_t end = in->offset;
        BacTag tag = {0};
        const BpStatus status = bac_tag_decode(in, &tag, err);
        if (status != BP_OK)
            return status;
        if (tag.kind == BAC_OPENING) {
            if (depth == NESTING_MAX)
                return bp_fail(err, BP_MALFORMED, "more than %d tags are open at octet %zu", NESTING_MAX,
                               end);
            open[depth++] = tag.number;
        } else if (tag.kind == BAC_CLOSING) {
            if (tag.number != open[--depth])
                return bp_fail(err, BP_MALFORMED, "tag %u is closed at octet %zu where %u is open",
                               tag.number, end, open[depth]);
            if (depth == 0) {
                *ret_contents = bp_cursor(in->data + start, end - start);
                return BP_OK;
            }
        } else {
            bp_cursor_skip(in, tag.length);
        }
    }
}

static void write_length(BpBuf *out, uint32_t length)
{
    if (length < LENGTH_U16) {
        bp_buf_u8(out, (uint8_t)length);
    } else if (length <= UINT16_MAX) {
        bp_buf_u8(out, LENGTH_U16);
        bp_buf_u16(out, (uint16_t)length);
    } else {
        bp_buf_u8(out, LENGTH_U32);
        bp_buf_u32(out, length);
    }
}

void bac_tag_encode(BpBuf *out, BacTagKind kind, uint8_t number, uint32_t length)
{
    uint8_t low = length < LENGTH_FOLLOWS ? (uint8_t)length : LENGTH_FOLLOWS;
    if (kind == BAC_OPENING || kind == BAC_CLOSING)
        low = kind == BAC_OPENING ? OPENING : CLOSING;
    const uint8_t class = kind == BAC_APPLICATION ? 0 : CONTEXT_CLASS;
    const uint8_t high = number < NUMBER_FOLLOWS ? number : NUMBER_FOLLOWS;
    bp_buf_u8(out, (uint8_t)(high << 4 | class | low));
    if (high == NUMBER_FOLLOWS)
        bp_buf_u8(out, number);
    if (low == LENGTH_FOLLOWS)
        write_length(out, length);
}
