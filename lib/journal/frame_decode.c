/* A frame to readings. Nothing of it is given out before all of it was read and its check was right. */
#include "journal/frame.h"

#include "base/cursor.h"
#include "journal/frame_stream.h"

#include <assert.h>
#include <stdlib.h>
#include <zstd.h>

enum { STREAMS = 3, HEADER_MIN = 6 };

struct JournalFrameDecoder {
    struct Slot {
        FrameStream stream;
        bool is_used;
        uint64_t turn; /* of its last frame */
    } slots[STREAMS];
    uint64_t turn;
};

/* A frame, taken apart but for its rows. */
typedef struct Parts {
    JournalFrameAbout about;
    uint32_t former; /* stream that ends with this key frame */
    uint8_t flags;
    BpStr texts, rows;
    size_t texts_size; /* unpacked */
} Parts;

JournalFrameDecoder *journal_frame_decoder_new(void)
{
    JournalFrameDecoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder)
        abort();
    for (int i = 0; i < STREAMS; i++)
        journal_stream_init(&decoder->slots[i].stream);
    return decoder;
}

static void drop(struct Slot *slot)
{
    journal_stream_done(&slot->stream);
    journal_stream_init(&slot->stream);
    slot->is_used = false;
    slot->turn = 0;
}

void journal_frame_decoder_free(JournalFrameDecoder *decoder)
{
    for (int i = 0; decoder && i < STREAMS; i++)
        journal_stream_done(&decoder->slots[i].stream);
    free(decoder);
}

bool journal_frame_is_key(BpStr frame)
{
    return frame.size >= HEADER_MIN && (frame.data[1] & FRAME_IS_KEY);
}

/* ---- taking apart ---- */

static uint64_t take_varint(BpCursor *in)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t octet = bp_cursor_u8(in);
        number |= (uint64_t)(octet & 127) << shift;
        if (octet < 128)
            return number;
    }
    in->failed = true;
    return 0;
}

static BpStr take_text(BpCursor *in, uint64_t size)
{
    if (size > bp_cursor_remaining(in)) {
        in->failed = true;
        return (BpStr){0};
    }
    return (BpStr){(const char *)bp_cursor_take(in, (size_t)size), (size_t)size};
}

static BpStatus take_apart(BpStr frame, Parts *parts, BpError *err)
{
    BpCursor in = bp_cursor(frame.data, frame.size);
    *parts = (Parts){.about.version = bp_cursor_u8(&in)};
    parts->flags = bp_cursor_u8(&in);
    if (in.failed)
        return bp_fail(err, BP_INVALID, "a frame of %zu octets has not even its version", frame.size);
    if (parts->about.version != JOURNAL_FRAME_VERSION)
        return bp_fail(err, BP_UNSUPPORTED, "a frame of version %d; version %d is known",
                       parts->about.version, JOURNAL_FRAME_VERSION);
    parts->about.is_key = parts->flags & FRAME_IS_KEY;
    parts->about.stream = bp_cursor_u32(&in);
    parts->former = parts->about.is_key ? bp_cursor_u32(&in) : 0;
    parts->about.number = take_varint(&in);
    const uint64_t count = take_varint(&in);
    if (parts->flags & FRAME_HAS_TEXTS) {
        const uint64_t size = take_varint(&in);
        if (size > JOURNAL_FRAME_UNPACKED_MAX)
            return bp_fail(err, BP_INVALID, "a frame's texts would be %llu octets, and may be %d",
                           (unsigned long long)size, JOURNAL_FRAME_UNPACKED_MAX);
        parts->texts_size = (size_t)size;
        parts->texts = take_text(&in, parts->flags & FRAME_TEXTS_ARE_PACKED ? take_varint(&in) : size);
    }
    if (in.failed || parts->flags & ~FRAME_FLAGS || count == 0 || count > JOURNAL_FRAME_READINGS_MAX ||
        parts->about.is_key != (parts->about.number == 0))
        return bp_fail(err, BP_INVALID, "a frame's head is damaged");
    parts->about.count = (size_t)count;
    parts->rows = take_text(&in, bp_cursor_remaining(&in));
    return BP_OK;
}

/* ---- texts ---- */

static bool add_texts(FrameStream *stream, BpStr texts)
{
    BpCursor in = bp_cursor(texts.data, texts.size);
    while (bp_cursor_remaining(&in)) {
        const BpStr text = take_text(&in, take_varint(&in));
        if (in.failed || text.size == 0 || !journal_stream_add_text(stream, text))
            return false;
    }
    return !in.failed;
}

static BpStatus read_texts(FrameStream *stream, const Parts *parts, BpError *err)
{
    bool is_read;
    if (parts->flags & FRAME_TEXTS_ARE_PACKED) {
        char *plain = malloc(parts->texts_size + 1);
        if (!plain)
            abort();
        const size_t size = ZSTD_decompress(plain, parts->texts_size, parts->texts.data, parts->texts.size);
        is_read = size == parts->texts_size && add_texts(stream, (BpStr){plain, size});
        free(plain);
    } else {
        is_read = add_texts(stream, parts->texts);
    }
    return is_read ? BP_OK : bp_fail(err, BP_INVALID, "a frame's texts are damaged");
}

/* ---- rows ---- */

static void give_out(const FrameStream *stream, const FrameRow *row, JournalFrameTake take, void *context)
{
    const FramePoint *point = &stream->points[row->point];
    JournalReading reading = {.point_id = point->point_id,
                              .device_id = point->device_id,
                              .object_instance = point->object_instance,
                              .at_us = row->at_us,
                              .has_value = row->has_value,
                              .has_object = point->has_object,
                              .quality = row->quality,
                              .reason = journal_stream_text(stream, row->reason),
                              .units = journal_stream_text(stream, point->units),
                              .object_type = journal_stream_text(stream, point->object_type)};
    if (row->has_value)
        memcpy(&reading.value, &row->bits, sizeof reading.value);
    take(context, &reading);
}

static BpStatus read_rows(FrameStream *stream, const Parts *parts, FrameRow *rows, BpError *err)
{
    Range range = journal_range_read((const uint8_t *)parts->rows.data, parts->rows.size);
    size_t known_count = stream->count;
    journal_stream_begin_frame(stream);
    for (size_t i = 0; i < parts->about.count; i++) {
        rows[i] = (FrameRow){0};
        if (!journal_stream_row(stream, &range, &known_count, &rows[i]))
            return bp_fail(err, BP_INVALID, "a frame's reading %zu of %zu is damaged", i + 1,
                           parts->about.count);
    }
    const uint64_t check = journal_range_bits(&range, FRAME_CHECK_BITS, 0);
    if (check != (stream->check & ((1U << FRAME_CHECK_BITS) - 1)))
        return bp_fail(err, BP_INVALID, "a frame's readings do not give what it says of them");
    return BP_OK;
}

static BpStatus read_frame(struct Slot *slot, Parts *parts, JournalFrameTake take, void *context,
                           BpError *err)
{
    FrameStream *stream = &slot->stream;
    if (parts->flags & FRAME_HAS_TEXTS)
        BP_TRY(read_texts(stream, parts, err));
    FrameRow *rows = calloc(parts->about.count + 1, sizeof *rows); /* a frame may have none */
    if (!rows)
        abort();
    const BpStatus status = read_rows(stream, parts, rows, err);
    parts->about.first_us = INT64_MAX;
    parts->about.last_us = INT64_MIN;
    for (size_t i = 0; status == BP_OK && i < parts->about.count; i++) {
        if (rows[i].at_us < parts->about.first_us)
            parts->about.first_us = rows[i].at_us;
        if (rows[i].at_us > parts->about.last_us)
            parts->about.last_us = rows[i].at_us;
        if (take)
            give_out(stream, &rows[i], take, context);
    }
    free(rows);
    return status;
}

/* ---- streams ---- */

/* Of a key frame: its own, or that of the stream it ends, or of the one that has been silent for longest. */
static struct Slot *slot_of_key(JournalFrameDecoder *decoder, const Parts *parts)
{
    struct Slot *oldest = &decoder->slots[0], *former = NULL;
    for (int i = 0; i < STREAMS; i++) {
        struct Slot *slot = &decoder->slots[i];
        if (slot->is_used && slot->stream.id == parts->about.stream)
            return slot;
        if (slot->is_used && slot->stream.id == parts->former)
            former = slot;
        if (slot->turn < oldest->turn)
            oldest = slot;
    }
    return former ? former : oldest;
}

static struct Slot *slot_of(JournalFrameDecoder *decoder, const JournalFrameAbout *about)
{
    for (int i = 0; i < STREAMS; i++) {
        struct Slot *slot = &decoder->slots[i];
        if (slot->is_used && slot->stream.id == about->stream && slot->stream.number == about->number)
            return slot;
    }
    return NULL;
}

BpStatus journal_frame_decode(JournalFrameDecoder *decoder, BpStr frame, JournalFrameTake take, void *context,
                              JournalFrameAbout *ret_about, BpError *err)
{
    Parts parts;
    BP_TRY(take_apart(frame, &parts, err));
    struct Slot *slot = parts.about.is_key ? slot_of_key(decoder, &parts) : slot_of(decoder, &parts.about);
    if (!slot)
        return bp_fail(
            err, BP_NOT_FOUND,
            "frame %llu of stream %08llx goes on from one that was not read: the next key frame can be",
            (unsigned long long)parts.about.number, (unsigned long long)parts.about.stream);
    if (parts.about.is_key)
        journal_stream_begin(&slot->stream, (uint32_t)parts.about.stream);
    slot->is_used = true;
    slot->turn = ++decoder->turn;
    const BpStatus status = read_frame(slot, &parts, take, context, err);
    if (status != BP_OK) {
        drop(slot);
        return status;
    }
    slot->stream.number++;
    *ret_about = parts.about;
    ret_about->former = parts.about.is_key ? parts.former : 0;
    return BP_OK;
}
