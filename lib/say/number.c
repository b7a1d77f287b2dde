#include "say/number.h"

#include "bacnet/wire/value.h"

#include <math.h>
#include <stdio.h>

void say_number(BpBuf *out, double number)
{
    bac_value_format(out, &(BacValue){.type = BAC_DOUBLE, .double_real = number});
}

void say_number_rounded(BpBuf *out, double number)
{
    const double size = fabs(number);
    char text[64];
    if (size > 0 && (size < 0.1 || size >= 1e12))
        snprintf(text, sizeof text, "%.3g", number);
    else
        snprintf(text, sizeof text, "%.3f", number);
    size_t length = strlen(text);
    if (strchr(text, '.') && !strchr(text, 'e')) {
        while (text[length - 1] == '0')
            length--;
        if (text[length - 1] == '.')
            length--;
    }
    bp_buf_octets(out, text, length);
}

BpStr say_units(BpStr units)
{
    uint32_t number;
    if (units.size == 0 || bac_words_parse(&bac_units, units, &number, NULL) != BP_OK)
        return units;
    const BpStr symbol = bp_str(bac_units_symbol(number));
    return symbol.size ? symbol : units;
}
