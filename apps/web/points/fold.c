#include "apps/web/points/fold.h"

#include <utf8proc.h>

enum { PARTS_MAX = 32, DIGITS_MAX = 39, FOLDED_MAX = 4 * FOLD_KEY_MAX };

/* Of one character: what is left of it. */
static void add_character(BpBuf *out, utf8proc_int32_t character)
{
    static const utf8proc_option_t options = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                             UTF8PROC_STRIPMARK | UTF8PROC_IGNORE | UTF8PROC_NLF2LS;
    utf8proc_int32_t parts[PARTS_MAX];
    int last_class = 0;
    const utf8proc_ssize_t count = utf8proc_decompose_char(character, parts, PARTS_MAX, options, &last_class);
    for (utf8proc_ssize_t i = 0; i < count && i < PARTS_MAX; i++) {
        utf8proc_uint8_t octets[4];
        if (parts[i] < 0x80)
            bp_buf_u8(out, parts[i] <= ' ' || parts[i] == 0x7F ? ' ' : (uint8_t)parts[i]);
        else
            bp_buf_octets(out, octets, (size_t)utf8proc_encode_char(parts[i], octets));
    }
}

void fold_text(BpBuf *out, BpStr text)
{
    for (size_t i = 0; i < text.size;) {
        const uint8_t octet = (uint8_t)text.data[i];
        if (octet < 0x80) { /* nearly all of it, everywhere */
            const bool is_capital = octet >= 'A' && octet <= 'Z';
            bp_buf_u8(out, octet <= ' ' || octet == 0x7F ? ' ' : is_capital ? octet + ('a' - 'A') : octet);
            i++;
            continue;
        }
        utf8proc_int32_t character;
        const utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text.data + i,
                                                       (utf8proc_ssize_t)(text.size - i), &character);
        if (size > 0)
            add_character(out, character);
        i += size > 0 ? (size_t)size : 1;
    }
}

static bool is_digit(char octet)
{
    return octet >= '0' && octet <= '9';
}

/* The digits at `*at`, without leading zeros, behind an octet that says how many: '1' for one of them, and so
 * on through the octets behind '9', all below the letters. */
static void add_number(BpBuf *out, BpStr text, size_t *at)
{
    while (*at + 1 < text.size && text.data[*at] == '0' && is_digit(text.data[*at + 1]))
        ++*at;
    size_t size = 0;
    while (size < DIGITS_MAX && *at + size < text.size && is_digit(text.data[*at + size]))
        size++;
    bp_buf_u8(out, (uint8_t)('0' + size));
    bp_buf_octets(out, text.data + *at, size);
    *at += size;
}

size_t fold_key(BpStr text, char ret_key[FOLD_KEY_MAX])
{
    char memory[FOLDED_MAX], key[2 * FOLDED_MAX];
    BpBuf folded = bp_buf(memory, sizeof memory), out = bp_buf(key, sizeof key);
    for (size_t i = 0; i < text.size && folded.size < FOLD_KEY_MAX;) { /* by pieces: it may be long */
        size_t size = 1;
        while (i + size < text.size && ((uint8_t)text.data[i + size] & 0xC0) == 0x80)
            size++;
        fold_text(&folded, (BpStr){text.data + i, size});
        i += size;
    }
    const BpStr whole = bp_buf_text(&folded);
    for (size_t i = 0; i < whole.size;) {
        if (is_digit(whole.data[i]))
            add_number(&out, whole, &i);
        else
            bp_buf_u8(&out, (uint8_t)whole.data[i++]);
    }
    const size_t size = out.size < FOLD_KEY_MAX ? out.size : FOLD_KEY_MAX;
    for (size_t i = 0; i < size; i++)
        ret_key[i] = key[i];
    return size;
}
