/* The client alone: requests and answers in segments. */
#include "tests/unit/lib/bacnet/talk/asker.h"

/* ---- segmented requests ---- */

static void hear_segment_ack(Asker *asker, uint8_t id, uint8_t sequence, uint8_t window)
{
    const BacApdu apdu = {.type = BAC_SEGMENT_ACK,
                          .from_server = true,
                          .invoke_id = id,
                          .sequence = sequence,
                          .window = window};
    assert_false(hear(asker, &DEVICE, &apdu, (BpStr){0}));
}

static void an_acknowledgement_beyond_the_window_is_an_old_one(void **state)
{
    (void)state;
    static const char parameters[BAC_APDU_MAX];
    Asker *asker = begin(&DEVICE);
    asker->peer.takes_segments = true;
    asker->peer.max_apdu = 50;
    const uint8_t id = ask(asker, BAC_SERVICE_CONFIRMED_WRITE_PROPERTY, (BpStr){parameters, 440}, 0);
    assert_int_equal(asker->sent_count, 1); /* 10 segments of 44; the first goes alone */
    hear_segment_ack(asker, id, 1, 4);      /* the second was not sent */
    assert_int_equal(asker->sent_count, 1);
    hear_segment_ack(asker, id, 0, 4);
    assert_int_equal(asker->sent_count, 1 + 4);
    hear_segment_ack(asker, id, 5, 4); /* 1 to 4 were */
    assert_int_equal(asker->sent_count, 1 + 4);
    assert_int_equal(asker->client.counts.duplicates, 2);
    hear_segment_ack(asker, id, 4, 4);
    assert_int_equal(asker->sent_count, 1 + 4 + 4);
    assert_int_equal(asker->sent.apdu.sequence, 8);
}

/* What devices say of themselves is no reason to stop: the standard's least is 50 octets. */
static void a_device_that_takes_next_to_nothing_is_asked_as_if_it_took_the_least(void **state)
{
    (void)state;
    static const char parameters[100];
    for (uint16_t said = 0; said < 50; said++) {
        Asker *asker = begin(&DEVICE);
        bac_client_remove(&asker->client, &asker->peer);
        asker->peer = (BacPeer){.address = DEVICE, .max_apdu = said, .takes_segments = true};
        assert_int_equal(bac_client_add(&asker->client, &asker->peer, NULL), BP_OK);
        assert_int_equal(asker->peer.max_apdu, BAC_APDU_MIN);
        ask(asker, BAC_SERVICE_CONFIRMED_WRITE_PROPERTY, (BpStr){parameters, sizeof parameters}, 0);
        assert_int_equal(bp_cursor_remaining(&asker->sent.body), 44);
        assert_true(asker->sent.apdu.segmented);
    }
}

/* ---- segmented answers ---- */

static const BacReference OBJECT_LIST = {{BAC_DEVICE, 1042}, BAC_PROP_OBJECT_LIST, BAC_NO_INDEX};

enum { SEGMENT_SIZE = 45, OBJECTS = 3000 };

/* A ReadProperty answer with a long object list, to be sent in segments. */
static BpStr long_answer(uint32_t objects)
{
    static uint8_t values_memory[OBJECTS * 5], memory[OBJECTS * 5 + 32];
    BpBuf values = bp_buf(values_memory, sizeof values_memory), out = bp_buf(memory, sizeof memory);
    for (uint32_t i = 0; i < objects; i++)
        bac_value_encode(&values,
                         &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = {BAC_ANALOG_INPUT, i}});
    bac_read_property_ack_encode(&out, &OBJECT_LIST, bp_buf_text(&values));
    assert_false(out.failed);
    return bp_buf_text(&out);
}

static uint32_t segments_in(BpStr whole)
{
    return (uint32_t)((whole.size + SEGMENT_SIZE - 1) / SEGMENT_SIZE);
}

static bool hear_segment(Asker *asker, const BacAddress *from, uint8_t id, BpStr whole, uint32_t number)
{
    BpCursor in = bp_cursor(whole.data, whole.size);
    bp_cursor_skip(&in, (size_t)number * SEGMENT_SIZE);
    const size_t left = bp_cursor_remaining(&in);
    const size_t size = left < SEGMENT_SIZE ? left : SEGMENT_SIZE;
    const BacApdu apdu = {.type = BAC_COMPLEX_ACK,
                          .segmented = true,
                          .more_follows = left > SEGMENT_SIZE,
                          .invoke_id = id,
                          .sequence = (uint8_t)number,
                          .window = 4,
                          .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY};
    return hear(asker, from, &apdu, (BpStr){(const char *)bp_cursor_take(&in, size), size});
}

/* True if a SegmentACK was the last to be sent, the `count`th in all, with the fields given. */
static void assert_acknowledged(const Asker *asker, uint64_t count, bool negative, uint8_t sequence)
{
    const BacApdu *sent = &asker->sent.apdu;
    assert_int_equal(asker->sent_count, count);
    assert_int_equal(sent->type, BAC_SEGMENT_ACK);
    assert_false(sent->from_server);
    assert_int_equal(sent->negative, negative);
    assert_int_equal(sent->sequence, sequence);
    assert_int_equal(sent->window, 4);
}

static void assert_aborted(const Asker *asker, uint8_t id, BacAbortReason reason)
{
    const BacApdu *sent = &asker->sent.apdu;
    assert_int_equal(sent->type, BAC_ABORT);
    assert_false(sent->from_server);
    assert_int_equal(sent->invoke_id, id);
    assert_int_equal(sent->reason, reason);
}

static void assert_refused_here(const Asker *asker, BacAbortReason reason)
{
    assert_int_equal(asker->answer.outcome, BAC_REFUSED);
    assert_true(asker->answer.refused_here);
    assert_int_equal(asker->answer.refusal.kind, BAC_REFUSED_ABORT);
    assert_int_equal(asker->answer.refusal.code, reason);
    assert_idle(asker);
}

static void a_segment_is_acknowledged_to_the_station_by_these_octets(void **state)
{
    (void)state;
    Asker *asker = begin(&STATION);
    const uint8_t id = ask_read(asker, &OBJECT_LIST, 0);
    assert_false(hear_segment(asker, &STATION, id, long_answer(50), 0));
    char expected[128];
    snprintf(expected, sizeof expected, "81 0a 000f 01 20 07d1 01 0a ff 40 %02x 00 04", id);
    const BpBuf sent = {.data = asker->sent_octets, .size = asker->sent_size};
    assert_octets(&sent, expected);
    assert_true(bac_address_equal(&asker->sent_to, &STATION));
}

static void the_first_segment_and_then_each_window_is_acknowledged(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t id = ask_read(asker, &OBJECT_LIST, 0);
    const BpStr whole = long_answer(OBJECTS); /* its sequence numbers wrap once */
    const uint32_t count = segments_in(whole);
    assert_true(count > 256 + 64);
    for (uint32_t number = 0; number + 1 < count; number++) {
        assert_false(hear_segment(asker, &DEVICE, id, whole, number));
        assert_int_equal(asker->sent_count, 2 + number / 4);
        if (number % 4 == 0)
            assert_acknowledged(asker, 2 + number / 4, false, (uint8_t)number);
    }
    const uint64_t sent = asker->sent_count;
    assert_true(hear_segment(asker, &DEVICE, id, whole, count - 1));
    assert_acknowledged(asker, sent + 1, false, (uint8_t)(count - 1));
    assert_int_equal(asker->answer.outcome, BAC_ANSWERED);
    assert_int_equal(bp_cursor_remaining(&asker->answer.body), whole.size);
    assert_memory_equal(asker->answer.body.data, whole.data, whole.size);
    assert_idle(asker);
}

static void a_window_larger_than_ours_is_taken_as_ours(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    BacApdu apdu = {.type = BAC_COMPLEX_ACK,
                    .segmented = true,
                    .more_follows = true,
                    .invoke_id = ask_read(asker, &OBJECT_LIST, 0),
                    .window = 127,
                    .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY};
    for (; apdu.sequence <= BAC_WINDOW; apdu.sequence++)
        assert_false(hear(asker, &DEVICE, &apdu, (BpStr){"?", 1}));
    assert_int_equal(asker->sent_count, 1 + 2);
    assert_int_equal(asker->sent.apdu.sequence, BAC_WINDOW);
    assert_int_equal(asker->sent.apdu.window, BAC_WINDOW);
}

static void a_gap_is_reported_once(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t id = ask_read(asker, &OBJECT_LIST, 0);
    const BpStr whole = long_answer(100);
    assert_int_equal(segments_in(whole), 12);
    hear_segment(asker, &DEVICE, id, whole, 0);
    hear_segment(asker, &DEVICE, id, whole, 1);
    assert_acknowledged(asker, 2, false, 0);
    hear_segment(asker, &DEVICE, id, whole, 3); /* 2 is lost */
    assert_acknowledged(asker, 3, true, 1);
    hear_segment(asker, &DEVICE, id, whole, 4);
    assert_int_equal(asker->sent_count, 3);
    hear_segment(asker, &DEVICE, id, whole, 3); /* sent again, and 2 is lost again */
    assert_acknowledged(asker, 4, true, 1);
    for (uint32_t number = 2; number < 11; number++)
        assert_false(hear_segment(asker, &DEVICE, id, whole, number));
    assert_acknowledged(asker, 6, false, 9); /* the window began anew behind 1 */
    assert_true(hear_segment(asker, &DEVICE, id, whole, 11));
    assert_memory_equal(asker->answer.body.data, whole.data, whole.size);
}

static void a_window_that_comes_again_is_acknowledged_again(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t id = ask_read(asker, &OBJECT_LIST, 0);
    const BpStr whole = long_answer(100);
    for (uint32_t number = 0; number <= 4; number++)
        hear_segment(asker, &DEVICE, id, whole, number);
    assert_acknowledged(asker, 3, false, 4); /* which the device does not hear */
    for (uint32_t number = 1; number <= 3; number++)
        hear_segment(asker, &DEVICE, id, whole, number);
    assert_int_equal(asker->sent_count, 3);
    hear_segment(asker, &DEVICE, id, whole, 4);
    assert_acknowledged(asker, 4, false, 4);
    assert_int_equal(asker->client.counts.duplicates, 4);
    for (uint32_t number = 5; number <= 11; number++)
        hear_segment(asker, &DEVICE, id, whole, number);
    assert_int_equal(asker->answer.outcome, BAC_ANSWERED);
    assert_memory_equal(asker->answer.body.data, whole.data, whole.size);
}

static void once_segments_flow_only_their_timer_runs(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t id = ask_read(asker, &OBJECT_LIST, 2);
    const BpStr whole = long_answer(100);
    asker->now_us += 1000;
    hear_segment(asker, &DEVICE, id, whole, 0);
    assert_int_equal(bac_client_next_due_us(&asker->client), asker->now_us + 4 * SEGMENT_TIMEOUT_US);
    asker->now_us += SEGMENT_TIMEOUT_US;
    hear_segment(asker, &DEVICE, id, whole, 1);
    const int64_t due_us = asker->now_us + 4 * SEGMENT_TIMEOUT_US;
    asker->now_us += SEGMENT_TIMEOUT_US;
    hear_segment(asker, &DEVICE, id, whole, 1); /* a repeated one does not keep it alive */
    hear_segment(asker, &DEVICE, id, whole, 3);
    assert_int_equal(bac_client_next_due_us(&asker->client), due_us);
    assert_true(wait_for_next(asker));
    assert_int_equal(asker->answer.outcome, BAC_SILENT);
    assert_int_equal(asker->client.counts.retries, 0);
    assert_false(hear_segment(asker, &DEVICE, id, whole, 2));
    assert_int_equal(asker->client.counts.late, 1);
    assert_aborted(asker, id, BAC_ABORT_INVALID_APDU_IN_THIS_STATE);
    assert_idle(asker);
}

/* 128 kB in segments of one octet would take a place for days. */
static void a_slow_answer_in_segments_comes_to_an_end(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    BacApdu apdu = {.type = BAC_COMPLEX_ACK,
                    .segmented = true,
                    .more_follows = true,
                    .invoke_id = ask_read(asker, &OBJECT_LIST, 0),
                    .window = 4,
                    .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY};
    const int64_t end_us = asker->now_us + BAC_ANSWER_TIMEOUTS * SEGMENT_TIMEOUT_US;
    for (; asker->now_us < end_us; asker->now_us += 1500000, apdu.sequence++) {
        assert_false(bac_client_expire(&asker->client, asker->now_us, &asker->answer));
        assert_false(hear(asker, &DEVICE, &apdu, (BpStr){"?", 1}));
    }
    assert_int_equal(bac_client_next_due_us(&asker->client), end_us);
    assert_true(wait_for_next(asker));
    assert_int_equal(asker->answer.outcome, BAC_SILENT);
    assert_idle(asker);
}

static void one_device_cannot_hold_all_assemblies(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    static BacAssembly assemblies[4];
    BacClientOptions options = options_of(asker);
    options.assemblies = assemblies;
    options.assembly_count = 4;
    begin_with(asker, &options, &DEVICE);
    BacPeer other;
    add_peer(asker, &other, &STATION);
    const BpStr whole = long_answer(100);
    uint8_t ids[3];
    for (int i = 0; i < 3; i++)
        ids[i] = ask_read(asker, &OBJECT_LIST, 0);
    assert_false(hear_segment(asker, &DEVICE, ids[0], whole, 0));
    assert_false(hear_segment(asker, &DEVICE, ids[1], whole, 0));
    assert_true(hear_segment(asker, &DEVICE, ids[2], whole, 0));
    assert_aborted(asker, ids[2], BAC_ABORT_OUT_OF_RESOURCES);
    assert_int_equal(asker->peer.assembling, 2);
    uint8_t memory[BAC_APDU_MIN];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_property_encode(&out, &OBJECT_LIST);
    assert_int_equal(ask_peer(asker, &other, BAC_SERVICE_CONFIRMED_READ_PROPERTY, bp_buf_text(&out), 0),
                     BP_OK);
    const uint8_t id = asker->sent.apdu.invoke_id;
    for (uint32_t number = 0; number < 12; number++) /* there is a place for somebody else */
        assert_int_equal(hear_segment(asker, &STATION, id, whole, number), number == 11);
    assert_int_equal(other.assembling, 0);
    for (uint32_t number = 1; number < 12; number++)
        assert_int_equal(hear_segment(asker, &DEVICE, ids[0], whole, number), number == 11);
    assert_int_equal(asker->peer.assembling, 1);
    bac_client_remove(&asker->client, &asker->peer);
}

static void without_a_free_assembly_the_answer_is_aborted(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const BpStr whole = long_answer(100);
    const uint8_t first = ask_read(asker, &OBJECT_LIST, 0), second = ask_read(asker, &OBJECT_LIST, 2);
    assert_false(hear_segment(asker, &DEVICE, first, whole, 0));
    assert_true(hear_segment(asker, &DEVICE, second, whole, 0));
    assert_aborted(asker, second, BAC_ABORT_OUT_OF_RESOURCES);
    for (uint32_t number = 1; number < 12; number++)
        hear_segment(asker, &DEVICE, first, whole, number);
    assert_int_equal(asker->answer.outcome, BAC_ANSWERED);
    /* The answer's octets stay until the client is called again; then the assembly is free. */
    assert_memory_equal(asker->answer.body.data, whole.data, whole.size);
    assert_false(hear_segment(asker, &DEVICE, ask_read(asker, &OBJECT_LIST, 0), whole, 0));
    bac_client_remove(&asker->client, &asker->peer);
    add_peer(asker, &asker->peer, &DEVICE);
    assert_false(hear_segment(asker, &DEVICE, ask_read(asker, &OBJECT_LIST, 0), whole, 0));
    assert_int_equal(asker->sent.apdu.type, BAC_SEGMENT_ACK);
}

static void an_endless_answer_is_aborted(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    static const char zeros[1024];
    BacApdu apdu = {.type = BAC_COMPLEX_ACK,
                    .segmented = true,
                    .more_follows = true,
                    .window = 4,
                    .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY};
    apdu.invoke_id = ask_read(asker, &OBJECT_LIST, 0);
    assert_false(hear(asker, &DEVICE, &apdu, (BpStr){0})); /* empty ones do not count as progress */
    assert_int_equal(asker->client.counts.malformed, 1);
    for (; asker->client.counts.aborts == 0; apdu.sequence++)
        (void)hear(asker, &DEVICE, &apdu, (BpStr){zeros, sizeof zeros});
    assert_int_equal(apdu.sequence, BAC_ANSWER_MAX / 1024 + 1);
    assert_aborted(asker, apdu.invoke_id, BAC_ABORT_BUFFER_OVERFLOW);
    assert_refused_here(asker, BAC_ABORT_BUFFER_OVERFLOW);
}

static void an_impossible_window_is_aborted(void **state)
{
    (void)state;
    for (int window = 0; window < 256; window += 128) {
        Asker *asker = begin(&DEVICE);
        const BacApdu apdu = {.type = BAC_COMPLEX_ACK,
                              .segmented = true,
                              .more_follows = true,
                              .invoke_id = ask_read(asker, &OBJECT_LIST, 0),
                              .window = (uint8_t)window,
                              .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY};
        assert_true(hear(asker, &DEVICE, &apdu, (BpStr){"?", 1}));
        assert_aborted(asker, apdu.invoke_id, BAC_ABORT_WINDOW_SIZE_OUT_OF_RANGE);
        assert_refused_here(asker, BAC_ABORT_WINDOW_SIZE_OUT_OF_RANGE);
    }
}

static void segments_for_nobody_are_aborted_where_the_peer_is_known(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const BpStr whole = long_answer(100);
    assert_false(hear_segment(asker, &STATION, 9, whole, 0));
    assert_int_equal(asker->sent_count, 0);
    assert_false(hear_segment(asker, &DEVICE, 9, whole, 3));
    assert_aborted(asker, 9, BAC_ABORT_INVALID_APDU_IN_THIS_STATE);
    assert_int_equal(asker->client.counts.foreign, 2);
    /* The end of an earlier answer does not begin a new one. */
    const uint8_t id = ask_read(asker, &OBJECT_LIST, 0);
    assert_false(hear_segment(asker, &DEVICE, id, whole, 11));
    assert_int_equal(asker->client.counts.foreign, 3);
    assert_int_equal(asker->peer.outstanding, 1);
}

static void segments_that_answer_another_request_end_nothing(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const BpStr whole = long_answer(100);
    const uint8_t id = ask_read(asker, &TEMPERATURE, 1);
    for (uint32_t number = 0; number < 12; number++)
        assert_false(hear_segment(asker, &DEVICE, id, whole, number));
    assert_int_equal(asker->client.counts.foreign, 1);
    assert_false(asker->assemblies[0].in_use);
    assert_false(wait_for_next(asker)); /* asked again */
    assert_true(hear_read(asker, &DEVICE, id, &TEMPERATURE));
    assert_int_equal(asker->answer.tries, 2);
}

static void an_abort_ends_segments_and_nothing_else_does(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t id = ask_read(asker, &OBJECT_LIST, 0);
    hear_segment(asker, &DEVICE, id, long_answer(100), 0);
    const uint8_t rp = BAC_SERVICE_CONFIRMED_READ_PROPERTY;
    const BacApdu error = {.type = BAC_ERROR, .invoke_id = id, .service = rp};
    const BacApdu reject = {.type = BAC_REJECT, .invoke_id = id};
    const BacApdu abort = {.type = BAC_ABORT, .invoke_id = id, .from_server = true, .reason = 3};
    assert_false(hear(asker, &DEVICE, &error, (BpStr){"\x91\x01\x91\x1F", 4}));
    assert_false(hear(asker, &DEVICE, &reject, (BpStr){0}));
    assert_false(hear_read(asker, &DEVICE, id, &OBJECT_LIST));
    assert_int_equal(asker->client.counts.foreign, 3);
    assert_true(hear(asker, &DEVICE, &abort, (BpStr){0}));
    assert_int_equal(asker->answer.refusal.code, BAC_ABORT_PREEMPTED_BY_HIGHER_PRIORITY_TASK);
    assert_idle(asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_acknowledgement_beyond_the_window_is_an_old_one),
        cmocka_unit_test(a_device_that_takes_next_to_nothing_is_asked_as_if_it_took_the_least),
        cmocka_unit_test(a_segment_is_acknowledged_to_the_station_by_these_octets),
        cmocka_unit_test(the_first_segment_and_then_each_window_is_acknowledged),
        cmocka_unit_test(a_window_larger_than_ours_is_taken_as_ours),
        cmocka_unit_test(a_gap_is_reported_once),
        cmocka_unit_test(a_window_that_comes_again_is_acknowledged_again),
        cmocka_unit_test(once_segments_flow_only_their_timer_runs),
        cmocka_unit_test(a_slow_answer_in_segments_comes_to_an_end),
        cmocka_unit_test(one_device_cannot_hold_all_assemblies),
        cmocka_unit_test(without_a_free_assembly_the_answer_is_aborted),
        cmocka_unit_test(an_endless_answer_is_aborted),
        cmocka_unit_test(an_impossible_window_is_aborted),
        cmocka_unit_test(segments_for_nobody_are_aborted_where_the_peer_is_known),
        cmocka_unit_test(segments_that_answer_another_request_end_nothing),
        cmocka_unit_test(an_abort_ends_segments_and_nothing_else_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
