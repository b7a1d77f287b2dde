/* Writing octets. A buffer that is full stays failed and writes nothing more,
 * so that an encoder is checked once, at its end. All numbers are big-endian, as on the wire. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/error.h"
#include "base/str.h"

typedef struct BpBuf {
    uint8_t *data;
    size_t size;     /* octets written */
    size_t capacity; /* octets there are now */
    size_t max;      /* largest size it may grow to; == capacity for one over the caller's memory */
    bool failed;
    bool owned; /* data came from malloc: bp_buf_done gives it back */
} BpBuf;

/* Over memory that the caller keeps. */
static inline BpBuf bp_buf(void *memory, size_t capacity)
{
    return (BpBuf){.data = memory, .capacity = capacity, .max = capacity};
}

/* Allocates as it grows, up to `max` octets. To be emptied by bp_buf_done. */
static inline BpBuf bp_buf_growing(size_t max)
{
    return (BpBuf){.max = max, .owned = true};
}

void bp_buf_done(BpBuf *out);

/* Forgets what was written and any failure, and keeps the memory. */
static inline void bp_buf_clear(BpBuf *out)
{
    out->size = 0;
    out->failed = false;
}

/* Back to an earlier size, as when a part did not fit. Forgets a failure. */
static inline void bp_buf_rewind(BpBuf *out, size_t size)
{
    if (size < out->size)
        out->size = size;
    out->failed = false;
}

bool bp_buf_grow(BpBuf *out, size_t more);

/* Room for `size` octets that the caller fills at once, or NULL (and failed). */
static inline uint8_t *bp_buf_reserve(BpBuf *out, size_t size)
{
    if (out->failed || (size > out->capacity - out->size && !bp_buf_grow(out, size)))
        return NULL;
    uint8_t *octets = out->data + out->size;
    out->size += size;
    return octets;
}

static inline void bp_buf_u8(BpBuf *out, uint8_t value)
{
    uint8_t *octets = bp_buf_reserve(out, 1);
    if (octets)
        octets[0] = value;
}

/* The low `size` octets of `value`, 0 to 8 of them. */
static inline void bp_buf_unsigned(BpBuf *out, uint64_t value, size_t size)
{
    uint8_t *octets = bp_buf_reserve(out, size);
    for (size_t i = size; octets && i-- > 0; value >>= 8)
        octets[i] = (uint8_t)value;
}

static inline void bp_buf_u16(BpBuf *out, uint16_t value)
{
    bp_buf_unsigned(out, value, 2);
}

static inline void bp_buf_u32(BpBuf *out, uint32_t value)
{
    bp_buf_unsigned(out, value, 4);
}

void bp_buf_octets(BpBuf *out, const void *octets, size_t size);

static inline void bp_buf_str(BpBuf *out, BpStr text)
{
    bp_buf_octets(out, text.data, text.size);
}

void bp_buf_printf(BpBuf *out, const char *format, ...) BP_PRINTF(2, 3);

/* What was written, as text. */
static inline BpStr bp_buf_text(const BpBuf *out)
{
    return (BpStr){(const char *)out->data, out->size};
}

#endif
