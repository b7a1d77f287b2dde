/* One sender and one receiver of segments, without client or server, over a network that loses, doubles and
 * reorders: whatever it does, the sender believes no more to have arrived than has, and what has arrived is
 * how the message begins. */
#include "tests/unit/octets.h"

#include "bacnet/talk/segments.h"
#include "base/random.h"

enum { MESSAGE_MAX = 40 * 1024, FRAMES_MAX = 4096, REORDERED = 4 };

/* A segment, or a SegmentACK, which has no part. */
typedef struct Frame {
    BacApdu apdu;
    BpStr part;
} Frame;

typedef struct Segments {
    BpRandom random;
    double lost, doubled, reordered;
    BacSegmentSender sender;
    BacSegmentReceiver receiver;
    uint8_t message[MESSAGE_MAX], memory[MESSAGE_MAX];
    size_t size;
    Frame frames[FRAMES_MAX]; /* under way, both directions */
    size_t frame_count;
    size_t wholes; /* times that the receiver said it had all of it */
    size_t retries, given_up;
} Segments;

static bool happens(Segments *segments, double probability)
{
    return bp_random_unit(&segments->random) < probability;
}

static void put_frame(Segments *segments, const Frame *frame)
{
    if (happens(segments, segments->lost))
        return;
    const size_t copies = happens(segments, segments->doubled) ? 2 : 1;
    for (size_t i = 0; i < copies; i++) {
        assert_true(segments->frame_count < FRAMES_MAX);
        segments->frames[segments->frame_count++] = *frame;
    }
}

/* The frame sent first, or one of those soon behind it. */
static Frame take_frame(Segments *segments)
{
    size_t i = 0;
    if (happens(segments, segments->reordered))
        i = bp_random_u64(&segments->random) % REORDERED;
    if (i >= segments->frame_count)
        i = 0;
    const Frame frame = segments->frames[i];
    segments->frame_count--;
    memmove(&segments->frames[i], &segments->frames[i + 1],
            (segments->frame_count - i) * sizeof segments->frames[0]);
    return frame;
}

static void send_window(Segments *segments)
{
    const BpStr whole = {(const char *)segments->message, segments->size};
    Frame frame = {.apdu = {.type = BAC_COMPLEX_ACK}};
    for (uint32_t i = 0; bac_segment_sender_next(&segments->sender, i, whole, &frame.apdu, &frame.part); i++)
        put_frame(segments, &frame);
}

static void take_acknowledgement(Segments *segments, const BacApdu *ack)
{
    const uint32_t before = segments->sender.accepted;
    if (!bac_segment_sender_is_under_way(&segments->sender))
        return;
    switch (bac_segment_sender_acknowledge(&segments->sender, ack)) {
    case BAC_ACK_IS_OLD: assert_int_equal(segments->sender.accepted, before); break;
    case BAC_ACK_ASKS_AGAIN:
        assert_true(ack->negative);
        if (bac_segment_sender_retry(&segments->sender))
            send_window(segments);
        break;
    case BAC_ACK_GOES_ON:
        assert_true(segments->sender.accepted > before);
        send_window(segments);
        break;
    case BAC_ACK_IS_LAST: assert_false(bac_segment_sender_is_under_way(&segments->sender)); break;
    case BAC_ACK_IS_IMPOSSIBLE: fail_msg("a receiver's window is never out of range"); break;
    }
}

static void take_segment(Segments *segments, const Frame *frame)
{
    bool acknowledges;
    Frame answer = {0};
    const uint32_t before = segments->receiver.received;
    const BacSegmentKind kind =
        bac_segment_receiver_take(&segments->receiver, &frame->apdu,
                                  bp_cursor(frame->part.data, frame->part.size), &acknowledges, &answer.apdu);
    const bool is_new = kind == BAC_SEGMENT_TAKEN || kind == BAC_SEGMENT_LAST;
    assert_int_equal(segments->receiver.received, before + is_new);
    segments->wholes += kind == BAC_SEGMENT_LAST;
    if (acknowledges)
        put_frame(segments, &answer);
}

static void check(const Segments *segments)
{
    bac_segment_sender_check(&segments->sender);
    bac_segment_receiver_check(&segments->receiver);
    assert_true(segments->sender.accepted <= segments->receiver.received);
    assert_true(segments->receiver.whole.size <= segments->size);
    assert_memory_equal(segments->receiver.whole.data, segments->message, segments->receiver.whole.size);
}

/* Until the sender is done or has given up; a network with nothing under way is a timeout. */
static void run(Segments *segments)
{
    send_window(segments);
    while (bac_segment_sender_is_under_way(&segments->sender)) {
        if (segments->frame_count == 0) {
            segments->retries++;
            if (!bac_segment_sender_retry(&segments->sender)) {
                segments->given_up++;
                return;
            }
            send_window(segments);
            continue;
        }
        const Frame frame = take_frame(segments);
        if (frame.apdu.type == BAC_SEGMENT_ACK)
            take_acknowledgement(segments, &frame.apdu);
        else
            take_segment(segments, &frame);
        check(segments);
    }
}

static size_t below(BpRandom *random, size_t end)
{
    return bp_random_u64(random) % end;
}

static Segments *segments_new(uint64_t seed, size_t size, uint16_t segment_size, uint8_t window,
                              uint8_t other)
{
    Segments *segments = calloc(1, sizeof *segments);
    assert_non_null(segments);
    segments->random = bp_random(seed);
    segments->size = size;
    for (size_t i = 0; i < size; i++)
        segments->message[i] = (uint8_t)bp_random_u64(&segments->random);
    const BacSegmentSending sending = {
        .size = size, .segment_size = segment_size, .window = window, .retries = 100};
    bac_segment_sender_begin(&segments->sender, &sending);
    bac_segment_receiver_begin(&segments->receiver, bp_buf(segments->memory, sizeof segments->memory), window,
                               other);
    return segments;
}

static void a_good_network_asks_for_nothing_twice(void **state)
{
    (void)state;
    static const uint8_t windows[] = {1, 3, 7, 15, 31, 63, BAC_SEGMENT_WINDOW_MAX};
    for (size_t i = 0; i < sizeof windows; i++) {
        Segments *segments = segments_new(i, 20000, 45, windows[i], 16);
        run(segments);
        assert_int_equal(segments->wholes, 1);
        assert_int_equal(segments->retries, 0);
        assert_int_equal(segments->receiver.whole.size, segments->size);
        free(segments);
    }
}

static void a_bad_network_delays_and_spoils_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        BpRandom random = bp_random(seed);
        const uint16_t segment_size = (uint16_t)(20 + below(&random, 200));
        const uint8_t window = (uint8_t)(1 + below(&random, 32)), other = (uint8_t)(1 + below(&random, 32));
        Segments *segments = segments_new(seed, 1 + below(&random, seed % 10 == 0 ? MESSAGE_MAX : 4000),
                                          segment_size, window, other);
        segments->lost = 0.3 * bp_random_unit(&random);
        segments->doubled = 0.2 * bp_random_unit(&random);
        segments->reordered = 0.5 * bp_random_unit(&random);
        run(segments);
        if (segments->wholes != 1 || segments->given_up || segments->receiver.whole.size != segments->size)
            fail_msg("seed %llu: %zu of %zu octets came, whole %zu times", (unsigned long long)seed,
                     segments->receiver.whole.size, segments->size, segments->wholes);
        free(segments);
    }
}

static void a_dead_network_is_given_up(void **state)
{
    (void)state;
    Segments *segments = segments_new(1, 1000, 45, 16, 16);
    segments->lost = 1;
    run(segments);
    assert_int_equal(segments->given_up, 1);
    assert_int_equal(segments->retries, 101);
    free(segments);
}

/* ---- single SegmentACKs ---- */

static BacSegmentAck acknowledge(BacSegmentSender *sender, uint8_t sequence, uint8_t window, bool negative)
{
    return bac_segment_sender_acknowledge(
        sender, &(BacApdu){.sequence = sequence, .window = window, .negative = negative});
}

static void an_impossible_window_ends_nothing_unless_it_comes_with_something_new(void **state)
{
    (void)state;
    BacSegmentSender sender;
    bac_segment_sender_begin(&sender, &(BacSegmentSending){900, 45, 8, 3});
    assert_int_equal(acknowledge(&sender, 0, 4, false), BAC_ACK_GOES_ON);
    assert_int_equal(acknowledge(&sender, 0, 4, false), BAC_ACK_IS_OLD);
    assert_int_equal(acknowledge(&sender, 0, 4, true), BAC_ACK_ASKS_AGAIN);
    assert_int_equal(acknowledge(&sender, 0, 0, true), BAC_ACK_IS_OLD);
    assert_int_equal(acknowledge(&sender, 0, 128, true), BAC_ACK_IS_OLD);
    assert_int_equal(acknowledge(&sender, 4, 0, false), BAC_ACK_IS_IMPOSSIBLE);
    assert_int_equal(acknowledge(&sender, 4, 128, true), BAC_ACK_IS_IMPOSSIBLE);
    assert_int_equal(sender.accepted, 1);
    assert_int_equal(acknowledge(&sender, 5, 4, false), BAC_ACK_IS_OLD); /* beyond the window */
}

/* Its answer may overtake the SegmentACK of a window that holds the last segment, and of no other. */
static void a_message_may_be_whole_when_its_last_window_is_out(void **state)
{
    (void)state;
    static const struct {
        size_t segments;
        bool may_be;
    } cases[] = {{4, true}, {5, true}, {6, false}}; /* 1 accepted, 4 on their way */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BacSegmentSender sender = {0};
        assert_true(bac_segment_sender_may_be_whole(&sender)); /* nothing is being sent */
        bac_segment_sender_begin(&sender, &(BacSegmentSending){cases[i].segments * 45, 45, 8, 3});
        assert_false(bac_segment_sender_may_be_whole(&sender));
        assert_int_equal(acknowledge(&sender, 0, 4, false), BAC_ACK_GOES_ON);
        assert_int_equal(bac_segment_sender_may_be_whole(&sender), cases[i].may_be);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_network_asks_for_nothing_twice),
        cmocka_unit_test(a_bad_network_delays_and_spoils_nothing),
        cmocka_unit_test(a_dead_network_is_given_up),
        cmocka_unit_test(a_message_may_be_whole_when_its_last_window_is_out),
        cmocka_unit_test(an_impossible_window_ends_nothing_unless_it_comes_with_something_new),
    };
    return cmocka_run_group_tests_name("bacnet segments alone", tests, NULL, NULL);
}
