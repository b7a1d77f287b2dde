#include "model/batch.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { VERSION = 1, NUMBER_TEXT_MAX = 32 };
static const int64_t SENT_MAX_US = INT64_C(253402300800000000); /* the year 10000 */

/* ---- writing ---- */

/* The shortest text that reads back as the same double. */
static void put_double(BpBuf *out, double value)
{
    char text[NUMBER_TEXT_MAX];
    assert(isfinite(value)); /* JSON has no NaN; readings without a value say so */
    for (int digits = 6; digits <= 17; digits += digits < 15 ? 9 : 1) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) /* NOLINT(cert-err34-c): our own text */
            break;
    }
    /* "-0" would be read as a whole number, which has no sign at zero. */
    bp_buf_str(out, bp_str(value == 0 && signbit(value) ? "-0.0" : text));
}

/* Reasons come from devices' states and from us; none needs more than these escapes. */
static void put_text(BpBuf *out, BpStr text)
{
    bp_buf_u8(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        const char c = text.data[i];
        if (c == '"' || c == '\\')
            bp_buf_u8(out, '\\');
        bp_buf_u8(out, (unsigned char)c < 0x20 ? ' ' : (uint8_t)c);
    }
    bp_buf_u8(out, '"');
}

static void put_reading(BpBuf *out, const MdlReading *reading, int64_t at_us)
{
    bp_buf_printf(out, "[%" PRId32 ",%" PRId64 ",", reading->point_id, reading->at_us - at_us);
    if (reading->has_value)
        put_double(out, reading->value);
    else
        bp_buf_str(out, bp_str("null"));
    if (reading->quality != MDL_GOOD) {
        bp_buf_printf(out, ",%d,", (int)reading->quality);
        put_text(out, reading->reason);
    }
    bp_buf_u8(out, ']');
}

void mdl_batch_encode(BpBuf *out, int32_t device_id, const MdlReading *readings, size_t count)
{
    assert(count > 0 && count <= MDL_BATCH_READINGS_MAX);
    const int64_t at_us = readings[0].at_us;
    bp_buf_printf(out, "\"device\":%" PRId32 ",\"at\":%" PRId64 ",\"readings\":[", device_id, at_us);
    for (size_t i = 0; i < count; i++) {
        if (i)
            bp_buf_u8(out, ',');
        put_reading(out, &readings[i], at_us);
    }
    bp_buf_str(out, bp_str("]}"));
}

void mdl_batch_seal(BpBuf *out, const MdlRun *run, int64_t n, int64_t oldest, int64_t sent_us, BpStr encoded)
{
    bp_buf_printf(out, "{\"v\":%d,\"run\":\"%s\",\"n\":%" PRId64 ",\"oldest\":%" PRId64 ",", VERSION,
                  run->text, n, oldest);
    if (sent_us)
        bp_buf_printf(out, "\"sent\":%" PRId64 ",", sent_us);
    bp_buf_str(out, encoded);
}

/* ---- reading ---- */

static bool is_run(const char *text)
{
    return strlen(text) == MDL_RUN_TEXT && strspn(text, "0123456789abcdef") == MDL_RUN_TEXT;
}

static BpStatus load(BpStr json, json_t **ret_root, BpError *err)
{
    json_error_t error;
    json_t *root = json.size <= MDL_BATCH_OCTETS_MAX
                       ? json_loadb(json.data, json.size, JSON_REJECT_DUPLICATES, &error)
                       : NULL;
    if (json.size > MDL_BATCH_OCTETS_MAX)
        return bp_fail(err, BP_INVALID, "%zu octets, at most %d are taken", json.size, MDL_BATCH_OCTETS_MAX);
    if (!root)
        return bp_fail(err, BP_MALFORMED, "no JSON: %s at octet %d", error.text, error.position);
    int version = 0;
    if (json_unpack_ex(root, &error, 0, "{s:i}", "v", &version) != 0 || version != VERSION) {
        json_decref(root);
        return version ? bp_fail(err, BP_UNSUPPORTED, "version %d, understood is %d", version, VERSION)
                       : bp_fail(err, BP_MALFORMED, "no version: %s", error.text);
    }
    *ret_root = root;
    return BP_OK;
}

static BpStatus read_position(json_t *root, MdlBatch *batch, BpError *err)
{
    json_error_t error;
    const char *run;
    json_int_t n, oldest, sent_us = 0;
    if (json_unpack_ex(root, &error, 0, "{s:s, s:I, s:I, s?I}", "run", &run, "n", &n, "oldest", &oldest,
                       "sent", &sent_us) != 0)
        return bp_fail(err, BP_MALFORMED, "%s", error.text);
    if (!is_run(run))
        return bp_fail(err, BP_INVALID, "run \"%.32s\" is not 16 hexadecimal digits", run);
    if (n < 1 || oldest < 1 || oldest > n)
        return bp_fail(err, BP_INVALID, "number %" JSON_INTEGER_FORMAT " with oldest %" JSON_INTEGER_FORMAT,
                       n, oldest);
    if (sent_us < 0 || sent_us > SENT_MAX_US)
        return bp_fail(err, BP_INVALID, "sent %" JSON_INTEGER_FORMAT " is no instant", sent_us);
    memcpy(batch->run.text, run, sizeof batch->run.text);
    batch->sent_us = sent_us;
    batch->n = n;
    batch->oldest = oldest;
    return BP_OK;
}

static BpStatus read_quality(const json_t *item, BpArena *arena, MdlReading *reading, size_t i, BpError *err)
{
    const json_t *quality = json_array_get(item, 3), *reason = json_array_get(item, 4);
    if (!json_is_integer(quality) || json_integer_value(quality) < MDL_UNCERTAIN ||
        json_integer_value(quality) > MDL_BAD || !json_is_string(reason))
        return bp_fail(err, BP_INVALID, "reading %zu: quality is 1 or 2 and has a reason", i);
    reading->quality = (MdlQuality)json_integer_value(quality);
    const BpStr text = {json_string_value(reason), json_string_length(reason)};
    reading->reason = (BpStr){bp_arena_text(arena, text), text.size};
    return BP_OK;
}

static BpStatus read_reading(const json_t *item, int64_t at_us, BpArena *arena, MdlReading *ret_reading,
                             size_t i, BpError *err)
{
    const size_t fields = json_array_size(item);
    const json_t *point = json_array_get(item, 0), *offset = json_array_get(item, 1),
                 *value = json_array_get(item, 2);
    if (fields != 3 && fields != 5)
        return bp_fail(err, BP_INVALID, "reading %zu is not [point, offset, value] or [..., quality, reason]",
                       i);
    if (!json_is_integer(point) || json_integer_value(point) < 1 || json_integer_value(point) > INT32_MAX)
        return bp_fail(err, BP_INVALID, "reading %zu has no point_id", i);
    MdlReading reading = {.point_id = (int32_t)json_integer_value(point), .has_value = json_is_number(value)};
    if (!json_is_integer(offset) || __builtin_add_overflow(at_us, json_integer_value(offset), &reading.at_us))
        return bp_fail(err, BP_INVALID, "reading %zu has no instant", i);
    if (!reading.has_value && (!json_is_null(value) || fields == 3))
        return bp_fail(err, BP_INVALID, "reading %zu: a value is a number, or null with a quality", i);
    reading.value = json_number_value(value);
    *ret_reading = reading;
    return fields == 5 ? read_quality(item, arena, ret_reading, i, err) : BP_OK;
}

static BpStatus read_readings(json_t *root, BpArena *arena, MdlBatch *batch, BpError *err)
{
    json_error_t error;
    json_int_t device, at_us;
    json_t *items;
    if (json_unpack_ex(root, &error, 0, "{s:I, s:I, s:o}", "device", &device, "at", &at_us, "readings",
                       &items) != 0)
        return bp_fail(err, BP_MALFORMED, "%s", error.text);
    if (device < 1 || device > INT32_MAX)
        return bp_fail(err, BP_INVALID, "device %" JSON_INTEGER_FORMAT " is no device_id", device);
    if (!json_is_array(items) || json_array_size(items) < 1 ||
        json_array_size(items) > MDL_BATCH_READINGS_MAX)
        return bp_fail(err, BP_INVALID, "readings is not an array of 1 to %d", MDL_BATCH_READINGS_MAX);
    batch->device_id = (int32_t)device;
    batch->count = json_array_size(items);
    batch->readings = bp_arena_take(arena, batch->count * sizeof *batch->readings);
    for (size_t i = 0; i < batch->count; i++) {
        const BpStatus status =
            read_reading(json_array_get(items, i), at_us, arena, &batch->readings[i], i, err);
        if (status != BP_OK)
            return status;
    }
    return BP_OK;
}

BpStatus mdl_batch_decode(BpStr json, BpArena *arena, MdlBatch *ret_batch, bool *ret_has_position,
                          BpError *err)
{
    json_auto_t *root = NULL;
    *ret_has_position = false;
    BpStatus status = load(json, &root, err);
    if (status == BP_OK)
        status = read_position(root, ret_batch, err);
    *ret_has_position = status == BP_OK;
    return status == BP_OK ? read_readings(root, arena, ret_batch, err) : status;
}
