/* The server alone, its requests made by hand. test_conversation.c has clients talk to it. */
#include "tests/unit/lib/bacnet/talk/answerer.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
