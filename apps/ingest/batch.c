#include "apps/ingest/batch.h"

#include "base/time.h"
#include "io/pg/copy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t BUCKET_US = 5 * BP_MINUTE;

void gather_init(Gather *gather)
{
    *gather = (Gather){.copy = bp_buf_growing(GATHER_OCTETS_MAX), .quarantine = json_array()};
    gather_clear(gather);
}

void gather_done(Gather *gather)
{
    bp_buf_done(&gather->copy);
    json_decref(gather->quarantine);
}

void gather_clear(Gather *gather)
{
    bp_buf_clear(&gather->copy);
    pg_copy_begin(&gather->copy);
    gather->readings = gather->batches = gather->quarantined = gather->bucket_count = 0;
    gather->first_us = INT64_MAX;
    gather->last_us = INT64_MIN;
    json_array_clear(gather->quarantine);
}

void gather_quarantine(Gather *gather, const char *reason, BpStr payload)
{
    gather->quarantined++;
    if (json_array_size(gather->quarantine) >= GATHER_QUARANTINED_MAX) {
        char more[64];
        json_t *last = json_array_get(gather->quarantine, GATHER_QUARANTINED_MAX - 1);
        snprintf(more, sizeof more, "and %zu more", gather->quarantined - GATHER_QUARANTINED_MAX + 1);
        json_object_set_new(last, "reason", json_string(more));
        json_object_set_new(last, "payload", json_string(""));
        return;
    }
    char text[QUARANTINE_PAYLOAD_MAX + 1];
    (void)bp_str_copy(payload, text, sizeof text);
    for (char *c = text; *c;
         c++) /* a text in PostgreSQL is UTF-8 and has no zeros; what is neither is shown as such */
        if ((unsigned char)*c < 0x20)
            *c = ' ';
    if (!bp_str_is_utf8(bp_str(text)))
        for (char *c = text; *c; c++)
            *c = (unsigned char)*c < 0x80 ? *c : '?';
    json_array_append_new(gather->quarantine, json_pack("{s:s, s:s}", "reason", reason, "payload", text));
}

static const IngestPoint *find_point(const IngestPoints *points, int32_t point_id)
{
    return (size_t)point_id < points->count && points->items[point_id].is_known ? &points->items[point_id]
                                                                                : NULL;
}

bool batch_has_unknown_point(const MdlBatch *batch, const IngestPoints *points)
{
    for (size_t i = 0; i < batch->count; i++)
        if (!find_point(points, batch->readings[i].point_id))
            return true;
    return false;
}

/* Neighbours are nearly always of the same span, so the last one is looked at first. */
static bool note_bucket(Gather *gather, int64_t at_us)
{
    const int64_t bucket = at_us - ((at_us % BUCKET_US) + BUCKET_US) % BUCKET_US;
    for (size_t i = gather->bucket_count; i-- > 0;)
        if (gather->buckets[i] == bucket)
            return true;
    if (gather->bucket_count == GATHER_BUCKETS_MAX)
        return false;
    gather->buckets[gather->bucket_count++] = bucket;
    return true;
}

static void put_text_or_null(BpBuf *out, BpStr text)
{
    if (text.size)
        pg_copy_text(out, text);
    else
        pg_copy_null(out);
}

static void put_row(BpBuf *out, const MdlReading *reading, BpStr site_id, const IngestPoint *point)
{
    pg_copy_row(out, 10);
    pg_copy_time(out, reading->at_us);
    pg_copy_text(out, site_id);
    pg_copy_int4(out, reading->point_id);
    if (reading->has_value)
        pg_copy_float8(out, reading->value);
    else
        pg_copy_null(out);
    pg_copy_text(out, bp_str(mdl_quality_name(reading->quality)));
    put_text_or_null(out, reading->reason);
    put_text_or_null(out, point->units);
    pg_copy_int4(out, point->device_id);
    pg_copy_text(out, point->object_type);
    pg_copy_int4(out, point->object_instance);
}

static void quarantine_reading(Gather *gather, const MdlReading *reading, const char *reason)
{
    char payload[128], at[BP_TIME_TEXT_MAX];
    const int size = snprintf(
        payload, sizeof payload, "{\"point\": %" PRId32 ", \"at\": \"%s\", \"value\": %.17g}",
        reading->point_id, bp_time_format(reading->at_us, 6, at), reading->has_value ? reading->value : 0.0);
    gather_quarantine(gather, reason, (BpStr){payload, (size_t)size});
}

static bool add_reading(Gather *gather, const MdlReading *reading, BpStr site_id, const IngestPoints *points,
                        const Window *window)
{
    const IngestPoint *point = find_point(points, reading->point_id);
    if (!point) {
        quarantine_reading(gather, reading, "no such point");
        return true;
    }
    if (reading->at_us < window->from_us || reading->at_us > window->to_us) {
        quarantine_reading(gather, reading,
                           reading->at_us > window->to_us
                               ? "ahead of the clock (readings.future_max)"
                               : "older than readings are kept (retention.readings)");
        return true;
    }
    if (!note_bucket(gather, reading->at_us))
        return false;
    put_row(&gather->copy, reading, site_id, point);
    gather->readings++;
    if (reading->at_us < gather->first_us)
        gather->first_us = reading->at_us;
    if (reading->at_us > gather->last_us)
        gather->last_us = reading->at_us;
    return !gather->copy.failed;
}

bool gather_add(Gather *gather, const MdlBatch *batch, BpStr site_id, const IngestPoints *points,
                const Window *window)
{
    if (gather->readings + batch->count > GATHER_READINGS_MAX)
        return false;
    const size_t size = gather->copy.size, readings = gather->readings;
    for (size_t i = 0; i < batch->count; i++)
        if (!add_reading(gather, &batch->readings[i], site_id, points, window)) {
            bp_buf_rewind(&gather->copy, size);
            gather->readings = readings;
            return false;
        }
    gather->batches++;
    return true;
}

void gather_write_buckets(const Gather *gather, BpBuf *out)
{
    char at[BP_TIME_TEXT_MAX];
    bp_buf_u8(out, '{');
    for (size_t i = 0; i < gather->bucket_count; i++)
        bp_buf_printf(out, "%s%s", i ? "," : "", bp_time_format(gather->buckets[i], 0, at));
    bp_buf_u8(out, '}');
}

size_t positions_write_changed(const Positions *positions, BpBuf *out)
{
    size_t count = 0;
    bp_buf_u8(out, '[');
    for (size_t i = 0; i < positions->count; i++) {
        const Position *position = &positions->items[i];
        if (!position->is_changed)
            continue;
        bp_buf_printf(out, "%s{\"run\":\"%s\",\"stored\":%" PRId64 ",\"skipped\":%" PRId64 "}",
                      count ? "," : "", position->run.text, position->accepted, position->accepted_skipped);
        count++;
    }
    bp_buf_u8(out, ']');
    return count;
}
