/* One point's readings as columns of JSON, for charts: each column of one length, what is not there null.
 * Numbers are written as the database says them, without being read in between: a chart of twenty points has
 * 100,000 of them. */
#ifndef WEB_HISTORY_SERIES_H
#define WEB_HISTORY_SERIES_H

#include "apps/web/history/span.h"
#include "base/buf.h"
#include "io/pg/pg.h"

typedef struct SeriesPoint {
    int64_t id;
    const char *units;
    int64_t interval_us; /* how often it is read */
    bool is_steps;       /* its values are states: between two readings it stays as it was */
} SeriesPoint;

bool series_is_steps(const char *object_type);

/* The columns of the statements select_web_raw and select_web_spans_*: the rows of all points that were asked
 * for, of each one behind the other. */
typedef struct SeriesRows {
    const PgRows *rows;
    size_t first, count; /* of one point */
} SeriesRows;

/* The rows of the point that stand at *at, which is moved behind them. None: it had no readings. */
SeriesRows series_take(const PgRows *rows, size_t *at, int64_t point);

/* {"point": 1, "kind": "raw", ...} of readings. */
void series_write_raw(BpBuf *out, const SeriesPoint *point, const SeriesRows *rows);

/* And of spans, made of `source`. */
void series_write_spans(BpBuf *out, const SeriesPoint *point, const SeriesRows *rows, HistorySource source,
                        int64_t every_us);

#endif
