/* The server alone: answers and requests in segments. */
#include "tests/unit/lib/bacnet/talk/answerer.h"

/* ---- long answers ---- */

static const char OBJECT_LIST[] = "0c 02000412 19 4c"; /* 101 objects: 505 octets, and 9 around them */
enum { OBJECT_LIST_SIZE = 514 };

static void ask_for_list(Answerer *answerer, const BacAddress *from, uint8_t id, uint16_t max_apdu,
                         uint8_t max_segments)
{
    BacApdu apdu = request_of(READ);
    apdu.invoke_id = id;
    apdu.max_apdu = max_apdu;
    apdu.max_segments = max_segments;
    const Octets parameters = octets(OBJECT_LIST);
    hear(answerer, from, &apdu, &parameters);
}

static void acknowledge(Answerer *answerer, const BacAddress *from, uint8_t sequence, uint8_t window)
{
    const BacApdu apdu = {.type = BAC_SEGMENT_ACK, .invoke_id = 33, .sequence = sequence, .window = window};
    hear(answerer, from, &apdu, &(Octets){0});
}

/* The segments sent last are these, one after the other. */
static void assert_segments(const Answerer *answerer, uint8_t first, size_t count)
{
    assert_int_equal(answerer->sent_count, count);
    for (size_t i = 0; i < count; i++) {
        const BacApdu *apdu = &answerer->sent[i].datagram.apdu;
        assert_int_equal(apdu->type, BAC_COMPLEX_ACK);
        assert_true(apdu->segmented);
        assert_int_equal(apdu->sequence, first + i);
        assert_int_equal(apdu->window, 4);
        assert_int_equal(apdu->invoke_id, 33);
        assert_int_equal(apdu->service, READ);
        assert_true(answerer->sent[i].datagram.npdu.expecting_reply);
    }
}

static void an_answer_that_just_fits_goes_out_whole(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    ask_for_list(answerer, &ASKER, 33, 1024, 65);
    assert_false(assert_one_sent(answerer, BAC_COMPLEX_ACK)->apdu.segmented);
    BacServerOptions options = options_of(answerer);
    options.identity.max_apdu = OBJECT_LIST_SIZE + 3; /* the device's own limit counts too */
    bac_server_init(&answerer->device.server, &options);
    ask_for_list(answerer, &ASKER, 33, 1024, 65);
    assert_false(assert_one_sent(answerer, BAC_COMPLEX_ACK)->apdu.segmented);
    options.identity.max_apdu--;
    bac_server_init(&answerer->device.server, &options);
    ask_for_list(answerer, &ASKER, 33, 1024, 65);
    assert_segments(answerer, 0, 1);
}

static void segments_wait_for_each_acknowledgement(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    ask_for_list(answerer, &FAR_ASKER, 33, 50, 65); /* 45 octets in a segment: 12 of them */
    assert_segments(answerer, 0, 1);
    acknowledge(answerer, &FAR_ASKER, 0, 3); /* the client's window is smaller */
    assert_segments(answerer, 1, 3);
    assert_int_equal(bp_cursor_remaining(&answerer->sent[0].datagram.body), 45);
    acknowledge(answerer, &FAR_ASKER, 2, 3); /* negative or not: 3 was lost */
    assert_segments(answerer, 3, 3);
    acknowledge(answerer, &FAR_ASKER, 5, 127); /* more than we proposed */
    assert_segments(answerer, 6, 4);
    acknowledge(answerer, &FAR_ASKER, 9, 4);
    assert_segments(answerer, 10, 2);
    assert_true(answerer->sent[0].datagram.apdu.more_follows);
    assert_false(answerer->sent[1].datagram.apdu.more_follows);
    assert_int_equal(bp_cursor_remaining(&answerer->sent[1].datagram.body), OBJECT_LIST_SIZE - 11 * 45);
    assert_true(bac_address_equal(&answerer->sent[1].to, &FAR_ASKER));
    acknowledge(answerer, &FAR_ASKER, 11, 4);
    assert_int_equal(answerer->sent_count, 0);
    assert_int_equal(bac_server_next_due_us(&answerer->device.server), INT64_MAX);
    assert_int_equal(answerer->device.server.counts.unfinished, 0);
    assert_int_equal(answerer->device.server.counts.segments, 1 + 3 + 3 + 4 + 2);
}

static void acknowledgements_of_nothing_under_way_change_nothing(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    ask_for_list(answerer, &ASKER, 33, 50, 65);
    acknowledge(answerer, &ASKER, 0, 4);
    const int64_t due_us = bac_server_next_due_us(&answerer->device.server);
    answerer->now_us += 1000;
    static const uint8_t others[] = {0, 5, 6, 11, 255};
    for (size_t i = 0; i < sizeof others; i++) {
        acknowledge(answerer, &ASKER, others[i], 4);
        assert_int_equal(answerer->sent_count, 0);
    }
    acknowledge(answerer, &FAR_ASKER, 1, 4); /* somebody else's */
    assert_int_equal(answerer->sent_count, 0);
    assert_int_equal(bac_server_next_due_us(&answerer->device.server), due_us);
    acknowledge(answerer, &ASKER, 4, 4);
    assert_segments(answerer, 5, 4);
}

static void a_window_not_acknowledged_is_sent_again_and_then_forgotten(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    BacServer *server = &answerer->device.server;
    ask_for_list(answerer, &ASKER, 33, 50, 65);
    acknowledge(answerer, &ASKER, 0, 4);
    for (int retry = 1; retry <= 3; retry++) {
        answerer->sent_count = 0;
        answerer->now_us += 2000000 - 1;
        bac_server_expire(server, answerer->now_us);
        assert_int_equal(answerer->sent_count, 0);
        answerer->now_us += 1;
        assert_int_equal(bac_server_next_due_us(server), answerer->now_us);
        bac_server_expire(server, answerer->now_us);
        assert_segments(answerer, 1, 4);
    }
    answerer->sent_count = 0;
    bac_server_expire(server, bac_server_next_due_us(server));
    assert_int_equal(answerer->sent_count, 0);
    assert_int_equal(bac_server_next_due_us(server), INT64_MAX);
    assert_int_equal(server->counts.unfinished, 1);
    ask_for_list(answerer, &ASKER, 33, 50, 65);
    assert_segments(answerer, 0, 1);
}

static void a_client_may_abort_its_answer(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    ask_for_list(answerer, &ASKER, 33, 50, 65);
    const BacApdu abort = {.type = BAC_ABORT, .invoke_id = 33};
    hear(answerer, &FAR_ASKER, &abort, &(Octets){0}); /* somebody else's */
    assert_true(bac_server_next_due_us(&answerer->device.server) < INT64_MAX);
    hear(answerer, &ASKER, &abort, &(Octets){0});
    assert_int_equal(answerer->sent_count, 0);
    assert_int_equal(bac_server_next_due_us(&answerer->device.server), INT64_MAX);
    acknowledge(answerer, &ASKER, 0, 4);
    assert_int_equal(answerer->sent_count, 0);
}

static void an_impossible_window_is_aborted(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    ask_for_list(answerer, &ASKER, 33, 50, 65);
    acknowledge(answerer, &ASKER, 0, 0);
    assert_aborted(answerer, BAC_ABORT_WINDOW_SIZE_OUT_OF_RANGE);
    ask_for_list(answerer, &ASKER, 33, 50, 65);
    acknowledge(answerer, &ASKER, 0, 128);
    assert_aborted(answerer, BAC_ABORT_WINDOW_SIZE_OUT_OF_RANGE);
    assert_int_equal(bac_server_next_due_us(&answerer->device.server), INT64_MAX);
}

static void a_request_that_comes_again_does_not_start_a_second_answer(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    ask_for_list(answerer, &ASKER, 33, 50, 65);
    const int64_t due_us = bac_server_next_due_us(&answerer->device.server);
    answerer->now_us += 1000;
    ask_for_list(answerer, &ASKER, 33, 50, 65); /* the first segment was lost, it seems */
    assert_segments(answerer, 0, 1);
    assert_int_equal(bac_server_next_due_us(&answerer->device.server), due_us);
    acknowledge(answerer, &ASKER, 0, 4);
    ask_for_list(answerer, &ASKER, 33, 50, 65);
    assert_int_equal(answerer->sent_count, 0);
    ask_for_list(answerer, &FAR_ASKER, 33, 50, 65); /* the same ID of another client is another request */
    assert_segments(answerer, 0, 1);
    acknowledge(answerer, &ASKER, 4, 4);
    assert_segments(answerer, 5, 4);
}

static void an_answer_that_cannot_go_out_is_aborted_with_the_reason(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    BacApdu apdu = request_of(READ);
    apdu.max_apdu = 50;
    apdu.segmented_response_accepted = false;
    const Octets parameters = octets(OBJECT_LIST);
    hear(answerer, &ASKER, &apdu, &parameters);
    assert_aborted(answerer, BAC_ABORT_SEGMENTATION_NOT_SUPPORTED);

    ask_for_list(answerer, &ASKER, 33, 50, 8); /* 12 segments are needed */
    assert_aborted(answerer, BAC_ABORT_BUFFER_OVERFLOW);
    /* 8 segments of 45 octets: 70 objects of five, with the 9 around them, and not one more. */
    for (answerer->device.object_count = 69; answerer->device.object_count <= 70;
         answerer->device.object_count++) {
        ask_for_list(answerer, &FAR_ASKER, 33, 50, 8);
        if (answerer->device.object_count == 69)
            assert_segments(answerer, 0, 1);
        else
            assert_aborted(answerer, BAC_ABORT_BUFFER_OVERFLOW);
        const BacApdu abort = {.type = BAC_ABORT, .invoke_id = 33};
        hear(answerer, &FAR_ASKER, &abort, &(Octets){0});
    }
    answerer->device.object_count = OBJECTS;
    ask_for_list(answerer, &ASKER, 33, 50, 16);
    assert_segments(answerer, 0, 1);
    ask_for_list(answerer, &FAR_ASKER, 33, 50, 0); /* 0 does not say how many: as many as there are */
    assert_segments(answerer, 0, 1);
    const BacAddress third = {{10, 0, 0, 4}, BAC_PORT, {0}};
    ask_for_list(answerer, &third, 33, 50, 65); /* both buffers are taken */
    assert_aborted(answerer, BAC_ABORT_OUT_OF_RESOURCES);
    ask_for_list(answerer, &third, 33, 1024, 65); /* but what fits one APDU needs none */
    assert_one_sent(answerer, BAC_COMPLEX_ACK);

    BacServerOptions options = options_of(answerer);
    options.sending_count = 0;
    bac_server_init(&answerer->device.server, &options);
    ask_for_list(answerer, &ASKER, 33, 50, 65);
    assert_aborted(answerer, BAC_ABORT_SEGMENTATION_NOT_SUPPORTED);
}

static void an_answer_beyond_every_buffer_is_aborted(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    answerer->device.object_count = 20000; /* five octets each */
    ask(answerer, READ, OBJECT_LIST);
    assert_aborted(answerer, BAC_ABORT_BUFFER_OVERFLOW);
    /* A failure in the middle, and what would have fitted behind it. */
    ask(answerer, READ_MULTIPLE, "0c 00000001 1e 09 55 1f 0c 02000412 1e 09 4c 1f 0c 0fffffff 1e 09 55 1f");
    assert_aborted(answerer, BAC_ABORT_BUFFER_OVERFLOW);
    assert_int_equal(bac_server_next_due_us(&answerer->device.server), INT64_MAX);
}

static void a_segmented_request_is_aborted(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    BacApdu apdu = request_of(READ);
    apdu.segmented = true;
    apdu.more_follows = true;
    apdu.window = 4;
    const Octets parameters = octets("0c 00000005 19 55");
    hear(answerer, &ASKER, &apdu, &parameters);
    assert_aborted(answerer, BAC_ABORT_SEGMENTATION_NOT_SUPPORTED);
}

/* ---- requests in segments ---- */

static Answerer *begin_receiving(void)
{
    Answerer *answerer = begin();
    BacServerOptions options = options_of(answerer);
    options.receivings = answerer->receivings;
    options.receiving_count = 1;
    bac_server_init(&answerer->device.server, &options);
    return answerer;
}

/* A segment with the part of the request that has this number. */
static void hear_segment(Answerer *answerer, uint8_t sequence, bool more_follows, const char *part)
{
    BacApdu apdu = request_of(READ);
    apdu.segmented = true;
    apdu.more_follows = more_follows;
    apdu.sequence = sequence;
    apdu.window = 4;
    const Octets parameters = octets(part);
    hear(answerer, &ASKER, &apdu, &parameters);
}

static void assert_acknowledged(const Answerer *answerer, bool negative, uint8_t sequence)
{
    const BacApdu *apdu = &assert_one_sent(answerer, BAC_SEGMENT_ACK)->apdu;
    assert_int_equal(apdu->negative, negative);
    assert_int_equal(apdu->sequence, sequence);
}

static void a_gap_in_a_request_is_reported_once(void **state)
{
    (void)state;
    Answerer *answerer = begin_receiving();
    hear_segment(answerer, 0, true, "0c");
    assert_acknowledged(answerer, false, 0);
    hear_segment(answerer, 2, true, "05"); /* 1 is lost */
    assert_acknowledged(answerer, true, 0);
    hear_segment(answerer, 3, true, "19");
    assert_int_equal(answerer->sent_count, 0);
    hear_segment(answerer, 4, false, "55");
    assert_int_equal(answerer->sent_count, 0);
    hear_segment(answerer, 1, true, "000000");
    hear_segment(answerer, 2, true, "05");
    hear_segment(answerer, 3, true, "19");
    hear_segment(answerer, 4, false, "55");
    assert_int_equal(answerer->sent_count, 2); /* the last SegmentACK, and the answer */
    assert_int_equal(answerer->sent[1].datagram.apdu.type, BAC_COMPLEX_ACK);
}

static void a_request_that_begins_anew_is_a_new_one(void **state)
{
    (void)state;
    Answerer *answerer = begin_receiving();
    hear_segment(answerer, 0, true, "0c 0000");
    hear_segment(answerer, 1, true, "00");
    hear_segment(answerer, 0, true, "0c 0000"); /* a copy that the network made */
    hear_segment(answerer, 2, true, "05");
    assert_int_equal(answerer->device.server.counts.answers, 0);
    hear_segment(answerer, 0, true, "0c 0000 0005 19"); /* the client has restarted */
    assert_acknowledged(answerer, false, 0);
    hear_segment(answerer, 1, false, "55");
    assert_int_equal(answerer->device.server.counts.answers, 1);

    hear_segment(answerer, 0, true, "0c 0000");
    hear_segment(answerer, 1, true, "00");
    answerer->now_us += 2000000;
    hear_segment(answerer, 0, true, "0c 0000"); /* the same request again, after a pause */
    assert_acknowledged(answerer, false, 0);
    hear_segment(answerer, 1, false, "0005 1955");
    assert_int_equal(answerer->device.server.counts.answers, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_just_fits_goes_out_whole),
        cmocka_unit_test(segments_wait_for_each_acknowledgement),
        cmocka_unit_test(acknowledgements_of_nothing_under_way_change_nothing),
        cmocka_unit_test(a_window_not_acknowledged_is_sent_again_and_then_forgotten),
        cmocka_unit_test(a_client_may_abort_its_answer),
        cmocka_unit_test(an_impossible_window_is_aborted),
        cmocka_unit_test(a_request_that_comes_again_does_not_start_a_second_answer),
        cmocka_unit_test(an_answer_that_cannot_go_out_is_aborted_with_the_reason),
        cmocka_unit_test(an_answer_beyond_every_buffer_is_aborted),
        cmocka_unit_test(a_segmented_request_is_aborted),
        cmocka_unit_test(a_gap_in_a_request_is_reported_once),
        cmocka_unit_test(a_request_that_begins_anew_is_a_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
