/* Text of known length: UTF-8, borrowed, not closed by a zero. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct BpStr {
    const char *data;
    size_t size; /* octets */
} BpStr;

/* For printf("%.*s", BP_STR_ARGS(text)). */
#define BP_STR_ARGS(text) (int)(text).size, (text).data

static inline BpStr bp_str(const char *text)
{
    return (BpStr){text, text ? strlen(text) : 0};
}

/* By octets, for sorting: less than, equal to or greater than 0. */
static inline int bp_str_compare(BpStr a, BpStr b)
{
    const size_t shorter = a.size < b.size ? a.size : b.size;
    const int by_octets = shorter ? memcmp(a.data, b.data, shorter) : 0;
    return by_octets ? by_octets : (a.size > b.size) - (a.size < b.size);
}

static inline bool bp_str_equal(BpStr a, BpStr b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Without white space at both ends. */
BpStr bp_str_trim(BpStr text);

/* Splits `text` at the first `separator`: the part before is returned and *ret_rest holds what follows.
 * Without one, all of `text` is returned and *ret_rest is empty. */
BpStr bp_str_cut(BpStr text, char separator, BpStr *ret_rest);

/* Copies into `ret_text` (capacity octets with the closing zero), cutting between UTF-8 characters;
 * false when it was cut. */
bool bp_str_copy(BpStr text, char *ret_text, size_t capacity);

/* How many letters must be changed, added, left out or swapped with their neighbour to make one text of the
 * other: for "did you mean". Texts are compared by octets, as far as their first 64. */
size_t bp_str_distance(BpStr a, BpStr b);

/* Which of some names may be meant by a word that is none of them: the nearest one that is near enough. */
typedef struct BpNearest {
    BpStr word;
    size_t distance;  /* of what was nearest; further away than that it is another word */
    const char *name; /* NULL: none is near */
} BpNearest;
BpNearest bp_nearest(BpStr word);

/* Looks at one more of them, borrowed. True where it is nearer than those before. */
bool bp_nearest_look(BpNearest *nearest, const char *name);

/* True if all of it is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool bp_str_is_utf8(BpStr text);

#endif
