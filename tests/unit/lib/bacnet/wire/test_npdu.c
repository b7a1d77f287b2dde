#include "tests/unit/octets.h"

#include "bacnet/wire/npdu.h"

static BpStatus parse(BpCursor in)
{
    BacNpdu npdu;
    return bac_npdu_decode(&in, &npdu, NULL);
}

static const char *const HEADERS[] = {
    "01 00",
    "01 04",
    "01 07",                               /* a reply expected, life safety */
    "01 20 ff ff 00 ff",                   /* to everyone */
    "01 24 07 d1 01 0a ff",                /* to network 2001, MAC 0a */
    "01 08 07 d1 06 c0 a8 0a 14 ba c0",    /* from network 2001 */
    "01 2c 07 d1 01 0a 00 05 02 01 02 fe", /* both */
    "01 80 00",                            /* Who-Is-Router-To-Network */
    "01 a0 ff ff 00 ff 01",                /* I-Am-Router-To-Network to everyone */
    "01 80 80 01 04",                      /* a vendor's message */
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
        BacNpdu npdu;
        assert_int_equal(bac_npdu_decode(&in, &npdu, NULL), BP_OK);
        assert_int_equal(bp_cursor_remaining(&in), 0);
        uint8_t memory[64];
        BpBuf out = bp_buf(memory, sizeof memory);
        bac_npdu_encode(&out, &npdu);
        assert_octets(&out, HEADERS[i]);
    }
}

static void both_stations_hops_and_priority_are_read(void **state)
{
    (void)state;
    const Octets header = octets("01 2e 07 d1 01 0a 00 05 02 01 02 fe 10 08");
    BpCursor in = cursor_over(&header);
    BacNpdu npdu;
    assert_int_equal(bac_npdu_decode(&in, &npdu, NULL), BP_OK);
    assert_int_equal(npdu.destination.network, 2001);
    assert_int_equal(npdu.destination.length, 1);
    assert_int_equal(npdu.destination.mac[0], 0x0A);
    assert_int_equal(npdu.source.network, 5);
    assert_int_equal(npdu.source.length, 2);
    assert_int_equal(npdu.hops, 254);
    assert_int_equal(npdu.priority, BAC_CRITICAL);
    assert_true(npdu.expecting_reply);
    assert_false(npdu.is_network_message);
    assert_int_equal(bp_cursor_remaining(&in), 2);
}

static void reserved_networks_are_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "01 08 00 00 01 0a",   /* from network 0 */
        "01 08 ff ff 01 0a",   /* from all networks */
        "01 08 07 d1 00",      /* from nobody */
        "01 20 00 00 01 0a ff" /* to network 0 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const Octets header = octets(bad[i]);
        assert_int_equal(parse(cursor_over(&header)), BP_MALFORMED);
    }
}

static void other_versions_and_long_macs_are_unsupported(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "02 00", "01 08 07 d1 08 01 02 03 04 05 06 07 08",
        "01 20 07 d1 12 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 ff"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const Octets header = octets(bad[i]);
        assert_int_equal(parse(cursor_over(&header)), BP_UNSUPPORTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_of_a_header_is_refused),
        cmocka_unit_test(turned_bits_do_no_harm),
        cmocka_unit_test(what_was_read_is_written_as_it_was),
        cmocka_unit_test(both_stations_hops_and_priority_are_read),
        cmocka_unit_test(reserved_networks_are_malformed),
        cmocka_unit_test(other_versions_and_long_macs_are_unsupported),
    };
    return cmocka_run_group_tests_name("bacnet npdu", tests, NULL, NULL);
}
