#include "base/time.h"
#include "io/sign/sign.h"
#include "journal/frame.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define BEGAN_US INT64_C(1795000000000000)
enum { READINGS_MAX = JOURNAL_FRAME_READINGS_MAX + 1, RUNS = 40, FRAMES = 30 };

/* What was taken; its texts are copied, since they are the decoder's. */
typedef struct Taken {
    JournalReading *items;
    size_t count;
    char *texts;
    size_t text_size;
} Taken;

static Taken *taken_new(void)
{
    Taken *taken = calloc(1, sizeof *taken);
    taken->items = calloc(READINGS_MAX, sizeof *taken->items);
    taken->texts = malloc(64 * 1024 * 1024);
    return taken;
}

static void taken_free(Taken *taken)
{
    free(taken->items);
    free(taken->texts);
    free(taken);
}

static BpStr keep(Taken *taken, BpStr text)
{
    char *kept = taken->texts + taken->text_size;
    if (text.size)
        memcpy(kept, text.data, text.size);
    taken->text_size += text.size;
    return (BpStr){kept, text.size};
}

static void take(void *context, const JournalReading *reading)
{
    Taken *taken = context;
    assert_true(taken->count < READINGS_MAX);
    JournalReading *item = &taken->items[taken->count++];
    *item = *reading;
    item->reason = keep(taken, reading->reason);
    item->units = keep(taken, reading->units);
    item->object_type = keep(taken, reading->object_type);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double value_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int compare(const void *left, const void *right)
{
    const JournalReading *a = left, *b = right;
    if (a->point_id != b->point_id)
        return a->point_id < b->point_id ? -1 : 1;
    if (a->at_us != b->at_us)
        return a->at_us < b->at_us ? -1 : 1;
    return bp_str_compare(a->units, b->units);
}

static void assert_same(const JournalReading *a, const JournalReading *b)
{
    assert_int_equal(a->point_id, b->point_id);
    assert_true(a->at_us == b->at_us);
    assert_int_equal(a->has_value, b->has_value);
    if (a->has_value)
        assert_true(bits_of(a->value) == bits_of(b->value));
    assert_int_equal(a->quality, b->quality);
    assert_int_equal(a->has_object, b->has_object);
    assert_true(bp_str_equal(a->reason, b->reason) && bp_str_equal(a->units, b->units));
    if (!a->has_object)
        return;
    assert_true(bp_str_equal(a->object_type, b->object_type));
    assert_int_equal(a->device_id, b->device_id);
    assert_int_equal(a->object_instance, b->object_instance);
}

/* They are sorted on the way. */
static void assert_all_are_there(JournalReading *readings, size_t count, Taken *taken)
{
    assert_int_equal(taken->count, count);
    qsort(readings, count, sizeof *readings, compare);
    qsort(taken->items, count, sizeof *taken->items, compare);
    for (size_t i = 0; i < count; i++)
        assert_same(&readings[i], &taken->items[i]);
    taken->count = taken->text_size = 0;
}

/* ---- readings by chance ---- */

typedef struct Chance {
    uint64_t state;
} Chance;

static uint64_t draw(Chance *chance, uint64_t below)
{
    uint64_t mixed = chance->state += UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    mixed ^= mixed >> 31;
    return below ? mixed % below : mixed;
}

/* Printed, so that what failed can be run again: BACPIPES_SEED=N. */
static uint64_t seed_of_run(void)
{
    const char *given = getenv("BACPIPES_SEED");
    const uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("# BACPIPES_SEED=%" PRIu64 "\n", seed);
    return seed;
}

static double odd_value(Chance *chance, double before)
{
    static const uint64_t odd[] = {0,
                                   UINT64_C(0x8000000000000000),
                                   UINT64_C(0x7FF0000000000000),
                                   UINT64_C(0xFFF0000000000000),
                                   UINT64_C(0x7FF8000000000000),
                                   UINT64_C(0x7FF0000000000001),
                                   UINT64_C(0xFFFFFFFFFFFFFFFF),
                                   UINT64_C(0x7FF8000020000000),
                                   UINT64_C(0x7FF4000020000000),
                                   1,
                                   UINT64_C(0x000FFFFFFFFFFFFF),
                                   UINT64_C(0x7FEFFFFFFFFFFFFF),
                                   UINT64_C(0x433FFFFFFFFFFFFF),
                                   UINT64_C(0x4340000000000001),
                                   UINT64_C(0x3690000000000000)};
    switch (draw(chance, 9)) {
    case 0: return value_of(odd[draw(chance, sizeof odd / sizeof *odd)]);
    case 1: return value_of(draw(chance, 0));
    case 2: return (double)draw(chance, 100000) / 100;
    case 3: return (double)(float)((double)draw(chance, 10000) / 10);
    case 4: return (double)(float)value_of(bits_of(20.0 + (double)draw(chance, 1000000) / 1e6));
    case 5: return -(double)draw(chance, UINT64_C(1) << 60);
    case 6: return isfinite(before) ? before + 0.1 : 0;
    default: return before;
    }
}

typedef struct World {
    Chance chance;
    double values[600];
    int points;
    bool is_calm;
} World;

static const char *const WORDS[] = {
    "", "timeout", "out-of-service", "fault: open-loop", "unreliable: \303\251t\303\251", "x"};

static JournalReading make_reading(World *world, int point, int64_t at_us)
{
    Chance *chance = &world->chance;
    double *value = &world->values[point];
    if (draw(chance, world->is_calm ? 10 : 2) == 0)
        *value = world->is_calm ? *value + (double)draw(chance, 5) / 10 - 0.2 : odd_value(chance, *value);
    JournalReading reading = {.point_id = point * 3 + 1,
                              .at_us = at_us,
                              .value = *value,
                              .has_value = draw(chance, 20) != 0,
                              .has_object = point % 7 != 6,
                              .device_id = point / 20,
                              .object_instance = point * 11 % 4194303,
                              .object_type = bp_str(WORDS[4 + (size_t)point % 2]),
                              .units = bp_str(WORDS[(size_t)point % 6])};
    if (draw(chance, 15) == 0) {
        reading.quality = (uint8_t)draw(chance, 3);
        reading.reason = bp_str(WORDS[draw(chance, 6)]);
    }
    if (draw(chance, 500) == 0)
        reading.units = bp_str("percent");
    if (draw(chance, 500) == 0)
        reading.device_id = INT32_MIN + (int32_t)draw(chance, 3);
    return reading;
}

/* A round of most points, or a spool that is drained from its newest to its oldest. Each instant of a point
 * once. */
static size_t make_readings(World *world, JournalReading *readings, int frame)
{
    Chance *chance = &world->chance;
    const int64_t at_us = BEGAN_US + frame * 15 * BP_SECOND;
    size_t count = 0;
    const int rounds = draw(chance, 8) == 0 ? 30 : 1;
    for (int round = rounds; round-- > 0;) {
        int64_t answered_us = at_us - round * BP_SECOND;
        for (int point = 0; point < world->points && count < 6000; point++) {
            if (draw(chance, 20) == 0)
                answered_us = at_us - round * BP_SECOND + (int64_t)draw(chance, 900000);
            if (draw(chance, 10) != 0)
                readings[count++] = make_reading(world, point, answered_us);
        }
    }
    if (draw(chance, 10) == 0 && count)
        readings[0].at_us = draw(chance, 2) ? INT64_MIN : INT64_MAX - frame;
    for (size_t i = count; draw(chance, 3) == 0 && i > 1; i--) {
        const size_t other = (size_t)draw(chance, i);
        const JournalReading kept = readings[i - 1];
        readings[i - 1] = readings[other];
        readings[other] = kept;
    }
    return count;
}

static void whatever_goes_in_comes_out(void **state)
{
    (void)state;
    const uint64_t seed = seed_of_run();
    Taken *taken = taken_new();
    JournalReading *readings = calloc(READINGS_MAX, sizeof *readings);
    BpBuf frame = bp_buf_growing(JOURNAL_FRAME_OCTETS_MAX);
    for (int run = 0; run < RUNS; run++) {
        World world = {.chance = {seed + (uint64_t)run}, .is_calm = run % 2};
        world.points = 1 + (int)draw(&world.chance, run % 3 ? 600 : 5);
        JournalFrameEncoder *encoder = journal_frame_encoder_new(seed);
        JournalFrameDecoder *decoder = journal_frame_decoder_new();
        bool may_be_key = true;
        for (int number = 0; number < FRAMES; number++) {
            JournalFrameAbout about;
            const size_t count = make_readings(&world, readings, number);
            const bool is_key = draw(&world.chance, 10) == 0;
            if (!count)
                continue;
            bp_buf_clear(&frame);
            assert_int_equal(journal_frame_encode(encoder, readings, count, is_key, &frame, NULL), BP_OK);
            assert_int_equal(journal_frame_is_key(bp_buf_text(&frame)), is_key || may_be_key);
            may_be_key = false;
            if (draw(&world.chance, 8) == 0) {
                journal_frame_discard(encoder);
                may_be_key = true;
                continue;
            }
            journal_frame_committed(encoder);
            assert_int_equal(journal_frame_decode(decoder, bp_buf_text(&frame), take, taken, &about, NULL),
                             BP_OK);
            assert_int_equal(about.count, count);
            assert_all_are_there(readings, count, taken);
        }
        journal_frame_encoder_free(encoder);
        journal_frame_decoder_free(decoder);
    }
    bp_buf_done(&frame);
    free(readings);
    taken_free(taken);
}

/* ---- what goes wrong ---- */

typedef struct Pair {
    JournalFrameEncoder *encoder;
    JournalFrameDecoder *decoder;
    Taken *taken;
    BpBuf frame;
    JournalReading readings[4];
} Pair;

static int begin_pair(void **state)
{
    static Pair pair;
    pair = (Pair){.encoder = journal_frame_encoder_new(7),
                  .decoder = journal_frame_decoder_new(),
                  .taken = taken_new(),
                  .frame = bp_buf_growing(2 * JOURNAL_FRAME_OCTETS_MAX)};
    for (int i = 0; i < 4; i++)
        pair.readings[i] = (JournalReading){.point_id = i + 1,
                                            .at_us = BEGAN_US + i,
                                            .value = 20.5,
                                            .has_value = true,
                                            .has_object = true,
                                            .device_id = 1,
                                            .object_instance = i,
                                            .object_type = bp_str("analog-input"),
                                            .units = bp_str("degrees-celsius")};
    *state = &pair;
    return 0;
}

static int end_pair(void **state)
{
    Pair *pair = *state;
    journal_frame_encoder_free(pair->encoder);
    journal_frame_decoder_free(pair->decoder);
    taken_free(pair->taken);
    bp_buf_done(&pair->frame);
    return 0;
}

/* The next frame of the pair's encoder, some seconds later. */
static BpStr encode(Pair *pair, bool is_key)
{
    bp_buf_clear(&pair->frame);
    for (int i = 0; i < 4; i++) {
        pair->readings[i].at_us += 15 * BP_SECOND;
        pair->readings[i].value += 0.1;
    }
    assert_int_equal(journal_frame_encode(pair->encoder, pair->readings, 4, is_key, &pair->frame, NULL),
                     BP_OK);
    journal_frame_committed(pair->encoder);
    return bp_buf_text(&pair->frame);
}

static BpStatus decode(Pair *pair, BpStr frame)
{
    JournalFrameAbout about;
    pair->taken->count = pair->taken->text_size = 0;
    return journal_frame_decode(pair->decoder, frame, take, pair->taken, &about, NULL);
}

static void after_a_frame_that_is_missing_later_ones_wait_for_a_key_frame(void **state)
{
    Pair *pair = *state;
    assert_int_equal(decode(pair, encode(pair, false)), BP_OK);
    (void)encode(pair, false);
    assert_int_equal(decode(pair, encode(pair, false)), BP_NOT_FOUND);
    assert_int_equal(pair->taken->count, 0);
    assert_int_equal(decode(pair, encode(pair, false)), BP_NOT_FOUND);
    assert_int_equal(decode(pair, encode(pair, true)), BP_OK);
    assert_int_equal(decode(pair, encode(pair, false)), BP_OK);
    assert_all_are_there(pair->readings, 4, pair->taken);
}

static void a_frame_that_comes_twice_is_taken_once(void **state)
{
    Pair *pair = *state;
    assert_int_equal(decode(pair, encode(pair, false)), BP_OK);
    const BpStr frame = encode(pair, false);
    assert_int_equal(decode(pair, frame), BP_OK);
    assert_int_equal(decode(pair, frame), BP_NOT_FOUND);
    assert_int_equal(decode(pair, encode(pair, false)), BP_OK);
}

static void a_damaged_frame_gives_nothing_and_ends_its_stream(void **state)
{
    Pair *pair = *state;
    assert_int_equal(decode(pair, encode(pair, false)), BP_OK);
    const BpStr frame = encode(pair, false);
    pair->frame.data[frame.size - 1] ^= 0x10;
    assert_int_equal(decode(pair, frame), BP_INVALID);
    assert_int_equal(pair->taken->count, 0);
    assert_int_equal(decode(pair, encode(pair, false)), BP_NOT_FOUND);
    assert_int_equal(decode(pair, encode(pair, true)), BP_OK);
}

static void no_prefix_of_a_frame_gives_another(void **state)
{
    Pair *pair = *state;
    const BpStr frame = encode(pair, true);
    for (size_t size = 0; size < frame.size; size++) {
        char *copy =
            malloc(size + !size); /* of exactly its size, so that AddressSanitizer sees a read past the end */
        memcpy(copy, frame.data, size);
        assert_int_not_equal(decode(pair, (BpStr){copy, size}), BP_OK);
        free(copy);
    }
}

static void frames_of_other_streams_may_come_between(void **state)
{
    Pair *pair = *state;
    char old[3][512];
    size_t sizes[3];
    JournalFrameEncoder *live = pair->encoder, *other = journal_frame_encoder_new(8);
    pair->encoder = other;
    for (int i = 0; i < 3; i++) {
        const BpStr frame = encode(pair, false);
        memcpy(old[i], frame.data, sizes[i] = frame.size);
    }
    pair->encoder = live;
    assert_int_equal(decode(pair, (BpStr){old[0], sizes[0]}), BP_OK);
    for (int key = 0; key < 10; key++) /* each ends the stream before it, and none the other one */
        for (int i = 0; i < 3; i++)
            assert_int_equal(decode(pair, encode(pair, i == 0)), BP_OK);
    assert_int_equal(decode(pair, (BpStr){old[1], sizes[1]}), BP_OK);
    assert_int_equal(decode(pair, encode(pair, false)), BP_OK);
    assert_int_equal(decode(pair, (BpStr){old[2], sizes[2]}), BP_OK);
    journal_frame_encoder_free(other);
}

static void several_frames_may_wait_for_one_commit(void **state)
{
    Pair *pair = *state;
    char first[512];
    bp_buf_clear(&pair->frame);
    assert_int_equal(journal_frame_encode(pair->encoder, pair->readings, 2, false, &pair->frame, NULL),
                     BP_OK);
    const size_t size = pair->frame.size;
    memcpy(first, pair->frame.data, size);
    assert_int_equal(journal_frame_encode(pair->encoder, pair->readings + 2, 2, false, &pair->frame, NULL),
                     BP_OK);
    journal_frame_committed(pair->encoder);
    assert_int_equal(decode(pair, (BpStr){first, size}), BP_OK);
    assert_int_equal(pair->taken->count, 2);
    assert_int_equal(decode(pair, (BpStr){(char *)pair->frame.data + size, pair->frame.size - size}), BP_OK);
    assert_int_equal(pair->taken->count, 2);
}

static void what_does_not_fit_is_refused_and_the_next_frame_is_a_key(void **state)
{
    Pair *pair = *state;
    Chance chance = {1};
    JournalReading *many = calloc(READINGS_MAX, sizeof *many);
    static char texts[READINGS_MAX][128];
    (void)encode(pair, false);
    for (size_t i = 0; i < READINGS_MAX; i++) {
        for (size_t k = 0; k < sizeof *texts; k++)
            texts[i][k] = (char)draw(&chance, 256);
        many[i] = (JournalReading){.point_id = (int32_t)i, .reason = {texts[i], sizeof *texts}};
    }
    BpBuf *frame = &pair->frame;
    bp_buf_clear(frame);
    BpError err;
    assert_int_equal(journal_frame_encode(pair->encoder, many, READINGS_MAX, false, frame, &err), BP_FULL);
    assert_int_equal(journal_frame_encode(pair->encoder, many, 18000, false, frame, &err), BP_FULL);
    assert_int_equal(frame->size, 0);
    journal_frame_committed(pair->encoder); /* whatever is said of others meanwhile */
    journal_frame_discard(pair->encoder);
    assert_int_equal(journal_frame_encode(pair->encoder, many, 4000, false, frame, &err), BP_OK);
    assert_true(journal_frame_is_key(bp_buf_text(frame)));
    assert_int_equal(decode(pair, bp_buf_text(frame)), BP_OK);
    assert_all_are_there(many, 4000, pair->taken);
    many[0].quality = 3;
    assert_int_equal(journal_frame_encode(pair->encoder, many, 1, false, frame, &err), BP_INVALID);
    free(many);
}

static void points_beyond_the_most_begin_a_new_stream(void **state)
{
    Pair *pair = *state;
    JournalReading *many = calloc(READINGS_MAX, sizeof *many);
    int keys = 0;
    for (int32_t from = 0; from < 2 * JOURNAL_FRAME_POINTS_MAX; from += 20000) {
        for (int32_t i = 0; i < 20000; i++)
            many[i] =
                (JournalReading){.point_id = from + i, .at_us = BEGAN_US, .has_value = true, .value = i};
        bp_buf_clear(&pair->frame);
        assert_int_equal(journal_frame_encode(pair->encoder, many, 20000, false, &pair->frame, NULL), BP_OK);
        keys += journal_frame_is_key(bp_buf_text(&pair->frame));
        assert_int_equal(decode(pair, bp_buf_text(&pair->frame)), BP_OK);
        assert_all_are_there(many, 20000, pair->taken);
    }
    assert_int_equal(keys, 2);
    free(many);
}

static void texts_that_unpack_to_too_much_are_refused(void **state)
{
    Pair *pair = *state;
    static const uint8_t bomb[] = {1, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0x7F, 4, 1, 2, 3, 4};
    assert_int_equal(decode(pair, (BpStr){(const char *)bomb, sizeof bomb}), BP_INVALID);
    static const uint8_t newer[] = {2, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1};
    assert_int_equal(decode(pair, (BpStr){(const char *)newer, sizeof newer}), BP_UNSUPPORTED);
}

/* ---- frames of each version, as they were once written: tests/data/frames_v1.txt ---- */

static void print_reading(FILE *out, const JournalReading *reading)
{
    fprintf(out, "%" PRId32 " %" PRId64 " ", reading->point_id, reading->at_us);
    if (reading->has_value)
        fprintf(out, "%016" PRIx64, bits_of(reading->value));
    else
        fprintf(out, "none");
    fprintf(out, " %d \"%.*s\" \"%.*s\"", reading->quality, BP_STR_ARGS(reading->reason),
            BP_STR_ARGS(reading->units));
    if (reading->has_object)
        fprintf(out, " %" PRId32 " %.*s %" PRId32, reading->device_id, BP_STR_ARGS(reading->object_type),
                reading->object_instance);
    fprintf(out, "\n");
}

/* Writes such a file, for a version that is new: BACPIPES_WRITE_FRAMES=FILE. */
static void write_golden(const char *path)
{
    FILE *out = fopen(path, "w");
    World world = {.chance = {42}, .points = 40};
    JournalReading *readings = calloc(READINGS_MAX, sizeof *readings);
    JournalFrameEncoder *encoder = journal_frame_encoder_new(42);
    JournalFrameDecoder *decoder = journal_frame_decoder_new();
    Taken *taken = taken_new();
    BpBuf frame = bp_buf_growing(JOURNAL_FRAME_OCTETS_MAX);
    assert_non_null(out);
    for (int number = 0; number < 8; number++) {
        JournalFrameAbout about;
        world.is_calm = number % 2;
        const size_t count = make_readings(&world, readings, number);
        bp_buf_clear(&frame);
        assert_int_equal(journal_frame_encode(encoder, readings, count, number == 5, &frame, NULL), BP_OK);
        taken->count = taken->text_size = 0;
        assert_int_equal(journal_frame_decode(decoder, bp_buf_text(&frame), take, taken, &about, NULL),
                         BP_OK);
        fprintf(out, "frame ");
        for (size_t i = 0; i < frame.size; i++)
            fprintf(out, "%02x", frame.data[i]);
        fprintf(out, "\n");
        for (size_t i = 0; i < taken->count; i++)
            print_reading(out, &taken->items[i]);
    }
    fclose(out);
    bp_buf_done(&frame);
    free(readings);
    taken_free(taken);
    journal_frame_encoder_free(encoder);
    journal_frame_decoder_free(decoder);
}

static void frames_of_version_1_are_read_as_they_were_written(void **state)
{
    Pair *pair = *state;
    if (getenv("BACPIPES_WRITE_FRAMES"))
        write_golden(getenv("BACPIPES_WRITE_FRAMES"));
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/data/frames_v1.txt", getenv("TEST_SOURCE_ROOT"));
    FILE *in = fopen(path, "r");
    char *line = NULL, *read = NULL;
    size_t capacity = 0, read_size = 0, frames = 0, at = 0;
    assert_non_null(in);
    while (getline(&line, &capacity, in) > 0) {
        if (strncmp(line, "frame ", 6) != 0) {
            assert_true(read && strncmp(read + at, line, strlen(line)) == 0);
            at += strlen(line);
            continue;
        }
        assert_int_equal(at, read_size); /* there was a line for each reading of the one before */
        uint8_t octets[65536];
        const BpStr digits = {line + 6, strcspn(line + 6, "\n")};
        const size_t size = digits.size / 2;
        assert_in_range(size, 1, sizeof octets);
        assert_true(sign_from_hex(digits, octets, size));
        assert_int_equal(decode(pair, (BpStr){(const char *)octets, size}), BP_OK);
        free(read);
        FILE *out = open_memstream(&read, &read_size);
        for (size_t i = 0; i < pair->taken->count; i++)
            print_reading(out, &pair->taken->items[i]);
        fclose(out);
        frames++;
        at = 0;
    }
    assert_int_equal(at, read_size);
    assert_int_equal(frames, 8);
    free(read);
    free(line);
    fclose(in);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, begin_pair, end_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_goes_in_comes_out),
        WITH_PAIR(after_a_frame_that_is_missing_later_ones_wait_for_a_key_frame),
        WITH_PAIR(a_frame_that_comes_twice_is_taken_once),
        WITH_PAIR(a_damaged_frame_gives_nothing_and_ends_its_stream),
        WITH_PAIR(no_prefix_of_a_frame_gives_another),
        WITH_PAIR(frames_of_other_streams_may_come_between),
        WITH_PAIR(several_frames_may_wait_for_one_commit),
        WITH_PAIR(what_does_not_fit_is_refused_and_the_next_frame_is_a_key),
        WITH_PAIR(points_beyond_the_most_begin_a_new_stream),
        WITH_PAIR(texts_that_unpack_to_too_much_are_refused),
        WITH_PAIR(frames_of_version_1_are_read_as_they_were_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
