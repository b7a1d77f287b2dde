/* JSON on standard output, in one way for all tools. */
#ifndef SAY_JSON_H
#define SAY_JSON_H

#include <jansson.h>

/* Prints the value, indented, with a newline. Reals are written with as few digits as read back the same.
 * Takes the reference. */
void say_json_print(json_t *value);

/* Text that is not UTF-8 becomes null, never a failure. */
json_t *say_json_text(const char *text, size_t size);

/* A number; null for NaN and the infinities, which JSON has not. */
json_t *say_json_real(double number);

#endif
