#include "apps/ask/coerce.h"

#include "base/buf.h"
#include "base/parse.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <strings.h>

enum { TEXT_MAX_OCTETS = 1024, CHOICES_MAX = 256 };

static bool same_word(BpStr a, BpStr b)
{
    return a.size == b.size && a.size > 0 && strncasecmp(a.data, b.data, a.size) == 0;
}

/* ---- types ---- */

static const struct {
    const char *name;
    BacType type;
} types[] = {
    {"null", BAC_NULL},
    {"boolean", BAC_BOOLEAN},
    {"unsigned", BAC_UNSIGNED},
    {"signed", BAC_SIGNED},
    {"real", BAC_REAL},
    {"double", BAC_DOUBLE},
    {"string", BAC_CHARACTER_STRING},
    {"enumerated", BAC_ENUMERATED},
    {"object", BAC_OBJECT_IDENTIFIER},
};

BpStatus ask_coerce_type(BpStr name, BacType *ret_type, BpError *err)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (same_word(name, bp_str(types[i].name))) {
            *ret_type = types[i].type;
            return BP_OK;
        }
    return bp_fail(
        err, BP_INVALID,
        "\"%.*s\" is no type: null, boolean, unsigned, signed, real, double, string, enumerated or object",
        BP_STR_ARGS(name));
}

/* ---- numbers ---- */

static BpStatus coerce_real(BpStr text, BacType type, BacValue *ret_value, BpError *err)
{
    double number;
    const BpStatus status = bp_parse_double(text, &number, err);
    if (status != BP_OK)
        return status;
    if (!isfinite(number))
        return bp_fail(err, BP_INVALID, "%.*s is nothing that a device could follow: write a number",
                       BP_STR_ARGS(text));
    if (type == BAC_REAL && fabs(number) > (double)FLT_MAX)
        return bp_fail(err, BP_INVALID, "%.*s is too large for a Real", BP_STR_ARGS(text));
    *ret_value = (BacValue){.type = type};
    if (type == BAC_REAL)
        ret_value->real = (float)number;
    else
        ret_value->double_real = number;
    return BP_OK;
}

static BpStatus coerce_boolean(BpStr text, BacValue *ret_value, BpError *err)
{
    *ret_value = (BacValue){.type = BAC_BOOLEAN};
    return bp_parse_bool(text, &ret_value->boolean, err);
}

/* ---- states ---- */

/* The number of the state with this text, from 1; 0 for none. */
static uint64_t find_state(BpStr text, BpCursor texts)
{
    BacValue value;
    for (uint64_t state = 1; bp_cursor_remaining(&texts); state++) {
        char memory[TEXT_MAX_OCTETS];
        BpBuf out = bp_buf(memory, sizeof memory);
        if (bac_value_decode(&texts, &value, NULL) != BP_OK)
            return 0;
        if (value.type == BAC_CHARACTER_STRING)
            bac_text_to_utf8(&out, &value);
        if (same_word(text, bp_buf_text(&out)))
            return state;
    }
    return 0;
}

/* "1 off, 2 low, 3 high" as far as there is room. */
static void list_states(const AskTarget *target, char ret_text[CHOICES_MAX])
{
    BacValue value;
    BpCursor texts = target->state_texts;
    BpBuf out = bp_buf(ret_text, CHOICES_MAX - 1);
    for (uint64_t state = 1; bp_cursor_remaining(&texts); state++) {
        const size_t before = out.size;
        bp_buf_printf(&out, "%s%" PRIu64 " ", state > 1 ? ", " : "", state);
        if (bac_value_decode(&texts, &value, NULL) != BP_OK)
            break;
        bac_value_format(&out, &value);
        if (out.failed) {
            bp_buf_rewind(&out, before);
            break;
        }
    }
    ret_text[out.size] = '\0';
}

static BpStatus coerce_unsigned(BpStr text, const AskTarget *target, BacValue *ret_value, BpError *err)
{
    char choices[CHOICES_MAX];
    int64_t number = (int64_t)find_state(text, target->state_texts);
    list_states(target, choices);
    if (number == 0 && bp_parse_i64(text, 0, UINT32_MAX, &number, err) != BP_OK)
        return *choices
                   ? bp_fail(err, BP_INVALID, "\"%.*s\" is no state of it: %s", BP_STR_ARGS(text), choices)
                   : BP_INVALID;
    const bool is_state = target->state_count && target->property == BAC_PROP_PRESENT_VALUE;
    if (is_state && (number < 1 || (uint64_t)number > target->state_count))
        return bp_fail(err, BP_INVALID, "%" PRId64 " is no state of it: 1 to %" PRIu64 "%s%s", number,
                       target->state_count, *choices ? ": " : "", choices);
    *ret_value = (BacValue){.type = BAC_UNSIGNED, .natural = (uint64_t)number};
    return BP_OK;
}

static bool find_binary(BpStr text, const AskTarget *target, uint32_t *ret_number)
{
    bool truth;
    if (same_word(text, target->active_text) || same_word(text, target->inactive_text))
        *ret_number = same_word(text, target->active_text);
    else if (bp_parse_bool(text, &truth, NULL) == BP_OK)
        *ret_number = truth;
    else
        return false;
    return true;
}

static BpStatus coerce_enumerated(BpStr text, const AskTarget *target, BacValue *ret_value, BpError *err)
{
    const BacWords *words = bac_property_words(target->object.type, target->property);
    uint32_t number = 0;
    int64_t parsed;
    if (words && bac_words_parse(words, text, &number, NULL) == BP_OK)
        *ret_value = (BacValue){.type = BAC_ENUMERATED, .enumerated = number};
    else if (words == &bac_binaries && find_binary(text, target, &number))
        *ret_value = (BacValue){.type = BAC_ENUMERATED, .enumerated = number};
    else if (words == &bac_binaries)
        return bp_fail(err, BP_INVALID, "\"%.*s\" is neither inactive nor active%s%.*s%s%.*s",
                       BP_STR_ARGS(text), target->inactive_text.size ? " nor its text: " : "",
                       BP_STR_ARGS(target->inactive_text), target->active_text.size ? " or " : "",
                       BP_STR_ARGS(target->active_text));
    else if (bp_parse_i64(text, 0, UINT32_MAX, &parsed, NULL) == BP_OK)
        *ret_value = (BacValue){.type = BAC_ENUMERATED, .enumerated = (uint32_t)parsed};
    else
        return bp_fail(err, BP_INVALID, "\"%.*s\" is neither a number nor a word of the property",
                       BP_STR_ARGS(text));
    return BP_OK;
}

/* ---- the others ---- */

static BpStatus coerce_string(BpStr text, BpArena *arena, BacValue *ret_value, BpError *err)
{
    if (text.size > TEXT_MAX_OCTETS || !bp_str_is_utf8(text))
        return bp_fail(err, BP_INVALID, "the text is not UTF-8, or longer than %d octets", TEXT_MAX_OCTETS);
    *ret_value = (BacValue){.type = BAC_CHARACTER_STRING};
    ret_value->text.charset = BAC_UTF_8;
    ret_value->text.octets = bp_cursor(bp_arena_text(arena, text), text.size);
    return BP_OK;
}

BpStatus ask_coerce(BpStr text, const AskTarget *target, BpArena *arena, BacValue *ret_value, BpError *err)
{
    BacValue value = {.type = target->type};
    BpStatus status = BP_OK;
    if (same_word(text, bp_str("null"))) {
        *ret_value = (BacValue){.type = BAC_NULL};
        return BP_OK;
    }
    switch (target->type) {
    case BAC_NULL: return bp_fail(err, BP_INVALID, "\"%.*s\" is not null", BP_STR_ARGS(text));
    case BAC_BOOLEAN: status = coerce_boolean(text, &value, err); break;
    case BAC_UNSIGNED: status = coerce_unsigned(text, target, &value, err); break;
    case BAC_SIGNED: status = bp_parse_i64(text, INT32_MIN, INT32_MAX, &value.integer, err); break;
    case BAC_REAL:
    case BAC_DOUBLE: status = coerce_real(text, target->type, &value, err); break;
    case BAC_ENUMERATED: status = coerce_enumerated(text, target, &value, err); break;
    case BAC_CHARACTER_STRING: status = coerce_string(text, arena, &value, err); break;
    case BAC_OBJECT_IDENTIFIER: status = bac_object_parse(text, &value.object, err); break;
    default:
        status =
            bp_fail(err, BP_UNSUPPORTED, "values of datatype %d cannot be given as text", (int)target->type);
    }
    if (status == BP_OK)
        *ret_value = value;
    return status;
}
