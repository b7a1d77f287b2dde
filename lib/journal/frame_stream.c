#include "journal/frame_stream.h"

#include "journal/frame_form.h"

#include <stdlib.h>

enum { SIZE_FOURTHS = 4 };

/* ---- what it keeps ---- */

void journal_stream_init(FrameStream *stream)
{
    *stream = (FrameStream){.octets = bp_buf_growing(JOURNAL_FRAME_UNPACKED_MAX)};
}

void journal_stream_done(FrameStream *stream)
{
    free(stream->points);
    free(stream->texts);
    free(stream->known);
    bp_buf_done(&stream->octets);
    *stream = (FrameStream){0};
}

/* Of bits alone, so it is filled with bits of which nothing is known. */
static void forget(FrameKnown *known)
{
    RangeBit *bits = (RangeBit *)known;
    for (size_t i = 0; i < sizeof *known / sizeof *bits; i++)
        bits[i] = RANGE_BIT_UNKNOWN;
}

void journal_stream_begin(FrameStream *stream, uint32_t id)
{
    if (!stream->known && !(stream->known = malloc(sizeof *stream->known)))
        abort();
    forget(stream->known);
    bp_buf_clear(&stream->octets);
    stream->id = id;
    stream->number = stream->count = stream->text_count = 0;
    stream->last = UINT32_MAX;
    stream->last_reason = 0;
    stream->at_us = stream->jump_us = 0;
    stream->missed[0] = stream->missed[1] = 0;
    (void)journal_stream_add_text(stream, (BpStr){0});
}

static void *grow(void *items, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 64;
    void *grown = realloc(items, *capacity * size);
    if (!grown)
        abort();
    return grown;
}

FramePoint *journal_stream_add_point(FrameStream *stream)
{
    if (stream->count == JOURNAL_FRAME_POINTS_MAX)
        return NULL;
    stream->points = grow(stream->points, &stream->capacity, stream->count, sizeof *stream->points);
    FramePoint *point = &stream->points[stream->count++];
    *point = (FramePoint){.has_value = true,
                          .next = (uint32_t)stream->count,
                          .follows = {65536 - 2048, 4}, /* points come one behind the other, */
                          .shares = {65536 - 8192, 2}}; /* and of one answer */
    return point;
}

uint32_t journal_stream_add_text(FrameStream *stream, BpStr text)
{
    if (stream->text_count == JOURNAL_FRAME_TEXTS_MAX || text.size > JOURNAL_FRAME_TEXT_MAX)
        return 0;
    const size_t offset = stream->octets.size;
    if (text.size)
        bp_buf_str(&stream->octets, text);
    if (stream->octets.failed) {
        bp_buf_rewind(&stream->octets, offset);
        return 0;
    }
    stream->texts = grow(stream->texts, &stream->text_capacity, stream->text_count, sizeof *stream->texts);
    stream->texts[stream->text_count] = (FrameText){offset, text.size};
    return (uint32_t)stream->text_count++;
}

BpStr journal_stream_text(const FrameStream *stream, uint32_t number)
{
    const FrameText *text = &stream->texts[number];
    return text->size ? (BpStr){(const char *)stream->octets.data + text->offset, text->size} : (BpStr){0};
}

/* ---- numbers ---- */

static unsigned width(uint64_t number)
{
    return number ? 64 - (unsigned)__builtin_clzll(number) : 0;
}

/* A number below `end`, of which nothing is known. */
static uint64_t code_index(Range *range, uint64_t end, uint64_t index)
{
    return journal_range_bits(range, width(end - 1), index);
}

/* How many bits its magnitude has, its sign, and the bits below the first. */
static int64_t code_number(Range *range, FrameNumber *known, RangeBit *sign, int64_t number)
{
    uint64_t magnitude = number < 0 ? -(uint64_t)number : (uint64_t)number;
    const unsigned wanted = width(magnitude);
    unsigned bits = 0;
    while (bits < 64 && journal_range_bit(range, &known->more[bits], bits < wanted))
        bits++;
    if (bits == 0)
        return 0;
    const bool is_negative = journal_range_bit(range, sign, number < 0);
    uint64_t found = 1;
    unsigned below = bits - 1;
    for (unsigned place = 0; place < 2 && below > 0; place++) {
        below--;
        RangeBit *upper = &known->upper[bits][place == 0 ? 0 : 1 + (found & 1)];
        found = found << 1 | journal_range_bit(range, upper, magnitude >> below & 1);
    }
    if (below > 0)
        found = found << below | journal_range_bits(range, below, magnitude);
    return (int64_t)(is_negative ? -found : found);
}

static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

/* ---- a row ---- */

/* Its place among the points, nearly always behind the one before it. `known_count`: it is a new one. */
static uint32_t code_place(FrameStream *stream, Range *range, size_t known_count, uint32_t wanted)
{
    FramePoint *before = stream->last < known_count ? &stream->points[stream->last] : NULL;
    const uint32_t guess = before ? before->next : 0;
    RangeBit *follows = before ? &before->follows : &stream->known->starts;
    if (!journal_range_bit(range, follows, wanted != guess))
        return guess;
    return (uint32_t)code_index(range, known_count + 1, wanted);
}

static uint32_t code_text(FrameStream *stream, Range *range, uint32_t text)
{
    return (uint32_t)code_index(range, stream->text_count, text);
}

/* What is new of a point, against the one before it in the layout. */
static bool code_new_point(FrameStream *stream, Range *range, FramePoint *point, const FramePoint *before)
{
    static const FramePoint none = {.point_id = 0};
    FrameKnown *known = stream->known;
    before = before ? before : &none;
    point->point_id =
        (int32_t)plus(before->point_id, code_number(range, &known->point_id, &known->point_id.sign[0],
                                                    (int64_t)point->point_id - before->point_id));
    if (!journal_range_bit(range, &known->texts_stay,
                           point->units != before->units || point->object_type != before->object_type)) {
        point->units = before->units;
        point->object_type = before->object_type;
    } else {
        point->units = code_text(stream, range, point->units);
        point->object_type = code_text(stream, range, point->object_type);
    }
    point->has_object = !journal_range_bit(range, &known->has_object, !point->has_object);
    if (point->has_object) {
        point->device_id =
            (int32_t)plus(before->device_id, code_number(range, &known->device_id, &known->device_id.sign[0],
                                                         (int64_t)point->device_id - before->device_id));
        point->object_instance = (int32_t)plus(
            before->object_instance, code_number(range, &known->instance, &known->instance.sign[0],
                                                 (int64_t)point->object_instance - before->object_instance));
    }
    for (int i = 0; i < 2; i++)
        point->same[i] = (RangeBit){known->same[i].zero, 1};
    return point->units < stream->text_count && point->object_type < stream->text_count;
}

/* Either all points go on as the one before did, or each goes on as it did itself: whichever has been nearer.
 */
static int64_t code_time(FrameStream *stream, Range *range, FramePoint *point, int64_t at_us)
{
    FrameKnown *known = stream->known;
    const bool differs = at_us != stream->at_us;
    if (!journal_range_bit(range, stream->row ? &point->shares : &known->begins, differs))
        return stream->at_us;
    if (!point->was_seen)
        return plus(stream->at_us, code_number(range, &known->first_time, &known->first_time.sign[0],
                                               minus(at_us, stream->at_us)));
    const int64_t guesses[] = {plus(point->at_us, stream->jump_us), plus(point->at_us, point->step_us)};
    const bool is_own = stream->missed[1] < stream->missed[0];
    FrameNumber *numbers = &known->time[is_own];
    at_us =
        plus(guesses[is_own], code_number(range, numbers, &numbers->sign[0], minus(at_us, guesses[is_own])));
    for (int i = 0; i < 2; i++) {
        const int64_t miss = minus(at_us, guesses[i]);
        stream->missed[i] += width(miss < 0 ? -(uint64_t)miss : (uint64_t)miss) - stream->missed[i] / 16;
    }
    return at_us;
}

static bool code_status(FrameStream *stream, Range *range, const FramePoint *point, FrameRow *row)
{
    FrameKnown *known = stream->known;
    const bool differs =
        row->quality != point->quality || row->reason != point->reason || row->has_value != point->has_value;
    if (!journal_range_bit(range, &known->has_status, differs)) {
        row->quality = point->quality;
        row->reason = point->reason;
        row->has_value = point->has_value;
        return true;
    }
    RangeBit *quality = known->quality[point->quality];
    const bool upper = journal_range_bit(range, &quality[1], row->quality >> 1);
    row->quality =
        (uint8_t)((upper ? 2 : 0) + journal_range_bit(range, &quality[2 + upper], row->quality & 1));
    row->has_value = !journal_range_bit(range, &known->has_no_value[point->has_value], !row->has_value);
    if (journal_range_bit(range, &known->reason_is_last, row->reason != stream->last_reason))
        stream->last_reason = code_text(stream, range, row->reason);
    row->reason = stream->last_reason;
    return row->quality <= FRAME_QUALITY_MAX && row->reason < stream->text_count;
}

static bool code_value(FrameStream *stream, Range *range, FramePoint *point, FrameRow *row)
{
    FrameKnown *known = stream->known;
    uint8_t form = range->is_reading ? 0 : journal_form_of(point, row->bits);
    if (!journal_range_bit(range, &known->form_stays, form != point->form)) {
        form = point->form;
    } else {
        unsigned tree = 1;
        for (int i = 4; i >= 0; i--)
            tree = tree << 1 | journal_range_bit(range, &known->form[tree], form >> i & 1);
        form = tree & 31;
        if (form >= FRAME_FORMS)
            return false;
    }
    int64_t number = 0, before = 0;
    if (!range->is_reading)
        (void)journal_form_number(form, row->bits, &number);
    const bool has_before = point->was_seen && journal_form_number(form, point->bits, &before);
    FrameNumber *numbers =
        has_before && form == point->form ? &known->value[point->size / SIZE_FOURTHS] : &known->first_value;
    const int64_t step = code_number(range, numbers, &numbers->sign[point->sign + 1], minus(number, before));
    number = plus(before, step);
    row->bits = journal_form_bits(form, number);
    const unsigned size = width(step < 0 ? -(uint64_t)step : (uint64_t)step);
    const unsigned most = size < FRAME_SIZE_CLASSES - 1 ? size : FRAME_SIZE_CLASSES - 1;
    point->size =
        (uint8_t)(has_before && form == point->form ? (3U * point->size + SIZE_FOURTHS * most + 2) / 4
                                                    : SIZE_FOURTHS * 2);
    point->sign = (int8_t)((step > 0) - (step < 0));
    point->form = form;
    return true;
}

/* Of all that a row says, so that a reader whose stream differs from the writer's notices. */
static void check(FrameStream *stream, const FrameRow *row)
{
    static const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15);
    const uint64_t status =
        (uint64_t)row->point << 32 | row->reason << 3 | (uint64_t)row->has_value << 2 | row->quality;
    stream->check = (stream->check ^ (uint64_t)row->at_us) * odd;
    stream->check = (stream->check ^ (row->has_value ? row->bits : 0)) * odd;
    stream->check = (stream->check ^ status) * odd;
    stream->check ^= stream->check >> 32;
}

static bool code_change(FrameStream *stream, Range *range, FramePoint *point, FrameRow *row)
{
    const bool had_value = point->has_value && point->was_seen;
    if (!code_status(stream, range, point, row))
        return false;
    const bool status_stays =
        row->quality == point->quality && row->reason == point->reason && row->has_value == point->has_value;
    if (!row->has_value)
        return true;
    /* Something has changed, and a value that was never there has. */
    if (point->was_seen && !(status_stays && had_value) &&
        !journal_range_bit(range, &stream->known->value_moves, row->bits != point->bits)) {
        row->bits = point->bits;
        return true;
    }
    return code_value(stream, range, point, row);
}

void journal_stream_begin_frame(FrameStream *stream)
{
    stream->row = 0;
    stream->check = 0;
}

bool journal_stream_row(FrameStream *stream, Range *range, size_t *known_count, FrameRow *row)
{
    row->point = code_place(stream, range, *known_count, row->point);
    if (row->point > *known_count)
        return false;
    if (row->point == *known_count) {
        if (range->is_reading && !journal_stream_add_point(stream))
            return false;
        FramePoint *fresh = &stream->points[row->point];
        if (!code_new_point(stream, range, fresh, row->point ? fresh - 1 : NULL))
            return false;
        ++*known_count;
    }
    if (stream->last < *known_count)
        stream->points[stream->last].next = row->point;
    stream->last = row->point;
    FramePoint *point = &stream->points[row->point];
    row->at_us = code_time(stream, range, point, row->at_us);
    const bool is_same = row->has_value == point->has_value && row->quality == point->quality &&
                         row->reason == point->reason && (!row->has_value || row->bits == point->bits);
    bool has_changed = true;
    if (point->was_seen) {
        has_changed = journal_range_bit(range, &point->same[point->has_changed], !is_same);
        RangeBit *all = &stream->known->same[point->has_changed];
        all->zero = (uint16_t)((31U * all->zero + (has_changed ? RANGE_ZERO_MIN : RANGE_ZERO_MAX)) / 32);
        all->seen = 1;
    }
    if (!has_changed) {
        row->has_value = point->has_value;
        row->quality = point->quality;
        row->reason = point->reason;
        row->bits = point->bits;
    } else if (!code_change(stream, range, point, row)) {
        return false;
    }
    check(stream, row);
    if (point->was_seen)
        stream->jump_us = point->step_us = minus(row->at_us, point->at_us);
    stream->at_us = point->at_us = row->at_us;
    point->has_changed = has_changed && point->was_seen;
    point->was_seen = true;
    point->has_value = row->has_value;
    point->quality = row->quality;
    point->reason = row->reason;
    if (row->has_value)
        point->bits = row->bits;
    stream->row++;
    return true;
}
