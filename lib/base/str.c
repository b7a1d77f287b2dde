#include "base/str.h"

#include <assert.h>
#include <ctype.h>
#include <stdint.h>

BpStr bp_str_trim(BpStr text)
{
    while (text.size && isspace((unsigned char)text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size && isspace((unsigned char)text.data[text.size - 1]))
        text.size--;
    return text;
}

BpStr bp_str_cut(BpStr text, char separator, BpStr *ret_rest)
{
    const char *at = text.size ? memchr(text.data, separator, text.size) : NULL;
    if (!at) {
        *ret_rest = (BpStr){NULL, 0};
        return text;
    }
    const size_t before = (size_t)(at - text.data);
    *ret_rest = (BpStr){at + 1, text.size - before - 1};
    return (BpStr){text.data, before};
}

bool bp_str_copy(BpStr text, char *ret_text, size_t capacity)
{
    assert(capacity > 0);
    size_t size = text.size;
    if (size >= capacity) {
        size = capacity - 1;
        while (size && ((unsigned char)text.data[size] & 0xC0) == 0x80)
            size--;
    }
    if (size)
        memcpy(ret_text, text.data, size);
    ret_text[size] = '\0';
    return size == text.size;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t bp_str_distance(BpStr a, BpStr b)
{
    enum { LETTERS_MAX = 64 };
    a.size = smaller(a.size, LETTERS_MAX);
    b.size = smaller(b.size, LETTERS_MAX);
    /* Optimal string alignment: row i holds the distances of a's first i letters; two rows back are needed.
     */
    size_t rows[3][LETTERS_MAX + 1];
    for (size_t j = 0; j <= b.size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            const bool same = a.data[i - 1] == b.data[j - 1];
            row[j] = smaller(above[j - 1] + !same, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                row[j] = smaller(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a.size % 3][b.size];
}

BpNearest bp_nearest(BpStr word)
{
    return (BpNearest){.word = word, .distance = word.size / 3 + 2};
}

bool bp_nearest_look(BpNearest *nearest, const char *name)
{
    const size_t distance = bp_str_distance(nearest->word, bp_str(name));
    if (distance >= nearest->distance)
        return false;
    nearest->distance = distance;
    nearest->name = name;
    return true;
}

bool bp_str_is_utf8(BpStr text)
{
    for (size_t i = 0; i < text.size;) {
        const unsigned char first = (unsigned char)text.data[i++];
        if (first < 0x80)
            continue;
        if (first < 0xC2 || first > 0xF4)
            return false;
        const size_t more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        if (more > text.size - i)
            return false;
        const unsigned char second = (unsigned char)text.data[i];
        /* Overlong forms, surrogates and what lies past U+10FFFF show in the second octet. */
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
            (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
            return false;
        for (size_t j = 0; j < more; j++, i++)
            if (((unsigned char)text.data[i] & 0xC0) != 0x80)
                return false;
    }
    return true;
}
