/* A value as a whole number: decimals of few digits, as most devices show them, or the bits themselves. */
#include "journal/frame_form.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE = 16 }; /* values that fit a smaller form, before it is taken */

static const double TENS[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Bits of a double that is the same number; a NaN becomes a quiet one with its payload. */
static uint64_t widen(uint32_t single)
{
    float value;
    memcpy(&value, &single, sizeof value);
    return bits_of((double)value);
}

uint64_t journal_form_bits(uint8_t form, int64_t number)
{
    if (form == FRAME_FORM_DOUBLE)
        return (uint64_t)number;
    if (form == FRAME_FORM_SINGLE)
        return widen((uint32_t)(uint64_t)number);
    if (form < FRAME_FORM_ROUNDED)
        return bits_of((double)number / TENS[form - FRAME_FORM_DECIMAL]);
    return bits_of((double)(float)((double)number / TENS[form - FRAME_FORM_ROUNDED]));
}

bool journal_form_number(uint8_t form, uint64_t bits, int64_t *ret_number)
{
    const double value = double_of(bits);
    int64_t number = (int64_t)bits;
    if (form != FRAME_FORM_DOUBLE && isnan(value)) /* what becomes of its payload is the processor's to say */
        return false;
    if (form == FRAME_FORM_SINGLE) {
        const float narrow = (float)value;
        uint32_t single;
        memcpy(&single, &narrow, sizeof single);
        number = single;
    } else if (form != FRAME_FORM_DOUBLE) {
        const double scaled =
            value * TENS[form - (form < FRAME_FORM_ROUNDED ? FRAME_FORM_DECIMAL : FRAME_FORM_ROUNDED)];
        if (!(fabs(scaled) < 9007199254740992.0)) /* NaN, too */
            return false;
        number = llrint(scaled);
    }
    if (journal_form_bits(form, number) != bits)
        return false;
    *ret_number = number;
    return true;
}

/* The one with the fewest digits, of doubles before singles. */
static uint8_t smallest(uint64_t bits)
{
    int64_t number;
    for (uint8_t digits = 0; digits < 10; digits++) {
        if (journal_form_number(FRAME_FORM_DECIMAL + digits, bits, &number))
            return FRAME_FORM_DECIMAL + digits;
        if (digits && digits < 7 && journal_form_number(FRAME_FORM_ROUNDED + digits, bits, &number) &&
            llabs(number) < 10000000)
            return FRAME_FORM_ROUNDED + digits;
    }
    return journal_form_number(FRAME_FORM_SINGLE, bits, &number) ? FRAME_FORM_SINGLE : FRAME_FORM_DOUBLE;
}

static bool is_smaller(uint8_t form, uint8_t than)
{
    const int digits = form < FRAME_FORM_ROUNDED ? form - FRAME_FORM_DECIMAL : form - FRAME_FORM_ROUNDED;
    const int others = than < FRAME_FORM_ROUNDED ? than - FRAME_FORM_DECIMAL : than - FRAME_FORM_ROUNDED;
    return digits < others;
}

uint8_t journal_form_of(FramePoint *point, uint64_t bits)
{
    int64_t number;
    const uint8_t form = point->form;
    if (!point->was_seen || form < FRAME_FORM_DECIMAL || !journal_form_number(form, bits, &number)) {
        point->smaller = 0;
        return smallest(bits);
    }
    if (form == FRAME_FORM_DECIMAL || form == FRAME_FORM_ROUNDED)
        return form;
    /* A whole number fits a form with decimals only at the price of longer differences. */
    if (!journal_form_number(form - 1, bits, &number)) {
        point->smaller = 0;
        return form;
    }
    if (++point->smaller < PATIENCE)
        return form;
    point->smaller = 0;
    const uint8_t least = smallest(bits);
    return least >= FRAME_FORM_DECIMAL && is_smaller(least, form) ? least : form;
}
