#include "apps/collect/ask/device/decode.h"

#include "base/decimal.h"

#include <math.h>
#include <stdio.h>

/* ---- values ---- */

static double number_of(const BacValue *value, double number)
{
    return value->type == BAC_REAL && isfinite(value->real) ? bp_decimal(value->real) : number;
}

static const uint64_t EXACT_MAX = UINT64_C(1) << 53; /* from here on doubles leave numbers out */

static bool is_exact(const BacValue *value)
{
    const int64_t most = (int64_t)EXACT_MAX;
    return !(value->type == BAC_UNSIGNED && value->natural > EXACT_MAX) &&
           !(value->type == BAC_SIGNED && (value->integer > most || value->integer < -most));
}

/* Of the kind that the object's type has. */
static bool fits(const BacValue *value, const CollectPoint *point)
{
    return point->property != BAC_PROP_PRESENT_VALUE || !bac_object_is_enumerated(point->object.type) ||
           value->type == BAC_ENUMERATED || value->type == BAC_UNSIGNED;
}

static bool is_plausible(const CollectPoint *point, double number)
{
    if (point->property != BAC_PROP_PRESENT_VALUE)
        return true;
    if (bac_object_is_binary(point->object.type))
        return number == 0 || number == 1;
    if (bac_object_is_enumerated(point->object.type))
        return number >= 0 && number == floor(number);
    return !bac_object_is_multi_state(point->object.type) || (number >= 1 && number == floor(number));
}

static bool is_beyond_states(const CollectPoint *point, double number)
{
    return point->property == BAC_PROP_PRESENT_VALUE && point->state_count > 0 &&
           bac_object_is_multi_state(point->object.type) && number > point->state_count;
}

void collect_decode_value(BpCursor value, const CollectPoint *point, CollectSample *sample)
{
    BacValue decoded;
    double number;
    sample->octets = 0;
    sample->number = 0;
    sample->is_beyond = false;
    if (bac_value_decode(&value, &decoded, NULL) != BP_OK) {
        sample->problem = "malformed-value";
    } else if (bp_cursor_remaining(&value) || !bac_value_number(&decoded, &number)) {
        sample->problem = "not-numeric";
    } else {
        sample->octets = (uint8_t)value.offset; /* numbers have 10 at most */
        if (!isfinite(number))
            sample->problem = "not-a-number";
        else
            sample->problem = fits(&decoded, point) && is_exact(&decoded) && is_plausible(point, number)
                                  ? NULL
                                  : "implausible";
        sample->number = sample->problem ? 0 : number_of(&decoded, number);
        sample->is_beyond = !sample->problem && is_beyond_states(point, number);
    }
}

bool collect_decode_is_unknown_object(BacRefusal refusal)
{
    return refusal.kind == BAC_REFUSED_ERROR && refusal.code == BAC_CODE_UNKNOWN_OBJECT;
}

uint8_t collect_decode_flags(BpCursor value)
{
    BacValue decoded;
    uint8_t flags = 0;
    if (bac_value_decode(&value, &decoded, NULL) == BP_OK && decoded.type == BAC_BIT_STRING)
        for (uint32_t bit = BAC_FLAG_IN_ALARM; bit <= BAC_FLAG_OUT_OF_SERVICE; bit++)
            if (bac_bits_test(decoded.bits, bit))
                flags |= (uint8_t)(1U << bit);
    return flags;
}

uint32_t collect_decode_enumerated(BpCursor value, uint32_t fallback)
{
    BacValue decoded;
    if (bac_value_decode(&value, &decoded, NULL) != BP_OK || decoded.type != BAC_ENUMERATED)
        return fallback;
    return decoded.enumerated;
}

/* ---- reasons ---- */

const char *collect_decode_refusal(BacRefusal refusal, BpArena *reasons)
{
    const char *kind, *word;
    switch (refusal.kind) {
    case BAC_REFUSED_REJECT:
        kind = "reject";
        word = bac_words_text(&bac_reject_reasons, refusal.code);
        break;
    case BAC_REFUSED_ABORT:
        kind = "abort";
        word = bac_words_text(&bac_abort_reasons, refusal.code);
        break;
    default:
        kind = "error";
        word = bac_error_code_name(refusal.code);
        break;
    }
    if (word)
        return word;
    char text[32];
    snprintf(text, sizeof text, "%s-%u", kind, refusal.code);
    return bp_arena_text(reasons, bp_str(text));
}

static BpStr fault_reason(uint16_t reliability, BpArena *reasons)
{
    if (reliability == BAC_RELIABILITY_NO_FAULT_DETECTED)
        return bp_str("fault");
    const char *word = bac_words_text(&bac_reliabilities, reliability);
    char text[96];
    if (word)
        snprintf(text, sizeof text, "fault: %s", word);
    else
        snprintf(text, sizeof text, "fault: reliability-%u", reliability);
    return bp_str(bp_arena_text(reasons, bp_str(text)));
}

MdlReading collect_decode_reading(int32_t point_id, int64_t at_us, const CollectSample *sample,
                                  BpArena *reasons)
{
    MdlReading reading = {.point_id = point_id, .at_us = at_us, .quality = MDL_GOOD, .reason = bp_str("")};
    if (sample->problem) {
        reading.quality = MDL_BAD;
        reading.reason = bp_str(sample->problem);
        return reading;
    }
    reading.value = sample->number;
    reading.has_value = true;
    if (sample->flags & 1U << BAC_FLAG_FAULT) {
        reading.quality = MDL_BAD;
        reading.reason = fault_reason(sample->reliability, reasons);
    } else if (sample->flags & 1U << BAC_FLAG_OUT_OF_SERVICE) {
        reading.quality = MDL_UNCERTAIN;
        reading.reason = bp_str("out-of-service");
    } else if (sample->is_beyond) {
        reading.quality = MDL_UNCERTAIN;
        reading.reason = bp_str("implausible");
    }
    return reading;
}
