#include "apps/web/history/asked.h"

#include "apps/web/points/store.h"
#include "base/time.h"

#include <inttypes.h>

/* As much as readings_ensure_days takes for a typing error. */
static const int64_t LENGTH_MAX_US = 11 * 366 * BP_DAY;
enum { NUMBER_OCTETS = 24 };

static SeriesPoint describe(Call *call, const StorePoint *point)
{
    int64_t interval_us = point->interval_ms * BP_MS;
    if (!interval_us)
        interval_us = point->device->interval_ms * BP_MS;
    if (!interval_us)
        interval_us = call_web(call)->cfg->poll_interval;
    return (SeriesPoint){.id = point->id,
                         .units = bp_arena_text(call_arena(call), bp_str(point->units)),
                         .interval_us = interval_us,
                         .is_steps = series_is_steps(point->object_type)};
}

static bool read_points(Call *call, Asked *asked)
{
    const int64_t *numbers;
    if (!call_query_numbers(call, "points", ASKED_POINTS_MAX, &numbers, &asked->count))
        return false;
    if (!asked->count) {
        call_problem(call, 400, "bad-request",
                     "points says which: numbers of points with commas, as points=41,42");
        return false;
    }
    const StoreSite *site = store_site(call_web(call)->store, bp_str(call_site(call)));
    SeriesPoint *points = bp_arena_take(call_arena(call), asked->count * sizeof *points);
    for (size_t i = 0; i < asked->count; i++) {
        const StorePoint *point = site ? store_point(site, numbers[i]) : NULL;
        for (size_t k = 0; k < i; k++) {
            if (points[k].id == numbers[i]) {
                call_problem(call, 400, "bad-request", "points has %" PRId64 " twice", numbers[i]);
                return false;
            }
        }
        if (!point) {
            call_problem(call, 404, "not-found", "site %s has no point %" PRId64, call_site(call),
                         numbers[i]);
            return false;
        }
        points[i] = describe(call, point);
    }
    asked->points = points;
    return true;
}

static bool read_times(Call *call, Asked *asked)
{
    if (!call_query_time(call, "to", bp_wall_us(), &asked->to_us) ||
        !call_query_time(call, "from", asked->to_us - BP_DAY, &asked->from_us))
        return false;
    if (asked->from_us >= asked->to_us) {
        call_problem(call, 400, "bad-request", "from is not before to");
        return false;
    }
    if (asked->to_us - asked->from_us > LENGTH_MAX_US) {
        call_problem(call, 400, "bad-request",
                     "from and to are more than 11 years apart: ask for less at once");
        return false;
    }
    return true;
}

bool asked_read(Call *call, bool has_auto, Asked *ret_asked)
{
    Asked asked = {.is_auto = has_auto};
    const BpStr kind = call_query_text(call, "kind");
    if (kind.data && !(has_auto && bp_str_equal(kind, bp_str("auto")))) {
        asked.is_auto = false;
        if (!history_source_read(kind, &asked.kind)) {
            call_problem(call, 400, "bad-request", "kind is %sraw, 5min or hourly", has_auto ? "auto, " : "");
            return false;
        }
    }
    if (!read_times(call, &asked) || !read_points(call, &asked))
        return false;
    *ret_asked = asked;
    return true;
}

static PgValue list(Call *call, const Asked *asked, const bool *is_left_out, bool is_steps)
{
    const size_t capacity = asked->count * NUMBER_OCTETS + 2;
    BpBuf out = bp_buf(bp_arena_take(call_arena(call), capacity), capacity);
    bp_buf_u8(&out, '{');
    for (size_t i = 0; i < asked->count; i++) {
        if (is_left_out && is_left_out[i])
            continue;
        if (out.size > 1)
            bp_buf_u8(&out, ',');
        if (is_steps)
            bp_buf_u8(&out, asked->points[i].is_steps ? 't' : 'f');
        else
            bp_buf_printf(&out, "%" PRId64, asked->points[i].id);
    }
    bp_buf_u8(&out, '}');
    return pg_text(bp_buf_text(&out));
}

PgValue asked_numbers(Call *call, const Asked *asked, const bool *is_left_out)
{
    return list(call, asked, is_left_out, false);
}

PgValue asked_steps(Call *call, const Asked *asked, const bool *is_left_out)
{
    return list(call, asked, is_left_out, true);
}
