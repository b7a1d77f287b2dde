#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* Cuts between letters: a letter's later octets begin with bits 10. */
static void mark_as_cut(char *text, size_t capacity, int wanted)
{
    if (wanted < 0 || (size_t)wanted < capacity)
        return;
    size_t size = capacity - 4;
    while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
        size--;
    memcpy(text + size, "...", 4);
}

BpStatus bp_fail(BpError *err, BpStatus status, const char *format, ...)
{
    if (!err)
        return status;
    err->status = status;
    va_list args;
    va_start(args, format);
    mark_as_cut(err->text, sizeof err->text, vsnprintf(err->text, sizeof err->text, format, args));
    va_end(args);
    return status;
}

BpStatus bp_within(BpError *err, const char *format, ...)
{
    if (!err)
        return BP_UNAVAILABLE;
    char inner[BP_ERROR_TEXT_MAX];
    memcpy(inner, err->text, sizeof inner);
    va_list args;
    va_start(args, format);
    const int used = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    int wanted = used;
    if (used >= 0 && (size_t)used < sizeof err->text)
        wanted += snprintf(err->text + used, sizeof err->text - (size_t)used, ": %s", inner);
    mark_as_cut(err->text, sizeof err->text, wanted);
    return err->status;
}

const char *bp_errno_text(int number)
{
    const char *text = strerrordesc_np(number);
    return text ? text : "unknown system error";
}
