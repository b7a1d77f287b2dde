#include "apps/sim/run/past_pieces.h"

#include "base/time.h"
#include "io/pg/copy.h"

enum { ROWS_MAX = 150000, ROW_OCTETS_MAX = 112 }; /* of a piece: some 15 MB */
static const int64_t FINE_US = 5 * BP_MINUTE, FIRST_READINGS_US = BP_HOUR;

typedef struct Laying {
    PastStore *store;
    PastPlan *plan;
    const PastRecord *record;
    const PastNumbers *numbers;
    BpBuf octets;
} Laying;

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- rows ---- */

static void begin(Laying *laying)
{
    bp_buf_clear(&laying->octets);
    pg_copy_begin(&laying->octets);
}

static void put_span(BpBuf *out, int32_t id, int64_t at_us, const PastSpan *span)
{
    pg_copy_row(out, 8);
    pg_copy_int4(out, id);
    pg_copy_time(out, at_us);
    pg_copy_float8(out, span->min);
    pg_copy_float8(out, span->max);
    pg_copy_float8(out, span->sum);
    pg_copy_int4(out, span->count);
    pg_copy_float8(out, span->last);
    pg_copy_time(out, span->last_at_us);
}

static void put_reading(BpBuf *out, int32_t id, int64_t at_us, double value)
{
    pg_copy_row(out, 8);
    pg_copy_int4(out, id);
    pg_copy_time(out, at_us);
    for (int i = 0; i < 4; i++) /* min, max, sum, count */
        pg_copy_null(out);
    pg_copy_float8(out, value);
    pg_copy_null(out);
}

static BpStatus send(Laying *laying, PastPiece piece, BpError *err)
{
    pg_copy_end(&laying->octets);
    if (laying->octets.failed)
        return bp_fail(err, BP_FULL, "a piece of the past has more than %d rows", ROWS_MAX);
    piece.octets = bp_buf_text(&laying->octets);
    return past_store_lay(laying->store, &piece, err);
}

/* How long a piece may be, with a row for each point every `width_us`. */
static int64_t longest_us(const PastRecord *record, int64_t width_us)
{
    const size_t count = record->count ? ROWS_MAX / record->count : 1;
    return (count > 1 ? (int64_t)count : 1) * width_us;
}

/* ---- pieces ---- */

static BpStatus lay_spans(Laying *laying, const PastPiece *piece, BpError *err)
{
    const PastRecord *record = laying->record;
    const bool is_fine = piece->kind == PAST_FINE;
    const int64_t width_us = is_fine ? FINE_US : BP_HOUR, from_us = record->wish.from_us;
    const PastSpan *spans = is_fine ? record->fine : record->hours;
    const size_t each = is_fine ? record->fine_count : record->hour_count;
    begin(laying);
    for (size_t i = 0; i < record->count; i++)
        for (int64_t at_us = piece->from_us; laying->numbers->ids[i] && at_us < piece->until_us;
             at_us += width_us) {
            const PastSpan *span = &spans[i * each + (size_t)((at_us - from_us) / width_us)];
            if (span->count)
                put_span(&laying->octets, laying->numbers->ids[i], at_us, span);
        }
    return send(laying, *piece, err);
}

static BpStatus lay_readings(Laying *laying, const PastPiece *piece, BpError *err)
{
    const PastRecord *record = laying->record;
    const int64_t beat_us = record->wish.beat_us;
    const size_t first = (size_t)(later(piece->from_us - beat_us - record->first_beat_us, 0) / beat_us);
    begin(laying);
    for (size_t i = 0; i < record->count; i++)
        for (size_t beat = first; laying->numbers->ids[i] && beat < record->beats; beat++) {
            const int64_t at_us = past_reading_at(record, i, beat);
            const bool is_polled = piece->kind == PAST_JOIN && at_us >= laying->numbers->polled_us[i];
            if (at_us >= piece->until_us || is_polled)
                break;
            if (at_us >= piece->from_us)
                put_reading(&laying->octets, laying->numbers->ids[i], at_us,
                            record->readings[i * record->beats + beat]);
        }
    return send(laying, *piece, err);
}

static BpStatus lay_back_to(Laying *laying, PastKind kind, int64_t goal_us, int64_t *edge_us,
                            json_t *counters, BpError *err)
{
    const int64_t width_us = kind == PAST_FINE     ? FINE_US
                             : kind == PAST_HOURLY ? BP_HOUR
                                                   : laying->record->wish.beat_us;
    const int64_t length_us = longest_us(laying->record, width_us);
    while (*edge_us > goal_us) {
        PastPiece piece = {.kind = kind, .until_us = *edge_us};
        /* On whole spans: the first piece of readings begins anywhere. */
        piece.from_us = later(goal_us, (*edge_us - 1) / width_us * width_us - length_us + width_us);
        if (piece.from_us == goal_us)
            piece.counters = counters;
        BP_TRY(kind == PAST_READINGS ? lay_readings(laying, &piece, err) : lay_spans(laying, &piece, err));
        *edge_us = piece.from_us;
    }
    return BP_OK;
}

/* The last hour first, then what screens of a day show, then the rest. */
static BpStatus lay_all(Laying *laying, json_t *counters, BpError *err)
{
    PastPlan *plan = laying->plan;
    const PastWish *wish = &laying->record->wish;
    const int64_t first_us = later(wish->readings_us, plan->until_us - FIRST_READINGS_US);
    const bool has_readings = wish->readings_us < wish->until_us;
    if (has_readings)
        BP_TRY(lay_back_to(laying, PAST_READINGS, first_us, &plan->readings_us, NULL, err));
    if (wish->has_fine)
        BP_TRY(lay_back_to(laying, PAST_FINE, later(wish->from_us, plan->fine_goal_us), &plan->fine_us, NULL,
                           err));
    if (!has_readings)
        return lay_back_to(laying, PAST_HOURLY, wish->from_us, &plan->hourly_us, counters, err);
    BP_TRY(lay_back_to(laying, PAST_READINGS, wish->readings_us, &plan->readings_us, NULL, err));
    return lay_back_to(laying, PAST_HOURLY, wish->from_us, &plan->hourly_us, counters, err);
}

static BpStatus with_room(Laying *laying, BpStatus (*work)(Laying *, json_t *, BpError *), json_t *counters,
                          BpError *err)
{
    const size_t least = laying->record->count * 2; /* of a piece of one span, where points are many */
    laying->octets = bp_buf_growing((least > ROWS_MAX ? least : ROWS_MAX) * ROW_OCTETS_MAX + 64);
    const BpStatus status = work(laying, counters, err);
    bp_buf_done(&laying->octets);
    return status;
}

BpStatus past_lay_record(PastStore *store, PastPlan *plan, const PastRecord *record,
                         const PastNumbers *numbers, json_t *counters, BpError *err)
{
    Laying laying = {.store = store, .plan = plan, .record = record, .numbers = numbers};
    return with_room(&laying, lay_all, counters, err);
}

static BpStatus join(Laying *laying, json_t *counters, BpError *err)
{
    (void)counters;
    const PastPiece piece = {
        .kind = PAST_JOIN, .from_us = laying->plan->until_us, .until_us = laying->record->wish.until_us};
    BP_TRY(lay_readings(laying, &piece, err));
    laying->plan->is_joined = true;
    return BP_OK;
}

BpStatus past_lay_join(PastStore *store, PastPlan *plan, const PastRecord *record, const PastNumbers *numbers,
                       BpError *err)
{
    Laying laying = {.store = store, .plan = plan, .record = record, .numbers = numbers};
    return with_room(&laying, join, NULL, err);
}
