/* Batches are written and read by hand, and not by way of a JSON library's tree like everything else: all
 * readings of a site pass here, and it takes 25 ns a reading instead of 560 to write them, 15 instead of 400
 * to read them (script/bench batch). */
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

static const double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
/* Whole numbers up to this are doubles, and so are the powers above: a quotient of two of them is rounded
 * once, as strtod rounds (Clinger 1990), and is the double that the decimal number stands for. */
enum { POWERS_OF_TEN = sizeof powers_of_ten / sizeof powers_of_ten[0], DECIMALS_MAX = 7, DIGITS_MAX = 20 };
static const int64_t WHOLE_MAX = INT64_C(1) << 53;

/* `number` with at least `digits` digits. */
static void put_unsigned(BpBuf *out, uint64_t number, int digits)
{
    char text[DIGITS_MAX];
    size_t from = sizeof text;
    for (; number || digits > 0; number /= 10, digits--)
        text[--from] = (char)('0' + number % 10);
    bp_buf_octets(out, text + from, sizeof text - from);
}

static void put_integer(BpBuf *out, int64_t number)
{
    if (number < 0)
        bp_buf_u8(out, '-');
    put_unsigned(out, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 1);
}

/* With as few decimals as read back as the same double; false: those it may have are not enough. */
static bool put_decimal(BpBuf *out, double value)
{
    const double size = fabs(value);
    for (int decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
        const double scaled = size * powers_of_ten[decimals];
        if (scaled >= (double)WHOLE_MAX)
            return false;
        const uint64_t whole = (uint64_t)(scaled + 0.5), power = (uint64_t)powers_of_ten[decimals];
        if ((double)whole / powers_of_ten[decimals] != size)
            continue;
        if (value < 0)
            bp_buf_u8(out, '-');
        put_unsigned(out, whole / power, 1);
        if (decimals) {
            bp_buf_u8(out, '.');
            put_unsigned(out, whole % power, decimals);
        }
        return true;
    }
    return false;
}

/* A short text that reads back as the same double. */
static void put_double(BpBuf *out, double value)
{
    char text[NUMBER_TEXT_MAX];
    assert(isfinite(value)); /* JSON has no NaN; readings without a value say so */
    if (value == 0) {
        /* "-0" would be read as a whole number, which has no sign at zero. */
        bp_buf_str(out, bp_str(signbit(value) ? "-0.0" : "0"));
        return;
    }
    if (put_decimal(out, value))
        return;
    for (int digits = 6; digits <= 17; digits += digits < 15 ? 9 : 1) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) /* NOLINT(cert-err34-c): our own text */
            break;
    }
    bp_buf_str(out, bp_str(text));
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
    bp_buf_u8(out, '[');
    put_integer(out, reading->point_id);
    bp_buf_u8(out, ',');
    put_integer(out, reading->at_us - at_us);
    bp_buf_u8(out, ',');
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

/* What could be read is there on other statuses too: NULL or the caller's to give back. */
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
    *ret_root = root;
    int version = 0;
    if (json_unpack_ex(root, &error, 0, "{s:i}", "v", &version) != 0 || version != VERSION)
        return version ? bp_fail(err, BP_UNSUPPORTED, "version %d, understood is %d", version, VERSION)
                       : bp_fail(err, BP_MALFORMED, "no version: %s", error.text);
    return BP_OK;
}

static BpStatus read_position(json_t *root, MdlBatch *batch, BpError *err)
{
    json_error_t error;
    const char *run;
    MdlRun named;
    json_int_t n, oldest, sent_us = 0;
    if (json_unpack_ex(root, &error, 0, "{s:s, s:I, s:I, s?I}", "run", &run, "n", &n, "oldest", &oldest,
                       "sent", &sent_us) != 0)
        return bp_fail(err, BP_MALFORMED, "%s", error.text);
    if (!mdl_run_parse(run, &named))
        return bp_fail(err, BP_INVALID, "run \"%.32s\" is not 16 hexadecimal digits", run);
    if (n < 1 || oldest < 1 || oldest > n)
        return bp_fail(err, BP_INVALID, "number %" JSON_INTEGER_FORMAT " with oldest %" JSON_INTEGER_FORMAT,
                       n, oldest);
    if (sent_us < 0 || sent_us > SENT_MAX_US)
        return bp_fail(err, BP_INVALID, "sent %" JSON_INTEGER_FORMAT " is no instant", sent_us);
    batch->run = named;
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

BpStatus mdl_batch_decode_any(BpStr json, BpArena *arena, MdlBatch *ret_batch, bool *ret_has_position,
                              BpError *err)
{
    json_auto_t *root = NULL;
    *ret_has_position = false;
    *ret_batch = (MdlBatch){0};
    BpStatus status = load(json, &root, err);
    if (status == BP_UNSUPPORTED)
        (void)!read_position(root, ret_batch, NULL);
    if (status == BP_OK)
        status = read_position(root, ret_batch, err);
    *ret_has_position = status == BP_OK;
    return status == BP_OK ? read_readings(root, arena, ret_batch, err) : status;
}

/* ---- reading, quickly ---- */

/* A batch as mdl_batch_seal writes it. Whatever is written in another way, or is wrong, is left to the reader
 * above, which also says what is wrong. */
typedef struct Scan {
    const char *next, *end;
} Scan;

static bool take_text(Scan *scan, const char *text, size_t size)
{
    if ((size_t)(scan->end - scan->next) < size || memcmp(scan->next, text, size) != 0)
        return false;
    scan->next += size;
    return true;
}
#define TAKE(scan, literal) take_text(scan, literal, sizeof(literal) - 1)

static bool take_octet(Scan *scan, char octet)
{
    if (scan->next == scan->end || *scan->next != octet)
        return false;
    scan->next++;
    return true;
}

/* Digits without a leading zero, 18 at most; *ret_count is how many. */
static bool take_digits(Scan *scan, bool may_begin_with_zero, uint64_t *number, int *ret_count)
{
    enum { AT_MOST = 18 };
    const char *begin = scan->next;
    while (scan->next < scan->end && *scan->next >= '0' && *scan->next <= '9' &&
           scan->next - begin <= AT_MOST)
        *number = *number * 10 + (uint64_t)(*scan->next++ - '0');
    *ret_count = (int)(scan->next - begin);
    return *ret_count > 0 && *ret_count <= AT_MOST &&
           (may_begin_with_zero || *ret_count == 1 || *begin != '0');
}

static bool take_integer(Scan *scan, int64_t *ret_number)
{
    uint64_t number = 0;
    int count;
    const bool is_negative = take_octet(scan, '-');
    if (!take_digits(scan, false, &number, &count))
        return false;
    *ret_number = is_negative ? -(int64_t)number : (int64_t)number;
    return true;
}

/* A number without an exponent whose digits are a whole number that is a double. */
static bool take_number(Scan *scan, double *ret_value)
{
    uint64_t number = 0;
    int count, decimals = 0;
    const bool is_negative = take_octet(scan, '-');
    if (!take_digits(scan, false, &number, &count))
        return false;
    if (take_octet(scan, '.')) {
        uint64_t fraction = 0;
        if (!take_digits(scan, true, &fraction, &decimals) || count + decimals > 18)
            return false;
        number = number * (uint64_t)powers_of_ten[decimals] + fraction;
    }
    if (number > (uint64_t)WHOLE_MAX)
        return false;
    const double size = (double)number / powers_of_ten[decimals];
    *ret_value = is_negative && (number || decimals) ? -size : size; /* a whole number has no sign at zero */
    return true;
}

/* Text without escapes. */
static bool take_reason(Scan *scan, BpArena *arena, BpStr *ret_text)
{
    const char *begin = scan->next;
    while (scan->next < scan->end && *scan->next != '"' && *scan->next != '\\' &&
           (unsigned char)*scan->next >= 0x20)
        scan->next++;
    const BpStr text = {begin, (size_t)(scan->next - begin)};
    if (!take_octet(scan, '"') || !bp_str_is_utf8(text))
        return false;
    *ret_text = (BpStr){bp_arena_text(arena, text), text.size};
    return true;
}

static bool scan_reading(Scan *scan, int64_t at_us, BpArena *arena, MdlReading *reading)
{
    int64_t point_id, offset, quality;
    if (!take_octet(scan, '[') || !take_integer(scan, &point_id) || point_id < 1 || point_id > INT32_MAX ||
        !take_octet(scan, ',') || !take_integer(scan, &offset) || !take_octet(scan, ',') ||
        __builtin_add_overflow(at_us, offset, &reading->at_us))
        return false;
    reading->point_id = (int32_t)point_id;
    reading->has_value = !TAKE(scan, "null");
    if (reading->has_value && !take_number(scan, &reading->value))
        return false;
    if (take_octet(scan, ']'))
        return reading->has_value;
    if (!take_octet(scan, ',') || !take_integer(scan, &quality) || quality < MDL_UNCERTAIN ||
        quality > MDL_BAD || !TAKE(scan, ",\""))
        return false;
    reading->quality = (MdlQuality)quality;
    return take_reason(scan, arena, &reading->reason) && take_octet(scan, ']');
}

static bool scan_batch(BpStr json, BpArena *arena, MdlBatch *batch)
{
    enum { SHORTEST_READING = 7 }; /* [1,2,3] */
    Scan scan = {json.data, json.data + json.size};
    int64_t device_id, at_us;
    if (json.size > MDL_BATCH_OCTETS_MAX || !TAKE(&scan, "{\"v\":1,\"run\":\"") ||
        scan.end - scan.next < MDL_RUN_TEXT)
        return false;
    char run[MDL_RUN_TEXT + 1] = "";
    memcpy(run, scan.next, MDL_RUN_TEXT);
    scan.next += MDL_RUN_TEXT;
    batch->sent_us = 0;
    if (!mdl_run_parse(run, &batch->run) || !TAKE(&scan, "\",\"n\":") || !take_integer(&scan, &batch->n) ||
        !TAKE(&scan, ",\"oldest\":") || !take_integer(&scan, &batch->oldest) || batch->oldest < 1 ||
        batch->oldest > batch->n)
        return false;
    if (TAKE(&scan, ",\"sent\":") &&
        (!take_integer(&scan, &batch->sent_us) || batch->sent_us < 0 || batch->sent_us > SENT_MAX_US))
        return false;
    if (!TAKE(&scan, ",\"device\":") || !take_integer(&scan, &device_id) || device_id < 1 ||
        device_id > INT32_MAX || !TAKE(&scan, ",\"at\":") || !take_integer(&scan, &at_us) ||
        !TAKE(&scan, ",\"readings\":["))
        return false;
    const size_t room = (size_t)(scan.end - scan.next) / SHORTEST_READING + 1;
    batch->device_id = (int32_t)device_id;
    batch->readings = bp_arena_take(arena, (room < MDL_BATCH_READINGS_MAX ? room : MDL_BATCH_READINGS_MAX) *
                                               sizeof *batch->readings);
    batch->count = 0;
    do {
        if (batch->count == MDL_BATCH_READINGS_MAX || batch->count == room ||
            !scan_reading(&scan, at_us, arena, &batch->readings[batch->count]))
            return false;
        batch->count++;
    } while (take_octet(&scan, ','));
    return TAKE(&scan, "]}") && scan.next == scan.end;
}

BpStatus mdl_batch_decode(BpStr json, BpArena *arena, MdlBatch *ret_batch, bool *ret_has_position,
                          BpError *err)
{
    *ret_has_position = scan_batch(json, arena, ret_batch);
    return *ret_has_position ? BP_OK : mdl_batch_decode_any(json, arena, ret_batch, ret_has_position, err);
}
