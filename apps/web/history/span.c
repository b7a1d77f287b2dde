#include "apps/web/history/span.h"

#include "base/time.h"

/* Two days and three months as people ask for them, who do not count seconds or the days of a month. */
const int64_t HISTORY_RAW_MAX_US = 49 * BP_HOUR, HISTORY_5MIN_MAX_US = 93 * BP_DAY;

/* Spans are counted from here, as rollups are. */
static const int64_t ORIGIN_US = 946684800 * BP_SECOND;

static const struct {
    const char *name;
    int64_t span_us;
} sources[HISTORY_SOURCES] = {{"raw", 0}, {"5min", 5 * BP_MINUTE}, {"hourly", BP_HOUR}};

const char *history_source_name(HistorySource source)
{
    return sources[source].name;
}

int64_t history_source_us(HistorySource source)
{
    return sources[source].span_us;
}

bool history_source_read(BpStr name, HistorySource *ret_source)
{
    for (size_t i = 0; i < HISTORY_SOURCES; i++) {
        if (bp_str_equal(name, bp_str(sources[i].name))) {
            *ret_source = (HistorySource)i;
            return true;
        }
    }
    return false;
}

HistorySource history_choose(int64_t length_us, const HistoryReach *reach)
{
    HistorySource best = HISTORY_HOURLY;
    if (length_us <= HISTORY_RAW_MAX_US)
        best = HISTORY_RAW;
    else if (length_us <= HISTORY_5MIN_MAX_US)
        best = HISTORY_5MIN;
    /* A rollup's first span begins up to its length before its first reading. */
    for (size_t i = best + 1; i < HISTORY_SOURCES; i++) {
        const int64_t first_us = reach->first_us[i], best_us = reach->first_us[best];
        if (first_us < INT64_MAX && (best_us == INT64_MAX || first_us < best_us - sources[i].span_us))
            best = (HistorySource)i;
    }
    return best;
}

int64_t history_every_us(int64_t length_us, int64_t width, int64_t least_us)
{
    static const int64_t lengths_s[] = {1,     2,     5,     10,    15,    20,   30,   60,
                                        120,   300,   600,   900,   1200,  1800, 3600, 7200,
                                        10800, 14400, 21600, 28800, 43200, 86400};
    const int64_t wanted_us = (length_us + width - 1) / width;
    for (size_t i = 0; i < sizeof lengths_s / sizeof *lengths_s; i++) {
        const int64_t every_us = lengths_s[i] * BP_SECOND;
        if (every_us >= wanted_us && every_us >= least_us)
            return every_us;
    }
    return (wanted_us + BP_DAY - 1) / BP_DAY * BP_DAY;
}

int64_t history_span_begin_us(int64_t at_us, int64_t every_us)
{
    const int64_t into_us = (at_us - ORIGIN_US) % every_us;
    return at_us - (into_us < 0 ? into_us + every_us : into_us);
}

int64_t history_gap_us(int64_t interval_us, int64_t every_us, bool is_regular)
{
    return is_regular && !every_us ? interval_us * 5 / 2 : interval_us * 12 + every_us;
}
