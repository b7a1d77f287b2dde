#include "tests/unit/octets.h"

#include "bacnet/wire/value.h"

#include <math.h>

static BpStatus parse_value(BpCursor in)
{
    BacValue value;
    return bac_value_decode(&in, &value, NULL);
}

static BacValue decode(const char *hexadecimal, Octets *ret_octets)
{
    *ret_octets = octets(hexadecimal);
    BpCursor in = cursor_over(ret_octets);
    BacValue value = {0};
    BpError err = {0};
    if (bac_value_decode(&in, &value, &err) != BP_OK)
        fail_msg("%s: %s", hexadecimal, err.text);
    assert_int_equal(bp_cursor_remaining(&in), 0);
    return value;
}

/* One of each type, in the one way that an encoder writes it. */
static const char *const VALUES[] = {"00",
                                     "10",
                                     "11",
                                     "21 00",
                                     "21 48",
                                     "22 01 00",
                                     "25 05 01 00 00 00 00",
                                     "25 08 ff ff ff ff ff ff ff ff",
                                     "31 48",
                                     "31 b8",
                                     "32 00 80",
                                     "32 ff 7f",
                                     "35 08 80 00 00 00 00 00 00 00",
                                     "44 42 90 00 00",
                                     "44 7f c0 00 00",
                                     "44 ff 80 00 00",
                                     "55 08 40 52 00 00 00 00 00 00",
                                     "60",
                                     "63 01 02 ff",
                                     "71 00",
                                     "75 06 00 41 48 55 2d 31",
                                     "75 06 04 00 41 00 b0 00",
                                     "81 00",
                                     "82 04 10",
                                     "83 00 ff ff",
                                     "91 00",
                                     "92 01 2c",
                                     "94 ff ff ff ff",
                                     "a4 7e 0b 18 02",
                                     "a4 ff ff ff ff",
                                     "b4 08 1e 00 00",
                                     "c4 02 00 04 d2",
                                     "d2 aa bb",
                                     "e0",
                                     "f1 28 07"};

static void every_prefix_of_a_value_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++)
        assert_prefixes_are_refused(parse_value, VALUES[i], 0);
}

static void turned_bits_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++)
        flip_bits(parse_value, VALUES[i]);
}

static void what_was_read_is_written_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        Octets message;
        const BacValue value = decode(VALUES[i], &message);
        uint8_t memory[64];
        BpBuf out = bp_buf(memory, sizeof memory);
        bac_value_encode(&out, &value);
        assert_octets(&out, VALUES[i]);
    }
}

static void lengths_that_a_type_cannot_have_are_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {"01 00",       "20",          "25 09 00 00 00 00 00 00 00 00 00",
                                      "30",          "43 00 00 00", "54 00 00 00 00",
                                      "70",          "80",          "81 01",
                                      "82 08 00",    "90",          "95 05 00 00 00 00 00",
                                      "a3 00 00 00", "b3 00 00 00", "c3 00 00 00",
                                      "09 00",       "0e",          "0f"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const Octets message = octets(bad[i]);
        if (parse_exactly(parse_value, message.data, message.size) != BP_MALFORMED)
            fail_msg("%s was taken", bad[i]);
    }
}

static void signed_numbers_keep_their_sign(void **state)
{
    (void)state;
    Octets message;
    assert_int_equal(decode("31 ff", &message).integer, -1);
    assert_int_equal(decode("33 80 00 00", &message).integer, -8388608);
    assert_true(decode("35 08 80 00 00 00 00 00 00 00", &message).integer == INT64_MIN);
    assert_int_equal(decode("32 00 ff", &message).integer, 255);
}

static void numbers_of_64_bits_are_whole(void **state)
{
    (void)state;
    Octets message;
    assert_true(decode("25 08 ff ff ff ff ff ff ff ff", &message).natural == UINT64_MAX);
    assert_true(decode("25 05 01 00 00 00 00", &message).natural == 1ULL << 32);
}

static void reals_may_be_no_numbers(void **state)
{
    (void)state;
    Octets message;
    assert_true(isnan(decode("44 7f c0 00 00", &message).real));
    assert_true(isinf(decode("44 ff 80 00 00", &message).real));
    assert_true(decode("44 42 90 00 00", &message).real == 72.0F);
    assert_true(decode("55 08 40 52 00 00 00 00 00 00", &message).double_real == 72.0);
}

static void bits_count_from_the_first_octets_most_significant(void **state)
{
    (void)state;
    Octets message;
    const BacBits flags = decode("82 04 50", &message).bits; /* 0101 */
    assert_int_equal(flags.count, 4);
    assert_false(bac_bits_test(flags, 0));
    assert_true(bac_bits_test(flags, 1));
    assert_true(bac_bits_test(flags, 3));
    assert_false(bac_bits_test(flags, 4)); /* there is none */
}

static void only_numeric_types_are_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *octets;
        double number;
    } cases[] = {{"11", 1},    {"21 48", 72},           {"31 b8", -72},
                 {"91 02", 2}, {"44 3f c0 00 00", 1.5}, {"55 08 3f f8 00 00 00 00 00 00", 1.5}};
    Octets message;
    double number;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const BacValue value = decode(cases[i].octets, &message);
        assert_true(bac_value_number(&value, &number));
        assert_true(number == cases[i].number);
    }
    static const char *const others[] = {"00",       "63 01 02 ff",    "75 02 00 31",
                                         "82 04 50", "c4 02 00 04 d2", "d0"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const BacValue value = decode(others[i], &message);
        assert_false(bac_value_number(&value, &number));
    }
}

static void a_context_tag_says_the_number_and_the_caller_the_type(void **state)
{
    (void)state;
    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_value_encode_context(&out, 2, &(BacValue){.type = BAC_BOOLEAN, .boolean = true});
    bac_value_encode_context(&out, 20, &(BacValue){.type = BAC_REAL, .real = 72.0F});
    assert_octets(&out, "29 01 fc 14 42 90 00 00");
    BpCursor in = bp_cursor(memory, out.size);
    BacTag tag;
    BacValue value;
    assert_int_equal(bac_tag_decode(&in, &tag, NULL), BP_OK);
    assert_int_equal(bac_value_decode_as(&in, &tag, BAC_BOOLEAN, &value, NULL), BP_OK);
    assert_true(value.boolean);
    assert_int_equal(bac_tag_decode(&in, &tag, NULL), BP_OK);
    assert_int_equal(bac_value_decode_as(&in, &tag, BAC_REAL, &value, NULL), BP_OK);
    assert_true(value.real == 72.0F);
}

static void a_failed_decode_leaves_the_value_alone(void **state)
{
    (void)state;
    BacValue value = {.type = BAC_REAL, .real = 1.0F};
    static const uint8_t cut[] = {0x44, 0x42};
    BpCursor in = bp_cursor(cut, sizeof cut);
    assert_int_equal(bac_value_decode(&in, &value, NULL), BP_TRUNCATED);
    assert_true(value.type == BAC_REAL && value.real == 1.0F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_of_a_value_is_refused),
        cmocka_unit_test(turned_bits_do_no_harm),
        cmocka_unit_test(what_was_read_is_written_as_it_was),
        cmocka_unit_test(lengths_that_a_type_cannot_have_are_malformed),
        cmocka_unit_test(signed_numbers_keep_their_sign),
        cmocka_unit_test(numbers_of_64_bits_are_whole),
        cmocka_unit_test(reals_may_be_no_numbers),
        cmocka_unit_test(bits_count_from_the_first_octets_most_significant),
        cmocka_unit_test(only_numeric_types_are_numbers),
        cmocka_unit_test(a_context_tag_says_the_number_and_the_caller_the_type),
        cmocka_unit_test(a_failed_decode_leaves_the_value_alone),
    };
    return cmocka_run_group_tests_name("bacnet value", tests, NULL, NULL);
}
