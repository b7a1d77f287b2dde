#include "apps/collect/control/record_json.h"

#include "base/random.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHECKSUM_LETTERS = 16 };

static const char *const kinds[] = {"other",   "begin", "clock", "position", "claim",
                                    "unclaim", "hold",  "end",   "event",    "recorded"};

/* ---- octets as text ---- */

static json_t *hex(const uint8_t *octets, size_t size)
{
    char text[2 * CONTROL_DIGEST_OCTETS + 1] = "";
    for (size_t i = 0; i < size && i < CONTROL_DIGEST_OCTETS; i++)
        snprintf(text + 2 * i, 3, "%02x", octets[i]);
    return json_string(text);
}

static int digit(char letter)
{
    return letter >= '0' && letter <= '9'   ? letter - '0'
           : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
                                            : -1;
}

/* How many octets there are; SIZE_MAX: it is no such text, or too long. */
static size_t unhex(const char *text, uint8_t *ret_octets, size_t capacity)
{
    const size_t size = strlen(text) / 2;
    if (strlen(text) % 2 != 0 || size > capacity)
        return SIZE_MAX;
    for (size_t i = 0; i < size; i++) {
        const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return SIZE_MAX;
        ret_octets[i] = (uint8_t)(high * 16 + low);
    }
    return size;
}

static bool read_text(const char *text, char *ret_text, size_t capacity)
{
    return bp_str_copy(bp_str(text), ret_text, capacity);
}

/* ---- writing ---- */

static void set(json_t *json, const char *name, json_t *value)
{
    if (!value || json_object_set_new(json, name, value) != 0)
        abort();
}

/* Texts from outside may be no UTF-8 where one was cut; jansson refuses those. */
static json_t *text_of(const char *text)
{
    json_t *json = json_string(text);
    return json ? json : json_string("?");
}

static json_t *number(double value)
{
    json_t *json = json_real(value); /* none for what is no number */
    return json ? json : json_null();
}

static void write_slot(json_t *json, int32_t point_id, uint8_t slot)
{
    set(json, "point", json_integer(point_id));
    set(json, "slot", json_integer(slot));
}

static void write_hold(json_t *json, const ControlHold *hold)
{
    json_t *ours = json_array();
    if (hold->is_plain)
        set(json, "plain", json_true());
    write_slot(json, hold->point_id, hold->slot);
    set(json, "command", text_of(hold->command));
    set(json, "device", json_integer(hold->device_id));
    set(json, "instance", json_integer(hold->device_instance));
    set(json, "address", text_of(hold->address));
    set(json, "type", json_integer(hold->object.type));
    set(json, "object", json_integer(hold->object.instance));
    set(json, "property", json_integer(hold->property));
    set(json, "name", text_of(hold->name));
    set(json, "source", text_of(hold->source));
    set(json, "by", text_of(hold->created_by));
    set(json, "value", number(hold->value));
    if (hold->span.after_us != CONTROL_NO_END)
        set(json, "after", json_integer(hold->span.after_us));
    set(json, "ran", json_integer(hold->span.elapsed_us));
    set(json, "began", json_integer(hold->began_us));
    for (size_t i = 0; i < hold->ours_count; i++)
        if (json_array_append_new(ours, number(hold->ours[i])) != 0)
            abort();
    set(json, "ours", ours);
    if (hold->before.what == CONTROL_SHOWN_EMPTY)
        set(json, "before", json_null());
    else if (hold->before.what == CONTROL_SHOWN_VALUE) /* what is no number is false */
        set(json, "before", isfinite(hold->before.value) ? number(hold->before.value) : json_false());
}

static void write_event(json_t *json, const ControlEvent *event)
{
    write_slot(json, event->point_id, event->slot);
    set(json, "command", text_of(event->command));
    set(json, "event", json_string(control_event_name(event->kind)));
    set(json, "name", text_of(event->name));
    set(json, "text", text_of(event->text));
    set(json, "when", json_integer(event->at_us));
}

static void write_place(json_t *json, const ControlPlace *place)
{
    set(json, "epoch", json_integer(place->epoch));
    set(json, "seq", json_integer(place->seq));
    set(json, "digest", hex(place->digest, CONTROL_DIGEST_OCTETS));
    set(json, "device_end", json_integer(place->device_end));
    set(json, "point_end", json_integer(place->point_end));
}

void control_record_write(BpBuf *out, const ControlRecord *record)
{
    json_auto_t *json = json_object();
    set(json, "k", json_string(kinds[record->kind]));
    set(json, "boot", text_of(record->clock.boot));
    set(json, "up", json_integer(record->clock.boot_us));
    set(json, "at", json_integer(record->clock.wall_us));
    switch (record->kind) {
    case CONTROL_RECORD_BEGIN: set(json, "v", json_integer(CONTROL_FILE_VERSION)); break;
    case CONTROL_RECORD_POSITION: write_place(json, &record->place); break;
    case CONTROL_RECORD_CLAIM:
    case CONTROL_RECORD_HOLD: write_hold(json, &record->hold); break;
    case CONTROL_RECORD_UNCLAIM:
    case CONTROL_RECORD_END: write_slot(json, record->hold.point_id, record->hold.slot); break;
    case CONTROL_RECORD_EVENT: write_event(json, &record->event); break;
    case CONTROL_RECORD_RECORDED: set(json, "count", json_integer((json_int_t)record->count)); break;
    case CONTROL_RECORD_OTHER:
    case CONTROL_RECORD_CLOCK: break;
    }
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (!text)
        abort();
    bp_buf_printf(out, "%016" PRIx64 " %s\n", bp_hash(text, strlen(text), 0), text);
    free(text);
}

/* ---- reading ---- */

static bool read_slot(json_t *json, int32_t *ret_point_id, uint8_t *ret_slot)
{
    json_int_t point_id, slot;
    if (json_unpack(json, "{s:I, s:I}", "point", &point_id, "slot", &slot) != 0 || point_id < 1 ||
        point_id > INT32_MAX || slot < 1 || slot > 16)
        return false;
    *ret_point_id = (int32_t)point_id;
    *ret_slot = (uint8_t)slot;
    return true;
}

static bool read_ours(const json_t *ours, ControlHold *hold)
{
    if (!json_is_array(ours) || json_array_size(ours) > CONTROL_OURS_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(ours); i++) {
        const json_t *value = json_array_get(ours, i);
        if (!json_is_number(value))
            return false;
        hold->ours[hold->ours_count++] = json_number_value(value);
    }
    return true;
}

static void read_before(const json_t *before, ControlShown *ret_shown)
{
    if (before)
        ret_shown->what = json_is_null(before) ? CONTROL_SHOWN_EMPTY : CONTROL_SHOWN_VALUE;
    ret_shown->value = json_is_number(before) ? json_number_value(before) : NAN;
}

static bool read_hold(json_t *json, ControlHold *hold)
{
    const char *command, *address, *name, *source, *by;
    json_t *value, *ours;
    json_int_t device, instance, type, object, property, after = CONTROL_NO_END, ran, began;
    if (!read_slot(json, &hold->point_id, &hold->slot) ||
        json_unpack(json, "{s:s, s:I, s:I, s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:o, s?I, s:I, s:I, s:o}",
                    "command", &command, "device", &device, "instance", &instance, "address", &address,
                    "type", &type, "object", &object, "property", &property, "name", &name, "source", &source,
                    "by", &by, "value", &value, "after", &after, "ran", &ran, "began", &began, "ours",
                    &ours) != 0 ||
        device < 0 || device > INT32_MAX || instance < 0 || instance > BAC_INSTANCE_WILDCARD || type < 0 ||
        type > BAC_OBJECT_TYPE_MAX || object < 0 || object > BAC_INSTANCE_WILDCARD || property < 0 ||
        property > BAC_PROPERTY_MAX || after < 0 || ran < 0)
        return false;
    hold->device_id = (int32_t)device;
    hold->device_instance = (uint32_t)instance;
    hold->object = (BacObjectId){.type = (uint16_t)type, .instance = (uint32_t)object};
    hold->property = (uint32_t)property;
    hold->value = json_number_value(value);
    hold->span.after_us = after;
    hold->span.elapsed_us = ran;
    hold->began_us = began;
    hold->is_plain = json_is_true(json_object_get(json, "plain"));
    read_before(json_object_get(json, "before"), &hold->before);
    return read_text(command, hold->command, sizeof hold->command) &&
           read_text(address, hold->address, sizeof hold->address) &&
           read_text(name, hold->name, sizeof hold->name) &&
           read_text(source, hold->source, sizeof hold->source) &&
           read_text(by, hold->created_by, sizeof hold->created_by) && read_ours(ours, hold);
}

static bool read_event(json_t *json, ControlEvent *event)
{
    const char *command, *kind, *name, *text;
    json_int_t when;
    if (!read_slot(json, &event->point_id, &event->slot) ||
        json_unpack(json, "{s:s, s:s, s:s, s:s, s:I}", "command", &command, "event", &kind, "name", &name,
                    "text", &text, "when", &when) != 0)
        return false;
    for (event->kind = CONTROL_RELEASED; strcmp(kind, control_event_name(event->kind)) != 0; event->kind++)
        if (event->kind == CONTROL_RETRY)
            return false;
    event->at_us = when;
    return read_text(command, event->command, sizeof event->command) &&
           read_text(name, event->name, sizeof event->name) &&
           read_text(text, event->text, sizeof event->text);
}

static bool read_place(json_t *json, ControlPlace *place)
{
    const char *digest;
    json_int_t epoch, seq, device_end, point_end;
    if (json_unpack(json, "{s:I, s:I, s:s, s:I, s:I}", "epoch", &epoch, "seq", &seq, "digest", &digest,
                    "device_end", &device_end, "point_end", &point_end) != 0 ||
        device_end < 0 || device_end > INT32_MAX || point_end < 0 || point_end > INT32_MAX || epoch < 0 ||
        seq < 0)
        return false;
    place->epoch = epoch;
    place->seq = seq;
    place->device_end = (int32_t)device_end;
    place->point_end = (int32_t)point_end;
    return unhex(digest, place->digest, CONTROL_DIGEST_OCTETS) == CONTROL_DIGEST_OCTETS;
}

static ControlRecordKind kind_of(const char *name)
{
    for (size_t i = CONTROL_RECORD_BEGIN; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i], name) == 0)
            return (ControlRecordKind)i;
    return CONTROL_RECORD_OTHER;
}

static bool read_contents(json_t *json, ControlRecord *record)
{
    json_int_t number;
    switch (record->kind) {
    case CONTROL_RECORD_BEGIN:
        if (json_unpack(json, "{s:I}", "v", &number) != 0)
            return false;
        record->version = number;
        return true;
    case CONTROL_RECORD_POSITION: return read_place(json, &record->place);
    case CONTROL_RECORD_CLAIM:
    case CONTROL_RECORD_HOLD: record->hold.span.noted = record->clock; return read_hold(json, &record->hold);
    case CONTROL_RECORD_UNCLAIM:
    case CONTROL_RECORD_END: return read_slot(json, &record->hold.point_id, &record->hold.slot);
    case CONTROL_RECORD_EVENT: return read_event(json, &record->event);
    case CONTROL_RECORD_RECORDED:
        if (json_unpack(json, "{s:I}", "count", &number) != 0 || number < 0)
            return false;
        record->count = (size_t)number;
        return true;
    case CONTROL_RECORD_OTHER:
    case CONTROL_RECORD_CLOCK: return true;
    }
    return false;
}

BpStatus control_record_read(BpStr line, ControlRecord *ret_record, BpError *err)
{
    char sum[CHECKSUM_LETTERS + 1];
    BpStr text;
    if (line.size > CONTROL_LINE_MAX || line.size < CHECKSUM_LETTERS + 2 ||
        line.data[CHECKSUM_LETTERS] != ' ')
        return bp_fail(err, BP_MALFORMED, "a line without a checksum");
    text = (BpStr){line.data + CHECKSUM_LETTERS + 1, line.size - CHECKSUM_LETTERS - 1};
    snprintf(sum, sizeof sum, "%016" PRIx64, bp_hash(text.data, text.size, 0));
    if (memcmp(sum, line.data, CHECKSUM_LETTERS) != 0)
        return bp_fail(err, BP_MALFORMED, "a line whose checksum is wrong");
    json_auto_t *json = json_loadb(text.data, text.size, 0, NULL);
    const char *kind, *boot;
    json_int_t up, at;
    ControlRecord record = {0};
    if (!json ||
        json_unpack(json, "{s:s, s:s, s:I, s:I}", "k", &kind, "boot", &boot, "up", &up, "at", &at) != 0 ||
        !read_text(boot, record.clock.boot, sizeof record.clock.boot))
        return bp_fail(err, BP_MALFORMED, "a line that is no record");
    record.kind = kind_of(kind);
    record.clock.boot_us = up;
    record.clock.wall_us = at;
    if (!read_contents(json, &record))
        return bp_fail(err, BP_MALFORMED, "a record \"%s\" that says something that cannot be", kind);
    *ret_record = record;
    return BP_OK;
}
