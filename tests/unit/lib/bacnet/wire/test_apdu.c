#include "tests/unit/octets.h"

#include "bacnet/wire/apdu.h"
#include "bacnet/wire/enums.h"

static BpStatus parse(BpCursor in)
{
    BacApdu apdu;
    return bac_apdu_decode(&in, &apdu, NULL);
}

static const char *const HEADERS[] = {
    "00 05 2a 0e",       /* a confirmed request: ReadPropertyMultiple, up to 1476 octets */
    "02 73 2a 0e",       /* takes more than 64 segments, up to 480 octets */
    "0e 75 2a 03 10 0e", /* itself segmented, more follows */
    "10 08",             /* Who-Is */
    "20 2a 0f",          /* a simple acknowledgement */
    "30 2a 0c",          /* a complex one */
    "3c 2a 00 04 0e",    /* its first segment */
    "38 2a 01 04 0e",    /* its last */
    "40 2a 03 04",       /* segment 3 has arrived */
    "43 2a 03 04",       /* something after it has not, says a server */
    "50 2a 0c",          /* an error */
    "60 2a 09",          /* a reject */
    "70 2a 04",
    "71 2a 04", /* aborts of client and server */
};
enum { HEADER_COUNT = sizeof HEADERS / sizeof HEADERS[0] };

static void every_prefix_of_a_header_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < HEADER_COUNT; i++)
        assert_prefixes_are_refused(parse, HEADERS[i], 0);
}

static void turned_bits_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < HEADER_COUNT; i++)
        flip_bits(parse, HEADERS[i]);
}

static void what_was_read_is_written_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        const Octets header = octets(HEADERS[i]);
        BpCursor in = cursor_over(&header);
        BacApdu apdu;
        assert_int_equal(bac_apdu_decode(&in, &apdu, NULL), BP_OK);
        assert_int_equal(bp_cursor_remaining(&in), 0);
        uint8_t memory[16];
        BpBuf out = bp_buf(memory, sizeof memory);
        bac_apdu_encode(&out, &apdu);
        assert_octets(&out, HEADERS[i]);
    }
}

static BacApdu decode(const char *hexadecimal)
{
    const Octets header = octets(hexadecimal);
    BpCursor in = cursor_over(&header);
    BacApdu apdu;
    assert_int_equal(bac_apdu_decode(&in, &apdu, NULL), BP_OK);
    return apdu;
}

static void a_segmented_request_says_all_it_has(void **state)
{
    (void)state;
    const BacApdu apdu = decode("0e 75 2a 03 10 0e");
    assert_int_equal(apdu.type, BAC_CONFIRMED_REQUEST);
    assert_true(apdu.segmented && apdu.more_follows && apdu.segmented_response_accepted);
    assert_int_equal(apdu.max_segments, 65);
    assert_int_equal(apdu.max_apdu, 1476);
    assert_int_equal(apdu.invoke_id, 42);
    assert_int_equal(apdu.sequence, 3);
    assert_int_equal(apdu.window, 16);
    assert_int_equal(apdu.service, BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE);
}

static void a_type_has_only_its_own_fields(void **state)
{
    (void)state;
    const BacApdu error = decode("5f 2a 0c"), unsegmented = decode("34 2a 0c"), reject = decode("61 2a 09");
    assert_false(error.segmented || error.from_server || error.negative);
    assert_false(unsegmented.segmented || unsegmented.more_follows);
    assert_false(reject.from_server);
    assert_int_equal(reject.reason, BAC_REJECT_UNRECOGNIZED_SERVICE);
    const BacApdu negative = decode("43 2a 03 04");
    assert_true(negative.negative && negative.from_server);
    assert_int_equal(negative.sequence, 3);
    assert_int_equal(negative.window, 4);
}

static void sizes_are_those_that_a_header_can_say(void **state)
{
    (void)state;
    static const uint16_t sizes[][2] = {{0, 50},      {50, 50},     {127, 50},    {128, 128},   {206, 206},
                                        {479, 206},   {480, 480},   {1023, 480},  {1024, 1024}, {1475, 1024},
                                        {1476, 1476}, {1497, 1476}, {65535, 1476}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_int_equal(bac_apdu_size_sayable(sizes[i][0]), sizes[i][1]);
    assert_int_equal(decode("00 0f 2a 0c").max_apdu, 1476); /* a reserved code */
}

static void reserved_types_are_unsupported(void **state)
{
    (void)state;
    const Octets header = octets("80 2a 0c 00");
    assert_int_equal(parse(cursor_over(&header)), BP_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_of_a_header_is_refused),
        cmocka_unit_test(turned_bits_do_no_harm),
        cmocka_unit_test(what_was_read_is_written_as_it_was),
        cmocka_unit_test(a_segmented_request_says_all_it_has),
        cmocka_unit_test(a_type_has_only_its_own_fields),
        cmocka_unit_test(sizes_are_those_that_a_header_can_say),
        cmocka_unit_test(reserved_types_are_unsupported),
    };
    return cmocka_run_group_tests_name("bacnet apdu", tests, NULL, NULL);
}
