#include "bacnet/wire/tag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void every_prefix_of_a_long_tag_is_cut_short(void **state)
{
    (void)state;
    static const uint8_t whole[] = {0xF5, 0x20, 0xFE, 0x00, 0x02, 0xAA, 0xBB}; /* 32, length 2 */
    BacTag tag;
    for (size_t size = 0; size < sizeof whole; size++) {
        BpCursor in = bp_cursor(whole, size);
        assert_int_equal(bac_tag_decode(&in, &tag, NULL), BP_TRUNCATED);
    }
    BpCursor in = bp_cursor(whole, sizeof whole);
    assert_int_equal(bac_tag_decode(&in, &tag, NULL), BP_OK);
    assert_int_equal(tag.number, 32);
    assert_int_equal(tag.length, 2);
    assert_int_equal(in.offset, 5);
}

static void a_length_beyond_the_message_is_cut_short(void **state)
{
    (void)state;
    static const uint8_t four_gigabytes[] = {0x65, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00};
    BpCursor in = bp_cursor(four_gigabytes, sizeof four_gigabytes);
    BacTag tag;
    assert_int_equal(bac_tag_decode(&in, &tag, NULL), BP_TRUNCATED);
}

static void an_application_tag_cannot_open_or_close(void **state)
{
    (void)state;
    for (uint8_t low = 6; low <= 7; low++) {
        const uint8_t octets[] = {(uint8_t)(0x20 | low), 0x00};
        BpCursor in = bp_cursor(octets, sizeof octets);
        BacTag tag;
        assert_int_equal(bac_tag_decode(&in, &tag, NULL), BP_MALFORMED);
    }
}

static void a_boolean_is_in_its_application_tag_but_in_the_contents_of_a_context_tag(void **state)
{
    (void)state;
    static const uint8_t octets[] = {0x11, 0x19, 0x01};
    BpCursor in = bp_cursor(octets, sizeof octets);
    BacTag tag;
    assert_int_equal(bac_tag_decode(&in, &tag, NULL), BP_OK);
    assert_true(tag.truth);
    assert_int_equal(tag.length, 0);
    assert_int_equal(bac_tag_decode(&in, &tag, NULL), BP_OK);
    assert_int_equal(tag.kind, BAC_CONTEXT);
    assert_int_equal(tag.length, 1);
}

static void looking_ahead_takes_nothing_and_sees_kind_and_number(void **state)
{
    (void)state;
    static const uint8_t octets[] = {0x3E, 0xFF, 0x20, 0x3F};
    BpCursor in = bp_cursor(octets, sizeof octets);
    assert_true(bac_tag_is_next(&in, BAC_OPENING, 3));
    assert_false(bac_tag_is_next(&in, BAC_OPENING, 4));
    assert_false(bac_tag_is_next(&in, BAC_CLOSING, 3));
    assert_false(bac_tag_is_next(&in, BAC_CONTEXT, 3));
    assert_int_equal(in.offset, 0);
    in = bp_cursor(octets + 3, 1);
    assert_true(bac_tag_is_next(&in, BAC_CLOSING, 3));
    assert_false(bac_tag_is_next(&in, BAC_OPENING, 3));
    in = bp_cursor(octets, 0);
    assert_false(bac_tag_is_next(&in, BAC_APPLICATION, 0));
}

static void contents_end_at_their_own_closing_tag(void **state)
{
    (void)state;
    /* [3] was opened; inside it [3] again with a string whose octets look like a closing tag. */
    static const uint8_t octets[] = {0x3E, 0x61, 0x3F, 0x3F, 0x09, 0x3F, 0x3F, 0x21, 0x05};
    BpCursor in = bp_cursor(octets, sizeof octets), contents;
    assert_int_equal(bac_tag_contents(&in, 3, &contents, NULL), BP_OK);
    assert_int_equal(contents.size, 6);
    assert_ptr_equal(contents.data, octets);
    assert_int_equal(in.offset, 7);
    for (size_t size = 0; size < 7; size++) {
        in = bp_cursor(octets, size);
        assert_int_equal(bac_tag_contents(&in, 3, &contents, NULL), BP_TRUNCATED);
    }
}

static void tags_that_close_in_the_wrong_order_are_malformed(void **state)
{
    (void)state;
    static const uint8_t crossed[] = {0x1E, 0x3F, 0x1F};
    BpCursor in = bp_cursor(crossed, sizeof crossed), contents;
    assert_int_equal(bac_tag_contents(&in, 3, &contents, NULL), BP_MALFORMED);
}

static void nesting_ends_at_32(void **state)
{
    (void)state;
    uint8_t octets[64];
    memset(octets, 0x0E, 32);
    memset(octets + 32, 0x0F, 32);
    BpCursor in = bp_cursor(octets + 1, 63), contents; /* 31 more inside the one that is open */
    assert_int_equal(bac_tag_contents(&in, 0, &contents, NULL), BP_OK);
    in = bp_cursor(octets, 64);
    assert_int_equal(bac_tag_contents(&in, 0, &contents, NULL), BP_MALFORMED);
}

static void tags_are_written_as_short_as_they_can_be_and_read_back(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0, 4, 5, 253, 254, 65535, 65536};
    static const size_t sizes[] = {1, 1, 2, 2, 4, 4, 6};
    static const uint8_t numbers[] = {2, 14, 15, 254};
    static uint8_t octets[70000];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        for (size_t j = 0; j < sizeof numbers; j++) {
            BpBuf out = bp_buf(octets, sizeof octets);
            bac_tag_encode(&out, BAC_CONTEXT, numbers[j], lengths[i]);
            assert_int_equal(out.size, sizes[i] + (numbers[j] > 14));
            BpCursor in = bp_cursor(octets, out.size + lengths[i]);
            BacTag tag;
            assert_int_equal(bac_tag_decode(&in, &tag, NULL), BP_OK);
            assert_int_equal(tag.kind, BAC_CONTEXT);
            assert_int_equal(tag.number, numbers[j]);
            assert_int_equal(tag.length, lengths[i]);
        }
}

static void another_tag_than_expected_is_named(void **state)
{
    (void)state;
    static const uint8_t octets[] = {0x21, 0x05};
    BpCursor in = bp_cursor(octets, sizeof octets);
    BacTag tag;
    BpError err;
    assert_int_equal(bac_tag_expect(&in, BAC_OPENING, 4, &tag, &err), BP_MALFORMED);
    assert_string_equal(err.text, "application tag 2 at octet 0 where opening tag 4 belongs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_of_a_long_tag_is_cut_short),
        cmocka_unit_test(a_length_beyond_the_message_is_cut_short),
        cmocka_unit_test(an_application_tag_cannot_open_or_close),
        cmocka_unit_test(a_boolean_is_in_its_application_tag_but_in_the_contents_of_a_context_tag),
        cmocka_unit_test(looking_ahead_takes_nothing_and_sees_kind_and_number),
        cmocka_unit_test(contents_end_at_their_own_closing_tag),
        cmocka_unit_test(tags_that_close_in_the_wrong_order_are_malformed),
        cmocka_unit_test(nesting_ends_at_32),
        cmocka_unit_test(tags_are_written_as_short_as_they_can_be_and_read_back),
        cmocka_unit_test(another_tag_than_expected_is_named),
    };
    return cmocka_run_group_tests_name("bacnet tag", tests, NULL, NULL);
}
