/* Frames of readings. An even first octet: the rest are frames, each behind its size in two octets, that come
 * one after the other. An odd one: the rest says which readings are encoded, and which octet of their frames
 * goes wrong afterwards, for a fuzzer does not find checks. */
#include "base/cursor.h"
#include "journal/frame.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { READINGS_MAX = 256, FRAMES_MAX = 16, TEXT = 3 };

typedef struct Walk {
    const JournalReading *readings; /* NULL: whatever comes is right */
    size_t count;
    bool taken[READINGS_MAX];
    size_t taken_count;
} Walk;

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static bool is_same(const JournalReading *a, const JournalReading *b)
{
    return a->point_id == b->point_id && a->at_us == b->at_us && a->has_value == b->has_value &&
           (!a->has_value || bits_of(a->value) == bits_of(b->value)) && a->quality == b->quality &&
           a->has_object == b->has_object && bp_str_equal(a->reason, b->reason) &&
           bp_str_equal(a->units, b->units) &&
           (!a->has_object || (a->device_id == b->device_id && a->object_instance == b->object_instance &&
                               bp_str_equal(a->object_type, b->object_type)));
}

static void take(void *context, const JournalReading *reading)
{
    Walk *walk = context;
    size_t i = 0;
    assert(reading->quality <= 2 && reading->reason.size <= JOURNAL_FRAME_TEXT_MAX);
    walk->taken_count++;
    if (!walk->readings)
        return;
    while (i < walk->count && (walk->taken[i] || !is_same(&walk->readings[i], reading)))
        i++;
    assert(i < walk->count);
    walk->taken[i] = true;
}

static void walk_frames(BpCursor in)
{
    JournalFrameDecoder *decoder = journal_frame_decoder_new();
    while (bp_cursor_remaining(&in)) {
        Walk walk = {0};
        JournalFrameAbout about;
        const size_t wished = bp_cursor_u16(&in), left = bp_cursor_remaining(&in);
        const size_t size = wished < left ? wished : left;
        const BpStr frame = {(const char *)bp_cursor_take(&in, size), size};
        if (journal_frame_decode(decoder, frame, take, &walk, &about, NULL) == BP_OK)
            assert(about.count == walk.taken_count && about.first_us <= about.last_us &&
                   about.is_key == journal_frame_is_key(frame));
        else
            assert(walk.taken_count == 0);
    }
    journal_frame_decoder_free(decoder);
}

static BpStr take_text(BpCursor *in)
{
    const size_t size = bp_cursor_u8(in) % (TEXT + 1);
    const uint8_t *octets = bp_cursor_take(in, size);
    return octets && size ? (BpStr){(const char *)octets, size} : (BpStr){0};
}

static JournalReading take_reading(BpCursor *in)
{
    const uint8_t flags = bp_cursor_u8(in);
    JournalReading reading = {.point_id = bp_cursor_u8(in) % 8,
                              .has_value = flags & 1,
                              .has_object = flags & 2,
                              .quality = (uint8_t)(flags >> 2) % 3};
    reading.at_us = (int64_t)bp_cursor_unsigned(in, flags & 16 ? 8 : 1);
    if (reading.has_value && flags & 32) {
        const uint64_t bits = bp_cursor_unsigned(in, 8);
        memcpy(&reading.value, &bits, sizeof reading.value);
    } else if (reading.has_value) {
        reading.value = (double)bp_cursor_u8(in) / 10;
    }
    if (flags & 64)
        reading.reason = take_text(in);
    if (flags & 128)
        reading.units = take_text(in);
    if (reading.has_object) {
        reading.device_id = bp_cursor_u8(in) % 3;
        reading.object_instance = reading.point_id;
        reading.object_type = bp_str(reading.point_id % 2 ? "analog-input" : "");
    }
    return reading;
}

static void act(BpCursor in)
{
    JournalFrameEncoder *encoder = journal_frame_encoder_new(1);
    JournalFrameDecoder *decoder = journal_frame_decoder_new();
    BpBuf frame = bp_buf_growing(JOURNAL_FRAME_OCTETS_MAX);
    const size_t where = bp_cursor_u8(&in);
    const uint8_t change = bp_cursor_u8(&in);
    size_t whole = 0;
    for (int frames = 0; frames < FRAMES_MAX && bp_cursor_remaining(&in); frames++) {
        JournalReading readings[READINGS_MAX];
        JournalFrameAbout about;
        const uint8_t head = bp_cursor_u8(&in);
        size_t count = 0;
        while (count < (size_t)head / 2 + 1 && (count == 0 || bp_cursor_remaining(&in)))
            readings[count++] = take_reading(&in);
        Walk walk = {.readings = readings, .count = count};
        bp_buf_clear(&frame);
        if (journal_frame_encode(encoder, readings, count, head & 1, &frame, NULL) != BP_OK)
            abort();
        journal_frame_committed(encoder);
        const bool is_hit = change && where >= whole && where < whole + frame.size;
        if (is_hit) {
            frame.data[where - whole] ^= change;
            walk.readings = NULL; /* that the check is right is a chance of 65,536 */
        }
        whole += frame.size;
        const BpStatus status = journal_frame_decode(decoder, bp_buf_text(&frame), take, &walk, &about, NULL);
        assert(change || status == BP_OK);
        assert(status == BP_OK ? walk.taken_count == about.count : walk.taken_count == 0);
        if (is_hit)
            break;
    }
    bp_buf_done(&frame);
    journal_frame_encoder_free(encoder);
    journal_frame_decoder_free(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BpCursor in = bp_cursor(data, size);
    if (bp_cursor_u8(&in) % 2)
        act(in);
    else if (!in.failed)
        walk_frames(in);
    return 0;
}
