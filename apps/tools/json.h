/* JSON on standard output, in one way for all tools. */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <jansson.h>

/* Prints the value, indented, with a newline. Reals are written with as few digits as read back the same.
 * Takes the reference. */
void tools_json_print(json_t *value);

/* Text that is not UTF-8 becomes null, never a failure. */
json_t *tools_json_text(const char *text, size_t size);

/* A number; null for NaN and the infinities, which JSON has not. */
json_t *tools_json_real(double number);

#endif
