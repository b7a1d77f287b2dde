/* GET readings: what there is, from where it is taken, each series, markers, and all of it together. */
#include "apps/web/history/asked.h"
#include "apps/web/history/history.h"
#include "apps/web/history/markers.h"

#include "base/parse.h"
#include "base/time.h"

#include <inttypes.h>

enum {
    WIDTH_LEAST = 50,
    WIDTH_MOST = 4000,
    WIDTH_OTHERWISE = 800,
    RAW_MOST = 10000, /* of one point, and */
    RAW_OTHERWISE = 5000,
    ROWS_MOST = 20000, /* of all points of one answer: what a screen has use for, in about 1 MB */
    BODY_OCTETS_MAX =
        16 * 1024 * 1024, /* twenty thousand rows, the reason of each as long as a name may be */
};

/* Raw readings are looked for in so much time at once: each day is another partition. */
static const int64_t RAW_WINDOW_MIN_US = 2 * BP_DAY, RAW_WINDOW_MAX_US = 64 * BP_DAY;

typedef struct Readings {
    Asked asked;
    int64_t width, limit, every_us;
    bool has_markers;
    HistorySource sources[ASKED_POINTS_MAX];
    bool is_whole[ASKED_POINTS_MAX]; /* there is room for each reading */
    bool is_done[ASKED_POINTS_MAX], is_left_out[ASKED_POINTS_MAX];
    BpStr series[ASKED_POINTS_MAX]; /* JSON */
    int64_t raw_from_us, raw_to_us; /* what is looked through now */
    int64_t next_us;                /* of raw readings: from there on there may be more; 0: no */
} Readings;

static BpStr keep(Call *call, BpBuf *out)
{
    const BpStr text = {bp_arena_text(call_arena(call), bp_buf_text(out)), out->size};
    bp_buf_done(out);
    return text;
}

/* ---- the answer ---- */

static void reply(Call *call, BpStr markers)
{
    const Readings *readings = call_context(call);
    const Asked *asked = &readings->asked;
    char from[BP_TIME_TEXT_MAX], to[BP_TIME_TEXT_MAX];
    BpBuf out = bp_buf_growing(BODY_OCTETS_MAX);
    bp_buf_printf(&out, "{\"from\":\"%s\",\"to\":\"%s\",\"next\":", bp_time_format(asked->from_us, 6, from),
                  bp_time_format(readings->next_us ? readings->next_us : asked->to_us, 6, to));
    if (readings->next_us)
        bp_buf_printf(&out, "\"%" PRId64 "\"", readings->next_us);
    else
        bp_buf_str(&out, bp_str("null"));
    bp_buf_str(&out, bp_str(",\"series\":["));
    for (size_t i = 0; i < asked->count; i++) {
        if (i)
            bp_buf_u8(&out, ',');
        bp_buf_str(&out, readings->series[i]);
    }
    bp_buf_str(&out, bp_str("],\"markers\":"));
    bp_buf_str(&out, markers);
    bp_buf_u8(&out, '}');
    if (out.failed)
        call_problem(call, 422, "invalid", "that is more than %d MB: ask for less at once",
                     BODY_OCTETS_MAX >> 20);
    else
        call_reply_text(call, 200, "application/json", bp_buf_text(&out));
    bp_buf_done(&out);
}

static void on_markers(Call *call, const PgRows *rows)
{
    BpBuf out = bp_buf_growing(BODY_OCTETS_MAX);
    markers_write(&out, rows);
    reply(call, keep(call, &out));
}

static void finish(Call *call)
{
    const Readings *readings = call_context(call);
    if (!readings->has_markers) {
        reply(call, bp_str("[]"));
        return;
    }
    const int64_t to_us = readings->next_us ? readings->next_us : readings->asked.to_us;
    const PgValue values[] = {pg_text(bp_str(call_site(call))), asked_numbers(call, &readings->asked, NULL),
                              pg_time(readings->asked.from_us), pg_time(to_us), pg_integer(MARKERS_MAX)};
    call_ask(call, SQL_SELECT_WEB_MARKERS, values, sizeof values / sizeof *values, on_markers);
}

/* ---- readings as they came ---- */

enum { RAW_TIME = 5 }; /* column of select_web_raw */

static void ask_raw(Call *call);

/* The first instant of which not all readings of all points are here: where one point has more than there is
 * room for, the others end there, too, so that a page is whole and the next one goes on from it. */
static int64_t cut_us(const Readings *readings, const PgRows *rows)
{
    int64_t cut = INT64_MAX;
    size_t at = 0;
    for (size_t i = 0; i < readings->asked.count; i++) {
        const SeriesRows taken = series_take(rows, &at, readings->asked.points[i].id);
        if (taken.count > (size_t)readings->limit) {
            const int64_t beyond_us = pg_get_time_us(rows, taken.first + (size_t)readings->limit, RAW_TIME);
            cut = beyond_us < cut ? beyond_us : cut;
        }
    }
    return cut;
}

static void on_raw(Call *call, const PgRows *rows)
{
    Readings *readings = call_context(call);
    const Asked *asked = &readings->asked;
    if (pg_row_count(rows) == 0 && readings->raw_to_us < asked->to_us) {
        readings->raw_from_us =
            readings->raw_to_us; /* nothing in all this time: further on, in larger steps */
        ask_raw(call);
        return;
    }
    const int64_t cut = cut_us(readings, rows);
    size_t at = 0;
    for (size_t i = 0; i < asked->count; i++) {
        SeriesRows taken = series_take(rows, &at, asked->points[i].id);
        while (taken.count && pg_get_time_us(rows, taken.first + taken.count - 1, RAW_TIME) >= cut)
            taken.count--;
        BpBuf out = bp_buf_growing(BODY_OCTETS_MAX);
        series_write_raw(&out, &asked->points[i], &taken);
        readings->series[i] = keep(call, &out);
    }
    if (cut < INT64_MAX)
        readings->next_us = cut;
    else if (readings->raw_to_us < asked->to_us)
        readings->next_us = readings->raw_to_us;
    finish(call);
}

static void ask_raw(Call *call)
{
    Readings *readings = call_context(call);
    const Asked *asked = &readings->asked;
    int64_t window_us =
        readings->raw_to_us - asked->from_us; /* twice as long after each one that had nothing */
    for (size_t i = 0; i < asked->count; i++) {
        const int64_t filled_us = readings->limit * asked->points[i].interval_us;
        window_us = filled_us > window_us ? filled_us : window_us;
    }
    window_us = window_us < RAW_WINDOW_MIN_US ? RAW_WINDOW_MIN_US : window_us;
    window_us = window_us > RAW_WINDOW_MAX_US ? RAW_WINDOW_MAX_US : window_us;
    readings->raw_to_us =
        readings->raw_from_us + window_us < asked->to_us ? readings->raw_from_us + window_us : asked->to_us;
    const PgValue values[] = {pg_text(bp_str(call_site(call))), asked_numbers(call, asked, NULL),
                              pg_time(readings->raw_from_us), pg_time(readings->raw_to_us),
                              pg_integer(readings->limit + 1)};
    call_ask(call, SQL_SELECT_WEB_RAW, values, sizeof values / sizeof *values, on_raw);
}

static bool read_raw(Call *call, Readings *readings)
{
    const Asked *asked = &readings->asked;
    const BpStr after = call_query_text(call, "after");
    const int64_t room = ROWS_MOST / (int64_t)asked->count;
    readings->limit = readings->limit < room ? readings->limit : room;
    readings->raw_from_us = readings->raw_to_us = asked->from_us;
    if (after.data &&
        bp_parse_i64(after, asked->from_us, asked->to_us - 1, &readings->raw_from_us, NULL) != BP_OK) {
        call_problem(call, 400, "bad-request",
                     "after is `next` of the page before, with the same from and to");
        return false;
    }
    readings->asked.from_us = readings->raw_to_us = readings->raw_from_us;
    return true;
}

/* ---- spans ---- */

static void ask_series(Call *call);

static void on_series(Call *call, const PgRows *rows)
{
    Readings *readings = call_context(call);
    const Asked *asked = &readings->asked;
    size_t at = 0;
    for (size_t i = 0; i < asked->count; i++) {
        if (readings->is_left_out[i])
            continue;
        const SeriesRows taken = series_take(rows, &at, asked->points[i].id);
        BpBuf out = bp_buf_growing(BODY_OCTETS_MAX);
        if (readings->is_whole[i])
            series_write_raw(&out, &asked->points[i], &taken);
        else
            series_write_spans(&out, &asked->points[i], &taken, readings->sources[i], readings->every_us);
        readings->series[i] = keep(call, &out);
        readings->is_done[i] = true;
    }
    ask_series(call);
}

/* The series that are from one source, at once; then those of another. */
static void ask_series(Call *call)
{
    static const SqlQuery queries[HISTORY_SOURCES] = {SQL_SELECT_WEB_SPANS_RAW, SQL_SELECT_WEB_SPANS_5MIN,
                                                      SQL_SELECT_WEB_SPANS_HOURLY};
    Readings *readings = call_context(call);
    const Asked *asked = &readings->asked;
    size_t one = 0;
    while (one < asked->count && readings->is_done[one])
        one++;
    if (one == asked->count) {
        finish(call);
        return;
    }
    for (size_t i = 0; i < asked->count; i++)
        readings->is_left_out[i] = readings->is_done[i] || readings->sources[i] != readings->sources[one] ||
                                   readings->is_whole[i] != readings->is_whole[one];
    const PgValue site = pg_text(bp_str(call_site(call))),
                  points = asked_numbers(call, asked, readings->is_left_out);
    if (readings->is_whole[one]) {
        const PgValue values[] = {site, points, pg_time(asked->from_us), pg_time(asked->to_us),
                                  pg_integer(readings->width)};
        call_ask(call, SQL_SELECT_WEB_RAW, values, sizeof values / sizeof *values, on_series);
        return;
    }
    const PgValue values[] = {site,
                              points,
                              pg_time(history_span_begin_us(asked->from_us, readings->every_us)),
                              pg_time(asked->to_us),
                              pg_integer(readings->every_us),
                              pg_integer(readings->width + 1),
                              asked_steps(call, asked, readings->is_left_out)};
    call_ask(call, queries[readings->sources[one]], values, sizeof values / sizeof *values, on_series);
}

/* All spans of an answer are of one length, so that charts lie above each other. */
static void settle_spans(Readings *readings)
{
    int64_t least_us = 0;
    for (size_t i = 0; i < readings->asked.count; i++) {
        const int64_t own_us = history_source_us(readings->sources[i]);
        least_us = own_us > least_us ? own_us : least_us;
    }
    readings->every_us =
        history_every_us(readings->asked.to_us - readings->asked.from_us, readings->width, least_us);
}

static int64_t first_us(const PgRows *rows, size_t row, int column)
{
    return pg_is_null(rows, row, column) ? INT64_MAX : pg_get_time_us(rows, row, column);
}

static void on_reach(Call *call, const PgRows *rows)
{
    enum { COUNT = 1, FIRST, FIRST_5MIN, FIRST_HOURLY };
    Readings *readings = call_context(call);
    const Asked *asked = &readings->asked;
    for (size_t i = 0; i < asked->count && i < pg_row_count(rows); i++) {
        const HistoryReach reach = {.raw_count = pg_get_integer(rows, i, COUNT),
                                    .first_us = {first_us(rows, i, FIRST), first_us(rows, i, FIRST_5MIN),
                                                 first_us(rows, i, FIRST_HOURLY)}};
        readings->sources[i] = history_choose(asked->to_us - asked->from_us, &reach);
        readings->is_whole[i] = readings->sources[i] == HISTORY_RAW && reach.raw_count <= readings->width;
    }
    settle_spans(readings);
    ask_series(call);
}

static void ask_reach(Call *call)
{
    const Readings *readings = call_context(call);
    const Asked *asked = &readings->asked;
    const bool is_short = asked->to_us - asked->from_us <= HISTORY_RAW_MAX_US;
    const PgValue values[] = {pg_text(bp_str(call_site(call))), asked_numbers(call, asked, NULL),
                              pg_time(asked->from_us), pg_time(asked->to_us),
                              pg_integer(readings->width + 1)};
    call_ask(call, is_short ? SQL_SELECT_WEB_REACH_RAW : SQL_SELECT_WEB_REACH, values, is_short ? 5 : 4,
             on_reach);
}

void web_get_readings(Call *call)
{
    static const char *const names[] = {"points", "from",  "to",      "width", "kind",
                                        "limit",  "after", "markers", NULL};
    Readings *readings = bp_arena_take(call_arena(call), sizeof *readings);
    call_set_context(call, readings);
    int64_t width;
    if (!call_query_is_known(call, names) || !asked_read(call, true, &readings->asked) ||
        !call_query_number(call, "width", WIDTH_LEAST, WIDTH_MOST, WIDTH_OTHERWISE, &width) ||
        !call_query_number(call, "limit", 1, RAW_MOST, RAW_OTHERWISE, &readings->limit) ||
        !call_query_bool(call, "markers", true, &readings->has_markers))
        return;
    if (call_query_text(call, "after").data &&
        (readings->asked.is_auto || readings->asked.kind != HISTORY_RAW)) {
        call_problem(call, 400, "bad-request", "after is for pages of kind=raw");
        return;
    }
    const int64_t room = ROWS_MOST / (int64_t)readings->asked.count;
    readings->width = width < room ? width : room;
    if (readings->asked.is_auto) {
        ask_reach(call);
    } else if (readings->asked.kind == HISTORY_RAW) {
        if (read_raw(call, readings))
            ask_raw(call);
    } else {
        for (size_t i = 0; i < readings->asked.count; i++)
            readings->sources[i] = readings->asked.kind;
        settle_spans(readings);
        ask_series(call);
    }
}
