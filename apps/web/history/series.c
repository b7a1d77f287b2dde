#include "apps/web/history/series.h"

#include "base/time.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

/* Columns of the statements. */
enum { POINT, AT_MS };
enum { RAW_VALUE = 2, RAW_QUALITY, RAW_REASON };
enum { SPAN_MIN = 2, SPAN_MEAN, SPAN_MAX, SPAN_LAST, SPAN_COUNT, SPAN_BAD };

bool series_is_steps(const char *object_type)
{
    return strncmp(object_type, "binary", 6) == 0 || strncmp(object_type, "multi-state", 11) == 0;
}

SeriesRows series_take(const PgRows *rows, size_t *at, int64_t point)
{
    SeriesRows taken = {.rows = rows, .first = *at};
    while (*at < pg_row_count(rows) && pg_get_integer(rows, *at, POINT) == point)
        (*at)++;
    taken.count = *at - taken.first;
    return taken;
}

static void write_text(BpBuf *out, const char *text)
{
    json_t *value = json_string(text);
    char *written = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    bp_buf_str(out, bp_str(written ? written : "\"\"")); /* only what is no UTF-8 has no JSON */
    free(written);
    json_decref(value);
}

/* Neither NaN nor Infinity, which JSON has not. */
static void write_number(BpBuf *out, BpStr number)
{
    const char last = number.size ? number.data[number.size - 1] : 'N';
    bp_buf_str(out, last >= '0' && last <= '9' ? number : bp_str("null"));
}

static void write_column(BpBuf *out, const char *name, const SeriesRows *rows, int column)
{
    bp_buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < rows->count; i++) {
        if (i)
            bp_buf_u8(out, ',');
        write_number(out, pg_get_text(rows->rows, rows->first + i, column));
    }
    bp_buf_u8(out, ']');
}

/* Texts of those that are not good, by their place in the columns. */
static void write_reasons(BpBuf *out, const SeriesRows *rows)
{
    bool is_first = true;
    bp_buf_str(out, bp_str(",\"reasons\":{"));
    for (size_t i = 0; i < rows->count; i++) {
        if (pg_is_null(rows->rows, rows->first + i, RAW_REASON))
            continue;
        bp_buf_printf(out, "%s\"%zu\":", is_first ? "" : ",", i);
        write_text(out, pg_get_text(rows->rows, rows->first + i, RAW_REASON).data);
        is_first = false;
    }
    bp_buf_u8(out, '}');
}

static int64_t at_us(const SeriesRows *rows, size_t i)
{
    return pg_get_integer(rows->rows, rows->first + i, AT_MS) * BP_MS;
}

/* Four of five readings are no further apart than they are asked for. */
static bool is_regular(const SeriesRows *rows, int64_t interval_us)
{
    size_t near = 0;
    for (size_t i = 1; i < rows->count; i++)
        near += at_us(rows, i) - at_us(rows, i - 1) <= interval_us * 3 / 2;
    return near * 5 >= (rows->count - 1) * 4;
}

static void write_gaps(BpBuf *out, const SeriesRows *rows, int64_t interval_us, int64_t every_us)
{
    const bool regular = !every_us && rows->count > 1 && is_regular(rows, interval_us);
    const int64_t most_us = history_gap_us(interval_us, every_us, regular);
    bool is_first = true;
    bp_buf_str(out, bp_str(",\"gaps\":["));
    for (size_t i = 1; i < rows->count; i++) {
        const int64_t before_us = at_us(rows, i - 1), here_us = at_us(rows, i);
        if (here_us - before_us <= most_us)
            continue;
        bp_buf_printf(out, "%s[%" PRId64 ",%" PRId64 "]", is_first ? "" : ",", (before_us + every_us) / BP_MS,
                      here_us / BP_MS);
        is_first = false;
    }
    bp_buf_u8(out, ']');
}

static void begin(BpBuf *out, const SeriesPoint *point, const char *kind, HistorySource source,
                  int64_t every_us)
{
    bp_buf_printf(out, "{\"point\":%" PRId64 ",\"kind\":\"%s\",\"source\":\"%s\",\"steps\":%s,\"units\":",
                  point->id, kind, history_source_name(source), point->is_steps ? "true" : "false");
    write_text(out, point->units);
    if (every_us)
        bp_buf_printf(out, ",\"every_s\":%" PRId64, every_us / BP_SECOND);
    else
        bp_buf_str(out, bp_str(",\"every_s\":null"));
}

void series_write_raw(BpBuf *out, const SeriesPoint *point, const SeriesRows *rows)
{
    begin(out, point, "raw", HISTORY_RAW, 0);
    write_column(out, "at", rows, AT_MS);
    write_column(out, "value", rows, RAW_VALUE);
    write_column(out, "quality", rows, RAW_QUALITY);
    write_reasons(out, rows);
    write_gaps(out, rows, point->interval_us, 0);
    bp_buf_u8(out, '}');
}

void series_write_spans(BpBuf *out, const SeriesPoint *point, const SeriesRows *rows, HistorySource source,
                        int64_t every_us)
{
    begin(out, point, "spans", source, every_us);
    write_column(out, "at", rows, AT_MS);
    write_column(out, "min", rows, SPAN_MIN);
    write_column(out, "mean", rows, SPAN_MEAN);
    write_column(out, "max", rows, SPAN_MAX);
    if (point->is_steps)
        write_column(out, "last", rows, SPAN_LAST);
    write_column(out, "count", rows, SPAN_COUNT);
    write_column(out, "bad", rows, SPAN_BAD);
    write_gaps(out, rows, point->interval_us, every_us);
    bp_buf_u8(out, '}');
}
