/* A device whose requests are made by hand: what the tests of its server share. */
#ifndef TESTS_ANSWERER_H
#define TESTS_ANSWERER_H

#include "tests/unit/octets.h"
#include "tests/unit/world.h"

static const BacAddress ASKER = {{10, 0, 0, 1}, BAC_PORT, {0}};
static const BacAddress FAR_ASKER = {{10, 0, 0, 3}, BAC_PORT, {17, 1, {0x22}}};

enum { OBJECTS = 100, SENDINGS = 2, SENT_MAX = 64 };

/* A device and what it sent since the last request. */
typedef struct Answerer {
    Device device;
    BacSending sendings[SENDINGS];
    BacReceiving receivings[1];
    int64_t now_us;
    size_t sent_count;
    struct {
        BacAddress to;
        Octets octets;
        BacDatagram datagram;
    } sent[SENT_MAX];
} Answerer;

static inline void take_sent(void *owner, const BacAddress *to, BpStr datagram)
{
    Answerer *answerer = (Answerer *)owner; /* its device comes first */
    assert_true(answerer->sent_count < SENT_MAX);
    Octets *message = &answerer->sent[answerer->sent_count].octets;
    message->size = datagram.size;
    memcpy(message->data, datagram.data, datagram.size);
    BpError err;
    BacAddress node = answerer->device.address;
    node.remote = (BacStation){0};
    if (bac_datagram_decode(cursor_over(message), &node, &answerer->sent[answerer->sent_count].datagram,
                            &err) != BP_OK)
        fail_msg("sent what cannot be read: %s", err.text);
    answerer->sent[answerer->sent_count++].to = *to;
}

static inline BacServerOptions options_of(Answerer *answerer)
{
    BacServerOptions options = device_options(&answerer->device, answerer->sendings, SENDINGS);
    options.send = take_sent;
    options.window = 4;
    return options;
}

/* A new one each time, in memory that is not zero. */
static inline Answerer *begin(void)
{
    static Answerer memory;
    memset(&memory, 0xAA, sizeof memory);
    memory.device =
        (Device){.number = 1042, .object_count = OBJECTS, .address = {{10, 0, 0, 9}, BAC_PORT, {0}}};
    memory.now_us = 1000;
    const BacServerOptions options = options_of(&memory);
    bac_server_init(&memory.device.server, &options);
    return &memory;
}

/* An APDU from `from` comes in. */
static inline void hear(Answerer *answerer, const BacAddress *from, const BacApdu *apdu,
                        const Octets *parameters)
{
    uint8_t memory[2 * BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const size_t begin_at = bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &answerer->device.address,
                                               &from->remote, true, apdu);
    bp_buf_octets(&out, parameters->data, parameters->size);
    bac_datagram_end(&out, begin_at);
    assert_false(out.failed);
    BacAddress node = *from;
    node.remote = (BacStation){0};
    BacDatagram datagram;
    assert_int_equal(bac_datagram_decode(bp_cursor(memory, out.size), &node, &datagram, NULL), BP_OK);
    answerer->sent_count = 0;
    bac_server_receive(&answerer->device.server, &datagram, answerer->now_us);
}

static inline BacApdu request_of(uint8_t service)
{
    return (BacApdu){.type = BAC_CONFIRMED_REQUEST,
                     .segmented_response_accepted = true,
                     .max_segments = 65,
                     .max_apdu = BAC_APDU_MAX,
                     .invoke_id = 33,
                     .service = service};
}

static inline void ask(Answerer *answerer, uint8_t service, const char *parameters)
{
    const BacApdu apdu = request_of(service);
    const Octets message = octets(parameters);
    hear(answerer, &ASKER, &apdu, &message);
}

enum {
    READ = BAC_SERVICE_CONFIRMED_READ_PROPERTY,
    READ_MULTIPLE = BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE,
    WRITE = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY,
};

/* The one APDU that was sent, with its parameters. */
static const BacDatagram *assert_one_sent(const Answerer *answerer, BacApduType type)
{
    assert_int_equal(answerer->sent_count, 1);
    const BacDatagram *sent = &answerer->sent[0].datagram;
    assert_int_equal(sent->apdu.type, type);
    assert_int_equal(sent->apdu.invoke_id, 33);
    return sent;
}

static inline void assert_body(const BacDatagram *datagram, const char *hexadecimal)
{
    const Octets expected = octets(hexadecimal);
    assert_int_equal(bp_cursor_remaining(&datagram->body), expected.size);
    assert_memory_equal(datagram->body.data + datagram->body.offset, expected.data, expected.size);
}

static inline void assert_rejected(const Answerer *answerer, BacRejectReason reason)
{
    assert_int_equal(assert_one_sent(answerer, BAC_REJECT)->apdu.reason, reason);
}

static inline void assert_aborted(const Answerer *answerer, BacAbortReason reason)
{
    const BacApdu *apdu = &assert_one_sent(answerer, BAC_ABORT)->apdu;
    assert_int_equal(apdu->reason, reason);
    assert_true(apdu->from_server);
}

static inline void assert_error(const Answerer *answerer, uint8_t service, BacErrorClass error_class,
                                BacErrorCode code)
{
    const BacDatagram *sent = assert_one_sent(answerer, BAC_ERROR);
    BpCursor body = sent->body;
    BacRefusal refusal;
    assert_int_equal(sent->apdu.service, service);
    assert_int_equal(bac_error_decode(&body, &refusal, NULL), BP_OK);
    assert_int_equal(refusal.error_class, error_class);
    assert_int_equal(refusal.code, code);
}

#endif
