/* Frames of what no transaction has framed as it stored it: what was noted, and what was there before the
 * join. */
#include "apps/ingest/ingest.h"
#include "base/log.h"
#include "base/time.h"

#include <assert.h>

enum {
    DUE_AT_ONCE = 5000, /* notes */
    SPAN_ROWS = 8000,   /* what a span is to have, more or less */
};
static const int64_t FIRST_SPAN_US = 10 * BP_SECOND, SPAN_MIN_US = 100 * BP_MS, LEAST_PAUSE_US = 20 * BP_MS,
                     DOUBT_PAUSE_US = BP_SECOND;

static bool has_work(const Frames *frames)
{
    return frames->must_look || (frames->is_linked && (frames->is_due || !frames->is_laid));
}

static void arm(Ingest *ingest)
{
    const Frames *frames = &ingest->frames;
    const bool may = ingest->is_ready && frames->state == FRAMES_ARE_IDLE && has_work(frames);
    loop_timer_set(frames->timer, may ? frames->next_at_us : INT64_MAX);
}

/* Storing may have waited for it. */
static void end(Ingest *ingest, int64_t pause_us)
{
    Frames *frames = &ingest->frames;
    frames->state = FRAMES_ARE_IDLE;
    frames->next_at_us = loop_now_us(ingest->loop) + pause_us;
    arm(ingest);
    ingest_arm(ingest);
}

/* It comes again, from what the database says by then. */
static void end_in_doubt(Ingest *ingest, BpStatus status, const BpError *err)
{
    Frames *frames = &ingest->frames;
    if (status != BP_CONFLICT && status != BP_UNAVAILABLE)
        bp_log(BP_LOG_ERROR, "framing readings for central: %s", err->text);
    else if (status == BP_CONFLICT)
        bp_log(BP_LOG_INFO, "framing readings once more: %s", err->text);
    journal_frame_discard(frames->past.encoder);
    frames->must_look = true;
    end(ingest, DOUBT_PAUSE_US);
}

/* ---- looking ---- */

static void say_link(Ingest *ingest)
{
    Frames *frames = &ingest->frames;
    char from[BP_TIME_TEXT_MAX], until[BP_TIME_TEXT_MAX];
    if (frames->is_linked && !frames->is_laid && !frames->is_said)
        bp_log(BP_LOG_NOTICE,
               "readings from %s to %s were here when the site joined its central: they are sent, too",
               bp_time_format(frames->laid_until_us, 0, from),
               bp_time_format(frames->held_until_us, 0, until));
    frames->is_said = frames->is_linked && !frames->is_laid;
}

static void on_looked(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    Frames *frames = &ingest->frames;
    if (status != BP_OK) {
        end_in_doubt(ingest, status, err);
        return;
    }
    const bool is_linked = pg_row_count(rows) == 1 && !pg_is_null(rows, 0, 0);
    const int64_t epoch = is_linked ? pg_get_integer(rows, 0, 0) : 0;
    if (!is_linked || epoch != frames->epoch) {
        frames->live.key_at_us = frames->past.key_at_us = 0; /* an epoch begins with key frames */
        frames->span_us = FIRST_SPAN_US;
    }
    frames->must_look = false;
    frames->is_known = true;
    frames->is_linked = is_linked;
    frames->epoch = epoch;
    frames->laid_until_us = is_linked ? pg_get_time_us(rows, 0, 1) : 0;
    frames->held_until_us = is_linked ? pg_get_time_us(rows, 0, 2) : 0;
    frames->is_laid = is_linked && pg_get_bool(rows, 0, 3);
    frames->is_due = is_linked && pg_get_bool(rows, 0, 4);
    say_link(ingest);
    end(ingest, 0);
}

void ingest_frames_look(Ingest *ingest)
{
    Frames *frames = &ingest->frames;
    assert(frames->state == FRAMES_ARE_IDLE);
    frames->state = FRAMES_ARE_LOOKING;
    frames->values[0] = pg_text(ingest->site_id);
    pg_request(ingest->pg, SQL_BEGIN_FRAMES, frames->values, 1, on_looked, ingest);
}

void ingest_frames_lost(Ingest *ingest)
{
    Frames *frames = &ingest->frames;
    journal_frame_discard(frames->live.encoder);
    journal_frame_discard(frames->past.encoder);
    frames->live.key_at_us = frames->past.key_at_us = 0; /* it may be put back meanwhile */
    frames->must_look = true;
    frames->is_known = false;
    arm(ingest);
}

/* ---- appending ---- */

static void on_appended(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    Frames *frames = &ingest->frames;
    if (status != BP_OK) {
        end_in_doubt(ingest, status, err);
        return;
    }
    journal_frame_committed(frames->past.encoder);
    const int64_t spent_us = loop_now_us(ingest->loop) - frames->began_us;
    if (!frames->is_laying) {
        frames->is_due = frames->row_count == DUE_AT_ONCE;
        end(ingest, LEAST_PAUSE_US);
        return;
    }
    frames->laid_until_us = frames->until_us;
    frames->laid_readings += frames->count;
    frames->is_laid = pg_get_bool(rows, 0, 0);
    if (frames->row_count > 2 * SPAN_ROWS && frames->span_us > SPAN_MIN_US)
        frames->span_us /= 2;
    else if (frames->row_count < SPAN_ROWS / 2 && frames->span_us < BP_DAY)
        frames->span_us *= 2;
    if (frames->is_laid) {
        bp_log(BP_LOG_NOTICE, "what was here when the site joined its central is on its way: %llu readings",
               (unsigned long long)frames->laid_readings);
        frames->laid_readings = 0;
        frames->is_said = false;
    }
    end(ingest, spent_us > LEAST_PAUSE_US ? spent_us : LEAST_PAUSE_US); /* half the time, at most */
}

static size_t put_span(const Frames *frames, PgValue *values)
{
    values[0] = pg_time(frames->laid_until_us);
    values[1] = pg_time(frames->until_us);
    values[2] = pg_integer((int64_t)frames->row_count);
    return 3;
}

static void append(Ingest *ingest)
{
    Frames *frames = &ingest->frames;
    PgValue *values = frames->values;
    size_t count = 0;
    values[count++] = pg_text(ingest->site_id);
    values[count++] = pg_integer(frames->epoch);
    values[count++] = pg_integer(frames->known_successor);
    if (frames->is_laying)
        count += put_span(frames, values + count);
    else
        values[count++] = pg_text(bp_buf_text(&frames->numbers));
    values[count++] = pg_text(bp_buf_text(&frames->sizes));
    values[count++] = (PgValue){.kind = PG_OCTETS, .text = bp_buf_text(&frames->octets)};
    frames->steps[0] = (PgStep){SQL_LOCK_READINGS, NULL, 0};
    frames->steps[1] = (PgStep){frames->is_laying ? SQL_LAY_FRAMES : SQL_APPEND_FRAMES_DUE, values, count};
    frames->state = FRAMES_ARE_APPENDING;
    pg_transaction(ingest->pg, frames->steps, 2, on_appended, ingest);
}

/* ---- reading ---- */

static void on_read(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    Frames *frames = &ingest->frames;
    BpError encode_err;
    if (status != BP_OK) {
        end_in_doubt(ingest, status, err);
        return;
    }
    frames_read_rows(frames, rows);
    status = frames_encode(frames, &frames->past, loop_now_us(ingest->loop), &encode_err);
    if (status == BP_OK)
        append(ingest);
    else
        end_in_doubt(ingest, status, &encode_err);
}

static void read_due(Ingest *ingest)
{
    Frames *frames = &ingest->frames;
    frames->is_laying = false;
    frames->values[0] = pg_text(ingest->site_id);
    frames->values[1] = pg_integer(DUE_AT_ONCE);
    pg_request(ingest->pg, SQL_SELECT_FRAMES_DUE, frames->values, 2, on_read, ingest);
}

/* Not beyond the end of a day, whose partition alone is looked into. */
static void read_span(Ingest *ingest)
{
    Frames *frames = &ingest->frames;
    const int64_t day_end_us = (frames->laid_until_us / BP_DAY + (frames->laid_until_us >= 0)) * BP_DAY;
    frames->is_laying = true;
    frames->until_us = frames->laid_until_us + frames->span_us;
    if (frames->until_us > day_end_us)
        frames->until_us = day_end_us;
    if (frames->until_us > frames->held_until_us)
        frames->until_us = frames->held_until_us;
    frames->values[0] = pg_text(ingest->site_id);
    frames->values[1] = pg_time(frames->laid_until_us);
    frames->values[2] = pg_time(frames->until_us);
    pg_request(ingest->pg, SQL_SELECT_FRAMES_HELD, frames->values, 3, on_read, ingest);
}

void ingest_frames_go_on(void *owner)
{
    Ingest *ingest = owner;
    Frames *frames = &ingest->frames;
    if (!ingest->is_ready || frames->state != FRAMES_ARE_IDLE || ingest->store.state != STORE_IS_IDLE ||
        !has_work(frames))
        return; /* the end of what is under way arms again */
    if (loop_now_us(ingest->loop) < frames->next_at_us) {
        arm(ingest);
        return;
    }
    if (frames->must_look) {
        ingest_frames_look(ingest);
        return;
    }
    frames->state = FRAMES_ARE_READING;
    frames->began_us = loop_now_us(ingest->loop);
    if (frames->is_due)
        read_due(ingest);
    else
        read_span(ingest);
}
