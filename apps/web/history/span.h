/* Which readings answer what is asked: as they came for hours, rollups for months, in spans so long that a
 * chart has room for them. What a collector kept, or what was laid of a past, reaches back differently far:
 * what is coarser and reaches further back is taken rather than half of a chart. */
#ifndef WEB_HISTORY_SPAN_H
#define WEB_HISTORY_SPAN_H

#include "base/str.h"

#include <stdint.h>

typedef enum HistorySource { HISTORY_RAW, HISTORY_5MIN, HISTORY_HOURLY, HISTORY_SOURCES } HistorySource;

const char *history_source_name(HistorySource source); /* "raw", "5min", "hourly" */
int64_t history_source_us(HistorySource source);       /* its own spans; 0: readings */
/* False: there is none of that name. */
bool history_source_read(BpStr name, HistorySource *ret_source);

/* Up to this length readings are asked for, and up to that 5-minute rollups; beyond, hourly ones. */
extern const int64_t HISTORY_RAW_MAX_US, HISTORY_5MIN_MAX_US;

/* When the first of each kind is, from the beginning of what is asked on; INT64_MAX: there is none. */
typedef struct HistoryReach {
    int64_t first_us[HISTORY_SOURCES];
    int64_t raw_count; /* readings, as far as they were counted */
} HistoryReach;

HistorySource history_choose(int64_t length_us, const HistoryReach *reach);

/* How long spans are that are `least_us` long at least, and of which `length_us` has no more than `width`:
 * of a length that people count in, so that all spans of UTC days are whole. */
int64_t history_every_us(int64_t length_us, int64_t width, int64_t least_us);

/* The beginning of the span that an instant is in. */
int64_t history_span_begin_us(int64_t at_us, int64_t every_us);

/* Nothing for longer than this is a gap: in what is read every `interval_us`. Spans: `every_us` long, 0 of
 * readings; `is_regular`: readings were as far apart as they are asked for, so that the device does not tell
 * by itself, when it is asked ten times more seldom. */
int64_t history_gap_us(int64_t interval_us, int64_t every_us, bool is_regular);

#endif
