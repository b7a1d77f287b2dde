#include "apps/ede/cell.h"

#include "base/parse.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { FOLDED_MAX = 40, NUMBER_OCTETS_MAX = 64 };

/* Letters and digits only, the letters small: titles differ in all else. */
static BpStr fold(BpStr text, char memory[FOLDED_MAX])
{
    size_t size = 0;
    for (size_t i = 0; i < text.size && size < FOLDED_MAX; i++)
        if (isalnum((unsigned char)text.data[i]))
            memory[size++] = (char)tolower((unsigned char)text.data[i]);
    return (BpStr){memory, size};
}

bool ede_cell_is(BpStr text, const char *folded)
{
    char memory[FOLDED_MAX];
    return bp_str_equal(fold(text, memory), bp_str(folded));
}

BpStr ede_cell_without_hash(BpStr text)
{
    while (text.size && (text.data[0] == '#' || isspace((unsigned char)text.data[0])))
        text = (BpStr){text.data + 1, text.size - 1};
    return text;
}

bool ede_cell_whole(BpStr text, uint32_t max, uint32_t *ret_number)
{
    int64_t number;
    if (text.size == 0 || !isdigit((unsigned char)text.data[0]) ||
        bp_parse_i64(text, 0, max, &number, NULL) != BP_OK)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

bool ede_cell_number(BpStr text, double *ret_number)
{
    char copy[NUMBER_OCTETS_MAX];
    size_t commas = 0;
    if (!bp_str_copy(text, copy, sizeof copy))
        return false;
    for (char *c = copy; *c; c++) {
        if (!strchr("0123456789+-.,eE", *c))
            return false; /* nan, inf, hexadecimal */
        commas += *c == ',';
    }
    char *comma = strchr(copy, ',');
    if (commas > 1 || (comma && strchr(copy, '.')))
        return false;
    if (comma)
        *comma = '.';
    return bp_parse_double(bp_str(copy), ret_number, NULL) == BP_OK && isfinite(*ret_number);
}
