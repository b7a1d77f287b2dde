/* What bounds a reader of frames that somebody means harm with, and what their writer remembers. */
#include "journal/frame.h"
#include "journal/frame_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct Pair {
    JournalFrameEncoder *encoder;
    JournalFrameDecoder *decoder;
    BpBuf frame;
    JournalReading reading;
} Pair;

static int begin_pair(void **state)
{
    static Pair pair;
    pair = (Pair){.encoder = journal_frame_encoder_new(7),
                  .decoder = journal_frame_decoder_new(),
                  .frame = bp_buf_growing(2 * JOURNAL_FRAME_OCTETS_MAX),
                  .reading = {.point_id = 1, .has_value = true, .units = bp_str("percent")}};
    *state = &pair;
    return 0;
}

static int end_pair(void **state)
{
    Pair *pair = *state;
    journal_frame_encoder_free(pair->encoder);
    journal_frame_decoder_free(pair->decoder);
    bp_buf_done(&pair->frame);
    return 0;
}

/* The next frame of the pair's encoder, some seconds later. */
static BpStr encode(Pair *pair)
{
    bp_buf_clear(&pair->frame);
    pair->reading.at_us += 15000000;
    pair->reading.value += 0.1;
    assert_int_equal(journal_frame_encode(pair->encoder, &pair->reading, 1, false, &pair->frame, NULL),
                     BP_OK);
    journal_frame_committed(pair->encoder);
    return bp_buf_text(&pair->frame);
}

static BpStatus decode(Pair *pair, BpStr frame)
{
    JournalFrameAbout about;
    return journal_frame_decode(pair->decoder, frame, NULL, NULL, &about, NULL);
}

/* ---- frames of somebody who means harm ---- */

/* What one row adds to the check of its frame. */
static void add_check(FrameStream *stream, const FrameRow *row)
{
    static const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15);
    const uint64_t status =
        (uint64_t)row->point << 32 | row->reason << 3 | (uint64_t)row->has_value << 2 | row->quality;
    stream->check = (stream->check ^ (uint64_t)row->at_us) * odd;
    stream->check = (stream->check ^ (row->has_value ? row->bits : 0)) * odd;
    stream->check = (stream->check ^ status) * odd;
    stream->check ^= stream->check >> 32;
}

/* A stream whose writer knows three texts, and tells two of them: a number of a text has two bits for both.
 */
static FrameStream begin_hostile(Pair *pair, uint8_t flags, size_t unpacked, BpStr texts)
{
    static const char *const words[] = {"a", "b", "c"};
    FrameStream stream;
    journal_stream_init(&stream);
    journal_stream_begin(&stream, 7);
    for (int i = 0; i < 3; i++)
        assert_int_equal(journal_stream_add_text(&stream, bp_str(words[i])), 1 + i);
    (void)journal_stream_add_point(&stream);
    journal_stream_begin_frame(&stream);
    BpBuf *frame = &pair->frame;
    bp_buf_clear(frame);
    bp_buf_u8(frame, JOURNAL_FRAME_VERSION);
    bp_buf_u8(frame, FRAME_IS_KEY | FRAME_HAS_TEXTS | flags);
    bp_buf_u32(frame, stream.id);
    bp_buf_u32(frame, 0);
    bp_buf_u8(frame, 0);
    bp_buf_u8(frame, 1); /* reading */
    bp_buf_u8(frame, (uint8_t)unpacked);
    if (flags & FRAME_TEXTS_ARE_PACKED)
        bp_buf_u8(frame, (uint8_t)texts.size);
    bp_buf_str(frame, texts);
    return stream;
}

static BpStatus end_hostile(Pair *pair, FrameStream *stream, Range *range)
{
    (void)journal_range_bits(range, FRAME_CHECK_BITS, stream->check);
    journal_range_end(range);
    journal_stream_done(stream);
    return decode(pair, bp_buf_text(&pair->frame));
}

static const BpStr TWO_TEXTS = {"\1a\1b", 4};

static BpStatus decode_row(Pair *pair, uint8_t flags, size_t unpacked, BpStr texts, FramePoint about,
                           FrameRow row)
{
    FrameStream stream = begin_hostile(pair, flags, unpacked, texts);
    Range range = journal_range_write(&pair->frame);
    size_t known_count = 0;
    stream.points[0].object_type = about.object_type;
    stream.points[0].units = about.units;
    if (!journal_stream_row(&stream, &range, &known_count, &row)) /* what it says is said by then */
        add_check(&stream, &row);
    return end_hostile(pair, &stream, &range);
}

static void a_row_of_what_is_not_there_is_refused(void **state)
{
    Pair *pair = *state;
    const FramePoint none = {.units = 0};
    assert_int_equal(decode_row(pair, 0, 4, TWO_TEXTS, (FramePoint){.units = 1, .object_type = 2},
                                (FrameRow){.reason = 2, .quality = 2}),
                     BP_OK);
    assert_int_equal(decode_row(pair, 0, 4, TWO_TEXTS, none, (FrameRow){.reason = 3}), BP_INVALID);
    assert_int_equal(decode_row(pair, 0, 4, TWO_TEXTS, none, (FrameRow){.quality = 3}), BP_INVALID);
    assert_int_equal(decode_row(pair, 0, 4, TWO_TEXTS, (FramePoint){.units = 3}, (FrameRow){.reason = 2}),
                     BP_INVALID);
    assert_int_equal(
        decode_row(pair, 0, 4, TWO_TEXTS, (FramePoint){.object_type = 3}, (FrameRow){.reason = 2}),
        BP_INVALID);
}

/* The bits of a first row, as journal_stream_row codes it, up to its value's form. */
static BpStatus decode_form(Pair *pair, unsigned form)
{
    FrameStream stream = begin_hostile(pair, 0, 4, TWO_TEXTS);
    FrameKnown *known = stream.known;
    Range range = journal_range_write(&pair->frame);
    (void)journal_range_bit(&range, &known->starts, false);
    (void)journal_range_bit(&range, &known->point_id.more[0], false);
    (void)journal_range_bit(&range, &known->texts_stay, false);
    (void)journal_range_bit(&range, &known->has_object, true);
    (void)journal_range_bit(&range, &known->begins, false);
    (void)journal_range_bit(&range, &known->has_status, false);
    (void)journal_range_bit(&range, &known->form_stays, true);
    unsigned tree = 1;
    for (int i = 4; i >= 0; i--)
        tree = tree << 1 | journal_range_bit(&range, &known->form[tree], form >> i & 1);
    (void)journal_range_bit(&range, &known->first_value.more[0], false);
    add_check(&stream, &(FrameRow){.has_value = true});
    return end_hostile(pair, &stream, &range);
}

static void a_form_of_no_value_is_refused(void **state)
{
    Pair *pair = *state;
    assert_int_equal(decode_form(pair, FRAME_FORMS - 1), BP_OK);
    for (unsigned form = FRAME_FORMS; form < 32; form++)
        assert_int_equal(decode_form(pair, form), BP_INVALID);
}

static void texts_are_what_the_head_says(void **state)
{
    Pair *pair = *state;
    const FramePoint none = {.units = 0};
    static const char packed[] = "\x28\xB5\x2F\xFD\x20\x04\x21\0\0\1a\1b"; /* Zstandard, of one raw block */
    const BpStr texts = {packed, sizeof packed - 1};
    const FrameRow row = {.quality = 1};
    assert_int_equal(decode_row(pair, FRAME_TEXTS_ARE_PACKED, 4, texts, none, row), BP_OK);
    assert_int_equal(decode_row(pair, FRAME_TEXTS_ARE_PACKED, 9, texts, none, row), BP_INVALID);
    assert_int_equal(decode_row(pair, FRAME_TEXTS_ARE_PACKED, 3, texts, none, row), BP_INVALID);
    assert_int_equal(decode_row(pair, 0, 5, (BpStr){"\1a\1b\0", 5}, none, row), BP_INVALID);
    assert_int_equal(decode_row(pair, 0, 4, (BpStr){"\1a\2b", 4}, none, row), BP_INVALID);
    assert_int_equal(decode_row(pair, 8, 4, TWO_TEXTS, none, row), BP_INVALID);
}

static void a_stream_has_room_for_so_many_octets_of_texts(void **state)
{
    (void)state;
    static char octets[JOURNAL_FRAME_TEXT_MAX + 1];
    const BpStr text = {octets, JOURNAL_FRAME_TEXT_MAX};
    FrameStream stream;
    journal_stream_init(&stream);
    journal_stream_begin(&stream, 7);
    assert_int_equal(journal_stream_add_text(&stream, (BpStr){octets, sizeof octets}), 0);
    for (uint32_t i = 1; i <= JOURNAL_FRAME_UNPACKED_MAX / JOURNAL_FRAME_TEXT_MAX; i++)
        assert_int_equal(journal_stream_add_text(&stream, text), i);
    const size_t count = stream.text_count;
    assert_int_equal(journal_stream_add_text(&stream, text), 0);
    assert_int_equal(stream.text_count, count);
    journal_stream_done(&stream);
}

static void a_stream_that_was_damaged_does_not_go_on_from_the_same_frame(void **state)
{
    Pair *pair = *state;
    assert_int_equal(decode(pair, encode(pair)), BP_OK);
    const BpStr frame = encode(pair);
    pair->frame.data[frame.size - 1] ^= 0x10;
    assert_int_equal(decode(pair, frame), BP_INVALID);
    pair->frame.data[frame.size - 1] ^= 0x10;
    assert_int_equal(decode(pair, frame), BP_NOT_FOUND);
}

/* ---- what the writer remembers ---- */

static uint32_t number_at(BpStr frame, size_t offset)
{
    uint32_t number = 0;
    for (size_t i = 0; i < 4; i++)
        number = number << 8 | (uint8_t)frame.data[offset + i];
    return number;
}

static void a_key_frame_ends_the_last_stream_that_was_committed(void **state)
{
    Pair *pair = *state;
    journal_frame_discard(pair->encoder); /* of nothing: there is still nothing to go on from */
    const BpStr first = encode(pair);
    assert_true(journal_frame_is_key(first));
    const uint32_t stream = number_at(first, 2);
    assert_int_equal(number_at(first, 6), 0);
    bp_buf_clear(&pair->frame);
    assert_int_equal(journal_frame_encode(pair->encoder, &pair->reading, 1, true, &pair->frame, NULL), BP_OK);
    journal_frame_discard(pair->encoder);
    journal_frame_committed(pair->encoder);
    const BpStr next = encode(pair);
    assert_true(journal_frame_is_key(next));
    assert_int_equal(number_at(next, 6), stream);
}

static void texts_are_packed_where_that_is_smaller_and_too_long_ones_refused(void **state)
{
    Pair *pair = *state;
    static char octets[JOURNAL_FRAME_TEXT_MAX + 1];
    JournalReading reading = {.point_id = 1, .reason = {octets, JOURNAL_FRAME_TEXT_MAX}};
    BpBuf *frame = &pair->frame;
    assert_int_equal(journal_frame_encode(pair->encoder, &reading, 1, true, frame, NULL), BP_OK);
    assert_int_equal(frame->data[1], FRAME_IS_KEY | FRAME_HAS_TEXTS | FRAME_TEXTS_ARE_PACKED);
    bp_buf_clear(frame);
    reading.reason = bp_str("x");
    assert_int_equal(journal_frame_encode(pair->encoder, &reading, 1, true, frame, NULL), BP_OK);
    assert_int_equal(frame->data[1], FRAME_IS_KEY | FRAME_HAS_TEXTS);
    reading.reason = (BpStr){octets, sizeof octets};
    assert_int_equal(journal_frame_encode(pair->encoder, &reading, 1, true, frame, NULL), BP_INVALID);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, begin_pair, end_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAIR(a_row_of_what_is_not_there_is_refused),
        WITH_PAIR(a_form_of_no_value_is_refused),
        WITH_PAIR(texts_are_what_the_head_says),
        WITH_PAIR(a_stream_that_was_damaged_does_not_go_on_from_the_same_frame),
        WITH_PAIR(a_key_frame_ends_the_last_stream_that_was_committed),
        WITH_PAIR(texts_are_packed_where_that_is_smaller_and_too_long_ones_refused),
        cmocka_unit_test(a_stream_has_room_for_so_many_octets_of_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
