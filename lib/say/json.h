/* JSON on standard output, in one way for all tools. */
#ifndef SAY_JSON_H
#define SAY_JSON_H

#include "base/str.h"

#include <jansson.h>

/* Prints the value, indented, with a newline. Reals are written with as few digits as read back the same.
 * Takes the reference. */
void say_json_print(json_t *value);

/* The same in one line, at once, for what comes one after the other. */
void say_json_print_line(json_t *value);

/* The flag of jansson's dump functions that has its reals written so. */
size_t say_json_digits(json_t *value);

/* Text that is not UTF-8 becomes null, never a failure; so does text that is not there (without data), unless
 * empty text is to stand for it. */
json_t *say_json_text(BpStr text);
json_t *say_json_text_or_empty(BpStr text);

/* A number; null for NaN and the infinities, which JSON has not. */
json_t *say_json_real(double number);

#endif
