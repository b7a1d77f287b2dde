#include "tests/unit/octets.h"

#include "bacnet/wire/bvlc.h"

static BpStatus parse(BpCursor in)
{
    BacBvlc bvlc;
    return bac_bvlc_decode(in, &bvlc, NULL);
}

/* One of each function. */
static const char *const DATAGRAMS[] = {
    "81 00 00 06 00 30",
    "81 01 00 0e 0a 01 02 01 ba c0 ff ff ff ff",
    "81 02 00 04",
    "81 03 00 0e 0a 01 02 01 ba c0 ff ff ff ff",
    "81 04 00 0c 0a 01 02 09 ba c0 01 20",
    "81 05 00 06 01 2c",
    "81 06 00 04",
    "81 07 00 0e 0a 01 02 09 ba c0 01 2c 01 4a",
    "81 08 00 0a 0a 01 02 09 ba c0",
    "81 09 00 06 01 20",
    "81 0a 00 06 01 04",
    "81 0b 00 06 01 20",
    "81 0c 00 06 aa bb",
};
enum { DATAGRAM_COUNT = sizeof DATAGRAMS / sizeof DATAGRAMS[0] };

static void a_datagram_cut_anywhere_does_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < DATAGRAM_COUNT; i++)
        cut_everywhere(parse, DATAGRAMS[i]);
}

static void turned_bits_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < DATAGRAM_COUNT; i++)
        flip_bits(parse, DATAGRAMS[i]);
}

static void what_was_read_is_written_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < DATAGRAM_COUNT; i++) {
        const Octets datagram = octets(DATAGRAMS[i]);
        BacBvlc bvlc;
        assert_int_equal(bac_bvlc_decode(cursor_over(&datagram), &bvlc, NULL), BP_OK);
        uint8_t memory[64];
        BpBuf out = bp_buf(memory, sizeof memory);
        const size_t begin = bac_bvlc_begin(&out, &bvlc);
        bp_buf_octets(&out, bvlc.body.data, bvlc.body.size);
        bac_bvlc_end(&out, begin);
        assert_octets(&out, DATAGRAMS[i]);
    }
}

static void a_wrong_length_is_no_matter_and_padding_left_out(void **state)
{
    (void)state;
    const Octets longer = octets("81 0a 00 07 01 04"), padded = octets("81 0a 00 05 01 04");
    const Octets nothing = octets("81 0a 00 03 01 04");
    BacBvlc bvlc;
    assert_int_equal(parse(cursor_over(&longer)), BP_OK);
    assert_int_equal(parse(cursor_over(&nothing)), BP_MALFORMED);
    assert_int_equal(bac_bvlc_decode(cursor_over(&padded), &bvlc, NULL), BP_OK);
    assert_int_equal(bp_cursor_remaining(&bvlc.body), 1);
}

static void other_protocols_and_functions_are_told_apart(void **state)
{
    (void)state;
    const Octets ipv6 = octets("82 0a 00 06 01 04"), unknown = octets("81 0d 00 04");
    assert_int_equal(parse(cursor_over(&ipv6)), BP_MALFORMED);
    assert_int_equal(parse(cursor_over(&unknown)), BP_UNSUPPORTED);
}

static void functions_without_a_body_have_none(void **state)
{
    (void)state;
    const Octets result = octets("81 00 00 07 00 30 00"), read = octets("81 02 00 05 00");
    assert_int_equal(parse(cursor_over(&result)), BP_MALFORMED);
    assert_int_equal(parse(cursor_over(&read)), BP_MALFORMED);
}

static void a_forwarded_npdu_says_who_sent_it(void **state)
{
    (void)state;
    const Octets datagram = octets("81 04 00 0c 0a 01 02 09 ba c1 01 20");
    BacBvlc bvlc;
    assert_int_equal(bac_bvlc_decode(cursor_over(&datagram), &bvlc, NULL), BP_OK);
    assert_true(bac_address_equal(&bvlc.source, &(BacAddress){{10, 1, 2, 9}, 47809, {0}}));
    assert_int_equal(bvlc.body.size, 2);
}

static void a_full_buffer_is_left_alone_at_the_end(void **state)
{
    (void)state;
    uint8_t memory[3];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_bvlc_end(&out, bac_bvlc_begin(&out, &(BacBvlc){.function = BAC_BVLC_ORIGINAL_UNICAST}));
    assert_true(out.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_datagram_cut_anywhere_does_no_harm),
        cmocka_unit_test(turned_bits_do_no_harm),
        cmocka_unit_test(what_was_read_is_written_as_it_was),
        cmocka_unit_test(a_wrong_length_is_no_matter_and_padding_left_out),
        cmocka_unit_test(other_protocols_and_functions_are_told_apart),
        cmocka_unit_test(functions_without_a_body_have_none),
        cmocka_unit_test(a_forwarded_npdu_says_who_sent_it),
        cmocka_unit_test(a_full_buffer_is_left_alone_at_the_end),
    };
    return cmocka_run_group_tests_name("bacnet bvlc", tests, NULL, NULL);
}
