/* Numbers and units as tables show them. */
#ifndef SAY_NUMBER_H
#define SAY_NUMBER_H

#include "base/buf.h"
#include "base/str.h"

/* With the fewest digits that read back the same. */
void say_number(BpBuf *out, double number);

/* Rounded, for what was calculated: to a thousandth, small numbers to three digits. */
void say_number_rounded(BpBuf *out, double number);

/* "°C" for "degrees-celsius"; what has no symbol as it is. */
BpStr say_units(BpStr units);

#endif
