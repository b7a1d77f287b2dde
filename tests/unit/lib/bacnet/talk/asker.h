/* A client whose answers are made by hand: what the tests of it share. */
#ifndef TESTS_ASKER_H
#define TESTS_ASKER_H

#include "tests/unit/octets.h"

#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"
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

static inline void take_sent(void *owner, const BacAddress *to, BpStr datagram)
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

static inline BacClientOptions options_of(Asker *asker)
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

static inline void add_peer(Asker *asker, BacPeer *peer, const BacAddress *address)
{
    memset(peer, 0xAA, sizeof *peer);
    peer->address = *address;
    peer->max_apdu = BAC_APDU_MAX;
    peer->takes_segments = false;
    assert_int_equal(bac_client_add(&asker->client, peer, NULL), BP_OK);
}

static inline void begin_with(Asker *asker, const BacClientOptions *options, const BacAddress *address)
{
    bac_client_init(&asker->client, options);
    asker->now_us = 1000;
    asker->sent_count = 0;
    add_peer(asker, &asker->peer, address);
}

/* A new one each time, in memory that is not zero. */
static inline Asker *begin(const BacAddress *address)
{
    static Asker memory;
    memset(&memory, 0xAA, sizeof memory);
    const BacClientOptions options = options_of(&memory);
    begin_with(&memory, &options, address);
    return &memory;
}

static inline BpStatus ask_peer(Asker *asker, BacPeer *peer, uint8_t service, BpStr parameters,
                                uint8_t retries)
{
    const BacRequest request = {.service = service,
                                .parameters = parameters,
                                .timeout_us = TIMEOUT_US,
                                .retries = retries,
                                .context = asker};
    return bac_client_request(&asker->client, peer, &request, asker->now_us, NULL);
}

/* Returns the invoke ID that was given. */
static inline uint8_t ask(Asker *asker, uint8_t service, BpStr parameters, uint8_t retries)
{
    assert_int_equal(ask_peer(asker, &asker->peer, service, parameters, retries), BP_OK);
    return asker->sent.apdu.invoke_id;
}

static inline uint8_t ask_read(Asker *asker, const BacReference *reference, uint8_t retries)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_property_encode(&out, reference);
    return ask(asker, BAC_SERVICE_CONFIRMED_READ_PROPERTY, bp_buf_text(&out), retries);
}

static inline uint8_t ask_read_multiple(Asker *asker, const BacReference *references, size_t count)
{
    uint8_t memory[512];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_multiple_encode(&out, references, count);
    return ask(asker, BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE, bp_buf_text(&out), 0);
}

static inline uint8_t ask_write(Asker *asker)
{
    return ask(asker, BAC_SERVICE_CONFIRMED_WRITE_PROPERTY,
               (BpStr){"\x0C\x00\x40\x00\x01\x19\x55\x3E\x00\x3F", 10}, 0);
}

/* An APDU from `from` comes in; true if it ended a request. */
static inline bool hear(Asker *asker, const BacAddress *from, const BacApdu *apdu, BpStr parameters)
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

static inline bool hear_read(Asker *asker, const BacAddress *from, uint8_t id, const BacReference *reference)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_property_ack_encode(&out, reference, (BpStr){"\x44\x41\xAC\x00\x00", 5}); /* Real 21.5 */
    const BacApdu apdu = {
        .type = BAC_COMPLEX_ACK, .invoke_id = id, .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY};
    return hear(asker, from, &apdu, bp_buf_text(&out));
}

static inline bool hear_results(Asker *asker, uint8_t id, const BacReference *references, size_t count)
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
static inline bool wait_for_next(Asker *asker)
{
    asker->now_us = bac_client_next_due_us(&asker->client);
    assert_true(asker->now_us < INT64_MAX);
    return bac_client_expire(&asker->client, asker->now_us, &asker->answer);
}

static inline void assert_idle(const Asker *asker)
{
    assert_int_equal(bac_client_next_due_us(&asker->client), INT64_MAX);
    assert_int_equal(asker->peer.outstanding, 0);
}

#endif
