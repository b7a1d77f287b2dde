/* Texts that many have in common, once each, with how many use them. Of this folder. */
#ifndef WEB_POINTS_INTERN_H
#define WEB_POINTS_INTERN_H

#include "base/str.h"

#include <stdint.h>

typedef struct Intern {
    struct InternItem {
        char *text; /* closed by a zero; NULL: a free place */
        uint32_t users;
        uint32_t next; /* of the same bucket, or of the free places; 0: the last */
    } * items;         /* [0] is never used */
    uint32_t *buckets;
    uint32_t size, capacity, bucket_count, free; /* `size`: places that were ever used, [0] among them */
} Intern;

void intern_done(Intern *intern);

/* The number of the text, as far as its first zero, from 1, with one more user. The number is another text's
 * once nobody uses it. */
uint32_t intern_take(Intern *intern, BpStr text);
void intern_drop(Intern *intern, uint32_t number);      /* 0 is fine */
uint32_t intern_find(const Intern *intern, BpStr text); /* 0: it is not there */

static inline const char *intern_text(const Intern *intern, uint32_t number)
{
    return number ? intern->items[number].text : "";
}

#endif
