/* Constructed values of properties in words: timestamps, recipients, schedules, references and the like
 * (ASHRAE 135, clause 21). */
#ifndef SAY_STRUCTURE_H
#define SAY_STRUCTURE_H

#include "bacnet/wire/value.h"

/* Shows the next element of a property that consists of such, and goes past it. False: the property does not,
 * or the octets are something else; `in` stands where it stood, and what was written is to be rewound. */
bool say_structure_show(BpBuf *out, BpCursor *in, const BacReference *reference);

/* True for properties that have several of them. */
bool say_structure_is_list(uint32_t property);

#endif
