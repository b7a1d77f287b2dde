/* What the text of one cell says: words and numbers, as people and spreadsheets write them. */
#ifndef EDE_CELL_H
#define EDE_CELL_H

#include "base/str.h"

#include <stdint.h>

enum { EDE_CELL_OCTETS_MAX = 8192 };

/* Letters and digits of `text` are `folded`, which has small letters: words differ in all else. */
bool ede_cell_is(BpStr text, const char *folded);

/* Text without '#' and blanks before it: "# keyname" and "keyname" are the same title. */
BpStr ede_cell_without_hash(BpStr text);

/* A whole number from 0 to `max`, beginning with a digit; false: the text is none. */
bool ede_cell_whole(BpStr text, uint32_t max, uint32_t *ret_number);

/* A finite number with a decimal point or comma; not both, since one of them would part thousands. */
bool ede_cell_number(BpStr text, double *ret_number);

#endif
