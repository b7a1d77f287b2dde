/* Error, Reject and Abort (ASHRAE 135, clauses 18 and 20.1.7 to 20.1.9). */
#include "bacnet/service/error.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>
#include <stdio.h>

static BpStatus read_u16(BpCursor *in, uint16_t *ret_number, BpError *err)
{
    BacValue value;
    const BpStatus status = bac_value_decode(in, &value, err);
    if (status != BP_OK)
        return status;
    if (value.type != BAC_ENUMERATED || value.enumerated > UINT16_MAX)
        return bp_fail(err, BP_MALFORMED, "error class or code that is no enumeration of 16 bits");
    *ret_number = (uint16_t)value.enumerated;
    return BP_OK;
}

static BpStatus read_class_and_code(BpCursor *in, BacRefusal *refusal, BpError *err)
{
    const BpStatus status = read_u16(in, &refusal->error_class, err);
    return status == BP_OK ? read_u16(in, &refusal->code, err) : status;
}

/* What a service says besides class and code, such as the first failed write: well-formed, and left out. */
static BpStatus skip_rest(BpCursor *in, BpError *err)
{
    while (bp_cursor_remaining(in) > 0) {
        BacTag tag;
        BpCursor contents;
        BP_TRY(bac_tag_decode(in, &tag, err));
        if (tag.kind == BAC_CLOSING)
            return bp_fail(err, BP_MALFORMED, "error closes tag %u, which is not open", tag.number);
        if (tag.kind == BAC_OPENING)
            BP_TRY(bac_tag_contents(in, tag.number, &contents, err));
        else
            bp_cursor_skip(in, tag.length);
    }
    return BP_OK;
}

BpStatus bac_error_decode(BpCursor *in, BacRefusal *ret_refusal, BpError *err)
{
    assert(in && ret_refusal);
    BacRefusal refusal = {.kind = BAC_REFUSED_ERROR};
    const bool wrapped = bac_tag_is_next(in, BAC_OPENING, 0);
    BpCursor inner = *in;
    if (wrapped)
        BP_TRY(bac_parameter_values(in, 0, &inner, err));
    BP_TRY(read_class_and_code(wrapped ? &inner : in, &refusal, err));
    if (wrapped)
        BP_TRY(bac_parameter_end(&inner, err));
    BP_TRY(wrapped ? skip_rest(in, err) : bac_parameter_end(in, err));
    *ret_refusal = refusal;
    return BP_OK;
}

void bac_error_encode(BpBuf *out, BacRefusal refusal)
{
    bac_value_encode(out, &(BacValue){.type = BAC_ENUMERATED, .enumerated = refusal.error_class});
    bac_value_encode(out, &(BacValue){.type = BAC_ENUMERATED, .enumerated = refusal.code});
}

/* The word for a number, or the number itself, written to `number`. */
static const char *word_or_number(const BacWords *table, uint16_t value, char number[8])
{
    const char *word = bac_words_text(table, value);
    snprintf(number, 8, "%u", value);
    return word ? word : number;
}

char *bac_refusal_format(BacRefusal refusal, char ret_text[BAC_REFUSAL_TEXT_MAX])
{
    char a[8], b[8];
    switch (refusal.kind) {
    case BAC_NOT_REFUSED: snprintf(ret_text, BAC_REFUSAL_TEXT_MAX, "not refused"); break;
    case BAC_REFUSED_ERROR:
        snprintf(ret_text, BAC_REFUSAL_TEXT_MAX, "%s (error of class %s)",
                 word_or_number(&bac_error_codes, refusal.code, a),
                 word_or_number(&bac_error_classes, refusal.error_class, b));
        break;
    case BAC_REFUSED_REJECT:
        snprintf(ret_text, BAC_REFUSAL_TEXT_MAX, "%s (reject)",
                 word_or_number(&bac_reject_reasons, refusal.code, a));
        break;
    case BAC_REFUSED_ABORT:
        snprintf(ret_text, BAC_REFUSAL_TEXT_MAX, "%s (abort)",
                 word_or_number(&bac_abort_reasons, refusal.code, a));
        break;
    }
    return ret_text;
}
