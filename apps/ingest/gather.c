#include "apps/ingest/gather.h"

#include "apps/ingest/gather_json.h"
#include "base/invariant.h"
#include "base/time.h"
#include "io/pg/copy.h"
#include "journal/frame.h"

#include <assert.h>
#include <stdlib.h>

enum { SPANS_LOOKED_BACK = 16, COPY_END_MAX = 16 };
static const int64_t BUCKET_US = 5 * BP_MINUTE;

static const char no_point[] = "no such point", ahead[] = "ahead of the clock (readings.future_max)",
                  too_old[] = "older than readings are kept (retention.readings)",
                  too_long[] = "its reason is longer than 65536 octets";

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

BpStr gather_payload(const Gather *gather, size_t i)
{
    const size_t from = item_after(gather, i).payloads_end;
    return (BpStr){(const char *)gather->payloads.data + from, gather->items[i].payloads_end - from};
}

BpStr gather_entries(const Gather *gather, size_t i)
{
    const size_t from = item_after(gather, i).entries_end;
    return (BpStr){(const char *)gather->entries.data + from, gather->items[i].entries_end - from};
}

/* ---- what must hold ---- */

static void check_item(const GatherItem *item, const GatherItem *before)
{
    assert(item->rows_end >= before->rows_end && item->buckets_end >= before->buckets_end);
    assert(item->entries_end >= before->entries_end && item->payloads_end >= before->payloads_end);
    assert((item->readings > 0) == (item->rows_end > before->rows_end));
    assert((item->readings > 0) == (item->buckets_end > before->buckets_end));
    assert((item->readings > 0) == (item->first_us <= item->last_us));
    assert((item->put_aside > 0) == (item->entries_end > before->entries_end));
    assert(item->n >= 0 && item->gap >= 0 && (item->n ? item->gap < item->n : item->gap == 0));
    assert(!item->is_refused || item->reason);
    assert(!item->reason || item->is_refused || item->readings == 0);
}

void gather_check(const Gather *gather)
{
    size_t readings = 0;
    assert(gather->count <= GATHER_BATCHES_MAX && gather->readings <= GATHER_READINGS_MAX);
    for (size_t i = 0; i < gather->count; i++) {
        const GatherItem before = item_after(gather, i);
        check_item(&gather->items[i], &before);
        readings += gather->items[i].readings;
    }
    const GatherItem last = item_after(gather, gather->count);
    assert(readings == gather->readings);
    /* A COPY that was made of all of it has left its end behind the rows. */
    assert(last.rows_end <= gather->rows.size && gather->rows.size <= last.rows_end + COPY_END_MAX);
    assert(last.entries_end == gather->entries.size && last.payloads_end == gather->payloads.size);
    assert(last.buckets_end <= gather->bucket_capacity);
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
    pg_copy_text_or_null(out, reading->reason);
    pg_copy_text_or_null(out, point->units);
    pg_copy_int4(out, point->device_id);
    pg_copy_text(out, point->object_type);
    pg_copy_int4(out, point->object_instance);
}

/* Why the reading is not stored; NULL: it is. */
static const char *reason_against(const MdlReading *reading, const IngestPoint *point, const Window *window)
{
    if (!point)
        return no_point;
    if (reading->reason.size > JOURNAL_FRAME_TEXT_MAX)
        return too_long;
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
        const GatherEntry entry = {reason, &batch->run, batch->n, count, bp_buf_text(&sealed)};
        gather_put_entry(&gather->entries, &entry);
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
        put_readings_aside(gather, batch, points, window, too_long);
    }
}

/* ---- adding ---- */

static GatherItem begin_item(Gather *gather)
{
    const GatherItem item = item_after(gather, gather->count);
    bp_buf_rewind(&gather->rows, item.rows_end); /* before the end of a COPY that was made of it */
    return item;
}

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
    GatherItem item = begin_item(gather);
    if (gather->readings == 0)
        gather->newest_successor = points->newest_successor;
    item.run = batch->run;
    item.n = batch->n;
    item.gap = gap;
    add_readings(gather, &item, batch, site_id, points, window);
    const bool is_added = add_item(gather, &item, payload);
    BP_INVARIANT(gather_check(gather));
    return is_added;
}

bool gather_add_aside(Gather *gather, const char *reason, BpStr payload, const MdlBatch *batch, int64_t gap)
{
    if (gather->count == GATHER_BATCHES_MAX)
        return false;
    GatherItem item = begin_item(gather);
    if (batch) {
        item.run = batch->run;
        item.n = batch->n;
        item.gap = gap;
    }
    item.reason = bp_arena_text(&gather->reasons, bp_str(reason));
    const size_t most = batch ? MDL_BATCH_OCTETS_MAX : GARBAGE_OCTETS_MAX;
    const bool is_added =
        add_item(gather, &item, (BpStr){payload.data, payload.size < most ? payload.size : most});
    BP_INVARIANT(gather_check(gather));
    return is_added;
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
    BP_INVARIANT(gather_check(gather));
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
