/* Readings to a frame. They are sorted by point, each point's first, then each one's second ..., so that the
 * order in which devices answer costs nothing. */
#include "journal/frame.h"

#include "journal/frame_stream.h"

#include <assert.h>
#include <stdlib.h>
#include <zstd.h>

enum { NONE = -1, PACK_LEVEL = 9, LEAST_SLOTS = 256 };

/* Where a point or a text has its number: open addressing, at most half full. */
typedef struct Slots {
    uint32_t *numbers; /* and 1; 0: empty */
    size_t size, used;
} Slots;

struct JournalFrameEncoder {
    FrameStream stream;
    uint64_t seed;
    bool must_begin, is_pending;
    uint32_t former; /* stream of the last frame that was committed; 0: none */
    Slots points, texts;
    FrameRow rows[JOURNAL_FRAME_READINGS_MAX];
    int32_t behind[JOURNAL_FRAME_READINGS_MAX]; /* the next row of the same point */
    struct Chain {
        uint32_t point;
        int32_t first, last; /* rows */
    } chains[JOURNAL_FRAME_READINGS_MAX];
    size_t chain_count;
    int32_t *chain_of; /* of each point of the stream */
    size_t chain_of_size;
    ZSTD_CCtx *pack;
};

JournalFrameEncoder *journal_frame_encoder_new(uint64_t seed)
{
    JournalFrameEncoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder || !(encoder->pack = ZSTD_createCCtx()))
        abort();
    encoder->seed = seed;
    encoder->must_begin = true;
    journal_stream_init(&encoder->stream);
    return encoder;
}

void journal_frame_encoder_free(JournalFrameEncoder *encoder)
{
    if (!encoder)
        return;
    journal_stream_done(&encoder->stream);
    free(encoder->points.numbers);
    free(encoder->texts.numbers);
    free(encoder->chain_of);
    ZSTD_freeCCtx(encoder->pack);
    free(encoder);
}

void journal_frame_committed(JournalFrameEncoder *encoder)
{
    if (encoder->is_pending)
        encoder->former = encoder->stream.id;
    encoder->is_pending = false;
}

void journal_frame_discard(JournalFrameEncoder *encoder)
{
    encoder->must_begin = encoder->must_begin || encoder->is_pending;
    encoder->is_pending = false;
}

/* ---- which point, which text ---- */

static uint64_t mix(uint64_t number)
{
    number = (number ^ number >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
    return number ^ number >> 33;
}

static uint64_t hash_text(BpStr text)
{
    uint64_t hash = text.size;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (uint8_t)text.data[i]) * UINT64_C(0x100000001B3);
    return mix(hash);
}

static uint64_t hash_of(const FrameStream *stream, bool is_text, uint32_t number)
{
    return is_text ? hash_text(journal_stream_text(stream, number))
                   : mix((uint64_t)(uint32_t)stream->points[number].point_id);
}

static void put_slot(Slots *slots, uint64_t hash, uint32_t number)
{
    size_t at = hash & (slots->size - 1);
    while (slots->numbers[at])
        at = (at + 1) & (slots->size - 1);
    slots->numbers[at] = number + 1;
    slots->used++;
}

static void add_slot(Slots *slots, const FrameStream *stream, bool is_text, uint32_t number)
{
    if (slots->used * 2 >= slots->size) {
        const Slots before = *slots;
        *slots = (Slots){.size = before.size ? before.size * 2 : LEAST_SLOTS};
        slots->numbers = calloc(slots->size, sizeof *slots->numbers);
        if (!slots->numbers)
            abort();
        for (size_t i = 0; i < before.size; i++)
            if (before.numbers[i])
                put_slot(slots, hash_of(stream, is_text, before.numbers[i] - 1), before.numbers[i] - 1);
        free(before.numbers);
    }
    put_slot(slots, hash_of(stream, is_text, number), number);
}

static void clear_slots(Slots *slots)
{
    if (slots->used)
        memset(slots->numbers, 0, slots->size * sizeof *slots->numbers);
    slots->used = 0;
}

/* False: there is no room for it. */
static bool find_text(JournalFrameEncoder *encoder, BpStr text, uint32_t *ret_number)
{
    FrameStream *stream = &encoder->stream;
    *ret_number = 0;
    if (!text.size)
        return true;
    const Slots *slots = &encoder->texts;
    for (size_t at = slots->size ? hash_text(text) & (slots->size - 1) : 0; slots->size && slots->numbers[at];
         at = (at + 1) & (slots->size - 1)) {
        *ret_number = slots->numbers[at] - 1;
        if (bp_str_equal(journal_stream_text(stream, *ret_number), text))
            return true;
    }
    *ret_number = journal_stream_add_text(stream, text);
    if (*ret_number)
        add_slot(&encoder->texts, stream, true, *ret_number);
    return *ret_number;
}

static bool is_of(const FrameStream *stream, const FramePoint *point, const JournalReading *reading)
{
    return point->point_id == reading->point_id && point->has_object == reading->has_object &&
           bp_str_equal(journal_stream_text(stream, point->units), reading->units) &&
           (!reading->has_object ||
            (point->device_id == reading->device_id && point->object_instance == reading->object_instance &&
             bp_str_equal(journal_stream_text(stream, point->object_type), reading->object_type)));
}

static bool find_point(JournalFrameEncoder *encoder, const JournalReading *reading, uint32_t *ret_number)
{
    FrameStream *stream = &encoder->stream;
    const Slots *slots = &encoder->points;
    const uint64_t hash = mix((uint64_t)(uint32_t)reading->point_id);
    for (size_t at = slots->size ? hash & (slots->size - 1) : 0; slots->size && slots->numbers[at];
         at = (at + 1) & (slots->size - 1)) {
        *ret_number = slots->numbers[at] - 1;
        if (is_of(stream, &stream->points[*ret_number], reading))
            return true;
    }
    uint32_t units, object_type = 0;
    if (!find_text(encoder, reading->units, &units) ||
        (reading->has_object && !find_text(encoder, reading->object_type, &object_type)))
        return false;
    FramePoint *point = journal_stream_add_point(stream);
    if (!point)
        return false;
    point->point_id = reading->point_id;
    point->units = units;
    point->object_type = object_type;
    point->has_object = reading->has_object;
    point->device_id = reading->has_object ? reading->device_id : 0;
    point->object_instance = reading->has_object ? reading->object_instance : 0;
    *ret_number = (uint32_t)stream->count - 1;
    add_slot(&encoder->points, stream, false, *ret_number);
    return true;
}

/* ---- rows ---- */

static void begin_stream(JournalFrameEncoder *encoder)
{
    encoder->seed += UINT64_C(0x9E3779B97F4A7C15);
    journal_stream_begin(&encoder->stream, (uint32_t)(mix(encoder->seed) >> 32));
    clear_slots(&encoder->points);
    clear_slots(&encoder->texts);
    encoder->must_begin = false;
}

static void forget_chains(JournalFrameEncoder *encoder)
{
    for (size_t i = 0; i < encoder->chain_count; i++)
        encoder->chain_of[encoder->chains[i].point] = NONE;
    encoder->chain_count = 0;
}

static void put_into_chain(JournalFrameEncoder *encoder, int32_t row, uint32_t point)
{
    while (point >= encoder->chain_of_size) {
        const size_t before = encoder->chain_of_size;
        encoder->chain_of_size = before ? before * 2 : LEAST_SLOTS;
        encoder->chain_of = realloc(encoder->chain_of, encoder->chain_of_size * sizeof *encoder->chain_of);
        if (!encoder->chain_of)
            abort();
        for (size_t i = before; i < encoder->chain_of_size; i++)
            encoder->chain_of[i] = NONE;
    }
    int32_t *of = &encoder->chain_of[point];
    encoder->behind[row] = NONE;
    if (*of == NONE) {
        *of = (int32_t)encoder->chain_count;
        encoder->chains[encoder->chain_count++] = (struct Chain){point, row, row};
    } else {
        struct Chain *chain = &encoder->chains[*of];
        encoder->behind[chain->last] = row;
        chain->last = row;
    }
}

/* False: the stream has no room for so many points or texts. */
static bool take_rows(JournalFrameEncoder *encoder, const JournalReading *readings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const JournalReading *reading = &readings[i];
        FrameRow *row = &encoder->rows[i];
        *row =
            (FrameRow){.at_us = reading->at_us, .has_value = reading->has_value, .quality = reading->quality};
        if (reading->has_value)
            memcpy(&row->bits, &reading->value, sizeof row->bits);
        if (!find_point(encoder, reading, &row->point) ||
            !find_text(encoder, reading->reason, &row->reason)) {
            forget_chains(encoder);
            return false;
        }
        put_into_chain(encoder, (int32_t)i, row->point);
    }
    return true;
}

static int by_point(const void *left, const void *right)
{
    const struct Chain *a = left, *b = right;
    return (a->point > b->point) - (a->point < b->point);
}

static void write_rows(JournalFrameEncoder *encoder, size_t known_count, BpBuf *out)
{
    FrameStream *stream = &encoder->stream;
    Range range = journal_range_write(out);
    journal_stream_begin_frame(stream);
    qsort(encoder->chains, encoder->chain_count, sizeof *encoder->chains, by_point);
    for (size_t left = encoder->chain_count; left > 0;) {
        size_t kept = 0;
        for (size_t i = 0; i < left; i++) {
            struct Chain *chain = &encoder->chains[i];
            FrameRow *row = &encoder->rows[chain->first];
            const bool is_written = journal_stream_row(stream, &range, &known_count, row);
            assert(is_written);
            encoder->chain_of[chain->point] = NONE;
            chain->first = encoder->behind[chain->first];
            if (chain->first != NONE)
                encoder->chains[kept++] = *chain;
        }
        left = kept;
    }
    encoder->chain_count = 0;
    (void)journal_range_bits(&range, FRAME_CHECK_BITS, stream->check);
    journal_range_end(&range);
}

/* ---- a frame ---- */

static void put_varint(BpBuf *out, uint64_t number)
{
    for (; number > 127; number >>= 7)
        bp_buf_u8(out, (uint8_t)(number | 128));
    bp_buf_u8(out, (uint8_t)number);
}

/* The texts that are new, each with its length before it. Returns the flags that say how they are there. */
static uint8_t put_texts(JournalFrameEncoder *encoder, size_t known_count, BpBuf *out)
{
    const FrameStream *stream = &encoder->stream;
    uint8_t flags = 0;
    if (stream->text_count == known_count)
        return 0;
    BpBuf plain = bp_buf_growing(JOURNAL_FRAME_UNPACKED_MAX);
    for (size_t i = known_count; i < stream->text_count; i++) {
        const BpStr text = journal_stream_text(stream, (uint32_t)i);
        put_varint(&plain, text.size);
        bp_buf_str(&plain, text);
    }
    const size_t bound = ZSTD_compressBound(plain.size);
    BpBuf packed = bp_buf_growing(bound);
    uint8_t *octets = bp_buf_reserve(&packed, bound);
    const size_t size = plain.failed || !octets ? 0
                                                : ZSTD_compressCCtx(encoder->pack, octets, bound, plain.data,
                                                                    plain.size, PACK_LEVEL);
    put_varint(out, plain.size);
    if (size && !ZSTD_isError(size) && size < plain.size) {
        flags = FRAME_HAS_TEXTS | FRAME_TEXTS_ARE_PACKED;
        put_varint(out, size);
        bp_buf_octets(out, octets, size);
    } else {
        flags = FRAME_HAS_TEXTS;
        bp_buf_str(out, bp_buf_text(&plain));
    }
    out->failed = out->failed || plain.failed;
    bp_buf_done(&plain);
    bp_buf_done(&packed);
    return flags;
}

static BpStatus check_readings(const JournalReading *readings, size_t count, BpError *err)
{
    if (count == 0 || count > JOURNAL_FRAME_READINGS_MAX)
        return bp_fail(err, count ? BP_FULL : BP_INVALID, "a frame has 1 to %d readings, not %zu",
                       JOURNAL_FRAME_READINGS_MAX, count);
    for (size_t i = 0; i < count; i++) {
        const JournalReading *reading = &readings[i];
        if (reading->quality > FRAME_QUALITY_MAX)
            return bp_fail(err, BP_INVALID, "a reading of point %d has quality %d", reading->point_id,
                           reading->quality);
        if (reading->reason.size > JOURNAL_FRAME_TEXT_MAX || reading->units.size > JOURNAL_FRAME_TEXT_MAX ||
            reading->object_type.size > JOURNAL_FRAME_TEXT_MAX)
            return bp_fail(err, BP_INVALID, "a reading of point %d has a text of more than %d octets",
                           reading->point_id, JOURNAL_FRAME_TEXT_MAX);
    }
    return BP_OK;
}

BpStatus journal_frame_encode(JournalFrameEncoder *encoder, const JournalReading *readings, size_t count,
                              bool is_key, BpBuf *out, BpError *err)
{
    BP_TRY(check_readings(readings, count, err));
    FrameStream *stream = &encoder->stream;
    const size_t begin = out->size;
    encoder->is_pending = true;
    is_key = is_key || encoder->must_begin;
    if (is_key)
        begin_stream(encoder);
    size_t point_count = stream->count, text_count = stream->text_count;
    bool has_room = take_rows(encoder, readings, count);
    if (!has_room && !is_key) {
        is_key = true;
        begin_stream(encoder);
        point_count = stream->count, text_count = stream->text_count;
        has_room = take_rows(encoder, readings, count);
    }
    if (has_room) {
        bp_buf_u8(out, JOURNAL_FRAME_VERSION);
        bp_buf_u8(out, is_key ? FRAME_IS_KEY : 0);
        bp_buf_u32(out, stream->id);
        if (is_key)
            bp_buf_u32(out, encoder->former);
        put_varint(out, stream->number++);
        put_varint(out, count);
        const uint8_t flags = put_texts(encoder, text_count, out);
        write_rows(encoder, point_count, out);
        has_room = !out->failed && out->size - begin <= JOURNAL_FRAME_OCTETS_MAX;
        if (has_room)
            out->data[begin + 1] |= flags;
    }
    if (!has_room) {
        bp_buf_rewind(out, begin);
        encoder->must_begin = true;
        return bp_fail(err, BP_FULL, "%zu readings do not fit into a frame", count);
    }
    return BP_OK;
}
