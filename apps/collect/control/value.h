/* Numbers of commands as devices take them. */
#ifndef COLLECT_CONTROL_VALUE_H
#define COLLECT_CONTROL_VALUE_H

#include "bacnet/wire/value.h"

/* Writes the number with its tag, as the datatype that the device showed for the property. BP_INVALID: the
 * datatype has no such number, or takes none at all; `err` says so, and nothing was written. */
BpStatus control_value_encode(BpBuf *out, BacType type, double number, BpError *err) BP_CHECKED;

/* Whether a device that was written the one as this datatype shows the other: a decimal is not the Real that
 * is nearest to it. Whole numbers are the same or not. */
bool control_value_is_same(BacType type, double a, double b);

/* "21.5 °C", "21": as people write it. Returns ret_text. */
enum { CONTROL_VALUE_TEXT_MAX = 64 };
char *control_value_format(double number, const char *units, char ret_text[CONTROL_VALUE_TEXT_MAX]);

#endif
