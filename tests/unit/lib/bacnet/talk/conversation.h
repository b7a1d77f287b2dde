/* A client that talks with many devices, over a network that loses, doubles, delays and overtakes: what the
 * tests of that share. What is answered is compared with what was asked. */
#ifndef TESTS_CONVERSATION_H
#define TESTS_CONVERSATION_H

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

static inline void client_send(void *owner, const BacAddress *to, BpStr datagram)
{
    Conversation *conversation = owner;
    network_send(&conversation->network, &OURS, to, datagram);
}

static inline void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    assert_non_null(memory);
    return memory;
}

/* Every third device has a B/IP address of its own; the others share a router and some a MAC, on networks of
 * their own. */
static inline BacAddress address_of(size_t i)
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

static inline void add_device(Conversation *conversation, size_t i, bool *written)
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

static inline Conversation *conversation_new(uint64_t seed, size_t device_count, size_t outstanding,
                                             size_t requests)
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

static inline void conversation_free(Conversation *conversation)
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

static inline size_t any(Conversation *conversation, size_t count)
{
    return bp_random_u64(&conversation->random) % count;
}

/* Some are of objects that the device has not. */
static inline BacReference any_reference(Conversation *conversation, const Device *device)
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

static inline BpStatus send_ask(Conversation *conversation, Ask *ask, uint8_t service,
                                const BpBuf *parameters)
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

static inline BpStatus ask_write(Conversation *conversation, Ask *ask, BpBuf *out)
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

static inline BpStatus ask_read(Conversation *conversation, Ask *ask, BpBuf *out)
{
    ask->count = 1;
    ask->references[0] = any_reference(conversation, ask->device);
    if (any(conversation, 20) == 0)
        ask->references[0] =
            (BacReference){{BAC_DEVICE, ask->device->number}, BAC_PROP_OBJECT_LIST, BAC_NO_INDEX};
    bac_read_property_encode(out, ask->references);
    return send_ask(conversation, ask, BAC_SERVICE_CONFIRMED_READ_PROPERTY, out);
}

static inline BpStatus ask_read_multiple(Conversation *conversation, Ask *ask, BpBuf *out)
{
    ask->count =
        1 + any(conversation, ask->device->server.options.identity.max_apdu > 50 ? REFERENCES_MAX : 3);
    for (size_t i = 0; i < ask->count; i++)
        ask->references[i] = any_reference(conversation, ask->device);
    bac_read_multiple_encode(out, ask->references, ask->count);
    return send_ask(conversation, ask, BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE, out);
}

/* Something, of somebody. False where that one can be asked no more for now. */
static inline bool ask_anything(Conversation *conversation)
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

static inline void check_value(const Ask *ask, const BacReference *reference, BpCursor in)
{
    BacValue value;
    assert_int_equal(bac_value_decode(&in, &value, NULL), BP_OK);
    assert_int_equal(value.type, BAC_UNSIGNED);
    if (value.natural != value_of(ask->device->number, reference))
        fail_msg("device %u got %llx", ask->device->number, (unsigned long long)value.natural);
    assert_int_equal(bp_cursor_remaining(&in), 0);
}

static inline void check_object_list(const Device *device, BpCursor in)
{
    for (uint32_t i = 0; i <= device->object_count; i++) {
        BacValue value;
        assert_int_equal(bac_value_decode(&in, &value, NULL), BP_OK);
        assert_int_equal(value.type, BAC_OBJECT_IDENTIFIER);
        assert_true(bac_object_equal(value.object, device_object(device, i)));
    }
    assert_int_equal(bp_cursor_remaining(&in), 0);
}

static inline void check_read(const Ask *ask, BpCursor body)
{
    BacReference told;
    BpCursor value;
    assert_int_equal(bac_read_property_ack_decode(&body, &told, &value, NULL), BP_OK);
    if (ask->references[0].property == BAC_PROP_OBJECT_LIST)
        check_object_list(ask->device, value);
    else
        check_value(ask, &ask->references[0], value);
}

static inline void check_results(const Ask *ask, BpCursor body)
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

static inline void check_refusal(const Ask *ask, const BacAnswer *answer)
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

static inline void take_answer(Conversation *conversation, const BacAnswer *answer)
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

static inline Device *device_at(Conversation *conversation, const BacAddress *address)
{
    for (size_t i = 0; i < conversation->device_count; i++)
        if (bac_address_equal(&conversation->devices[i].address, address))
            return &conversation->devices[i];
    return NULL;
}

static inline void deliver(Conversation *conversation, const Frame *frame)
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

static inline int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Goes on to the next thing that happens. False where nothing more will. */
static inline bool step(Conversation *conversation)
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
static inline void talk(Conversation *conversation, size_t requests)
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

#endif
