/* The client alone: requests, and whether an answer belongs to one. test_conversation.c has it talk to
 * devices. */
#include "tests/unit/lib/bacnet/talk/asker.h"

#include "bacnet/service/read_range.h"

/* ---- requests ---- */

static void a_request_is_these_octets(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t id = ask_read(asker, &TEMPERATURE, 0);
    char expected[128];
    snprintf(expected, sizeof expected, "81 0a 0011 01 04 02 75 %02x 0c 0c 00000005 1955", id);
    const BpBuf sent = {.data = asker->sent_octets, .size = asker->sent_size};
    assert_octets(&sent, expected);
    assert_true(bac_address_equal(&asker->sent_to, &DEVICE));
}

static void a_request_to_a_station_names_it_to_the_router(void **state)
{
    (void)state;
    Asker *asker = begin(&STATION);
    const uint8_t id = ask_read(asker, &TEMPERATURE, 0);
    char expected[128];
    snprintf(expected, sizeof expected, "81 0a 0016 01 24 07d1 01 0a ff 02 75 %02x 0c 0c 00000005 1955", id);
    const BpBuf sent = {.data = asker->sent_octets, .size = asker->sent_size};
    assert_octets(&sent, expected);
    assert_true(bac_address_equal(&asker->sent_to, &STATION));
}

static void without_assemblies_no_segments_are_asked_for(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    BacClientOptions options = options_of(asker);
    options.assembly_count = 0;
    begin_with(asker, &options, &DEVICE);
    ask_read(asker, &TEMPERATURE, 0);
    assert_false(asker->sent.apdu.segmented_response_accepted);
    assert_int_equal(asker->sent.apdu.max_segments, 0);
}

static void a_request_longer_than_the_peer_takes_is_not_sent(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    static const char zeros[BAC_APDU_MAX];
    asker->peer.max_apdu = 50;
    assert_int_equal(ask_peer(asker, &asker->peer, 26, (BpStr){zeros, 47}, 0), BP_INVALID);
    assert_int_equal(asker->sent_count, 0);
    assert_int_equal(ask_peer(asker, &asker->peer, 26, (BpStr){zeros, 46}, 0), BP_OK);
    asker->peer.max_apdu = UINT16_MAX; /* some say so; B/IP carries no more than 1476 */
    assert_int_equal(ask_peer(asker, &asker->peer, 26, (BpStr){zeros, BAC_REQUEST_MAX + 1}, 0), BP_INVALID);
    assert_int_equal(ask_peer(asker, &asker->peer, 26, (BpStr){zeros, BAC_REQUEST_MAX}, 0), BP_OK);
    assert_int_equal(asker->sent_count, 2);
}

static void a_try_without_answer_is_followed_by_the_same_octets(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const int64_t start_us = asker->now_us;
    ask_read(asker, &TEMPERATURE, 2);
    uint8_t first[BAC_DATAGRAM_MAX];
    memcpy(first, asker->sent_octets, asker->sent_size);
    for (int64_t tries = 2; tries <= 3; tries++) {
        assert_false(wait_for_next(asker));
        assert_int_equal(asker->now_us, start_us + (tries - 1) * TIMEOUT_US);
        assert_int_equal(asker->sent_count, tries);
        assert_memory_equal(asker->sent_octets, first, asker->sent_size);
    }
    assert_true(wait_for_next(asker));
    assert_int_equal(asker->answer.outcome, BAC_SILENT);
    assert_int_equal(asker->answer.tries, 3);
    assert_ptr_equal(asker->answer.context, asker);
    assert_int_equal(asker->now_us, start_us + 3 * TIMEOUT_US);
    assert_int_equal(asker->sent_count, 3);
    assert_int_equal(asker->client.counts.silent, 1);
    assert_int_equal(asker->client.counts.retries, 2);
    assert_idle(asker);
}

static void requests_are_given_up_in_the_order_they_are_due(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    for (int64_t i = 0; i < 200; i++) {
        const BacRequest request = {.service = BAC_SERVICE_CONFIRMED_READ_PROPERTY,
                                    .timeout_us = 1 + (i * 7919) % 1009,
                                    .retries = i % 3 == 0};
        assert_int_equal(bac_client_request(&asker->client, &asker->peer, &request, asker->now_us, NULL),
                         BP_OK);
        if (i % 4 == 3) { /* answers take some out of the middle of the heap */
            const BacApdu reject = {.type = BAC_REJECT,
                                    .invoke_id = (uint8_t)(asker->sent.apdu.invoke_id - 2)};
            if (reject.invoke_id != 0)
                assert_true(hear(asker, &DEVICE, &reject, (BpStr){0}));
        }
    }
    int64_t before_us = asker->now_us;
    while (bac_client_next_due_us(&asker->client) < INT64_MAX) {
        assert_true(bac_client_next_due_us(&asker->client) >= before_us);
        before_us = bac_client_next_due_us(&asker->client);
        (void)wait_for_next(asker);
    }
    const BacClientCounts *counts = &asker->client.counts;
    assert_int_equal(counts->silent + counts->rejects, 200);
    assert_true(counts->rejects > 40);
    assert_idle(asker);
}

/* ---- matching ---- */

static void an_answer_ends_its_request(void **state)
{
    (void)state;
    Asker *asker = begin(&STATION);
    const uint8_t id = ask_read(asker, &TEMPERATURE, 2);
    asker->now_us += 90000;
    assert_true(hear_read(asker, &STATION, id, &TEMPERATURE));
    const BacAnswer *answer = &asker->answer;
    assert_int_equal(answer->outcome, BAC_ANSWERED);
    assert_ptr_equal(answer->peer, &asker->peer);
    assert_ptr_equal(answer->context, asker);
    assert_int_equal(answer->round_trip_us, 90000);
    assert_int_equal(answer->tries, 1);
    BacReference told;
    BpCursor body = answer->body, value;
    assert_int_equal(bac_read_property_ack_decode(&body, &told, &value, NULL), BP_OK);
    assert_int_equal(bp_cursor_remaining(&value), 5);
    BpCursor request = answer->request;
    assert_int_equal(bac_read_property_decode(&request, &told, NULL), BP_OK);
    assert_int_equal(told.object.instance, 5);
    assert_idle(asker);
    assert_false(hear_read(asker, &STATION, id, &TEMPERATURE));
    assert_int_equal(asker->client.counts.duplicates, 1);
    assert_int_equal(asker->client.counts.answers, 1);
}

static void an_answer_from_elsewhere_is_foreign(void **state)
{
    (void)state;
    Asker *asker = begin(&STATION);
    const uint8_t id = ask_read(asker, &TEMPERATURE, 0);
    const BacAddress others[] = {
        {{10, 0, 0, 3}, BAC_PORT, {2001, 1, {0x0A}}},    {{10, 0, 0, 2}, BAC_PORT + 1, {2001, 1, {0x0A}}},
        {{10, 0, 0, 2}, BAC_PORT, {2002, 1, {0x0A}}},    {{10, 0, 0, 2}, BAC_PORT, {2001, 1, {0x0B}}},
        {{10, 0, 0, 2}, BAC_PORT, {2001, 2, {0x0A, 0}}}, {{10, 0, 0, 2}, BAC_PORT, {0}},
    };
    const size_t count = sizeof others / sizeof others[0];
    for (size_t i = 0; i < count; i++)
        assert_false(hear_read(asker, &others[i], id, &TEMPERATURE));
    assert_int_equal(asker->client.counts.foreign, count);
    assert_true(hear_read(asker, &STATION, id, &TEMPERATURE));
}

static void an_answer_to_another_read_is_foreign(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const BacReference asked = {{BAC_ANALOG_OUTPUT, 5}, BAC_PROP_PRIORITY_ARRAY, 8};
    const uint8_t id = ask_read(asker, &asked, 0);
    BacReference others[5] = {asked, asked, asked, asked, asked};
    others[0].object.instance = 6;
    others[1].object.type = BAC_ANALOG_INPUT;
    others[2].property = BAC_PROP_PRESENT_VALUE;
    others[3].index = 9;
    others[4].index = BAC_NO_INDEX;
    for (size_t i = 0; i < 5; i++)
        assert_false(hear_read(asker, &DEVICE, id, &others[i]));
    assert_false(hear_read(asker, &DEVICE, (uint8_t)(id + 1), &asked));
    assert_int_equal(asker->client.counts.foreign, 6);
    assert_true(hear_read(asker, &DEVICE, id, &asked));
}

static void an_answer_to_another_range_is_foreign(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    uint8_t memory[64], answer_memory[64];
    BpBuf out = bp_buf(memory, sizeof memory), answer = bp_buf(answer_memory, sizeof answer_memory);
    const BacReadRange range = {.reference = {{BAC_TREND_LOG, 5}, BAC_PROP_LOG_BUFFER, BAC_NO_INDEX}};
    bac_read_range_encode(&out, &range);
    const uint8_t id = ask(asker, BAC_SERVICE_CONFIRMED_READ_RANGE, bp_buf_text(&out), 0);
    const BacApdu apdu = {
        .type = BAC_COMPLEX_ACK, .invoke_id = id, .service = BAC_SERVICE_CONFIRMED_READ_RANGE};
    BacReadRangeAck ack = {.reference = {{BAC_TREND_LOG, 6}, BAC_PROP_LOG_BUFFER, BAC_NO_INDEX}};
    bac_read_range_ack_encode(&answer, &ack);
    assert_false(hear(asker, &DEVICE, &apdu, bp_buf_text(&answer)));
    assert_int_equal(asker->client.counts.foreign, 1);
    bp_buf_clear(&answer);
    ack.reference.object.instance = 5;
    bac_read_range_ack_encode(&answer, &ack);
    assert_true(hear(asker, &DEVICE, &apdu, bp_buf_text(&answer)));
    assert_int_equal(asker->answer.outcome, BAC_ANSWERED);
}

static void an_answer_of_another_service_or_kind_is_foreign(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t read_id = ask_read(asker, &TEMPERATURE, 0);
    const uint8_t write_id = ask_write(asker);
    const uint8_t rp = BAC_SERVICE_CONFIRMED_READ_PROPERTY, wp = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY;
    const BpStr error = {"\x91\x01\x91\x1F", 4};
    const BacApdu strays[] = {
        {.type = BAC_SIMPLE_ACK, .invoke_id = read_id, .service = rp},
        {.type = BAC_SIMPLE_ACK, .invoke_id = read_id, .service = wp},
        {.type = BAC_SIMPLE_ACK, .invoke_id = write_id, .service = rp},
        {.type = BAC_COMPLEX_ACK, .invoke_id = write_id, .service = wp},
        {.type = BAC_ERROR, .invoke_id = write_id, .service = rp},
        {.type = BAC_ERROR, .invoke_id = read_id, .service = wp},
        {.type = BAC_SEGMENT_ACK, .invoke_id = read_id, .from_server = true, .window = 1},
    };
    const size_t count = sizeof strays / sizeof strays[0];
    for (size_t i = 0; i < count; i++)
        assert_false(hear(asker, &DEVICE, &strays[i], error));
    assert_int_equal(asker->client.counts.foreign, count);
    assert_int_equal(asker->peer.outstanding, 2);
    const BacApdu ack = {.type = BAC_SIMPLE_ACK, .invoke_id = write_id, .service = wp};
    assert_true(hear(asker, &DEVICE, &ack, (BpStr){0}));
    assert_int_equal(asker->answer.outcome, BAC_ANSWERED);
    assert_int_equal(bp_cursor_remaining(&asker->answer.body), 0);
}

static void what_is_no_answer_is_left_alone(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t id = ask_read(asker, &TEMPERATURE, 0);
    /* The last two are a client's: for a server in the same process. */
    const BacApdu others[] = {
        {.type = BAC_CONFIRMED_REQUEST, .invoke_id = id, .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY},
        {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_I_AM},
        {.type = BAC_ABORT, .invoke_id = id},
        {.type = BAC_SEGMENT_ACK, .invoke_id = id, .window = 1},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(hear(asker, &DEVICE, &others[i], (BpStr){0}));
    const BacDatagram network_message = {.from = DEVICE, .npdu.is_network_message = true};
    assert_false(bac_client_receive(&asker->client, &network_message, asker->now_us, &asker->answer));
    assert_int_equal(asker->client.counts.foreign, 0);
    assert_int_equal(asker->peer.outstanding, 1);
}

static void refusals_say_what_the_device_said(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t rp = BAC_SERVICE_CONFIRMED_READ_PROPERTY;
    BacApdu apdu = {.type = BAC_ERROR, .service = rp, .invoke_id = ask_read(asker, &TEMPERATURE, 0)};
    assert_true(hear(asker, &DEVICE, &apdu, (BpStr){"\x91\x01\x91\x1F", 4}));
    assert_int_equal(asker->answer.outcome, BAC_REFUSED);
    assert_int_equal(asker->answer.refusal.kind, BAC_REFUSED_ERROR);
    assert_int_equal(asker->answer.refusal.error_class, BAC_CLASS_OBJECT);
    assert_int_equal(asker->answer.refusal.code, BAC_CODE_UNKNOWN_OBJECT);

    apdu = (BacApdu){.type = BAC_REJECT, .invoke_id = ask_read(asker, &TEMPERATURE, 0), .reason = 9};
    assert_true(hear(asker, &DEVICE, &apdu, (BpStr){0}));
    assert_int_equal(asker->answer.refusal.kind, BAC_REFUSED_REJECT);
    assert_int_equal(asker->answer.refusal.code, BAC_REJECT_UNRECOGNIZED_SERVICE);

    apdu = (BacApdu){.type = BAC_ABORT, .from_server = true, .reason = 4};
    apdu.invoke_id = ask_read(asker, &TEMPERATURE, 0);
    assert_true(hear(asker, &DEVICE, &apdu, (BpStr){0}));
    assert_int_equal(asker->answer.refusal.kind, BAC_REFUSED_ABORT);
    assert_int_equal(asker->answer.refusal.code, BAC_ABORT_SEGMENTATION_NOT_SUPPORTED);
    assert_false(asker->answer.refused_here);
    const BacClientCounts *counts = &asker->client.counts;
    assert_int_equal(counts->errors * 100 + counts->rejects * 10 + counts->aborts, 111);
    assert_idle(asker);
}

static void an_answer_cut_short_is_malformed_and_ends_nothing(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t id = ask_read(asker, &TEMPERATURE, 0);
    static const char whole[] = "\x0C\x00\x00\x00\x05\x19\x55\x3E\x44\x41\xAC\x00\x00\x3F";
    const BacApdu apdu = {
        .type = BAC_COMPLEX_ACK, .invoke_id = id, .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY};
    const size_t size = sizeof whole - 1;
    for (size_t cut = 0; cut < size; cut++)
        assert_false(hear(asker, &DEVICE, &apdu, (BpStr){whole, cut}));
    assert_int_equal(asker->client.counts.malformed, size);
    assert_true(hear(asker, &DEVICE, &apdu, (BpStr){whole, size}));
}

static void results_must_be_those_asked_in_their_order(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const BacReference asked[3] = {{{BAC_ANALOG_INPUT, 1}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
                                   {{BAC_ANALOG_INPUT, 2}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
                                   {{BAC_ANALOG_INPUT, 2}, BAC_PROP_PRIORITY_ARRAY, 3}};
    const uint8_t id = ask_read_multiple(asker, asked, 3);
    const BacReference swapped[3] = {asked[1], asked[0], asked[2]};
    BacReference changed[3] = {asked[0], asked[1], asked[2]};
    changed[2].index = BAC_NO_INDEX;
    const BacReference longer[4] = {asked[0], asked[1], asked[2], asked[2]};
    assert_false(hear_results(asker, id, swapped, 3));
    assert_false(hear_results(asker, id, changed, 3));
    assert_false(hear_results(asker, id, longer, 4));
    assert_false(hear_results(asker, id, asked, 2));
    assert_false(hear_results(asker, id, asked, 0));
    assert_int_equal(asker->client.counts.foreign, 5);
    assert_true(hear_results(asker, id, asked, 3));
}

static void groups_of_properties_are_answered_by_any_of_their_object(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const BacReference asked[4] = {{{BAC_ANALOG_INPUT, 1}, BAC_PROP_REQUIRED, BAC_NO_INDEX},
                                   {{BAC_ANALOG_INPUT, 2}, BAC_PROP_ALL, BAC_NO_INDEX},
                                   {{BAC_ANALOG_INPUT, 2}, BAC_PROP_PROFILE_NAME, BAC_NO_INDEX},
                                   {{BAC_ANALOG_INPUT, 3}, BAC_PROP_OPTIONAL, BAC_NO_INDEX}};
    const BacReference told[3] = {{{BAC_ANALOG_INPUT, 1}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
                                  {{BAC_ANALOG_INPUT, 1}, BAC_PROP_UNITS, BAC_NO_INDEX},
                                  {{BAC_ANALOG_INPUT, 2}, BAC_PROP_ALL, BAC_NO_INDEX}};
    assert_true(hear_results(asker, ask_read_multiple(asker, asked, 4), told, 3));
    assert_true(hear_results(asker, ask_read_multiple(asker, asked, 4), NULL, 0));
    const uint8_t id = ask_read_multiple(asker, asked, 4);
    const BacReference strange[2] = {told[0], {{BAC_ANALOG_INPUT, 4}, BAC_PROP_UNITS, BAC_NO_INDEX}};
    const BacReference backwards[2] = {told[2], told[0]};
    assert_false(hear_results(asker, id, strange, 2));
    assert_false(hear_results(asker, id, backwards, 2));
    assert_int_equal(asker->client.counts.foreign, 2);
}

static void a_device_asked_by_the_wildcard_may_say_its_number(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const BacReference asked = {{BAC_DEVICE, BAC_INSTANCE_WILDCARD}, BAC_PROP_OBJECT_NAME, BAC_NO_INDEX};
    BacReference told = asked;
    told.object.instance = 1042;
    assert_true(hear_read(asker, &DEVICE, ask_read(asker, &asked, 0), &asked));
    assert_true(hear_read(asker, &DEVICE, ask_read(asker, &asked, 0), &told));
    assert_true(hear_results(asker, ask_read_multiple(asker, &asked, 1), &told, 1));
    told.object.type = BAC_PROGRAM;
    assert_false(hear_read(asker, &DEVICE, ask_read(asker, &asked, 0), &told));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_these_octets),
        cmocka_unit_test(a_request_to_a_station_names_it_to_the_router),
        cmocka_unit_test(without_assemblies_no_segments_are_asked_for),
        cmocka_unit_test(a_request_longer_than_the_peer_takes_is_not_sent),
        cmocka_unit_test(a_try_without_answer_is_followed_by_the_same_octets),
        cmocka_unit_test(requests_are_given_up_in_the_order_they_are_due),
        cmocka_unit_test(an_answer_ends_its_request),
        cmocka_unit_test(an_answer_from_elsewhere_is_foreign),
        cmocka_unit_test(an_answer_to_another_read_is_foreign),
        cmocka_unit_test(an_answer_to_another_range_is_foreign),
        cmocka_unit_test(an_answer_of_another_service_or_kind_is_foreign),
        cmocka_unit_test(what_is_no_answer_is_left_alone),
        cmocka_unit_test(refusals_say_what_the_device_said),
        cmocka_unit_test(an_answer_cut_short_is_malformed_and_ends_nothing),
        cmocka_unit_test(results_must_be_those_asked_in_their_order),
        cmocka_unit_test(groups_of_properties_are_answered_by_any_of_their_object),
        cmocka_unit_test(a_device_asked_by_the_wildcard_may_say_its_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
