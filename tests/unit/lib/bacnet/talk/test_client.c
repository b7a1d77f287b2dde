/* The client alone, its answers made by hand. test_bacnet_conversation.c has it talk to devices. */
#include "tests/unit/octets.h"

#include "bacnet/talk/client.h"

enum { TRANSACTIONS = 300, ASSEMBLIES = 1 };
static const int64_t TIMEOUT_US = 3000000, SEGMENT_TIMEOUT_US = 2000000;

static const BacAddress OURS = {{10, 0, 0, 1}, BAC_PORT, {0}};
static const BacAddress DEVICE = {{10, 0, 0, 9}, BAC_PORT, {0}};
static const BacAddress STATION = {{10, 0, 0, 2}, BAC_PORT, {2001, 1, {0x0A}}};

static const BacReference TEMPERATURE = {{BAC_ANALOG_INPUT, 5}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX};

/* A client with one peer, and what it sent last. */
typedef struct Asker {
    BacClient client;
    BacTransaction transactions[TRANSACTIONS];
    BacDue heap[TRANSACTIONS];
    BacPeer *buckets[4];
    BacAssembly assemblies[ASSEMBLIES];
    BacPeer peer;
    int64_t now_us;
    uint64_t sent_count;
    BacAddress sent_to;
    uint8_t sent_octets[BAC_DATAGRAM_MAX];
    size_t sent_size;
    BacDatagram sent;
    BacAnswer answer;
} Asker;

static void take_sent(void *owner, const BacAddress *to, BpStr datagram)
{
    Asker *asker = owner;
    asker->sent_count++;
    asker->sent_to = *to;
    asker->sent_size = datagram.size;
    memcpy(asker->sent_octets, datagram.data, datagram.size);
    BpError err;
    if (bac_datagram_decode(bp_cursor(asker->sent_octets, datagram.size), &OURS, &asker->sent, &err) != BP_OK)
        fail_msg("sent what cannot be read: %s", err.text);
}

static BacClientOptions options_of(Asker *asker)
{
    return (BacClientOptions){
        .owner = asker,
        .send = take_sent,
        .transactions = asker->transactions,
        .heap = asker->heap,
        .transaction_count = TRANSACTIONS,
        .buckets = asker->buckets,
        .bucket_count = sizeof asker->buckets / sizeof asker->buckets[0],
        .assemblies = asker->assemblies,
        .assembly_count = ASSEMBLIES,
        .segment_timeout_us = SEGMENT_TIMEOUT_US,
        .seed = 7,
    };
}

static void add_peer(Asker *asker, BacPeer *peer, const BacAddress *address)
{
    memset(peer, 0xAA, sizeof *peer);
    peer->address = *address;
    peer->max_apdu = BAC_APDU_MAX;
    peer->takes_segments = false;
    assert_int_equal(bac_client_add(&asker->client, peer, NULL), BP_OK);
}

static void begin_with(Asker *asker, const BacClientOptions *options, const BacAddress *address)
{
    bac_client_init(&asker->client, options);
    asker->now_us = 1000;
    asker->sent_count = 0;
    add_peer(asker, &asker->peer, address);
}

/* A new one each time, in memory that is not zero. */
static Asker *begin(const BacAddress *address)
{
    static Asker memory;
    memset(&memory, 0xAA, sizeof memory);
    const BacClientOptions options = options_of(&memory);
    begin_with(&memory, &options, address);
    return &memory;
}

static BpStatus ask_peer(Asker *asker, BacPeer *peer, uint8_t service, BpStr parameters, uint8_t retries)
{
    const BacRequest request = {.service = service,
                                .parameters = parameters,
                                .timeout_us = TIMEOUT_US,
                                .retries = retries,
                                .context = asker};
    return bac_client_request(&asker->client, peer, &request, asker->now_us, NULL);
}

/* Returns the invoke ID that was given. */
static uint8_t ask(Asker *asker, uint8_t service, BpStr parameters, uint8_t retries)
{
    assert_int_equal(ask_peer(asker, &asker->peer, service, parameters, retries), BP_OK);
    return asker->sent.apdu.invoke_id;
}

static uint8_t ask_read(Asker *asker, const BacReference *reference, uint8_t retries)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_property_encode(&out, reference);
    return ask(asker, BAC_SERVICE_CONFIRMED_READ_PROPERTY, bp_buf_text(&out), retries);
}

static uint8_t ask_read_multiple(Asker *asker, const BacReference *references, size_t count)
{
    uint8_t memory[512];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_multiple_encode(&out, references, count);
    return ask(asker, BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE, bp_buf_text(&out), 0);
}

static uint8_t ask_write(Asker *asker)
{
    return ask(asker, BAC_SERVICE_CONFIRMED_WRITE_PROPERTY,
               (BpStr){"\x0C\x00\x40\x00\x01\x19\x55\x3E\x00\x3F", 10}, 0);
}

/* An APDU from `from` comes in; true if it ended a request. */
static bool hear(Asker *asker, const BacAddress *from, const BacApdu *apdu, BpStr parameters)
{
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const size_t begin_at =
        bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &OURS, &from->remote, false, apdu);
    bp_buf_str(&out, parameters);
    bac_datagram_end(&out, begin_at);
    assert_false(out.failed);
    BacAddress node = *from;
    node.remote = (BacStation){0};
    static Octets message; /* outlives the call: the answer borrows from it */
    message.size = out.size;
    memcpy(message.data, memory, out.size);
    BacDatagram datagram;
    assert_int_equal(bac_datagram_decode(cursor_over(&message), &node, &datagram, NULL), BP_OK);
    return bac_client_receive(&asker->client, &datagram, asker->now_us, &asker->answer);
}

static bool hear_read(Asker *asker, const BacAddress *from, uint8_t id, const BacReference *reference)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_property_ack_encode(&out, reference, (BpStr){"\x44\x41\xAC\x00\x00", 5}); /* Real 21.5 */
    const BacApdu apdu = {
        .type = BAC_COMPLEX_ACK, .invoke_id = id, .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY};
    return hear(asker, from, &apdu, bp_buf_text(&out));
}

static bool hear_results(Asker *asker, uint8_t id, const BacReference *references, size_t count)
{
    uint8_t memory[1024];
    BpBuf out = bp_buf(memory, sizeof memory);
    for (size_t i = 0; i < count; i++) {
        bac_read_multiple_ack_open(&out, references[i].object);
        bac_read_multiple_ack_add(&out, references[i].property, references[i].index, (BpStr){"\x21\x07", 2});
        bac_read_multiple_ack_close(&out);
    }
    const BacApdu apdu = {
        .type = BAC_COMPLEX_ACK, .invoke_id = id, .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE};
    return hear(asker, &DEVICE, &apdu, bp_buf_text(&out));
}

/* Lets time pass to the next thing that is due; true if it ended a request. */
static bool wait_for_next(Asker *asker)
{
    asker->now_us = bac_client_next_due_us(&asker->client);
    assert_true(asker->now_us < INT64_MAX);
    return bac_client_expire(&asker->client, asker->now_us, &asker->answer);
}

static void assert_idle(const Asker *asker)
{
    assert_int_equal(bac_client_next_due_us(&asker->client), INT64_MAX);
    assert_int_equal(asker->peer.outstanding, 0);
}

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

/* ---- invoke IDs ---- */

static void an_id_comes_again_only_after_all_others(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    int last_given[256];
    for (int id = 0; id < 256; id++)
        last_given[id] = -1000;
    for (int i = 0; i < 1000; i++) {
        const uint8_t id = ask_read(asker, &TEMPERATURE, 0);
        assert_int_not_equal(id, 0);
        assert_true(i - last_given[id] >= 255);
        last_given[id] = i;
        assert_true(hear_read(asker, &DEVICE, id, &TEMPERATURE));
    }
}

static void at_most_255_requests_are_outstanding_to_a_peer(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    bool given[256] = {false};
    for (int i = 0; i < BAC_OUTSTANDING_MAX; i++) {
        const uint8_t id = ask_read(asker, &TEMPERATURE, 0);
        assert_false(given[id]);
        given[id] = true;
    }
    assert_false(given[0]);
    assert_int_equal(ask_peer(asker, &asker->peer, 12, (BpStr){0}, 0), BP_FULL);
    assert_int_equal(asker->sent_count, BAC_OUTSTANDING_MAX);
    BacPeer other;
    add_peer(asker, &other, &STATION);
    assert_int_equal(ask_peer(asker, &other, 12, (BpStr){0}, 0), BP_OK); /* IDs are each peer's own */
    assert_true(hear_read(asker, &DEVICE, 77, &TEMPERATURE));
    assert_int_equal(ask_read(asker, &TEMPERATURE, 0), 77);
}

static void no_more_requests_than_there_are_transactions(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    BacPeer other;
    add_peer(asker, &other, &STATION);
    for (int i = 0; i < TRANSACTIONS; i++)
        assert_int_equal(ask_peer(asker, i % 2 ? &asker->peer : &other, 12, (BpStr){0}, 0), BP_OK);
    BpError err;
    const BacRequest request = {.timeout_us = 1};
    assert_int_equal(bac_client_request(&asker->client, &other, &request, asker->now_us, &err), BP_FULL);
    assert_string_equal(err.text, "300 requests are outstanding, no more fit");
    for (int i = 0; i < TRANSACTIONS; i++)
        assert_true(wait_for_next(asker));
    assert_idle(asker);
    assert_int_equal(other.outstanding, 0);
    assert_int_equal(ask_peer(asker, &other, 12, (BpStr){0}, 0), BP_OK);
}

static void a_late_answer_finds_nobody(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t late_id = ask_write(asker);
    assert_true(wait_for_next(asker));
    const int64_t given_up_us = asker->now_us;
    /* All others are used up, and used again, before the rest is over. */
    for (int i = 0; i < 600; i++) {
        const uint8_t id = ask_write(asker);
        assert_int_not_equal(id, late_id);
        const BacApdu ack = {
            .type = BAC_SIMPLE_ACK, .invoke_id = id, .service = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY};
        assert_true(hear(asker, &DEVICE, &ack, (BpStr){0}));
    }
    asker->now_us = given_up_us + TIMEOUT_US - 1;
    const BacApdu late = {
        .type = BAC_SIMPLE_ACK, .invoke_id = late_id, .service = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY};
    assert_false(hear(asker, &DEVICE, &late, (BpStr){0}));
    assert_int_equal(asker->client.counts.late, 1);
}

static void an_id_rests_as_long_as_its_tries_took(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    for (int i = 0; i < BAC_OUTSTANDING_MAX; i++)
        ask_read(asker, &TEMPERATURE, 2);
    for (int ended = 0; ended < BAC_OUTSTANDING_MAX;)
        ended += wait_for_next(asker);
    assert_idle(asker);
    asker->now_us += 3 * TIMEOUT_US - 1;
    BpError err;
    const BacRequest request = {.timeout_us = 1};
    assert_int_equal(bac_client_request(&asker->client, &asker->peer, &request, asker->now_us, &err),
                     BP_FULL);
    assert_string_equal(err.text, "all invoke IDs for 10.0.0.9 are in use or resting");
    asker->now_us += 1;
    assert_int_equal(bac_client_request(&asker->client, &asker->peer, &request, asker->now_us, &err), BP_OK);
}

static void an_answer_to_one_of_several_tries_leaves_its_id_to_rest(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    const uint8_t twice_asked = ask_read(asker, &TEMPERATURE, 1);
    assert_false(wait_for_next(asker));
    assert_true(hear_read(asker, &DEVICE, twice_asked, &TEMPERATURE));
    assert_int_equal(asker->answer.tries, 2);
    for (int i = 0; i < 600; i++) {
        const uint8_t id = ask_read(asker, &TEMPERATURE, 0);
        assert_int_not_equal(id, twice_asked);
        assert_true(hear_read(asker, &DEVICE, id, &TEMPERATURE));
    }
    assert_false(hear_read(asker, &DEVICE, twice_asked, &TEMPERATURE)); /* the other copy's answer */
    assert_int_equal(asker->client.counts.duplicates, 1);
}

static void every_id_rests_where_that_is_asked_for(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    BacClientOptions options = options_of(asker);
    options.rest_us = 100000;
    begin_with(asker, &options, &DEVICE);
    int64_t free_at_us[256] = {0};
    int asked = 0;
    for (; asker->now_us < 2000000; asker->now_us += 100) {
        if (ask_peer(asker, &asker->peer, BAC_SERVICE_CONFIRMED_DELETE_OBJECT, (BpStr){0}, 0) != BP_OK)
            continue;
        const uint8_t id = asker->sent.apdu.invoke_id;
        assert_true(asker->now_us >= free_at_us[id]);
        free_at_us[id] = asker->now_us + options.rest_us;
        const BacApdu ack = {
            .type = BAC_SIMPLE_ACK, .invoke_id = id, .service = BAC_SERVICE_CONFIRMED_DELETE_OBJECT};
        assert_true(hear(asker, &DEVICE, &ack, (BpStr){0}));
        asked++;
    }
    assert_in_range(asked, 127 * 20, 255 * 20); /* no ID is lost on the way */
}

/* ---- peers ---- */

static void an_address_is_asked_by_one_peer_only(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    BacPeer twin = {.address = DEVICE};
    BpError err;
    assert_int_equal(bac_client_add(&asker->client, &twin, &err), BP_CONFLICT);
    assert_string_equal(err.text, "10.0.0.9 is asked already");
    BacPeer stations[50];
    for (uint8_t i = 0; i < 50; i++) {
        BacAddress address = STATION;
        address.remote.mac[0] = i;
        add_peer(asker, &stations[i], &address);
    }
    for (uint8_t i = 0; i < 50; i += 2)
        bac_client_remove(&asker->client, &stations[i]);
    for (uint8_t i = 0; i < 50; i++)
        assert_ptr_equal(bac_client_find(&asker->client, &stations[i].address), i % 2 ? &stations[i] : NULL);
}

static void a_peer_that_goes_takes_its_requests_along(void **state)
{
    (void)state;
    Asker *asker = begin(&DEVICE);
    BacPeer other;
    add_peer(asker, &other, &STATION);
    const uint8_t id = ask_read(asker, &TEMPERATURE, 1);
    for (int i = 0; i < 100; i++)
        assert_int_equal(ask_peer(asker, i % 3 ? &asker->peer : &other, 12, (BpStr){0}, 0), BP_OK);
    bac_client_remove(&asker->client, &asker->peer);
    assert_false(hear_read(asker, &DEVICE, id, &TEMPERATURE));
    assert_int_equal(asker->client.counts.foreign, 1);
    add_peer(asker, &asker->peer, &DEVICE);
    assert_int_not_equal(ask_read(asker, &TEMPERATURE, 0),
                         id); /* the late answer must not find the new one */
    for (int i = 0; i < 35; i++)
        assert_true(wait_for_next(asker));
    assert_idle(asker);
    assert_int_equal(other.outstanding, 0);
}

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
        cmocka_unit_test(a_request_is_these_octets),
        cmocka_unit_test(a_request_to_a_station_names_it_to_the_router),
        cmocka_unit_test(without_assemblies_no_segments_are_asked_for),
        cmocka_unit_test(a_request_longer_than_the_peer_takes_is_not_sent),
        cmocka_unit_test(a_try_without_answer_is_followed_by_the_same_octets),
        cmocka_unit_test(requests_are_given_up_in_the_order_they_are_due),
        cmocka_unit_test(an_answer_ends_its_request),
        cmocka_unit_test(an_answer_from_elsewhere_is_foreign),
        cmocka_unit_test(an_answer_to_another_read_is_foreign),
        cmocka_unit_test(an_answer_of_another_service_or_kind_is_foreign),
        cmocka_unit_test(what_is_no_answer_is_left_alone),
        cmocka_unit_test(refusals_say_what_the_device_said),
        cmocka_unit_test(an_answer_cut_short_is_malformed_and_ends_nothing),
        cmocka_unit_test(results_must_be_those_asked_in_their_order),
        cmocka_unit_test(groups_of_properties_are_answered_by_any_of_their_object),
        cmocka_unit_test(a_device_asked_by_the_wildcard_may_say_its_number),
        cmocka_unit_test(an_id_comes_again_only_after_all_others),
        cmocka_unit_test(at_most_255_requests_are_outstanding_to_a_peer),
        cmocka_unit_test(no_more_requests_than_there_are_transactions),
        cmocka_unit_test(a_late_answer_finds_nobody),
        cmocka_unit_test(an_id_rests_as_long_as_its_tries_took),
        cmocka_unit_test(an_answer_to_one_of_several_tries_leaves_its_id_to_rest),
        cmocka_unit_test(every_id_rests_where_that_is_asked_for),
        cmocka_unit_test(an_address_is_asked_by_one_peer_only),
        cmocka_unit_test(a_peer_that_goes_takes_its_requests_along),
        cmocka_unit_test(a_segment_is_acknowledged_to_the_station_by_these_octets),
        cmocka_unit_test(the_first_segment_and_then_each_window_is_acknowledged),
        cmocka_unit_test(a_window_larger_than_ours_is_taken_as_ours),
        cmocka_unit_test(a_gap_is_reported_once),
        cmocka_unit_test(a_window_that_comes_again_is_acknowledged_again),
        cmocka_unit_test(once_segments_flow_only_their_timer_runs),
        cmocka_unit_test(a_slow_answer_in_segments_comes_to_an_end),
        cmocka_unit_test(one_device_cannot_hold_all_assemblies),
        cmocka_unit_test(an_acknowledgement_beyond_the_window_is_an_old_one),
        cmocka_unit_test(a_device_that_takes_next_to_nothing_is_asked_as_if_it_took_the_least),
        cmocka_unit_test(without_a_free_assembly_the_answer_is_aborted),
        cmocka_unit_test(an_endless_answer_is_aborted),
        cmocka_unit_test(an_impossible_window_is_aborted),
        cmocka_unit_test(segments_for_nobody_are_aborted_where_the_peer_is_known),
        cmocka_unit_test(segments_that_answer_another_request_end_nothing),
        cmocka_unit_test(an_abort_ends_segments_and_nothing_else_does),
    };
    return cmocka_run_group_tests_name("bacnet client", tests, NULL, NULL);
}
