#include "tests/unit/octets.h"

#include "bacnet/service/write_multiple.h"

static BpStatus parse_request(BpCursor in)
{
    BacWriteMultiple walk = {.in = in};
    BacWrite write;
    BpStatus status = BP_OK;
    while (status == BP_OK)
        status = bac_write_multiple_next(&walk, &write, NULL);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

static BpStatus parse_error(BpCursor in)
{
    BacRefusal refusal;
    BacReference failed;
    return bac_write_multiple_error_decode(&in, &refusal, &failed, NULL);
}

/* Analog value 3 gets 21.5 and another element, analog output 5 gives up its priority 8. */
#define REQUEST                                                                                              \
    "0c 00 80 00 03 1e 09 55 2e 44 41 ac 00 00 2f 09 6e 19 02 2e 21 05 2f 1f"                                \
    "0c 00 40 00 05 1e 09 55 2e 00 2f 39 08 1f"
#define FAILURE "0e 91 02 91 28 0f 1e 0c 00 80 00 03 19 6e 29 02 1f"

static void messages_are_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_taken_whole_or_not_at_all(parse_error, FAILURE, 0);
    const Octets whole = octets(REQUEST);
    for (size_t size = 0; size <= whole.size; size++) /* either object alone is a request too, and none */
        assert_int_equal(parse_exactly(parse_request, whole.data, size) == BP_OK,
                         size == 0 || size == 24 || size == whole.size);
    flip_bits(parse_request, REQUEST);
}

static void writes_come_back_as_they_were_sent(void **state)
{
    (void)state;
    static const uint8_t real[] = {0x44, 0x41, 0xAC, 0, 0}, natural[] = {0x21, 5}, null[] = {0};
    const BacWrite sent[] = {
        {{{BAC_ANALOG_VALUE, 3}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX}, bp_cursor(real, 5), BAC_NO_PRIORITY},
        {{{BAC_ANALOG_VALUE, 3}, BAC_PROP_STATE_TEXT, 2}, bp_cursor(natural, 2), BAC_NO_PRIORITY},
        {{{BAC_ANALOG_OUTPUT, 5}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX}, bp_cursor(null, 1), 8},
    };
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_write_multiple_encode(&out, sent, 3);
    assert_octets(&out, REQUEST);
    BacWriteMultiple walk = {.in = bp_cursor(memory, out.size)};
    BacWrite write;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bac_write_multiple_next(&walk, &write, NULL), BP_OK);
        assert_true(bac_object_equal(write.reference.object, sent[i].reference.object));
        assert_int_equal(write.reference.property, sent[i].reference.property);
        assert_int_equal(write.reference.index, sent[i].reference.index);
        assert_int_equal(write.priority, sent[i].priority);
        assert_int_equal(write.value.size, sent[i].value.size);
        assert_memory_equal(write.value.data, sent[i].value.data, sent[i].value.size);
    }
    assert_int_equal(bac_write_multiple_next(&walk, &write, NULL), BP_NOT_FOUND);
    assert_int_equal(bac_write_multiple_next(&walk, &write, NULL), BP_NOT_FOUND);
}

static void an_object_without_properties_is_passed_over(void **state)
{
    (void)state;
    const Octets message = octets("0c 00 80 00 03 1e 1f 0c 00 80 00 04 1e 09 55 2e 00 2f 1f");
    BacWriteMultiple walk = {.in = cursor_over(&message)};
    BacWrite write;
    assert_int_equal(bac_write_multiple_next(&walk, &write, NULL), BP_OK);
    assert_int_equal(write.reference.object.instance, 4);
    assert_int_equal(bac_write_multiple_next(&walk, &write, NULL), BP_NOT_FOUND);
}

static void an_error_names_the_first_write_that_failed(void **state)
{
    (void)state;
    const BacRefusal refusal = {BAC_REFUSED_ERROR, BAC_CLASS_PROPERTY, BAC_CODE_WRITE_ACCESS_DENIED};
    const BacReference failed = {{BAC_ANALOG_VALUE, 3}, BAC_PROP_STATE_TEXT, 2};
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_write_multiple_error_encode(&out, refusal, &failed);
    assert_octets(&out, FAILURE);
    BpCursor in = bp_cursor(memory, out.size), same = in;
    BacRefusal heard, plain;
    BacReference where;
    assert_int_equal(bac_write_multiple_error_decode(&in, &heard, &where, NULL), BP_OK);
    assert_int_equal(heard.code, BAC_CODE_WRITE_ACCESS_DENIED);
    assert_true(bac_object_equal(where.object, failed.object));
    assert_int_equal(where.property, failed.property);
    assert_int_equal(where.index, 2);
    assert_int_equal(bac_error_decode(&same, &plain, NULL), BP_OK); /* who asks only why reads it as any */
    assert_int_equal(plain.code, heard.code);
}

static void wrong_tags_and_priorities_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *octets;
        BpStatus status;
    } cases[] = {
        {"1c 00 80 00 03 1e 09 55 2e 00 2f 1f", BP_MALFORMED},
        {"0c 00 80 00 03 2e 09 55 2e 00 2f 2f", BP_MALFORMED},
        {"0c 00 80 00 03 1e 09 55 3e 00 3f 1f", BP_MALFORMED},
        {"0c 00 80 00 03 1e 09 55 2e 00 2f 39 11 1f", BP_INVALID},
        {"0c 00 80 00 03 1e 09 55 2e 00 2f 39 00 1f", BP_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const Octets message = octets(cases[i].octets);
        assert_int_equal(parse_exactly(parse_request, message.data, message.size), cases[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_taken_whole_or_not_at_all),
        cmocka_unit_test(writes_come_back_as_they_were_sent),
        cmocka_unit_test(an_object_without_properties_is_passed_over),
        cmocka_unit_test(an_error_names_the_first_write_that_failed),
        cmocka_unit_test(wrong_tags_and_priorities_are_refused),
    };
    return cmocka_run_group_tests_name("bacnet write multiple", tests, NULL, NULL);
}
