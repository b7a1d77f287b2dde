/* Property values for people and for JSON, whatever they consist of. */
#ifndef SAY_PROPERTY_H
#define SAY_PROPERTY_H

#include "bacnet/wire/property_value.h"

#include <jansson.h>

/* All values of a property in one line: primitive ones as bac_value_describe has them, separated by ", ";
 * "(empty)" where there is none; constructed ones in words, separated by "; ", where they are known, else as
 * {[0] 0x05, [1] {21.5}}. */
void say_property_values(BpBuf *out, BpCursor values, const BacReference *reference);

/* The property's name as references have it: "present-value", "proprietary-600", "priority-array[8]". */
char *say_property_name(const BacReference *reference, char ret_text[BAC_REFERENCE_TEXT_MAX]);

/* True for the properties that are shown element by element. */
bool say_property_is_array(uint32_t property);

/* Goes past the next element of a property that is shown element by element. False: it is constructed, and of
 * no kind that is known. */
bool say_property_skip(BpCursor *in, const BacReference *reference);

/* Primitive values as JSON's own (one, or an array where there are several or the property is one), others as
 * text, a list of known ones as an array of them. A new reference. */
json_t *say_property_json(BpCursor values, const BacReference *reference);

#endif
