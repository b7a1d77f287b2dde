/* BACnet's character sets (ASHRAE 135, clause 20.2.9), and UTF-8 from whatever devices write in them. */
#include "bacnet/wire/value.h"

#include <assert.h>
#include <iconv.h>
#include <stdio.h>

enum { CODE_POINT_MAX = 0x10FFFF, SURROGATE_MIN = 0xD800, SURROGATE_LOW = 0xDC00, SURROGATE_MAX = 0xDFFF };

/* Characters on their way out. U+0000 waits: at the end it is padding and stays away. */
typedef struct Writer {
    BpBuf *out;
    size_t zeros;
} Writer;

/* A tabulator is part of the name that somebody gave; what moves a terminal is not. */
static bool is_control(uint32_t c)
{
    return (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0);
}

static void put(Writer *writer, uint32_t c)
{
    if (c == 0) {
        writer->zeros++;
        return;
    }
    BpBuf *out = writer->out;
    for (; writer->zeros > 0; writer->zeros--)
        bp_buf_u8(out, ' ');
    if (is_control(c)) {
        bp_buf_u8(out, ' ');
    } else if (c < 0x80) {
        bp_buf_u8(out, (uint8_t)c);
    } else if (c < 0x800) {
        bp_buf_u16(out, (uint16_t)(0xC080 | (c & 0x7C0) << 2 | (c & 0x3F)));
    } else if (c < 0x10000) {
        bp_buf_unsigned(out, 0xE08080 | (c & 0xF000) << 4 | (c & 0xFC0) << 2 | (c & 0x3F), 3);
    } else {
        bp_buf_unsigned(
            out, 0xF0808080 | (c & 0x1C0000) << 6 | (c & 0x3F000) << 4 | (c & 0xFC0) << 2 | (c & 0x3F), 4);
    }
}

/* Devices that say ISO 8859-1 often mean Windows' code page 1252, which has letters where ISO 8859-1 has
 * controls that no name needs. */
static void put_latin_1(Writer *writer, BpCursor in)
{
    static const uint16_t windows[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                         0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                         0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                         0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
    while (bp_cursor_remaining(&in) > 0) {
        const uint8_t octet = bp_cursor_u8(&in);
        put(writer, octet >= 0x80 && octet < 0xA0 ? windows[octet - 0x80] : octet);
    }
}

/* The sets below return false at what they cannot have; then all of the text is read another way. */

static bool put_utf_8(Writer *writer, BpCursor in)
{
    const size_t size = bp_cursor_remaining(&in);
    const uint8_t *octets = bp_cursor_take(&in, size);
    if (!bp_str_is_utf8((BpStr){(const char *)octets, size}))
        return false;
    for (size_t i = 0; i < size;) {
        uint32_t c = octets[i++];
        if (c >= 0xC0) {
            c &= c < 0xE0 ? 0x1F : c < 0xF0 ? 0x0F : 0x07;
            while (i < size && (octets[i] & 0xC0) == 0x80)
                c = c << 6 | (octets[i++] & 0x3F);
        }
        put(writer, c);
    }
    return true;
}

static uint16_t next_u16(BpCursor *in, bool little)
{
    const uint16_t unit = bp_cursor_u16(in);
    return little ? __builtin_bswap16(unit) : unit;
}

/* Big-endian unless a byte order mark says otherwise. Pairs of surrogates are UTF-16's, and accepted. */
static bool put_ucs_2(Writer *writer, BpCursor in)
{
    if (bp_cursor_remaining(&in) % 2 != 0)
        return false;
    BpCursor ahead = in;
    const uint16_t mark = bp_cursor_u16(&ahead);
    const bool little = mark == 0xFFFE;
    if (mark == 0xFEFF || little)
        in = ahead;
    while (bp_cursor_remaining(&in) > 0) {
        uint32_t c = next_u16(&in, little);
        if (c >= SURROGATE_MIN && c <= SURROGATE_MAX) {
            const uint32_t low = next_u16(&in, little);
            if (c >= SURROGATE_LOW || low < SURROGATE_LOW || low > SURROGATE_MAX)
                return false;
            c = 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
        }
        put(writer, c);
    }
    return true;
}

static bool put_ucs_4(Writer *writer, BpCursor in)
{
    if (bp_cursor_remaining(&in) % 4 != 0)
        return false;
    BpCursor ahead = in;
    const uint32_t mark = bp_cursor_u32(&ahead);
    const bool little = mark == 0xFFFE0000;
    if (mark == 0xFEFF || little)
        in = ahead;
    while (bp_cursor_remaining(&in) > 0) {
        const uint32_t unit = bp_cursor_u32(&in);
        const uint32_t c = little ? __builtin_bswap32(unit) : unit;
        if (c > CODE_POINT_MAX || (c >= SURROGATE_MIN && c <= SURROGATE_MAX))
            return false;
        put(writer, c);
    }
    return true;
}

/* Through the system's converter, piece by piece, since it wants somewhere to write to. It is the one thing
 * in this library that allocates, for double-octet sets and code pages only. */
static bool put_converted(Writer *writer, BpCursor in, const char *charset)
{
    const iconv_t converter = iconv_open("UTF-8", charset);
    if (converter == (iconv_t)-1)
        return false;
    size_t left = bp_cursor_remaining(&in);
    char *from =
        (char *)(uintptr_t)bp_cursor_take(&in, left); /* iconv reads it only, whatever its type says */
    bool good = true;
    while (good && left > 0) {
        char piece[256];
        char *to = piece;
        size_t room = sizeof piece;
        const size_t before = left;
        /* EILSEQ and EINVAL, bad and cut characters, make no progress in the end; E2BIG is a full piece. */
        const size_t result = iconv(converter, &from, &left, &to, &room);
        good = (result != (size_t)-1 || left < before) &&
               put_utf_8(writer, bp_cursor(piece, sizeof piece - room));
    }
    iconv_close(converter);
    return good;
}

/* JIS X 0208: two octets of 7 bits each. With their high bits set they are EUC-JP, which converters know. */
static bool put_jis_x_0208(Writer *writer, BpCursor in)
{
    if (bp_cursor_remaining(&in) % 2 != 0)
        return false;
    while (bp_cursor_remaining(&in) > 0) {
        uint8_t pairs[128];
        size_t size = 0;
        while (size < sizeof pairs && bp_cursor_remaining(&in) > 0) {
            const uint8_t octet = bp_cursor_u8(&in);
            if (octet < 0x21 || octet > 0x7E)
                return false;
            pairs[size++] = octet | 0x80;
        }
        if (!put_converted(writer, bp_cursor(pairs, size), "EUC-JP"))
            return false;
    }
    return true;
}

/* The code pages that devices were sold with. A list, since the number comes from outside and each page is
 * code that the converter would load. */
static bool is_code_page(uint16_t page)
{
    static const uint16_t pages[] = {437,  850,  852,  855,  857,  858,  860,  861,  862,
                                     863,  865,  866,  869,  874,  932,  936,  949,  950,
                                     1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        if (pages[i] == page)
            return true;
    return false;
}

/* `in` loses the two octets of the code page's number: they are no text, whatever follows. */
static bool put_dbcs(Writer *writer, BpCursor *in)
{
    if (bp_cursor_remaining(in) < 2)
        return false;
    const uint16_t page = bp_cursor_u16(in);
    char charset[16];
    snprintf(charset, sizeof charset, "CP%u", page);
    return is_code_page(page) && put_converted(writer, *in, charset);
}

static bool put_as_declared(Writer *writer, BacCharset charset, BpCursor *in)
{
    switch (charset) {
    case BAC_DBCS: return put_dbcs(writer, in);
    case BAC_JIS_X_0208: return put_jis_x_0208(writer, *in);
    case BAC_UCS_4: return put_ucs_4(writer, *in);
    case BAC_UCS_2: return put_ucs_2(writer, *in);
    case BAC_ISO_8859_1: return false;
    case BAC_UTF_8:
    default: return put_utf_8(writer, *in);
    }
}

void bac_text_to_utf8(BpBuf *out, const BacValue *text)
{
    assert(text->type == BAC_CHARACTER_STRING);
    const size_t begin = out->size;
    BpCursor in = text->text.octets;
    Writer writer = {.out = out};
    if (put_as_declared(&writer, text->text.charset, &in) || out->failed)
        return;
    bp_buf_rewind(out, begin);
    writer.zeros = 0;
    put_latin_1(&writer, in);
}
