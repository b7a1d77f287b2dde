#include "tests/unit/octets.h"

#include "bacnet/service/who_has.h"

static BpStatus parse_who_has(BpCursor in)
{
    BacWhoHas who_has;
    return bac_who_has_decode(&in, &who_has, NULL);
}

static BpStatus parse_i_have(BpCursor in)
{
    BacIHave i_have;
    return bac_i_have_decode(&in, &i_have, NULL);
}

#define BY_NAME       "3c 00 53 41 54"
#define BY_IDENTIFIER "09 01 1a 12 67 2c 00 00 00 03"
#define I_HAVE        "c4 02 00 12 67 c4 00 00 00 03 74 00 53 41 54"

static void messages_are_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_taken_whole_or_not_at_all(parse_who_has, BY_NAME, 0);
    assert_taken_whole_or_not_at_all(parse_who_has, BY_IDENTIFIER, 0);
    assert_taken_whole_or_not_at_all(parse_i_have, I_HAVE, 0);
}

static void objects_are_asked_for_by_name_or_identifier(void **state)
{
    (void)state;
    static const char *const ways[] = {BY_NAME, BY_IDENTIFIER};
    for (size_t i = 0; i < 2; i++) {
        const Octets message = octets(ways[i]);
        BpCursor in = cursor_over(&message);
        BacWhoHas who_has;
        assert_int_equal(bac_who_has_decode(&in, &who_has, NULL), BP_OK);
        assert_int_equal(who_has.name.type, i == 0 ? BAC_CHARACTER_STRING : BAC_NULL);
        assert_int_equal(who_has.limits.has_range, i == 1);
        uint8_t memory[32];
        BpBuf out = bp_buf(memory, sizeof memory);
        bac_who_has_encode(&out, &who_has);
        assert_octets(&out, ways[i]);
    }
}

static void i_have_says_which_device_has_what(void **state)
{
    (void)state;
    const Octets message = octets(I_HAVE);
    BpCursor in = cursor_over(&message);
    BacIHave i_have;
    assert_int_equal(bac_i_have_decode(&in, &i_have, NULL), BP_OK);
    assert_int_equal(i_have.device, 4711);
    assert_true(bac_object_equal(i_have.object, (BacObjectId){BAC_ANALOG_INPUT, 3}));
    uint8_t memory[32];
    BpBuf name = bp_buf(memory, sizeof memory);
    bac_text_to_utf8(&name, &i_have.name);
    assert_true(bp_str_equal(bp_buf_text(&name), bp_str("SAT")));
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_i_have_encode(&out, &i_have);
    assert_octets(&out, I_HAVE);
}

static void wrong_ones_are_refused(void **state)
{
    (void)state;
    static const struct {
        Parser *parser;
        const char *octets;
        BpStatus status;
    } cases[] = {
        {parse_who_has, "4c 00 00 00 03", BP_MALFORMED},
        {parse_who_has, "09 01 2c 00 00 00 03", BP_MALFORMED}, /* half a range */
        {parse_who_has, "0b 40 00 00 1b 40 00 00 2c 00 00 00 03", BP_INVALID},
        {parse_who_has, "", BP_TRUNCATED},
        {parse_i_have, "c4 00 00 00 03 c4 00 00 00 03 74 00 53 41 54", BP_MALFORMED},
        {parse_i_have, "c4 02 00 12 67 c4 00 00 00 03 21 05", BP_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const Octets message = octets(cases[i].octets);
        assert_int_equal(parse_exactly(cases[i].parser, message.data, message.size), cases[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_taken_whole_or_not_at_all),
        cmocka_unit_test(objects_are_asked_for_by_name_or_identifier),
        cmocka_unit_test(i_have_says_which_device_has_what),
        cmocka_unit_test(wrong_ones_are_refused),
    };
    return cmocka_run_group_tests_name("bacnet who has", tests, NULL, NULL);
}
