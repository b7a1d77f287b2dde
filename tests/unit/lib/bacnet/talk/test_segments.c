/* Requests in segments, and answers too, over a network that loses, doubles and overtakes: every request that
 * is answered has the answer to all of it. */
#include "bacnet/service/read_multiple.h"
#include "tests/unit/world.h"

#include "base/time.h"

static const BacAddress OURS = {{10, 0, 0, 1}, BAC_PORT, {0}};
static const BacAddress THEIRS = {{10, 0, 0, 2}, BAC_PORT, {0}};

enum { BUCKETS = 8, REFERENCES = 3000, SENDINGS = 2, RECEIVINGS = 2 };

typedef struct Talk {
    Network network;
    Device device;
    BacSending *sendings;
    BacReceiving *receivings;
    BacClient client;
    BacTransaction transaction;
    BacDue due;
    BacPeer *buckets[BUCKETS];
    BacPeer peer;
    BacAssembly *assembly;
    BacReference *references;
    uint8_t *octets;
    size_t answered, silent, refused;
    BacRefusal refusal;
} Talk;

static void client_send(void *owner, const BacAddress *to, BpStr datagram)
{
    Talk *talk = owner;
    network_send(&talk->network, &OURS, to, datagram);
}

static Talk *talk_new(uint64_t seed, uint16_t max_apdu, uint8_t window)
{
    Talk *talk = calloc(1, sizeof *talk);
    assert_non_null(talk);
    talk->network.random = bp_random(seed);
    talk->network.delay_us = 1000;
    talk->sendings = calloc(SENDINGS, sizeof *talk->sendings);
    talk->receivings = calloc(RECEIVINGS, sizeof *talk->receivings);
    talk->assembly = calloc(1, sizeof *talk->assembly);
    talk->references = calloc(REFERENCES, sizeof *talk->references);
    talk->octets = calloc(1, BAC_ANSWER_MAX);
    assert_true(talk->sendings && talk->receivings && talk->assembly && talk->references && talk->octets);
    talk->device = (Device){.number = 7, .object_count = 4000, .address = THEIRS, .network = &talk->network};
    BacServerOptions options = device_options(&talk->device, talk->sendings, SENDINGS);
    options.identity.max_apdu = max_apdu;
    options.window = window;
    options.receivings = talk->receivings;
    options.receiving_count = RECEIVINGS;
    bac_server_init(&talk->device.server, &options);
    const BacClientOptions client = {.owner = talk,
                                     .send = client_send,
                                     .transactions = &talk->transaction,
                                     .heap = &talk->due,
                                     .transaction_count = 1,
                                     .buckets = talk->buckets,
                                     .bucket_count = BUCKETS,
                                     .assemblies = talk->assembly,
                                     .assembly_count = 1,
                                     .segment_timeout_us = 2 * BP_SECOND,
                                     .seed = seed};
    bac_client_init(&talk->client, &client);
    talk->peer = (BacPeer){.address = THEIRS, .max_apdu = max_apdu, .takes_segments = true};
    assert_int_equal(bac_client_add(&talk->client, &talk->peer, NULL), BP_OK);
    return talk;
}

static void talk_free(Talk *talk)
{
    network_done(&talk->network);
    free(talk->sendings);
    free(talk->receivings);
    free(talk->assembly);
    free(talk->references);
    free(talk->octets);
    free(talk);
}

/* Each value must be the one of its reference. */
static void take(Talk *talk, const BacAnswer *answer, size_t count)
{
    talk->silent += answer->outcome == BAC_SILENT;
    talk->refused += answer->outcome == BAC_REFUSED;
    talk->refusal = answer->refusal;
    if (answer->outcome != BAC_ANSWERED)
        return;
    talk->answered++;
    BacReadMultiple walk = {.in = answer->body};
    BacReadResult result;
    for (size_t i = 0; i < count; i++) {
        BacValue value;
        assert_int_equal(bac_read_multiple_ack_next(&walk, &result, NULL), BP_OK);
        assert_int_equal(bac_value_decode(&result.value, &value, NULL), BP_OK);
        assert_true(value.natural == value_of(7, &talk->references[i]));
    }
    assert_int_equal(bac_read_multiple_ack_next(&walk, &result, NULL), BP_NOT_FOUND);
}

static void deliver(Talk *talk, size_t count)
{
    Frame *frame = network_pop(&talk->network);
    BacDatagram datagram;
    BacAnswer answer;
    assert_int_equal(
        bac_datagram_decode(bp_cursor(frame->octets, frame->size), &frame->from, &datagram, NULL), BP_OK);
    if (bac_address_equal(&frame->to, &THEIRS))
        bac_server_receive(&talk->device.server, &datagram, talk->network.now_us);
    else if (bac_client_receive(&talk->client, &datagram, talk->network.now_us, &answer))
        take(talk, &answer, count);
    free(frame);
}

static void ask(Talk *talk, size_t count)
{
    for (size_t i = 0; i < count; i++)
        talk->references[i] = (BacReference){device_object(&talk->device, 1 + (uint32_t)i),
                                             BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX};
    BpBuf out = bp_buf(talk->octets, BAC_ANSWER_MAX);
    bac_read_multiple_encode(&out, talk->references, count);
    assert_false(out.failed);
    const BacRequest request = {.service = BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE,
                                .parameters = bp_buf_text(&out),
                                .timeout_us = 3 * BP_SECOND,
                                .retries = 2};
    assert_int_equal(bac_client_request(&talk->client, &talk->peer, &request, talk->network.now_us, NULL),
                     BP_OK);
    while (talk->peer.outstanding > 0) {
        BacAnswer answer;
        int64_t next_us = network_next_us(&talk->network);
        const int64_t client_us = bac_client_next_due_us(&talk->client);
        const int64_t server_us = bac_server_next_due_us(&talk->device.server);
        next_us = client_us < next_us ? client_us : next_us;
        next_us = server_us < next_us ? server_us : next_us;
        assert_true(next_us < INT64_MAX);
        if (next_us > talk->network.now_us)
            talk->network.now_us = next_us;
        while (network_next_us(&talk->network) <= talk->network.now_us)
            deliver(talk, count);
        bac_server_expire(&talk->device.server, talk->network.now_us);
        if (bac_client_expire(&talk->client, talk->network.now_us, &answer))
            take(talk, &answer, count);
    }
}

static void long_requests_arrive_whole(void **state)
{
    (void)state;
    static const uint16_t sizes[] = {50, 128, 206, 480, 1476};
    for (size_t i = 0; i < 5; i++)
        for (uint8_t window = 1; window <= 127; window = (uint8_t)(window * 3 + 1)) {
            Talk *talk = talk_new(i, sizes[i], window);
            ask(talk, 3);
            ask(talk, sizes[i]); /* in segments, and its answer too */
            assert_int_equal(talk->answered, 2);
            assert_int_equal(talk->client.counts.retries, 0);
            talk_free(talk);
        }
}

/* More than 256 segments each way: sequence numbers begin anew. */
static void sequence_numbers_wrap(void **state)
{
    (void)state;
    Talk *talk = talk_new(1, 50, 16);
    ask(talk, 1800);
    assert_int_equal(talk->answered, 1);
    assert_true(talk->client.counts.retries == 0);
    talk_free(talk);
}

static void a_bad_network_delays_them_and_spoils_none(void **state)
{
    (void)state;
    size_t answered = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        Talk *talk = talk_new(seed, 206, (uint8_t)(1 + seed % 20));
        talk->network.lost = 0.05;
        talk->network.doubled = 0.1;
        talk->network.delayed = 0.2;
        talk->network.jitter_us = 100 * BP_MS;
        ask(talk, 100 + seed);
        answered += talk->answered;
        talk_free(talk);
    }
    assert_in_range(answered, 190, 200);
}

static void a_server_that_takes_no_segments_says_so(void **state)
{
    (void)state;
    Talk *talk = talk_new(1, 480, 8);
    talk->device.server.options.receiving_count = 0;
    ask(talk, 200);
    assert_int_equal(talk->refused, 1);
    assert_int_equal(talk->refusal.kind, BAC_REFUSED_ABORT);
    assert_int_equal(talk->refusal.code, BAC_ABORT_SEGMENTATION_NOT_SUPPORTED);
    talk_free(talk);
}

static void a_dead_server_is_given_up(void **state)
{
    (void)state;
    Talk *talk = talk_new(1, 480, 8);
    talk->network.lost = 1;
    ask(talk, 200);
    assert_int_equal(talk->silent, 1);
    talk_free(talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_requests_arrive_whole),
        cmocka_unit_test(sequence_numbers_wrap),
        cmocka_unit_test(a_bad_network_delays_them_and_spoils_none),
        cmocka_unit_test(a_server_that_takes_no_segments_says_so),
        cmocka_unit_test(a_dead_server_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
