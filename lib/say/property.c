#include "say/property.h"

#include "say/json.h"
#include "say/structure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN_MAX = 256 * 1024, DEPTH_MAX = 32 };

/* A property's elements are worded as its present value is. */
static uint32_t worded_as(uint32_t property)
{
    return property == BAC_PROP_PRIORITY_ARRAY ? BAC_PROP_PRESENT_VALUE : property;
}

static void show_octets(BpBuf *out, BpCursor octets)
{
    bp_buf_printf(out, "0x");
    while (bp_cursor_remaining(&octets))
        bp_buf_printf(out, "%02x", bp_cursor_u8(&octets));
}

static void show_sequence(BpBuf *out, BpCursor in, const BacReference *reference, int depth);

/* A constructed value that the property's elements are known to be, in words. */
static bool show_structure(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    const size_t mark = out->size;
    if (say_structure_show(out, in, reference))
        return true;
    if (!out->failed)
        bp_buf_rewind(out, mark);
    return false;
}

/* One value, whose tag comes next. False where the octets break the rules: they are shown as they are. */
static bool show_next(BpBuf *out, BpCursor *in, const BacReference *reference, int depth)
{
    BacTag tag;
    BacValue value;
    BpCursor contents;
    if (bac_tag_decode(in, &tag, NULL) != BP_OK || tag.kind == BAC_CLOSING)
        return false;
    if (tag.kind == BAC_APPLICATION) {
        if (bac_value_decode_as(in, &tag, (BacType)tag.number, &value, NULL) != BP_OK)
            return false;
        bac_value_describe(out, &value, reference->object.type, worded_as(reference->property));
        return true;
    }
    bp_buf_printf(out, "[%u] ", tag.number);
    if (tag.kind == BAC_CONTEXT) {
        show_octets(out, bp_cursor_sub(in, tag.length));
        return true;
    }
    if (depth == DEPTH_MAX || bac_tag_contents(in, tag.number, &contents, NULL) != BP_OK)
        return false;
    bp_buf_printf(out, "{");
    show_sequence(out, contents, reference, depth + 1);
    bp_buf_printf(out, "}");
    return true;
}

static void show_sequence(BpBuf *out, BpCursor in, const BacReference *reference, int depth)
{
    const char *separator = "";
    while (bp_cursor_remaining(&in)) {
        BpCursor rest = in;
        bp_buf_printf(out, "%s", separator);
        separator = ", ";
        if (depth == 0 && show_structure(out, &in, reference)) {
            separator = "; "; /* there are commas in it */
            continue;
        }
        if (!show_next(out, &in, reference, depth)) {
            show_octets(out, rest);
            return;
        }
    }
}

void say_property_values(BpBuf *out, BpCursor values, const BacReference *reference)
{
    if (bp_cursor_remaining(&values))
        show_sequence(out, values, reference, 0);
    else
        bp_buf_printf(out, "(empty)");
}

char *say_property_name(const BacReference *reference, char ret_text[BAC_REFERENCE_TEXT_MAX])
{
    char whole[BAC_REFERENCE_TEXT_MAX];
    BpStr property;
    bp_str_cut(bp_str(bac_reference_format(reference, whole)), ' ', &property);
    bp_str_copy(property, ret_text, BAC_REFERENCE_TEXT_MAX);
    return ret_text;
}

bool say_property_is_array(uint32_t property)
{
    switch (property) {
    case BAC_PROP_PRIORITY_ARRAY:
    case BAC_PROP_OBJECT_LIST:
    case BAC_PROP_PROPERTY_LIST:
    case BAC_PROP_STATE_TEXT:
    case BAC_PROP_EVENT_TIME_STAMPS:
    case BAC_PROP_WEEKLY_SCHEDULE:
    case BAC_PROP_EXCEPTION_SCHEDULE:
    case BAC_PROP_STRUCTURED_OBJECT_LIST: return true;
    default: return false;
    }
}

bool say_property_skip(BpCursor *in, const BacReference *reference)
{
    char memory[1024];
    BpBuf nowhere = bp_buf(memory, sizeof memory);
    BacValue value;
    return say_structure_show(&nowhere, in, reference) || bac_value_decode(in, &value, NULL) == BP_OK;
}

/* ---- JSON ---- */

/* A float by its shortest text, so that 21.1 is not 21.100000381469727. */
static json_t *float_json(const BacValue *value)
{
    char memory[64];
    BpBuf text = bp_buf(memory, sizeof memory - 1);
    bac_value_format(&text, value);
    memory[text.size] = '\0';
    return say_json_real(strtod(memory, NULL));
}

static json_t *text_json(const BacValue *value, const BacReference *reference)
{
    BpBuf text = bp_buf_growing(SHOWN_MAX);
    bac_value_describe(&text, value, reference->object.type, worded_as(reference->property));
    json_t *json = say_json_text(bp_buf_text(&text));
    bp_buf_done(&text);
    return json;
}

static json_t *value_json(const BacValue *value, const BacReference *reference)
{
    switch (value->type) {
    case BAC_NULL: return json_null();
    case BAC_BOOLEAN: return json_boolean(value->boolean);
    case BAC_UNSIGNED:
        return value->natural <= INT64_MAX ? json_integer((json_int_t)value->natural)
                                           : text_json(value, reference);
    case BAC_SIGNED: return json_integer(value->integer);
    case BAC_REAL: return float_json(value);
    case BAC_DOUBLE: return say_json_real(value->double_real);
    case BAC_ENUMERATED:
        return bac_property_words(reference->object.type, worded_as(reference->property))
                   ? text_json(value, reference)
                   : json_integer(value->enumerated);
    default: return text_json(value, reference);
    }
}

/* NULL where they are not all primitive. */
static json_t *primitives_json(BpCursor in, const BacReference *reference)
{
    json_t *all = json_array();
    while (bp_cursor_remaining(&in)) {
        BacValue value;
        if (bac_value_decode(&in, &value, NULL) != BP_OK) {
            json_decref(all);
            return NULL;
        }
        json_array_append_new(all, value_json(&value, reference));
    }
    return all;
}

/* One text for each; NULL where they are something else. */
static json_t *structures_json(BpCursor in, const BacReference *reference)
{
    json_t *all = json_array();
    while (bp_cursor_remaining(&in)) {
        BpBuf text = bp_buf_growing(SHOWN_MAX);
        const bool is_one = show_structure(&text, &in, reference);
        if (is_one)
            json_array_append_new(all, say_json_text(bp_buf_text(&text)));
        bp_buf_done(&text);
        if (!is_one) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

json_t *say_property_json(BpCursor values, const BacReference *reference)
{
    json_t *list = say_structure_is_list(reference->property) && reference->index == BAC_NO_INDEX
                       ? structures_json(values, reference)
                       : NULL;
    if (list)
        return list;
    json_t *all = primitives_json(values, reference);
    if (!all) {
        BpBuf text = bp_buf_growing(SHOWN_MAX);
        say_property_values(&text, values, reference);
        json_t *json = say_json_text(bp_buf_text(&text));
        bp_buf_done(&text);
        return json;
    }
    const bool is_whole_array =
        say_property_is_array(reference->property) && reference->index == BAC_NO_INDEX;
    if (json_array_size(all) != 1 || is_whole_array)
        return all;
    json_t *only = json_incref(json_array_get(all, 0));
    json_decref(all);
    return only;
}
