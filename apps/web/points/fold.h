/* Text as people mean it: without case, accents and width, so that "Büro", "BURO" and "ｂｕｒｏ" are found by
 * "buro"; and keys that sort as people count, AHU-2 before AHU-10. Chinese and other scripts stay what they
 * are. */
#ifndef WEB_POINTS_FOLD_H
#define WEB_POINTS_FOLD_H

#include "base/buf.h"

/* Adds the folded text. Octets that are no UTF-8 are left out, control characters and white space are one
 * space each. */
void fold_text(BpBuf *out, BpStr text);

/* A key for memcmp: the folded text with numbers in front of which stands how long they are. Cut at
 * FOLD_KEY_MAX octets: beyond that, texts are equal. Returns its size. */
enum { FOLD_KEY_MAX = 72 };
size_t fold_key(BpStr text, char ret_key[FOLD_KEY_MAX]);

#endif
