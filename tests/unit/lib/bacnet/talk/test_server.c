/* The server alone, its requests made by hand. test_bacnet_conversation.c has clients talk to it. */
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

static void take_sent(void *owner, const BacAddress *to, BpStr datagram)
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

static BacServerOptions options_of(Answerer *answerer)
{
    BacServerOptions options = device_options(&answerer->device, answerer->sendings, SENDINGS);
    options.send = take_sent;
    options.window = 4;
    return options;
}

/* A new one each time, in memory that is not zero. */
static Answerer *begin(void)
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
static void hear(Answerer *answerer, const BacAddress *from, const BacApdu *apdu, const Octets *parameters)
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

static BacApdu request_of(uint8_t service)
{
    return (BacApdu){.type = BAC_CONFIRMED_REQUEST,
                     .segmented_response_accepted = true,
                     .max_segments = 65,
                     .max_apdu = BAC_APDU_MAX,
                     .invoke_id = 33,
                     .service = service};
}

static void ask(Answerer *answerer, uint8_t service, const char *parameters)
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

static void assert_body(const BacDatagram *datagram, const char *hexadecimal)
{
    const Octets expected = octets(hexadecimal);
    assert_int_equal(bp_cursor_remaining(&datagram->body), expected.size);
    assert_memory_equal(datagram->body.data + datagram->body.offset, expected.data, expected.size);
}

static void assert_rejected(const Answerer *answerer, BacRejectReason reason)
{
    assert_int_equal(assert_one_sent(answerer, BAC_REJECT)->apdu.reason, reason);
}

static void assert_aborted(const Answerer *answerer, BacAbortReason reason)
{
    const BacApdu *apdu = &assert_one_sent(answerer, BAC_ABORT)->apdu;
    assert_int_equal(apdu->reason, reason);
    assert_true(apdu->from_server);
}

static void assert_error(const Answerer *answerer, uint8_t service, BacErrorClass error_class,
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

/* ---- Who-Is ---- */

static bool answers_who_is(Answerer *answerer, const char *parameters)
{
    const BacApdu who_is = {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_WHO_IS};
    const Octets message = octets(parameters);
    hear(answerer, &FAR_ASKER, &who_is, &message);
    return answerer->sent_count == 1;
}

static void who_is_is_answered_within_its_range(void **state)
{
    (void)state;
    Answerer *answerer = begin();                                /* device 1042 is 0x412 */
    assert_false(answers_who_is(answerer, "0a 0413 1b 3fffff")); /* from 1043 on */
    assert_false(answers_who_is(answerer, "09 00 1a 0411"));     /* up to 1041 */
    assert_true(answers_who_is(answerer, "0a 0412 1a 0412"));
    assert_true(answers_who_is(answerer, "09 00 1b 3fffff"));
    assert_true(answers_who_is(answerer, ""));
    /* To the asker alone, through the asker's router. */
    const BpBuf sent = {.data = answerer->sent[0].octets.data, .size = answerer->sent[0].octets.size};
    assert_octets(&sent, "81 0a 001a 01 20 0011 01 22 ff 10 00 c4 02000412 22 05c4 91 00 22 0104");
    assert_true(bac_address_equal(&answerer->sent[0].to, &FAR_ASKER));
}

static void who_is_that_breaks_its_rules_is_counted_and_not_answered(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    assert_false(answers_who_is(answerer, "0a 0412"));
    assert_false(answers_who_is(answerer, "0a 0412 1a 0412 00"));
    assert_false(answers_who_is(answerer, "1a 0412 0a 0412"));
    assert_int_equal(answerer->device.server.counts.malformed, 3);
}

static void a_device_behind_a_router_says_its_station(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    BacServerOptions options = options_of(answerer);
    options.station = (BacStation){2001, 1, {0x0A}};
    bac_server_init(&answerer->device.server, &options);
    answerer->sent_count = 0;
    const BacAddress everyone = {{10, 0, 0, 255}, BAC_PORT, {BAC_NETWORK_BROADCAST, 0, {0}}};
    bac_server_announce(&answerer->device.server, &everyone, true);
    const BpBuf sent = {.data = answerer->sent[0].octets.data, .size = answerer->sent[0].octets.size};
    assert_octets(&sent, "81 0b 001d 01 28 ffff 00 07d1 01 0a ff 10 00 c4 02000412 22 05c4 91 00 22 0104");
    ask(answerer, READ, "0c 02000412 19 4c 29 00");
    assert_one_sent(answerer, BAC_COMPLEX_ACK);
    assert_int_equal(answerer->sent[0].datagram.from.remote.network, 2001);
    assert_int_equal(answerer->sent[0].datagram.from.remote.mac[0], 0x0A);
}

/* ---- reading and writing ---- */

static void a_read_is_answered_by_these_octets(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    const BacApdu apdu = request_of(READ);
    const Octets parameters = octets("0c 00000005 19 57 29 08"); /* analog-input,5 priority-array[8] */
    hear(answerer, &FAR_ASKER, &apdu, &parameters);
    assert_one_sent(answerer, BAC_COMPLEX_ACK);
    const BpBuf sent = {.data = answerer->sent[0].octets.data, .size = answerer->sent[0].octets.size};
    assert_octets(
        &sent,
        "81 0a 0023 01 20 0011 01 22 ff 30 21 0c 0c 00000005 19 57 29 08 3e 25 08 4120000000505708 3f");
    assert_true(bac_address_equal(&answerer->sent[0].to, &FAR_ASKER));
    assert_int_equal(answerer->device.server.counts.answers, 1);
}

static void what_cannot_be_read_is_an_error_that_says_why(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    ask(answerer, READ, "0c 00000032 19 55"); /* analog-input,50 is one too many */
    assert_error(answerer, READ, BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
    ask(answerer, READ, "0c 00000005 1a 0200");
    assert_error(answerer, READ, BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
    ask(answerer, READ, "0c 00000005 19 57 29 11");
    assert_error(answerer, READ, BAC_CLASS_PROPERTY, BAC_CODE_INVALID_ARRAY_INDEX);
    ask(answerer, READ, "0c 00000005 19 08"); /* ALL is for ReadPropertyMultiple */
    assert_error(answerer, READ, BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
}

static void the_wildcard_device_is_this_one_and_says_its_number(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    ask(answerer, READ, "0c 023fffff 19 4c 29 01");
    assert_body(assert_one_sent(answerer, BAC_COMPLEX_ACK), "0c 02000412 19 4c 29 01 3e c4 02000412 3f");
    ask(answerer, READ_MULTIPLE, "0c 023fffff 1e 09 4c 19 01 1f");
    assert_body(assert_one_sent(answerer, BAC_COMPLEX_ACK),
                "0c 02000412 1e 29 4c 39 01 4e c4 02000412 4f 1f");
    ask(answerer, READ, "0c 003fffff 19 55"); /* only the device has one */
    assert_error(answerer, READ, BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
}

static void a_malformed_request_is_rejected_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *parameters;
        BacRejectReason reason;
        uint8_t service;
    } cases[] = {
        {"", BAC_REJECT_MISSING_REQUIRED_PARAMETER, READ},
        {"0c 00000005", BAC_REJECT_MISSING_REQUIRED_PARAMETER, READ},
        {"0c 0000", BAC_REJECT_MISSING_REQUIRED_PARAMETER, READ},
        {"19 55", BAC_REJECT_INVALID_TAG, READ},
        {"c4 00000005 19 55", BAC_REJECT_INVALID_TAG, READ},
        {"0c 00000005 1d 05 0100000000", BAC_REJECT_PARAMETER_OUT_OF_RANGE, READ},
        {"0c 00000005 19 55 29 01 39 01", BAC_REJECT_TOO_MANY_ARGUMENTS, READ},
        {"", BAC_REJECT_MISSING_REQUIRED_PARAMETER, READ_MULTIPLE},
        {"0c 00000005 1e 1f", BAC_REJECT_MISSING_REQUIRED_PARAMETER, READ_MULTIPLE},
        {"0c 00000005", BAC_REJECT_MISSING_REQUIRED_PARAMETER, READ_MULTIPLE},
        {"0c 00000005 1e 09 55", BAC_REJECT_MISSING_REQUIRED_PARAMETER, READ_MULTIPLE},
        {"0c 00000005 1e 09 55 1f 0c 00000006", BAC_REJECT_MISSING_REQUIRED_PARAMETER, READ_MULTIPLE},
        {"0c 00000005 1e 29 55 1f", BAC_REJECT_INVALID_TAG, READ_MULTIPLE},
        {"0c 00000005 19 55", BAC_REJECT_MISSING_REQUIRED_PARAMETER, WRITE},
        {"0c 00000005 19 55 3e 21 07", BAC_REJECT_MISSING_REQUIRED_PARAMETER, WRITE},
        {"0c 00000005 19 55 3e 21 07 3f 49 11", BAC_REJECT_PARAMETER_OUT_OF_RANGE, WRITE},
        {"0c 00000005 19 55 3e 21 07 3f 49 00", BAC_REJECT_PARAMETER_OUT_OF_RANGE, WRITE},
        {"0c 00000005 19 55 3e 21 07 3f 49 08 59 00", BAC_REJECT_TOO_MANY_ARGUMENTS, WRITE},
        {"0c 00000005 19 55 3e 21 07 4f", BAC_REJECT_INVALID_TAG, WRITE},
        {"", BAC_REJECT_UNRECOGNIZED_SERVICE, BAC_SERVICE_CONFIRMED_ATOMIC_READ_FILE},
        {"", BAC_REJECT_UNRECOGNIZED_SERVICE, 200},
    };
    Answerer *answerer = begin();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ask(answerer, cases[i].service, cases[i].parameters);
        if (answerer->sent[0].datagram.apdu.reason != cases[i].reason)
            fail_msg("\"%s\" to service %u is rejected for %u and not for %u", cases[i].parameters,
                     cases[i].service, answerer->sent[0].datagram.apdu.reason, cases[i].reason);
        assert_rejected(answerer, cases[i].reason);
    }
    assert_int_equal(answerer->device.writes, 0);
}

static void each_list_is_answered_by_its_own(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    /* The same object twice; an object and a property that are not there, among others that are. */
    ask(answerer, READ_MULTIPLE,
        "0c 00000001 1e 09 55 0a 0200 1f 0c 00000001 1e 09 75 1f 0c 00000032 1e 09 55 1f");
    assert_body(assert_one_sent(answerer, BAC_COMPLEX_ACK),
                "0c 00000001 1e 29 55 4e 25 08 41200000001055ff 4f 2a 0200 5e 91 02 91 20 5f 1f"
                "0c 00000001 1e 29 75 4e 25 08 41200000001075ff 4f 1f"
                "0c 00000032 1e 29 55 5e 91 01 91 1f 5f 1f");
}

static void groups_of_properties_are_answered_one_by_one(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    ask(answerer, READ_MULTIPLE, "0c 00000001 1e 09 08 1f"); /* ALL */
    assert_body(assert_one_sent(answerer, BAC_COMPLEX_ACK),
                "0c 00000001 1e 29 55 4e 25 08 41200000001055ff 4f 29 75 4e 25 08 41200000001075ff 4f"
                "29 1c 4e 25 08 4120000000101cff 4f 1f");
    ask(answerer, READ_MULTIPLE, "0c 00000001 1e 09 69 09 50 1f"); /* REQUIRED and OPTIONAL */
    assert_body(assert_one_sent(answerer, BAC_COMPLEX_ACK),
                "0c 00000001 1e 29 55 4e 25 08 41200000001055ff 4f 29 75 4e 25 08 41200000001075ff 4f"
                "29 1c 4e 25 08 4120000000101cff 4f 1f");
    ask(answerer, READ_MULTIPLE, "0c 00000032 1e 09 08 1f"); /* of no object: one error */
    assert_body(assert_one_sent(answerer, BAC_COMPLEX_ACK), "0c 00000032 1e 29 08 5e 91 01 91 1f 5f 1f");
}

static void a_device_without_read_multiple_does_not_know_it(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    BacServerOptions options = options_of(answerer);
    options.has_read_multiple = false;
    bac_server_init(&answerer->device.server, &options);
    ask(answerer, READ_MULTIPLE, "0c 00000001 1e 09 08 1f");
    assert_rejected(answerer, BAC_REJECT_UNRECOGNIZED_SERVICE);
}

static void a_write_reaches_the_object_with_its_priority(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    ask(answerer, WRITE, "0c 00800007 19 55 3e 22 0102 3f 49 08");
    assert_int_equal(assert_one_sent(answerer, BAC_SIMPLE_ACK)->apdu.service, WRITE);
    assert_int_equal(bp_cursor_remaining(&answerer->sent[0].datagram.body), 0);
    assert_int_equal(answerer->device.last_instance, 7);
    assert_int_equal(answerer->device.last_written, 0x0102);
    assert_int_equal(answerer->device.last_priority, 8);
    ask(answerer, WRITE, "0c 00800007 19 55 3e 22 0102 3f");
    assert_int_equal(answerer->device.last_priority, 16);
    ask(answerer, WRITE, "0c 00800007 19 55 3e 10 3f");
    assert_error(answerer, WRITE, BAC_CLASS_PROPERTY, BAC_CODE_INVALID_DATA_TYPE);
    assert_int_equal(answerer->device.writes, 2);
}

static void what_is_no_request_to_this_device_is_left_alone(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    const Octets read = octets("0c 00000005 19 55");
    const BacApdu others[] = {
        {.type = BAC_SIMPLE_ACK},
        {.type = BAC_COMPLEX_ACK},
        {.type = BAC_ERROR},
        {.type = BAC_REJECT},
        {.type = BAC_ABORT},
        {.type = BAC_ABORT, .from_server = true},
        {.type = BAC_SEGMENT_ACK, .window = 1},
        {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_I_AM},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        hear(answerer, &ASKER, &others[i], &read);
        assert_int_equal(answerer->sent_count, 0);
    }
    BacDatagram broadcast = {.from = ASKER, .has_apdu = true, .is_broadcast = true, .apdu = request_of(READ)};
    broadcast.body = cursor_over(&read);
    bac_server_receive(&answerer->device.server, &broadcast, 0);
    const BacDatagram network_message = {.from = ASKER, .npdu.is_network_message = true};
    bac_server_receive(&answerer->device.server, &network_message, 0);
    assert_int_equal(answerer->sent_count, 0);
    assert_int_equal(answerer->device.server.counts.requests, 0);
}

static void a_request_longer_than_the_device_takes_is_dropped(void **state)
{
    (void)state;
    Answerer *answerer = begin();
    BacServerOptions options = options_of(answerer);
    options.identity.max_apdu = 50;
    bac_server_init(&answerer->device.server, &options);
    Octets parameters = {.size = 46};
    const BacApdu apdu = request_of(200);
    hear(answerer, &ASKER, &apdu, &parameters);
    assert_rejected(answerer, BAC_REJECT_UNRECOGNIZED_SERVICE);
    parameters.size = 47;
    hear(answerer, &ASKER, &apdu, &parameters);
    assert_int_equal(answerer->sent_count, 0);
    assert_int_equal(answerer->device.server.counts.too_long, 1);
}

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
        cmocka_unit_test(who_is_is_answered_within_its_range),
        cmocka_unit_test(who_is_that_breaks_its_rules_is_counted_and_not_answered),
        cmocka_unit_test(a_device_behind_a_router_says_its_station),
        cmocka_unit_test(a_read_is_answered_by_these_octets),
        cmocka_unit_test(what_cannot_be_read_is_an_error_that_says_why),
        cmocka_unit_test(the_wildcard_device_is_this_one_and_says_its_number),
        cmocka_unit_test(a_malformed_request_is_rejected_with_its_reason),
        cmocka_unit_test(each_list_is_answered_by_its_own),
        cmocka_unit_test(groups_of_properties_are_answered_one_by_one),
        cmocka_unit_test(a_device_without_read_multiple_does_not_know_it),
        cmocka_unit_test(a_write_reaches_the_object_with_its_priority),
        cmocka_unit_test(what_is_no_request_to_this_device_is_left_alone),
        cmocka_unit_test(a_request_longer_than_the_device_takes_is_dropped),
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
    return cmocka_run_group_tests_name("bacnet server", tests, NULL, NULL);
}
