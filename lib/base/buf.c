#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 256 };

void bp_buf_done(BpBuf *out)
{
    if (out->owned)
        free(out->data);
    *out = (BpBuf){0};
}

bool bp_buf_grow(BpBuf *out, size_t more)
{
    if (out->failed || !out->owned || more > out->max - out->size) {
        out->failed = true;
        return false;
    }
    size_t capacity = out->capacity ? out->capacity : FIRST_CAPACITY;
    while (capacity - out->size < more)
        capacity = capacity > out->max / 2 ? out->max : capacity * 2;
    uint8_t *data = realloc(out->data, capacity);
    if (!data)
        abort(); /* sizes are checked against `max` before; past that, no memory is fatal */
    out->data = data;
    out->capacity = capacity;
    return true;
}

void bp_buf_octets(BpBuf *out, const void *octets, size_t size)
{
    uint8_t *room = bp_buf_reserve(out, size);
    if (room && size)
        memcpy(room, octets, size);
}

void bp_buf_printf(BpBuf *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0) {
        out->failed = true;
        return;
    }
    /* One octet more for the zero that vsnprintf closes with; it is given back. */
    char *room = (char *)bp_buf_reserve(out, (size_t)size + 1);
    if (!room)
        return;
    va_start(args, format);
    vsnprintf(room, (size_t)size + 1, format, args);
    va_end(args);
    out->size--;
}
