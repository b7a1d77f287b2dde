#include "apps/ingest/gather.h"

#include "base/time.h"
#include "io/pg/copy.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SPANS_LOOKED_BACK = 16, COPY_END_MAX = 16 };
static const int64_t BUCKET_US = 5 * BP_MINUTE;

static const char no_point[] = "no such point", ahead[] = "ahead of the clock (readings.future_max)",
                  too_old[] = "older than readings are kept (retention.readings)";

/* ---- the gather ---- */

void gather_init(Gather *gather)
{
    *gather = (Gather){.rows = bp_buf_growing(GATHER_ROWS_OCTETS_MAX + COPY_END_MAX),
                       .payloads = bp_buf_growing(GATHER_PAYLOADS_OCTETS_MAX),
                       .entries = bp_buf_growing(GATHER_ENTRIES_OCTETS_MAX),
                       .items = calloc(GATHER_BATCHES_MAX, sizeof(GatherItem))};
    if (!gather->items)
        abort();
    gather_clear(gather);
}

void gather_done(Gather *gather)
{
    bp_buf_done(&gather->rows);
    bp_buf_done(&gather->payloads);
    bp_buf_done(&gather->entries);
    bp_arena_done(&gather->reasons);
    free(gather->buckets);
    free(gather->items);
}

void gather_clear(Gather *gather)
{
    gather->count = gather->readings = 0;
    bp_buf_clear(&gather->rows);
    pg_copy_begin(&gather->rows);
    gather->header_size = gather->rows.size;
    bp_buf_clear(&gather->payloads);
    bp_buf_clear(&gather->entries);
    bp_arena_reset(&gather->reasons);
}

/* An item of which nothing has been added yet: its ends are those of the one before it, so it also tells
 * where an item begins. */
static GatherItem item_after(const Gather *gather, size_t count)
{
    GatherItem item = {.rows_end = gather->header_size, .first_us = INT64_MAX, .last_us = INT64_MIN};
    if (count) {
        const GatherItem *last = &gather->items[count - 1];
        item.rows_end = last->rows_end;
        item.buckets_end = last->buckets_end;
        item.entries_end = last->entries_end;
        item.payloads_end = last->payloads_end;
    }
    return item;
}

/* ---- JSON of the quarantine ---- */

/* A text in PostgreSQL is UTF-8 and has no zeros. What is neither is shown as such; JSON, which is never
 * that, stays as it was. */
static void put_json_text(BpBuf *out, BpStr text)
{
    const bool is_utf8 = bp_str_is_utf8(text);
    bp_buf_u8(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\\')
            bp_buf_u8(out, '\\');
        if (c == '\n' || c == '\r' || c == '\t')
            bp_buf_str(out, bp_str(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t"));
        else
            bp_buf_u8(out, c < 0x20 ? ' ' : c >= 0x80 && !is_utf8 ? '?' : c);
    }
    bp_buf_u8(out, '"');
}

static void put_entry(BpBuf *out, const char *reason, const MdlRun *run, int64_t n, size_t readings,
                      BpStr payload)
{
    bp_buf_str(out, bp_str("{\"reason\":"));
    put_json_text(out, bp_str(reason));
    if (n)
        bp_buf_printf(out, ",\"run\":\"%s\",\"n\":%" PRId64, run->text, n);
    if (readings)
        bp_buf_printf(out, ",\"readings\":%zu", readings);
    bp_buf_str(out, bp_str(",\"payload\":"));
    put_json_text(out, payload);
    bp_buf_str(out, bp_str("},"));
}

/* ---- readings ---- */

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

/* Neighbours are nearly always of the same span, so the last ones are looked at, and the others are sorted
 * out when they are written. */
static void note_bucket(Gather *gather, GatherItem *item, size_t begin, int64_t at_us)
{
    const int64_t bucket = at_us - ((at_us % BUCKET_US) + BUCKET_US) % BUCKET_US;
    const size_t count = item->buckets_end;
    for (size_t i = count; i > begin && i + SPANS_LOOKED_BACK > count; i--)
        if (gather->buckets[i - 1] == bucket)
            return;
    if (count == gather->bucket_capacity) {
        gather->bucket_capacity = count ? count * 2 : 1024;
        gather->buckets = realloc(gather->buckets, gather->bucket_capacity * sizeof *gather->buckets);
        if (!gather->buckets)
            abort();
    }
    gather->buckets[item->buckets_end++] = bucket;
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
    pg_copy_int4(out, point->point_id);
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

/* Why the reading is not stored; NULL: it is. */
static const char *reason_against(const MdlReading *reading, const IngestPoint *point, const Window *window)
{
    if (!point)
        return no_point;
    if (window_has(window, reading->at_us))
        return NULL;
    return reading->at_us > window->to_us ? ahead : too_old;
}

/* Those of the batch's readings that are not stored for this reason, as a batch of their own. */
static void put_readings_aside(Gather *gather, const MdlBatch *batch, const IngestPoints *points,
                               const Window *window, const char *reason)
{
    MdlReading *readings = malloc((batch->count + 1) * sizeof *readings);
    size_t count = 0;
    if (!readings)
        abort();
    for (size_t i = 0; i < batch->count; i++) {
        const MdlReading *reading = &batch->readings[i];
        if (reason_against(reading, find_point(points, reading->point_id), window) == reason)
            readings[count++] = *reading;
    }
    if (count) {
        BpBuf encoded = bp_buf_growing(2 * MDL_BATCH_OCTETS_MAX);
        BpBuf sealed = bp_buf_growing(2 * MDL_BATCH_OCTETS_MAX);
        mdl_batch_encode(&encoded, batch->device_id, readings, count);
        mdl_batch_seal(&sealed, &batch->run, batch->n, batch->oldest, batch->sent_us, bp_buf_text(&encoded));
        put_entry(&gather->entries, reason, &batch->run, batch->n, count, bp_buf_text(&sealed));
        gather->entries.failed = gather->entries.failed || encoded.failed || sealed.failed;
        bp_buf_done(&encoded);
        bp_buf_done(&sealed);
    }
    free(readings);
}

static void add_readings(Gather *gather, GatherItem *item, const MdlBatch *batch, BpStr site_id,
                         const IngestPoints *points, const Window *window)
{
    const size_t first_bucket = item->buckets_end;
    for (size_t i = 0; i < batch->count; i++) {
        const MdlReading *reading = &batch->readings[i];
        const IngestPoint *point = find_point(points, reading->point_id);
        if (reason_against(reading, point, window)) {
            item->put_aside++;
            continue;
        }
        note_bucket(gather, item, first_bucket, reading->at_us);
        put_row(&gather->rows, reading, site_id, point);
        item->readings++;
        if (reading->at_us < item->first_us)
            item->first_us = reading->at_us;
        if (reading->at_us > item->last_us)
            item->last_us = reading->at_us;
    }
    if (item->put_aside) {
        put_readings_aside(gather, batch, points, window, no_point);
        put_readings_aside(gather, batch, points, window, ahead);
        put_readings_aside(gather, batch, points, window, too_old);
    }
}

/* ---- adding ---- */

/* Takes the item in with what has been added to the buffers, or takes that back where it did not fit. */
static bool add_item(Gather *gather, GatherItem *item, BpStr payload)
{
    const GatherItem before = item_after(gather, gather->count);
    bp_buf_str(&gather->payloads, payload);
    if (gather->rows.failed || gather->rows.size > GATHER_ROWS_OCTETS_MAX || gather->entries.failed ||
        gather->payloads.failed) {
        bp_buf_rewind(&gather->rows, before.rows_end);
        bp_buf_rewind(&gather->entries, before.entries_end);
        bp_buf_rewind(&gather->payloads, before.payloads_end);
        return false;
    }
    item->rows_end = gather->rows.size;
    item->entries_end = gather->entries.size;
    item->payloads_end = gather->payloads.size;
    gather->items[gather->count++] = *item;
    gather->readings += item->readings;
    return true;
}

bool gather_add(Gather *gather, const MdlBatch *batch, BpStr payload, int64_t gap, BpStr site_id,
                const IngestPoints *points, const Window *window)
{
    if (gather->count == GATHER_BATCHES_MAX || gather->readings + batch->count > GATHER_READINGS_MAX)
        return false;
    GatherItem item = item_after(gather, gather->count);
    if (gather->readings == 0)
        gather->newest_successor = points->newest_successor;
    item.run = batch->run;
    item.n = batch->n;
    item.gap = gap;
    add_readings(gather, &item, batch, site_id, points, window);
    return add_item(gather, &item, payload);
}

bool gather_add_aside(Gather *gather, const char *reason, BpStr payload, const MdlBatch *batch, int64_t gap)
{
    if (gather->count == GATHER_BATCHES_MAX)
        return false;
    GatherItem item = item_after(gather, gather->count);
    if (batch) {
        item.run = batch->run;
        item.n = batch->n;
        item.gap = gap;
    }
    item.reason = bp_arena_text(&gather->reasons, bp_str(reason));
    const size_t most = batch ? MDL_BATCH_OCTETS_MAX : GARBAGE_OCTETS_MAX;
    return add_item(gather, &item, (BpStr){payload.data, payload.size < most ? payload.size : most});
}

/* ---- a part of it ---- */

GatherPart gather_part(const Gather *gather, size_t begin, size_t end)
{
    GatherPart part = {.first_us = INT64_MAX, .last_us = INT64_MIN};
    for (size_t i = begin; i < end; i++) {
        const GatherItem *item = &gather->items[i];
        part.put_aside += item->reason ? 1 : item->put_aside;
        if (item->reason)
            continue;
        part.batches++;
        part.readings += item->readings;
        if (item->first_us < part.first_us)
            part.first_us = item->first_us;
        if (item->last_us > part.last_us)
            part.last_us = item->last_us;
    }
    return part;
}

/* True if the items' rows are those of the part: nothing goes aside whole that has rows. */
static bool all_rows_are_stored(const Gather *gather, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        if (gather->items[i].reason && gather->items[i].readings)
            return false;
    return true;
}

BpStr gather_copy(Gather *gather, size_t begin, size_t end, BpBuf *out)
{
    assert(begin < end && end <= gather->count);
    if (begin == 0 && end == gather->count && all_rows_are_stored(gather, begin, end)) {
        bp_buf_rewind(&gather->rows, gather->items[end - 1].rows_end); /* the end of an earlier try */
        pg_copy_end(&gather->rows);
        return bp_buf_text(&gather->rows);
    }
    bp_buf_clear(out);
    pg_copy_begin(out);
    for (size_t i = begin; i < end; i++) {
        const size_t from = item_after(gather, i).rows_end;
        if (!gather->items[i].reason)
            bp_buf_octets(out, gather->rows.data + from, gather->items[i].rows_end - from);
    }
    pg_copy_end(out);
    return bp_buf_text(out);
}

void gather_refuse(Gather *gather, size_t i, const char *reason)
{
    GatherItem *item = &gather->items[i];
    item->is_refused = reason != NULL;
    item->reason = reason ? bp_arena_text(&gather->reasons, bp_str(reason)) : NULL;
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

size_t gather_write_buckets(const Gather *gather, size_t begin, size_t end, BpBuf *out)
{
    char at[BP_TIME_TEXT_MAX];
    const size_t from = item_after(gather, begin).buckets_end;
    const size_t count = item_after(gather, end).buckets_end - from;
    int64_t *sorted = malloc((count + 1) * sizeof *sorted);
    size_t written = 0;
    if (!sorted)
        abort();
    for (size_t i = 0; i < count; i++)
        sorted[i] = gather->buckets[from + i];
    qsort(sorted, count, sizeof *sorted, ascending);
    bp_buf_u8(out, '{');
    for (size_t i = 0; i < count; i++)
        if (i == 0 || sorted[i] != sorted[i - 1])
            bp_buf_printf(out, "%s%s", written++ ? "," : "", bp_time_format(sorted[i], 0, at));
    bp_buf_u8(out, '}');
    free(sorted);
    return written;
}

/* A later item of the same run says more. Runs seldom take turns, so one is found soon. */
static bool is_last_of_its_run(const Gather *gather, size_t i, size_t end)
{
    for (size_t j = i + 1; j < end; j++)
        if (gather->items[j].n && memcmp(&gather->items[j].run, &gather->items[i].run, sizeof(MdlRun)) == 0)
            return false;
    return true;
}

/* Those of the run of `last`, the last one of it. */
static void put_gaps(const Gather *gather, size_t begin, size_t last, BpBuf *out)
{
    size_t count = 0;
    for (size_t i = begin; i <= last; i++) {
        const GatherItem *item = &gather->items[i];
        if (item->gap && strcmp(item->run.text, gather->items[last].run.text) == 0)
            bp_buf_printf(out, "%s{\"from\":%" PRId64 ",\"to\":%" PRId64 "}", count++ ? "," : "",
                          item->n - item->gap, item->n - 1);
    }
}

size_t gather_write_positions(const Gather *gather, size_t begin, size_t end, BpBuf *out)
{
    size_t count = 0;
    bp_buf_u8(out, '[');
    for (size_t i = begin; i < end; i++) {
        const GatherItem *item = &gather->items[i];
        if (!item->n || !is_last_of_its_run(gather, i, end))
            continue;
        bp_buf_printf(out, "%s{\"run\":\"%s\",\"stored\":%" PRId64 ",\"gaps\":[", count++ ? "," : "",
                      item->run.text, item->n);
        put_gaps(gather, begin, i, out);
        bp_buf_str(out, bp_str("]}"));
    }
    bp_buf_u8(out, ']');
    return count;
}

size_t gather_write_quarantine(const Gather *gather, size_t begin, size_t end, BpBuf *out)
{
    bp_buf_u8(out, '[');
    const size_t empty = out->size;
    for (size_t i = begin; i < end; i++) {
        const GatherItem *item = &gather->items[i];
        const GatherItem from = item_after(gather, i);
        const BpStr payload = {(const char *)gather->payloads.data + from.payloads_end,
                               item->payloads_end - from.payloads_end};
        if (item->reason)
            put_entry(out, item->reason, &item->run, item->n, item->readings + item->put_aside, payload);
        else if (item->entries_end > from.entries_end)
            bp_buf_octets(out, gather->entries.data + from.entries_end, item->entries_end - from.entries_end);
    }
    if (out->size == empty)
        return 0;
    bp_buf_rewind(out, out->size - 1); /* the comma behind the last one */
    bp_buf_u8(out, ']');
    return out->size - empty;
}
