/* Reading octets from outside. A cursor that ran past the end stays failed and gives zeros,
 * so that a parser is checked once, at its end. All numbers are big-endian, as on the wire. */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct BpCursor {
    const uint8_t *data;
    size_t size;
    size_t offset; /* next octet to read, <= size */
    bool failed;
} BpCursor;

static inline BpCursor bp_cursor(const void *data, size_t size)
{
    return (BpCursor){.data = data, .size = size};
}

/* Octets not yet read; 0 once failed. */
static inline size_t bp_cursor_remaining(const BpCursor *in)
{
    return in->failed ? 0 : in->size - in->offset;
}

/* The next `size` octets, borrowed, or NULL (and failed) where there are fewer. For size 0 any non-NULL. */
static inline const uint8_t *bp_cursor_take(BpCursor *in, size_t size)
{
    static const uint8_t nothing[1];
    if (size > bp_cursor_remaining(in)) {
        in->failed = true;
        return NULL;
    }
    if (size == 0)
        return nothing;
    const uint8_t *octets = in->data + in->offset;
    in->offset += size;
    return octets;
}

static inline uint8_t bp_cursor_u8(BpCursor *in)
{
    const uint8_t *octets = bp_cursor_take(in, 1);
    return octets ? octets[0] : 0;
}

/* The next octet without taking it; 0 at the end, without failing. */
static inline uint8_t bp_cursor_peek(const BpCursor *in)
{
    return bp_cursor_remaining(in) ? in->data[in->offset] : 0;
}

/* An unsigned number of 0 to 8 octets. */
static inline uint64_t bp_cursor_unsigned(BpCursor *in, size_t size)
{
    const uint8_t *octets = size <= 8 ? bp_cursor_take(in, size) : NULL;
    uint64_t value = 0;
    if (!octets)
        in->failed = true;
    else
        for (size_t i = 0; i < size; i++)
            value = value << 8 | octets[i];
    return value;
}

static inline uint16_t bp_cursor_u16(BpCursor *in)
{
    return (uint16_t)bp_cursor_unsigned(in, 2);
}

static inline uint32_t bp_cursor_u32(BpCursor *in)
{
    return (uint32_t)bp_cursor_unsigned(in, 4);
}

static inline void bp_cursor_skip(BpCursor *in, size_t size)
{
    (void)bp_cursor_take(in, size);
}

/* A cursor over the next `size` octets only; failed, like `in`, where there are fewer. */
static inline BpCursor bp_cursor_sub(BpCursor *in, size_t size)
{
    const uint8_t *octets = bp_cursor_take(in, size);
    return (BpCursor){.data = octets, .size = octets ? size : 0, .failed = !octets};
}

#endif
