#include "say/json.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* 15 digits are enough for what was written by hand or is a float's shortest text, and show it as it was;
 * 17 are enough for every double. */
enum { SHORT_DIGITS = 15, ALL_DIGITS = 17 };

static bool reals_are_short(json_t *value)
{
    const char *key;
    json_t *part;
    size_t i;
    char text[64];
    bool all = true;
    switch (json_typeof(value)) {
    case JSON_REAL:
        snprintf(text, sizeof text, "%.*g", SHORT_DIGITS, json_real_value(value));
        return strtod(text, NULL) == json_real_value(value);
    case JSON_ARRAY:
        json_array_foreach (value, i, part)
            all = all && reals_are_short(part);
        return all;
    case JSON_OBJECT:
        json_object_foreach (value, key, part)
            all = all && reals_are_short(part);
        return all;
    default: return true;
    }
}

size_t say_json_digits(json_t *value)
{
    return JSON_REAL_PRECISION(reals_are_short(value) ? SHORT_DIGITS : ALL_DIGITS);
}

void say_json_print(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | say_json_digits(value) | JSON_ENCODE_ANY);
    putchar('\n');
    json_decref(value);
}

void say_json_print_line(json_t *value)
{
    json_dumpf(value, stdout, JSON_COMPACT | say_json_digits(value) | JSON_ENCODE_ANY);
    putchar('\n');
    fflush(stdout);
    json_decref(value);
}

json_t *say_json_text(BpStr text)
{
    json_t *value = json_stringn(text.data, text.size);
    return value ? value : json_null();
}

json_t *say_json_text_or_empty(BpStr text)
{
    return text.data ? say_json_text(text) : json_string("");
}

json_t *say_json_real(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}
