/* Client and servers together, over a network that loses, doubles, delays and overtakes. Whatever it does, no
 * answer is taken for a request that it does not belong to, and every request ends. */
#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"
#include "tests/unit/world.h"

#include "base/time.h"

#include <inttypes.h>

static const BacAddress OURS = {{10, 0, 0, 1}, BAC_PORT, {0}};

enum { REFERENCES_MAX = 6, SENDINGS = 2, ASSEMBLIES = 4, BUCKETS = 64 };

/* What was asked, to compare with what is answered. */
typedef struct Ask {
    struct Ask *next_free;
    Device *device;
    BacReference references[REFERENCES_MAX];
    size_t count;
    uint64_t value; /* of a write */
} Ask;

typedef struct Conversation {
    Network network;
    BacClient client;
    BacTransaction *transactions;
    BacDue *heap;
    BacPeer *buckets[BUCKETS];
    BacAssembly *assemblies;
    Device *devices;
    BacPeer *peers;
    BacSending *sendings;
    size_t device_count;
    Ask *asks, *free_ask;
    size_t asked, ended, answered;
    uint64_t last_value;
    BpRandom random;
    int64_t timeout_us;
    bool only_good_reads; /* of what is there, so that no Error is an answer */
} Conversation;

static void client_send(void *owner, const BacAddress *to, BpStr datagram)
{
    Conversation *conversation = owner;
    network_send(&conversation->network, &OURS, to, datagram);
}

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    assert_non_null(memory);
    return memory;
}

/* Every third device has a B/IP address of its own; the others share a router and some a MAC, on networks of
 * their own. */
static BacAddress address_of(size_t i)
{
    BacAddress address = {{10, 1, (uint8_t)(i / 250), (uint8_t)(i % 250 + 1)}, BAC_PORT, {0}};
    if (i % 3 == 0)
        return address;
    address = (BacAddress){{10, 0, 0, 2}, BAC_PORT, {(uint16_t)(2000 + i % 3), 2, {0}}};
    address.remote.mac[0] = (uint8_t)(i / 3);
    address.remote.mac[1] = (uint8_t)(i / 3 / 256);
    return address;
}

static const uint32_t MAX_APDUS[] = {1476, 480, 206, 128, 50};

static void add_device(Conversation *conversation, size_t i, bool *written)
{
    Device *device = &conversation->devices[i];
    device->number = (uint32_t)i;
    device->object_count = 40 + 3 * (uint32_t)i % 50;
    device->address = address_of(i);
    device->network = &conversation->network;
    device->written = written;
    BacServerOptions options = device_options(device, &conversation->sendings[i * SENDINGS], SENDINGS);
    options.identity.max_apdu = MAX_APDUS[i % 5];
    options.window = (uint8_t)(1 + i % 20);
    bac_server_init(&device->server, &options);
    BacPeer *peer = &conversation->peers[i];
    peer->address = device->address;
    peer->max_apdu = (uint16_t)options.identity.max_apdu;
    assert_int_equal(bac_client_add(&conversation->client, peer, NULL), BP_OK);
}

static Conversation *conversation_new(uint64_t seed, size_t device_count, size_t outstanding, size_t requests)
{
    Conversation *conversation = zeroed(1, sizeof *conversation);
    conversation->network.random = bp_random(seed);
    conversation->network.delayed = 1;
    conversation->random = bp_random(seed + 1);
    conversation->transactions = zeroed(outstanding, sizeof(BacTransaction));
    conversation->heap = zeroed(outstanding, sizeof(BacDue));
    conversation->assemblies = zeroed(ASSEMBLIES, sizeof(BacAssembly));
    conversation->asks = zeroed(outstanding, sizeof(Ask));
    conversation->devices = zeroed(device_count, sizeof(Device));
    conversation->peers = zeroed(device_count, sizeof(BacPeer));
    conversation->sendings = zeroed(device_count * SENDINGS, sizeof(BacSending));
    conversation->device_count = device_count;
    conversation->timeout_us = BP_SECOND;
    for (size_t i = 0; i < outstanding; i++) {
        conversation->asks[i].next_free = conversation->free_ask;
        conversation->free_ask = &conversation->asks[i];
    }
    const BacClientOptions options = {
        .owner = conversation,
        .send = client_send,
        .transactions = conversation->transactions,
        .heap = conversation->heap,
        .transaction_count = outstanding,
        .buckets = conversation->buckets,
        .bucket_count = BUCKETS,
        .assemblies = conversation->assemblies,
        .assembly_count = ASSEMBLIES,
        .segment_timeout_us = 2 * BP_SECOND,
        .rest_us = 2 * BP_SECOND,
        .seed = seed,
    };
    bac_client_init(&conversation->client, &options);
    for (size_t i = 0; i < device_count; i++)
        add_device(conversation, i, zeroed(requests + 1, sizeof(bool)));
    return conversation;
}

static void conversation_free(Conversation *conversation)
{
    network_done(&conversation->network);
    for (size_t i = 0; i < conversation->device_count; i++)
        free(conversation->devices[i].written);
    free(conversation->transactions);
    free(conversation->heap);
    free(conversation->assemblies);
    free(conversation->asks);
    free(conversation->devices);
    free(conversation->peers);
    free(conversation->sendings);
    free(conversation);
}

/* ---- asking ---- */

static size_t any(Conversation *conversation, size_t count)
{
    return bp_random_u64(&conversation->random) % count;
}

/* Some are of objects that the device has not. */
static BacReference any_reference(Conversation *conversation, const Device *device)
{
    const uint32_t instances = device->object_count / 2 + (conversation->only_good_reads ? 0 : 5);
    static const uint32_t properties[] = {BAC_PROP_PRESENT_VALUE, BAC_PROP_UNITS, BAC_PROP_PRIORITY_ARRAY};
    BacReference reference = {.object = {any(conversation, 2) ? BAC_ANALOG_INPUT : BAC_ANALOG_VALUE,
                                         (uint32_t)any(conversation, instances)},
                              .property = properties[any(conversation, 3)],
                              .index = BAC_NO_INDEX};
    if (reference.property == BAC_PROP_PRIORITY_ARRAY)
        reference.index = 1 + (uint32_t)any(conversation, PRIORITIES);
    return reference;
}

static BpStatus send_ask(Conversation *conversation, Ask *ask, uint8_t service, const BpBuf *parameters)
{
    assert_false(parameters->failed);
    const BacRequest request = {.service = service,
                                .parameters = bp_buf_text(parameters),
                                .timeout_us = conversation->timeout_us,
                                .retries = (uint8_t)any(conversation, 3),
                                .context = ask};
    return bac_client_request(&conversation->client,
                              &conversation->peers[ask->device - conversation->devices], &request,
                              conversation->network.now_us, NULL);
}

static BpStatus ask_write(Conversation *conversation, Ask *ask, BpBuf *out)
{
    uint8_t memory[16];
    BpBuf value = bp_buf(memory, sizeof memory);
    ask->count = 1;
    ask->references[0] = any_reference(conversation, ask->device);
    ask->value = ++conversation->last_value;
    put_natural(&value, ask->value);
    const BacWrite write = {.reference = ask->references[0], .value = bp_cursor(memory, value.size)};
    bac_write_property_encode(out, &write);
    return send_ask(conversation, ask, BAC_SERVICE_CONFIRMED_WRITE_PROPERTY, out);
}

static BpStatus ask_read(Conversation *conversation, Ask *ask, BpBuf *out)
{
    ask->count = 1;
    ask->references[0] = any_reference(conversation, ask->device);
    if (any(conversation, 20) == 0)
        ask->references[0] =
            (BacReference){{BAC_DEVICE, ask->device->number}, BAC_PROP_OBJECT_LIST, BAC_NO_INDEX};
    bac_read_property_encode(out, ask->references);
    return send_ask(conversation, ask, BAC_SERVICE_CONFIRMED_READ_PROPERTY, out);
}

static BpStatus ask_read_multiple(Conversation *conversation, Ask *ask, BpBuf *out)
{
    ask->count =
        1 + any(conversation, ask->device->server.options.identity.max_apdu > 50 ? REFERENCES_MAX : 3);
    for (size_t i = 0; i < ask->count; i++)
        ask->references[i] = any_reference(conversation, ask->device);
    bac_read_multiple_encode(out, ask->references, ask->count);
    return send_ask(conversation, ask, BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE, out);
}

/* Something, of somebody. False where that one can be asked no more for now. */
static bool ask_anything(Conversation *conversation)
{
    uint8_t memory[256];
    BpBuf out = bp_buf(memory, sizeof memory);
    Ask *ask = conversation->free_ask;
    ask->device = &conversation->devices[any(conversation, conversation->device_count)];
    const size_t kind = conversation->only_good_reads ? 1 : any(conversation, 4);
    const BpStatus status = kind == 0   ? ask_write(conversation, ask, &out)
                            : kind == 1 ? ask_read(conversation, ask, &out)
                                        : ask_read_multiple(conversation, ask, &out);
    if (status != BP_OK) {
        assert_int_equal(status, BP_FULL);
        return false;
    }
    conversation->free_ask = ask->next_free;
    conversation->asked++;
    return true;
}

/* ---- comparing ---- */

static void check_value(const Ask *ask, const BacReference *reference, BpCursor in)
{
    BacValue value;
    assert_int_equal(bac_value_decode(&in, &value, NULL), BP_OK);
    assert_int_equal(value.type, BAC_UNSIGNED);
    if (value.natural != value_of(ask->device->number, reference))
        fail_msg("device %u got %llx", ask->device->number, (unsigned long long)value.natural);
    assert_int_equal(bp_cursor_remaining(&in), 0);
}

static void check_object_list(const Device *device, BpCursor in)
{
    for (uint32_t i = 0; i <= device->object_count; i++) {
        BacValue value;
        assert_int_equal(bac_value_decode(&in, &value, NULL), BP_OK);
        assert_int_equal(value.type, BAC_OBJECT_IDENTIFIER);
        assert_true(bac_object_equal(value.object, device_object(device, i)));
    }
    assert_int_equal(bp_cursor_remaining(&in), 0);
}

static void check_read(const Ask *ask, BpCursor body)
{
    BacReference told;
    BpCursor value;
    assert_int_equal(bac_read_property_ack_decode(&body, &told, &value, NULL), BP_OK);
    if (ask->references[0].property == BAC_PROP_OBJECT_LIST)
        check_object_list(ask->device, value);
    else
        check_value(ask, &ask->references[0], value);
}

static void check_results(const Ask *ask, BpCursor body)
{
    BacReadMultiple walk = {.in = body};
    BacReadResult result;
    for (size_t i = 0; i < ask->count; i++) {
        assert_int_equal(bac_read_multiple_ack_next(&walk, &result, NULL), BP_OK);
        if (device_has(ask->device, ask->references[i].object))
            check_value(ask, &ask->references[i], result.value);
        else
            assert_int_equal(result.refusal.code, BAC_CODE_UNKNOWN_OBJECT);
    }
    assert_int_equal(bac_read_multiple_ack_next(&walk, &result, NULL), BP_NOT_FOUND);
}

static void check_refusal(const Ask *ask, const BacAnswer *answer)
{
    const BacRefusal *refusal = &answer->refusal;
    if (refusal->kind == BAC_REFUSED_ERROR) {
        assert_int_equal(refusal->code, BAC_CODE_UNKNOWN_OBJECT);
        assert_false(device_has(ask->device, ask->references[0].object));
    } else { /* too many long answers at a time, here or there */
        assert_int_equal(refusal->kind, BAC_REFUSED_ABORT);
        assert_int_equal(refusal->code, BAC_ABORT_OUT_OF_RESOURCES);
    }
}

static void take_answer(Conversation *conversation, const BacAnswer *answer)
{
    Ask *ask = answer->context;
    assert_true(bac_address_equal(&answer->peer->address, &ask->device->address));
    if (answer->outcome == BAC_REFUSED)
        check_refusal(ask, answer);
    else if (answer->outcome == BAC_ANSWERED)
        switch (answer->service) {
        case BAC_SERVICE_CONFIRMED_READ_PROPERTY: check_read(ask, answer->body); break;
        case BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE: check_results(ask, answer->body); break;
        default: assert_true(ask->device->written[ask->value]); break;
        }
    conversation->ended++;
    conversation->answered += answer->outcome == BAC_ANSWERED;
    ask->next_free = conversation->free_ask;
    conversation->free_ask = ask;
}

/* ---- time goes on ---- */

static Device *device_at(Conversation *conversation, const BacAddress *address)
{
    for (size_t i = 0; i < conversation->device_count; i++)
        if (bac_address_equal(&conversation->devices[i].address, address))
            return &conversation->devices[i];
    return NULL;
}

static void deliver(Conversation *conversation, const Frame *frame)
{
    BacDatagram datagram;
    BacAnswer answer;
    const BpStatus status =
        bac_datagram_decode(bp_cursor(frame->octets, frame->size), &frame->from, &datagram, NULL);
    assert_int_equal(status, BP_OK);
    if (bac_address_equal(&frame->to, &OURS)) {
        if (bac_client_receive(&conversation->client, &datagram, conversation->network.now_us, &answer))
            take_answer(conversation, &answer);
        return;
    }
    Device *device = device_at(conversation, &frame->to);
    assert_non_null(device);
    bac_server_receive(&device->server, &datagram, conversation->network.now_us);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Goes on to the next thing that happens. False where nothing more will. */
static bool step(Conversation *conversation)
{
    Network *network = &conversation->network;
    const int64_t frame_us = network_next_us(network);
    int64_t due_us = bac_client_next_due_us(&conversation->client);
    for (size_t i = 0; i < conversation->device_count; i++)
        due_us = earlier(due_us, bac_server_next_due_us(&conversation->devices[i].server));
    if (frame_us == INT64_MAX && due_us == INT64_MAX)
        return false;
    network->now_us = earlier(frame_us, due_us);
    if (frame_us <= due_us) {
        Frame *frame = network_pop(network);
        deliver(conversation, frame);
        free(frame);
        return true;
    }
    BacAnswer answer;
    while (bac_client_expire(&conversation->client, due_us, &answer))
        take_answer(conversation, &answer);
    for (size_t i = 0; i < conversation->device_count; i++)
        bac_server_expire(&conversation->devices[i].server, due_us);
    return true;
}

/* Keeps as many requests outstanding as there is room for, until `requests` were asked and ended. */
static void talk(Conversation *conversation, size_t requests)
{
    while (conversation->ended < requests) {
        while (conversation->free_ask && conversation->asked < requests && ask_anything(conversation))
            ;
        if (!step(conversation))
            conversation->network.now_us += BP_SECOND; /* all that could be asked now rests */
    }
    while (step(conversation))
        ;
    assert_int_equal(conversation->ended, requests);
    for (size_t i = 0; i < conversation->device_count; i++)
        assert_int_equal(conversation->peers[i].outstanding, 0);
    for (size_t i = 0; i < ASSEMBLIES; i++)
        assert_false(conversation->assemblies[i].in_use &&
                     &conversation->assemblies[i] != conversation->client.lent);
}

/* ---- tests ---- */

static void over_a_good_network_everything_is_answered(void **state)
{
    (void)state;
    enum { REQUESTS = 3000 };
    Conversation *conversation = conversation_new(1, 7, SENDINGS, REQUESTS);
    conversation->network.delay_us = 500;
    talk(conversation, REQUESTS);
    const BacClientCounts *counts = &conversation->client.counts;
    assert_int_equal(counts->answers + counts->errors, REQUESTS);
    assert_int_equal(counts->retries + counts->silent + counts->late + counts->foreign + counts->duplicates,
                     0);
    conversation_free(conversation);
}

/* The slowest answer takes less than two timeouts: what the rest of invoke IDs is made for. So not even a
 * SimpleACK or an Error, which name no object, may meet the wrong request. */
static void over_a_bad_network_no_answer_meets_another_request(void **state)
{
    (void)state;
    enum { SEEDS = 12, REQUESTS = 1500, DEVICES = 9 };
    BacClientCounts sum = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        Conversation *conversation = conversation_new(seed, DEVICES, 40, REQUESTS);
        Network *network = &conversation->network;
        network->lost = 0.02 * (double)(seed % 6);
        network->doubled = 0.03 * (double)(seed % 5);
        network->delay_us = 1000;
        network->jitter_us = seed % 4 == 0 ? 20 * BP_MS : 950 * BP_MS;
        talk(conversation, REQUESTS);
        const BacClientCounts *counts = &conversation->client.counts;
        assert_int_equal(counts->malformed, 0);
        assert_true(conversation->answered > REQUESTS / 4);
        sum.late += counts->late;
        sum.duplicates += counts->duplicates;
        sum.retries += counts->retries;
        sum.silent += counts->silent;
        conversation_free(conversation);
    }
    assert_true(sum.late > 1000); /* the network was as bad as it was meant to be */
    assert_true(sum.duplicates > 1000);
    assert_true(sum.retries > 1000);
    assert_true(sum.silent > 1000);
}

/* So fast that all invoke IDs are used many times while a doubled answer is on its way. */
static Conversation *rapid_conversation(size_t requests)
{
    Conversation *conversation = conversation_new(11, 1, 30, requests);
    conversation->network.doubled = 0.5;
    conversation->network.delayed = 0.05;
    conversation->network.delay_us = BP_MS;
    conversation->network.jitter_us = 900 * BP_MS;
    return conversation;
}

static void ids_that_rest_keep_even_the_fastest_answers_apart(void **state)
{
    (void)state;
    enum { REQUESTS = 10000 };
    Conversation *conversation = rapid_conversation(REQUESTS);
    talk(conversation, REQUESTS);
    assert_int_equal(conversation->client.counts.foreign, 0);
    assert_true(conversation->client.counts.duplicates > REQUESTS / 20);
    conversation_free(conversation);
}

static void reads_that_name_their_objects_need_no_rest(void **state)
{
    (void)state;
    enum { REQUESTS = 50000 };
    Conversation *conversation = rapid_conversation(REQUESTS);
    conversation->client.options.rest_us = 0;
    conversation->only_good_reads = true;
    talk(conversation, REQUESTS);
    assert_true(conversation->client.counts.foreign > 100);
    assert_true(conversation->answered > REQUESTS * 99 / 100);
    conversation_free(conversation);
}

static void ten_thousand_requests_are_outstanding_and_none_is_mistaken(void **state)
{
    (void)state;
    enum { OUTSTANDING = 10000, REQUESTS = 30000, DEVICES = 150 };
    /* More by hand: BACPIPES_TEST_REQUESTS=20000000 test_bacnet_conversation */
    const char *wanted = getenv("BACPIPES_TEST_REQUESTS");
    const size_t requests = wanted ? strtoul(wanted, NULL, 10) : REQUESTS;
    Conversation *conversation = conversation_new(5, DEVICES, OUTSTANDING, requests);
    conversation->network.lost = 0.05;
    conversation->network.doubled = 0.05;
    conversation->network.delay_us = 10 * BP_MS;
    conversation->network.jitter_us = 900 * BP_MS;
    while (conversation->free_ask && ask_anything(conversation))
        ;
    assert_true(conversation->asked > OUTSTANDING * 9 / 10);
    talk(conversation, requests);
    assert_true(conversation->answered > requests / 3);
    print_message("# %zu requests, %zu answered, %" PRIu64 " late, %" PRIu64 " foreign, none mistaken\n",
                  conversation->asked, conversation->answered, conversation->client.counts.late,
                  conversation->client.counts.foreign);
    conversation_free(conversation);
}

/* ---- every segment lost in turn ---- */

/* Loses the frames of these numbers, counted from the first. */
typedef struct Losses {
    uint64_t first, second;
} Losses;

static bool is_lost(void *owner, const Frame *frame)
{
    const Losses *losses = owner;
    return frame->number == losses->first || frame->number == losses->second;
}

/* Reads the object list of a device, and returns how many frames that took. */
static uint64_t read_object_list(uint8_t window, uint32_t object_count, Losses losses,
                                 BacOutcome *ret_outcome)
{
    Conversation *conversation = conversation_new(3, 2, 1, 0);
    Device *device = &conversation->devices[1];
    BacServerOptions options = device->server.options;
    options.identity.max_apdu = 50;
    options.window = window;
    bac_server_init(&device->server, &options);
    device->object_count = object_count;
    conversation->network.delay_us = 10 * BP_MS;
    conversation->network.loses = is_lost;
    conversation->network.owner = &losses;

    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    Ask *ask = conversation->free_ask;
    ask->device = device;
    ask->references[0] = (BacReference){{BAC_DEVICE, device->number}, BAC_PROP_OBJECT_LIST, BAC_NO_INDEX};
    bac_read_property_encode(&out, ask->references);
    const BacRequest request = {.service = BAC_SERVICE_CONFIRMED_READ_PROPERTY,
                                .parameters = bp_buf_text(&out),
                                .timeout_us = BP_SECOND,
                                .retries = 2,
                                .context = ask};
    assert_int_equal(bac_client_request(&conversation->client, &conversation->peers[1], &request, 0, NULL),
                     BP_OK);
    conversation->free_ask = NULL;
    while (step(conversation))
        ;
    *ret_outcome = conversation->answered ? BAC_ANSWERED : BAC_SILENT;
    assert_int_equal(conversation->ended, 1);
    assert_false(conversation->sendings[SENDINGS].in_use);
    const uint64_t frames = conversation->network.number;
    conversation_free(conversation);
    return frames;
}

static void any_two_frames_of_a_segmented_answer_may_be_lost(void **state)
{
    (void)state;
    static const uint8_t windows[] = {1, 2, 4, 16};
    for (size_t i = 0; i < sizeof windows; i++) {
        BacOutcome outcome;
        const uint64_t frames = read_object_list(windows[i], 60, (Losses){UINT64_MAX, UINT64_MAX}, &outcome);
        assert_int_equal(outcome, BAC_ANSWERED);
        for (uint64_t first = 0; first < frames; first++)
            for (uint64_t second = first; second < frames; second++) {
                (void)read_object_list(windows[i], 60, (Losses){first, second}, &outcome);
                if (outcome != BAC_ANSWERED)
                    fail_msg("window %u: no answer without frames %llu and %llu", windows[i],
                             (unsigned long long)first, (unsigned long long)second);
            }
    }
}

static bool loses_every_ninth(void *owner, const Frame *frame)
{
    (void)owner;
    return frame->number % 9 == 8;
}

static void an_answer_of_more_than_256_segments_arrives_whole(void **state)
{
    (void)state;
    Conversation *conversation = conversation_new(3, 5, 1, 0);
    Device *device = &conversation->devices[4]; /* takes 50 octets */
    device->object_count = 4000;
    conversation->network.delay_us = 10 * BP_MS;
    conversation->network.loses = loses_every_ninth;
    Ask *ask = conversation->free_ask;
    ask->device = device;
    ask->references[0] = (BacReference){{BAC_DEVICE, device->number}, BAC_PROP_OBJECT_LIST, BAC_NO_INDEX};
    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_property_encode(&out, ask->references);
    assert_int_equal(send_ask(conversation, ask, BAC_SERVICE_CONFIRMED_READ_PROPERTY, &out), BP_OK);
    conversation->free_ask = NULL;
    while (step(conversation))
        ;
    assert_int_equal(conversation->answered, 1);
    assert_true(device->server.counts.segments > 4000 * 5 / 45);
    conversation_free(conversation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_a_good_network_everything_is_answered),
        cmocka_unit_test(over_a_bad_network_no_answer_meets_another_request),
        cmocka_unit_test(ids_that_rest_keep_even_the_fastest_answers_apart),
        cmocka_unit_test(reads_that_name_their_objects_need_no_rest),
        cmocka_unit_test(ten_thousand_requests_are_outstanding_and_none_is_mistaken),
        cmocka_unit_test(any_two_frames_of_a_segmented_answer_may_be_lost),
        cmocka_unit_test(an_answer_of_more_than_256_segments_arrives_whole),
    };
    return cmocka_run_group_tests_name("bacnet conversation", tests, NULL, NULL);
}
