#include "apps/ingest/frames.h"

#include "apps/ingest/ingest.h"
#include "base/cursor.h"
#include "base/log.h"
#include "base/time.h"
#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    FRAME_ROWS = 20000,    /* at most in one frame */
    OCTETS_MAX = 64 << 20, /* of all frames of a transaction: GATHER_READINGS_MAX make far less */
};
static const int64_t KEY_EVERY_US = 15 * BP_MINUTE, EPOCH_OF_2000_US = 946684800 * BP_SECOND;

void frames_init(Frames *frames)
{
    uint64_t seeds[2];
    if (getrandom(seeds, sizeof seeds, 0) != sizeof seeds)
        seeds[0] = (uint64_t)bp_wall_us(), seeds[1] = ~seeds[0];
    *frames = (Frames){.live = {.encoder = journal_frame_encoder_new(seeds[0])},
                       .past = {.encoder = journal_frame_encoder_new(seeds[1])},
                       .octets = bp_buf_growing(OCTETS_MAX),
                       .sizes = bp_buf_growing(OCTETS_MAX),
                       .numbers = bp_buf_growing(OCTETS_MAX)};
}

void frames_done(Frames *frames)
{
    journal_frame_encoder_free(frames->live.encoder);
    journal_frame_encoder_free(frames->past.encoder);
    free(frames->readings);
    bp_buf_done(&frames->octets);
    bp_buf_done(&frames->sizes);
    bp_buf_done(&frames->numbers);
}

/* ---- readings ---- */

static JournalReading *add_reading(Frames *frames)
{
    if (frames->count == frames->capacity) {
        frames->capacity = frames->capacity ? frames->capacity * 2 : 4096;
        frames->readings = realloc(frames->readings, frames->capacity * sizeof *frames->readings);
        if (!frames->readings)
            abort();
    }
    JournalReading *reading = &frames->readings[frames->count++];
    *reading = (JournalReading){0};
    return reading;
}

static uint8_t quality_of(BpStr name)
{
    for (int quality = MDL_GOOD; quality < MDL_BAD; quality++)
        if (bp_str_equal(name, bp_str(mdl_quality_name((MdlQuality)quality))))
            return (uint8_t)quality;
    return MDL_BAD;
}

/* A column of a COPY. */
static bool take_column(BpCursor *in, BpStr *ret_octets)
{
    const uint32_t size = bp_cursor_u32(in);
    *ret_octets = (BpStr){0};
    if (size == UINT32_MAX) /* null */
        return false;
    const char *octets = (const char *)bp_cursor_take(in, size);
    if (!octets)
        return false;
    *ret_octets = (BpStr){octets, size};
    return true;
}

static uint64_t take_number(BpCursor *in)
{
    BpStr octets;
    (void)take_column(in, &octets);
    BpCursor column = bp_cursor(octets.data, octets.size);
    return bp_cursor_unsigned(&column, octets.size);
}

/* The columns are those of put_row (gather.c). */
static void take_row(BpCursor *in, JournalReading *reading)
{
    BpStr octets;
    reading->at_us = (int64_t)take_number(in) + EPOCH_OF_2000_US;
    (void)take_column(in, &octets); /* the site */
    reading->point_id = (int32_t)take_number(in);
    reading->has_value = take_column(in, &octets);
    if (reading->has_value) {
        BpCursor column = bp_cursor(octets.data, octets.size);
        const uint64_t bits = bp_cursor_unsigned(&column, sizeof bits);
        memcpy(&reading->value, &bits, sizeof bits);
    }
    (void)take_column(in, &octets);
    reading->quality = quality_of(octets);
    (void)take_column(in, &reading->reason);
    (void)take_column(in, &reading->units);
    reading->has_object = true;
    reading->device_id = (int32_t)take_number(in);
    (void)take_column(in, &reading->object_type);
    reading->object_instance = (int32_t)take_number(in);
}

static void read_copy(Frames *frames, BpStr copy)
{
    enum { HEADER = 19, COLUMNS = 10 };
    BpCursor in = bp_cursor(copy.data, copy.size);
    frames->count = 0;
    bp_cursor_skip(&in, HEADER);
    while (bp_cursor_u16(&in) == COLUMNS) {
        JournalReading *reading = add_reading(frames);
        take_row(&in, reading);
        /* Its span has it, later. */
        if (!frames->is_laid && reading->at_us >= frames->laid_until_us &&
            reading->at_us < frames->held_until_us)
            frames->count--;
    }
    assert(!in.failed);
}

/* Rows as select_frames_due and select_frames_held tell them. */
void frames_read_rows(Frames *frames, const PgRows *rows)
{
    frames->count = 0;
    frames->row_count = pg_row_count(rows);
    frames->known_successor = frames->row_count ? pg_get_integer(rows, 0, 10) : 0;
    bp_buf_clear(&frames->numbers);
    for (size_t row = 0; row < frames->row_count; row++) {
        bp_buf_printf(&frames->numbers, "%s%lld", row ? "," : "{", (long long)pg_get_integer(rows, row, 0));
        if (pg_is_null(rows, row, 1))
            continue; /* it is no more */
        JournalReading *reading = add_reading(frames);
        reading->point_id = (int32_t)pg_get_integer(rows, row, 1);
        reading->at_us = pg_get_time_us(rows, row, 2);
        reading->has_value = !pg_is_null(rows, row, 3);
        reading->value = pg_get_double(rows, row, 3);
        reading->quality = quality_of(pg_get_text(rows, row, 4));
        reading->reason = pg_get_text(rows, row, 5);
        reading->units = pg_get_text(rows, row, 6);
        reading->has_object = !pg_is_null(rows, row, 7);
        reading->device_id = (int32_t)pg_get_integer(rows, row, 7);
        reading->object_type = pg_get_text(rows, row, 8);
        reading->object_instance = (int32_t)pg_get_integer(rows, row, 9);
    }
    bp_buf_printf(&frames->numbers, frames->row_count ? "}" : "{}");
}

/* ---- frames of them ---- */

/* As many as it takes: half of what does not fit may. */
BpStatus frames_encode(Frames *frames, FramesWriter *writer, int64_t now_us, BpError *err)
{
    bool is_key = !writer->key_at_us || now_us - writer->key_at_us >= KEY_EVERY_US;
    bp_buf_clear(&frames->octets);
    bp_buf_clear(&frames->sizes);
    bp_buf_u8(&frames->sizes, '{');
    frames->frame_count = 0;
    for (size_t begin = 0, most = FRAME_ROWS; begin < frames->count;) {
        const size_t left = frames->count - begin, count = left < most ? left : most,
                     before = frames->octets.size;
        const BpStatus status = journal_frame_encode(writer->encoder, frames->readings + begin, count, is_key,
                                                     &frames->octets, err);
        if (status == BP_FULL && count > 1) {
            most = count / 2;
            continue;
        }
        if (status != BP_OK) {
            journal_frame_discard(writer->encoder);
            return status;
        }
        bp_buf_printf(&frames->sizes, "%s%zu", begin ? "," : "", frames->octets.size - before);
        if (journal_frame_is_key(
                (BpStr){(const char *)frames->octets.data + before, frames->octets.size - before}))
            writer->key_at_us = now_us;
        is_key = false;
        begin += count;
        frames->frame_count++;
    }
    bp_buf_u8(&frames->sizes, '}');
    return frames->sizes.failed ? bp_fail(err, BP_FULL, "too many frames for one transaction") : BP_OK;
}

bool frames_of_copy(Frames *frames, BpStr copy, int64_t now_us)
{
    BpError err;
    read_copy(frames, copy);
    if (frames_encode(frames, &frames->live, now_us, &err) == BP_OK)
        return true;
    bp_log(BP_LOG_ERROR, "making frames for central: %s", err.text);
    return false;
}

void frames_committed(Frames *frames)
{
    journal_frame_committed(frames->live.encoder);
}

void frames_discard(Frames *frames)
{
    journal_frame_discard(frames->live.encoder);
}

void frames_doubt(Frames *frames)
{
    frames->must_look = true;
}
