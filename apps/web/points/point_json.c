#include "apps/web/points/point_json.h"

#include "base/time.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void add(BpBuf *out, const char *text)
{
    bp_buf_str(out, bp_str(text));
}

/* Octets of the character that begins the text; 0: there is none that is well formed. */
static size_t character_size(BpStr text)
{
    const uint8_t first = (uint8_t)text.data[0];
    const size_t size = first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    return size && size <= text.size && bp_str_is_utf8((BpStr){text.data, size}) ? size : 0;
}

void point_json_text(BpBuf *out, BpStr text)
{
    bp_buf_u8(out, '"');
    for (size_t i = 0; i < text.size;) {
        const uint8_t octet = (uint8_t)text.data[i];
        size_t plain = i;
        while (plain < text.size && (uint8_t)text.data[plain] >= ' ' && (uint8_t)text.data[plain] < 0x7F &&
               text.data[plain] != '"' && text.data[plain] != '\\')
            plain++;
        if (plain > i) {
            bp_buf_octets(out, text.data + i, plain - i);
            i = plain;
        } else if (octet >= 0x80) {
            const size_t size = character_size((BpStr){text.data + i, text.size - i});
            if (size)
                bp_buf_octets(out, text.data + i, size);
            else
                add(out, "\xEF\xBF\xBD");
            i += size ? size : 1;
        } else if (octet == '"' || octet == '\\') {
            bp_buf_u8(out, '\\');
            bp_buf_u8(out, octet);
            i++;
        } else {
            bp_buf_printf(out, "\\u%04x", octet);
            i++;
        }
    }
    bp_buf_u8(out, '"');
}

void point_json_number(BpBuf *out, double number)
{
    char text[40];
    if (!isfinite(number)) {
        add(out, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits += 2) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number) /* NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult) */
            break;
    }
    add(out, text);
}

void point_json_time(BpBuf *out, int64_t at_us)
{
    char text[BP_TIME_TEXT_MAX];
    if (at_us == 0 || at_us == INT64_MAX || at_us == INT64_MIN)
        add(out, "null");
    else
        bp_buf_printf(out, "\"%s\"", bp_time_format(at_us, at_us % BP_SECOND ? 3 : 0, text));
}

void point_json_seconds(BpBuf *out, int32_t ms)
{
    if (ms == 0)
        add(out, "null");
    else if (ms % 1000)
        bp_buf_printf(out, "%d.%03d", ms / 1000, ms % 1000);
    else
        bp_buf_printf(out, "%d", ms / 1000);
}

const char *point_json_quality(const StoreValue *value)
{
    return value->at_us ? mdl_quality_name(value->quality) : "none";
}

void point_json_value(BpBuf *out, const StorePoint *point)
{
    char memory[STORE_STATE_MAX];
    const StoreValue *now = &point->now;
    const BpStr state = store_state_text(point, now, memory);
    add(out, "{\"value\":");
    point_json_number(out, now->has_value ? now->value : (double)NAN);
    add(out, ",\"text\":");
    if (state.size)
        point_json_text(out, state);
    else
        add(out, "null");
    bp_buf_printf(out, ",\"quality\":\"%s\",\"reason\":", point_json_quality(now));
    if (*now->reason)
        point_json_text(out, bp_str(now->reason));
    else
        add(out, "null");
    add(out, ",\"at\":");
    point_json_time(out, now->at_us);
    bp_buf_u8(out, '}');
}

static void add_held(BpBuf *out, const StoreOverride *held)
{
    if (!held) {
        add(out, "null");
        return;
    }
    bp_buf_printf(out, "{\"priority\":%d,\"by\":", held->priority);
    if (*held->by)
        point_json_text(out, bp_str(held->by));
    else
        add(out, "null");
    add(out, ",\"until\":");
    point_json_time(out, held->until_us);
    bp_buf_u8(out, '}');
}

static void add_text(BpBuf *out, const char *name, BpStr text)
{
    bp_buf_printf(out, ",\"%s\":", name);
    point_json_text(out, text);
}

static void add_number(BpBuf *out, const char *name, double number)
{
    bp_buf_printf(out, ",\"%s\":", name);
    point_json_number(out, number);
}

void point_json_write(BpBuf *out, const StorePoint *point)
{
    const StoreDevice *device = point->device;
    bp_buf_printf(out, "{\"id\":%d,\"device\":%d", (int)point->id, (int)device->id);
    add_text(out, "device_name", device->name);
    add_text(out, "name", point->name);
    add_text(out, "path", point->path);
    add_text(out, "description", point->description);
    bp_buf_printf(out, ",\"object\":\"%s,%d\",\"type\":\"%s\"", point->object_type,
                  (int)point->object_instance,
                  point->object_type); /* words of the standard, and "proprietary-300" */
    add_text(out, "units", bp_str(point->units));
    add_text(out, "unit_symbol", bp_str(point->unit_symbol));
    bp_buf_printf(out, ",\"states\":%s,\"tags\":", *point->states ? point->states : "[]");
    add(out, *point->tags ? point->tags : "{}"); /* PostgreSQL's JSON is as good as ours */
    add(out, ",\"device_says\":");
    add(out, *point->by_device ? point->by_device : "{}");
    bp_buf_printf(out, ",\"enabled\":%s,\"poll_interval_s\":", point->is_enabled ? "true" : "false");
    point_json_seconds(out, point->interval_ms);
    bp_buf_printf(out, ",\"writable\":%s,\"commandable\":%s,\"missing\":%s",
                  point->is_writable ? "true" : "false", point->is_commandable ? "true" : "false",
                  point->is_missing ? "true" : "false");
    add_number(out, "write_min", point->write_min);
    add_number(out, "write_max", point->write_max);
    add_number(out, "device_min", point->device_min);
    add_number(out, "device_max", point->device_max);
    bp_buf_printf(out, ",\"version\":\"%" PRId64 "\",\"value\":", point->version);
    point_json_value(out, point);
    add(out, ",\"overridden\":");
    add_held(out, point->held);
    bp_buf_u8(out, '}');
}

/* ---- devices ---- */

void point_counts_add(PointCounts *counts, const StorePoint *point)
{
    counts->total++;
    counts->enabled += point->is_enabled;
    counts->bad += point->is_enabled && point->now.at_us && point->now.quality == MDL_BAD;
    counts->overridden += point->held != NULL;
}

void point_json_counts(BpBuf *out, const PointCounts *counts)
{
    bp_buf_printf(out, "{\"total\":%zu,\"enabled\":%zu,\"bad\":%zu,\"overridden\":%zu}", counts->total,
                  counts->enabled, counts->bad, counts->overridden);
}

void point_json_device(BpBuf *out, const StoreDevice *device, const PointCounts *counts)
{
    bp_buf_printf(out, "{\"id\":%d,\"instance\":%d", (int)device->id, (int)device->instance);
    add_text(out, "name", device->name);
    add_text(out, "description", device->description);
    add_text(out, "location", device->location);
    add_text(out, "address", device->address);
    add_text(out, "vendor", device->vendor);
    add_text(out, "model", device->model);
    add_text(out, "firmware", device->firmware);
    bp_buf_printf(out, ",\"enabled\":%s,\"poll_interval_s\":", device->is_enabled ? "true" : "false");
    point_json_seconds(out, device->interval_ms);
    add_text(out, "state", device->state);
    add(out, ",\"since\":");
    point_json_time(out, device->since_us);
    add(out, ",\"last_answer_at\":");
    point_json_time(out, device->last_answer_us);
    add_text(out, "reason", device->reason);
    add(out, ",\"points\":");
    point_json_counts(out, counts);
    bp_buf_u8(out, '}');
}
