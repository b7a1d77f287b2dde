#include "tests/unit/octets.h"

#include "bacnet/wire/datagram.h"
#include "bacnet/wire/enums.h"

static const BacAddress SENDER = {{10, 1, 2, 1}, 47808, {0}};

static BpStatus parse(BpCursor in)
{
    BacDatagram datagram;
    return bac_datagram_decode(in, &SENDER, &datagram, NULL);
}

static BacDatagram decode(const char *hexadecimal, Octets *ret_octets)
{
    *ret_octets = octets(hexadecimal);
    BacDatagram datagram = {0};
    BpError err;
    if (bac_datagram_decode(cursor_over(ret_octets), &SENDER, &datagram, &err) != BP_OK)
        fail_msg("%s: %s", hexadecimal, err.text);
    return datagram;
}

static void a_datagram_cut_anywhere_does_no_harm(void **state)
{
    (void)state;
    cut_everywhere(parse, "81 0a 00 11 01 04 00 05 01 0c 0c 00 00 00 03 19 55");
    cut_everywhere(parse, "81 04 00 17 0a 01 02 09 ba c0 01 28 ff ff 00 00 05 01 02 fe 10 08 00");
}

static void turned_bits_do_no_harm(void **state)
{
    (void)state;
    flip_bits(parse, "81 0a 00 11 01 04 00 05 01 0c 0c 00 00 00 03 19 55");
    flip_bits(parse, "81 04 00 17 0a 01 02 09 ba c0 01 28 ff ff 00 00 05 01 02 fe 10 08 00");
}

static void a_plain_request_is_from_its_sender(void **state)
{
    (void)state;
    Octets message;
    const BacDatagram datagram = decode("81 0a 00 11 01 04 00 05 01 0c 0c 00 00 00 03 19 55", &message);
    assert_true(bac_address_equal(&datagram.from, &SENDER));
    assert_false(datagram.is_broadcast);
    assert_true(datagram.has_apdu);
    assert_int_equal(datagram.apdu.service, BAC_SERVICE_CONFIRMED_READ_PROPERTY);
    assert_int_equal(bp_cursor_remaining(&datagram.body), 7);
}

static void an_answer_through_a_router_is_from_the_station_behind_it(void **state)
{
    (void)state;
    Octets message;
    const BacDatagram datagram = decode("81 0a 00 0d 01 08 07 d1 01 0a 20 01 0f", &message);
    assert_true(bac_address_equal(&datagram.from, &(BacAddress){{10, 1, 2, 1}, 47808, {2001, 1, {0x0A}}}));
}

static void a_forwarded_broadcast_is_from_its_original_sender(void **state)
{
    (void)state;
    Octets message;
    const BacDatagram datagram =
        decode("81 04 00 16 0a 01 02 09 ba c1 01 28 ff ff 00 00 05 01 02 fe 10 08", &message);
    assert_true(bac_address_equal(&datagram.from, &(BacAddress){{10, 1, 2, 9}, 47809, {5, 1, {2}}}));
    assert_true(datagram.is_broadcast);
    assert_int_equal(datagram.apdu.service, BAC_SERVICE_UNCONFIRMED_WHO_IS);
}

static void only_broadcasts_may_be_forwarded(void **state)
{
    (void)state;
    static const struct {
        const char *datagram;
        bool may_be;
    } cases[] = {
        {"81 04 00 13 0a 01 02 09 ba c1 01 00 10 00 c4 02 00 00 01", true}, /* I-Am, as far as it goes */
        {"81 04 00 0e 0a 01 02 09 ba c1 01 00 10 08", true},
        {"81 04 00 0f 0a 01 02 09 ba c1 01 80 01 00 05", true},              /* I-Am-Router-To-Network */
        {"81 04 00 0e 0a 01 02 09 ba c1 01 00 10 02", false},                /* a COV notification */
        {"81 04 00 0f 0a 01 02 09 ba c1 01 00 20 01 0f", false},             /* SimpleACK */
        {"81 04 00 0f 0a 01 02 09 ba c1 01 00 30 01 0c", false},             /* ComplexACK */
        {"81 04 00 13 0a 01 02 09 ba c1 01 00 50 01 0c 91 01 91 1f", false}, /* Error */
        {"81 04 00 0f 0a 01 02 09 ba c1 01 00 60 01 04", false},             /* Reject */
        {"81 04 00 0f 0a 01 02 09 ba c1 01 00 71 01 04", false},             /* Abort */
        {"81 04 00 10 0a 01 02 09 ba c1 01 04 00 05 01 0c", false},          /* ReadProperty */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Octets message;
        const BacDatagram datagram = decode(cases[i].datagram, &message);
        if (bac_datagram_may_be_forwarded(&datagram) != cases[i].may_be)
            fail_msg("%s", cases[i].datagram);
    }
}

static void a_unicast_to_everyone_on_a_network_is_a_broadcast(void **state)
{
    (void)state;
    Octets message;
    assert_true(decode("81 0a 00 0c 01 20 ff ff 00 ff 10 08", &message).is_broadcast);
    assert_true(decode("81 0b 00 08 01 00 10 08", &message).is_broadcast);
    assert_false(decode("81 0a 00 0d 01 20 07 d1 01 0a ff 10 08", &message).is_broadcast);
}

static void messages_of_the_network_layer_and_of_bbmds_have_no_apdu(void **state)
{
    (void)state;
    Octets message;
    const BacDatagram router = decode("81 0b 00 09 01 80 01 00 05", &message);
    assert_false(router.has_apdu);
    assert_int_equal(router.npdu.message, BAC_I_AM_ROUTER_TO_NETWORK);
    assert_int_equal(bp_cursor_remaining(&router.body), 2);
    const BacDatagram result = decode("81 00 00 06 00 30", &message);
    assert_false(result.has_apdu);
    assert_int_equal(result.bvlc_result, 0x30);
    assert_true(bac_address_equal(&result.from, &SENDER));
}

static void what_is_put_together_is_taken_apart_again(void **state)
{
    (void)state;
    const BacAddress to = {{10, 1, 2, 1}, 47808, {2001, 1, {0x0A}}};
    const BacStation source = {5, 2, {1, 2}};
    const BacApdu apdu = {.type = BAC_CONFIRMED_REQUEST,
                          .max_apdu = 1476,
                          .invoke_id = 7,
                          .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY};
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const size_t begin = bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &to, &source, true, &apdu);
    bp_buf_octets(&out, "\x0C", 1);
    bac_datagram_end(&out, begin);
    assert_octets(&out, "81 0a 00 15 01 2c 07 d1 01 0a 00 05 02 01 02 ff 00 05 07 0c 0c");
    BacDatagram datagram;
    assert_int_equal(bac_datagram_decode(bp_cursor(memory, out.size), &SENDER, &datagram, NULL), BP_OK);
    assert_memory_equal(&datagram.npdu.destination, &to.remote, sizeof to.remote);
    assert_memory_equal(&datagram.from.remote, &source, sizeof source);
    assert_true(datagram.npdu.expecting_reply);
    assert_int_equal(datagram.apdu.invoke_id, 7);
}

static void the_largest_datagram_has_room(void **state)
{
    (void)state;
    const BacAddress to = {{10, 1, 2, 1}, 47808, {2001, 7, {1, 2, 3, 4, 5, 6, 7}}};
    const BacApdu apdu = {.type = BAC_COMPLEX_ACK, .segmented = true};
    static const uint8_t parameters[BAC_APDU_MAX - 5];
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const size_t begin = bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &to, &to.remote, false, &apdu);
    bp_buf_octets(&out, parameters, sizeof parameters);
    bac_datagram_end(&out, begin);
    assert_false(out.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_datagram_cut_anywhere_does_no_harm),
        cmocka_unit_test(turned_bits_do_no_harm),
        cmocka_unit_test(a_plain_request_is_from_its_sender),
        cmocka_unit_test(an_answer_through_a_router_is_from_the_station_behind_it),
        cmocka_unit_test(a_forwarded_broadcast_is_from_its_original_sender),
        cmocka_unit_test(only_broadcasts_may_be_forwarded),
        cmocka_unit_test(a_unicast_to_everyone_on_a_network_is_a_broadcast),
        cmocka_unit_test(messages_of_the_network_layer_and_of_bbmds_have_no_apdu),
        cmocka_unit_test(what_is_put_together_is_taken_apart_again),
        cmocka_unit_test(the_largest_datagram_has_room),
    };
    return cmocka_run_group_tests_name("bacnet datagram", tests, NULL, NULL);
}
