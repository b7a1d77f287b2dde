#include "bacnet/service/error.h"
#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"
#include "bacnet/service/who_is.h"
#include "bacnet/service/write_property.h"
#include "tests/unit/octets.h"

/* ---- parsers under test ---- */

static BpStatus parse_error(BpCursor in)
{
    BacRefusal refusal;
    return bac_error_decode(&in, &refusal, NULL);
}

static BpStatus parse_who_is(BpCursor in)
{
    BacWhoIs who_is;
    return bac_who_is_decode(&in, &who_is, NULL);
}

static BpStatus parse_i_am(BpCursor in)
{
    BacIAm i_am;
    return bac_i_am_decode(&in, &i_am, NULL);
}

static BpStatus parse_read(BpCursor in)
{
    BacReference reference;
    return bac_read_property_decode(&in, &reference, NULL);
}

static BpStatus parse_read_ack(BpCursor in)
{
    BacReference reference;
    BpCursor value;
    return bac_read_property_ack_decode(&in, &reference, &value, NULL);
}

static BpStatus parse_multiple(BpCursor in)
{
    BacReadMultiple walk = {.in = in};
    BacReference reference;
    BpStatus status;
    while ((status = bac_read_multiple_next(&walk, &reference, NULL)) == BP_OK)
        ;
    return status == BP_NOT_FOUND ? BP_OK : status;
}

static BpStatus parse_multiple_ack(BpCursor in)
{
    BacReadMultiple walk = {.in = in};
    BacReadResult result;
    BpStatus status;
    while ((status = bac_read_multiple_ack_next(&walk, &result, NULL)) == BP_OK)
        ;
    return status == BP_NOT_FOUND ? BP_OK : status;
}

static BpStatus parse_write(BpCursor in)
{
    BacWrite write;
    return bac_write_property_decode(&in, &write, NULL);
}

/* Messages of a device 4711 with an analog input 3 of 21.5 degrees. `least` is the first length at which a
 * part of the message is a good message no more. */
static const struct {
    Parser *parser;
    const char *octets;
    size_t least;
} MESSAGES[] = {
    {parse_error, "91 02 91 20", 0},
    {parse_error, "0e 91 02 91 20 0f", 0},
    {parse_error, "0e 91 02 91 20 0f 1e 0c 00 00 00 03 19 55 1f", 7},
    {parse_who_is, "0a 12 67 1a 12 67", 1},
    {parse_i_am, "c4 02 00 12 67 22 05 c4 91 00 22 01 04", 0},
    {parse_read, "0c 00 00 00 03 19 55", 0},
    {parse_read, "0c 00 80 00 03 19 57 29 08", 8},
    {parse_read_ack, "0c 00 00 00 03 19 55 3e 44 41 ac 00 00 3f", 0},
    {parse_read_ack, "0c 02 00 12 67 19 4c 29 00 3e 21 02 3f", 0},
    {parse_multiple, "0c 00 00 00 03 1e 09 55 09 6f 09 57 19 08 1f", 1},
    {parse_multiple_ack,
     "0c 00 00 00 03 1e 29 55 4e 44 41 ac 00 00 4f 29 6f 4e 82 04 00 4f 29 57 39 08 5e 91 02 91 20 5f 1f", 1},
    {parse_write, "0c 00 80 00 03 19 55 3e 44 41 ac 00 00 3f", 0},
    {parse_write, "0c 00 80 00 03 19 55 3e 00 3f 49 08", 11},
};

static void every_prefix_of_a_message_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof MESSAGES / sizeof MESSAGES[0]; i++)
        assert_prefixes_are_refused(MESSAGES[i].parser, MESSAGES[i].octets, MESSAGES[i].least);
}

static void turned_bits_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof MESSAGES / sizeof MESSAGES[0]; i++)
        flip_bits(MESSAGES[i].parser, MESSAGES[i].octets);
}

static void leftover_octets_are_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof MESSAGES / sizeof MESSAGES[0]; i++) {
        if (MESSAGES[i].parser == parse_error && MESSAGES[i].least > 0)
            continue; /* that one may go on as its service likes */
        Octets message = octets(MESSAGES[i].octets);
        message.data[message.size++] = 0x5F;
        if (parse_exactly(MESSAGES[i].parser, message.data, message.size) != BP_MALFORMED)
            fail_msg("%s was taken with an octet more", MESSAGES[i].octets);
    }
}

/* ---- refusals ---- */

static void an_error_is_read_whether_or_not_its_service_wraps_it(void **state)
{
    (void)state;
    static const char *const ways[] = {"91 01 91 1f", "0e 91 01 91 1f 0f",
                                       "0e 91 01 91 1f 0f 1e 0c 00 00 00 03 19 55 1f 29 07"};
    for (size_t i = 0; i < 3; i++) {
        const Octets message = octets(ways[i]);
        BpCursor in = cursor_over(&message);
        BacRefusal refusal;
        assert_int_equal(bac_error_decode(&in, &refusal, NULL), BP_OK);
        assert_int_equal(refusal.kind, BAC_REFUSED_ERROR);
        assert_int_equal(refusal.error_class, BAC_CLASS_OBJECT);
        assert_int_equal(refusal.code, BAC_CODE_UNKNOWN_OBJECT);
    }
}

static void refusals_are_said_in_words_and_unknown_ones_in_numbers(void **state)
{
    (void)state;
    char text[BAC_REFUSAL_TEXT_MAX];
    assert_string_equal(
        bac_refusal_format((BacRefusal){BAC_REFUSED_ERROR, BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT}, text),
        "unknown-object (error of class object)");
    assert_string_equal(bac_refusal_format((BacRefusal){BAC_REFUSED_ERROR, 64, 300}, text),
                        "300 (error of class 64)");
    assert_string_equal(
        bac_refusal_format((BacRefusal){BAC_REFUSED_REJECT, 0, BAC_REJECT_UNRECOGNIZED_SERVICE}, text),
        "unrecognized-service (reject)");
    assert_string_equal(
        bac_refusal_format((BacRefusal){BAC_REFUSED_ABORT, 0, BAC_ABORT_SEGMENTATION_NOT_SUPPORTED}, text),
        "segmentation-not-supported (abort)");
    assert_string_equal(bac_refusal_format((BacRefusal){0}, text), "not refused");
}

/* ---- Who-Is, I-Am ---- */

static void who_is_asks_everyone_or_a_range(void **state)
{
    (void)state;
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_who_is_encode(&out, &(BacWhoIs){0});
    assert_octets(&out, "");
    bac_who_is_encode(&out, &(BacWhoIs){.has_range = true, .low = 0, .high = BAC_INSTANCE_MAX});
    assert_octets(&out, "09 00 1b 3f ff fe");
    BpCursor in = bp_cursor(memory, out.size);
    BacWhoIs who_is;
    assert_int_equal(bac_who_is_decode(&in, &who_is, NULL), BP_OK);
    assert_true(who_is.has_range);
    assert_int_equal(who_is.low, 0);
    assert_int_equal(who_is.high, BAC_INSTANCE_MAX);
    in = bp_cursor(memory, 0);
    assert_int_equal(bac_who_is_decode(&in, &who_is, NULL), BP_OK);
    assert_false(who_is.has_range);
}

static void who_is_beyond_22_bits_is_invalid(void **state)
{
    (void)state;
    const Octets message = octets("0b 40 00 00 1b 40 00 00");
    assert_int_equal(parse_exactly(parse_who_is, message.data, message.size), BP_INVALID);
}

static void i_am_says_who_how_much_and_from_whom(void **state)
{
    (void)state;
    const BacIAm said = {
        .instance = 4711, .max_apdu = 1476, .segmentation = BAC_SEGMENTED_BOTH, .vendor = 260};
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_i_am_encode(&out, &said);
    assert_octets(&out, "c4 02 00 12 67 22 05 c4 91 00 22 01 04");
    BpCursor in = bp_cursor(memory, out.size);
    BacIAm heard;
    assert_int_equal(bac_i_am_decode(&in, &heard, NULL), BP_OK);
    assert_int_equal(heard.instance, 4711);
    assert_int_equal(heard.max_apdu, 1476);
    assert_int_equal(heard.segmentation, BAC_SEGMENTED_BOTH);
    assert_int_equal(heard.vendor, 260);
}

static void i_am_of_something_that_is_no_device_is_malformed(void **state)
{
    (void)state;
    const Octets message = octets("c4 00 00 00 03 22 05 c4 91 00 21 01");
    assert_int_equal(parse_exactly(parse_i_am, message.data, message.size), BP_MALFORMED);
}

/* ---- ReadProperty ---- */

static void a_read_names_object_property_and_perhaps_index(void **state)
{
    (void)state;
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_property_encode(&out,
                             &(BacReference){{BAC_ANALOG_INPUT, 3}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX});
    assert_octets(&out, "0c 00 00 00 03 19 55");
    bp_buf_clear(&out);
    bac_read_property_encode(&out, &(BacReference){{300, 4194303}, 9997, 0});
    assert_octets(&out, "0c 4b 3f ff ff 1a 27 0d 29 00");
    BpCursor in = bp_cursor(memory, out.size);
    BacReference reference;
    assert_int_equal(bac_read_property_decode(&in, &reference, NULL), BP_OK);
    assert_int_equal(reference.object.type, 300);
    assert_int_equal(reference.object.instance, 4194303);
    assert_int_equal(reference.property, 9997);
    assert_int_equal(reference.index, 0);
}

static void an_answer_spans_many_values_or_none(void **state)
{
    (void)state;
    const Octets message = octets("0c 02 00 12 67 19 4c 3e c4 02 00 12 67 c4 00 00 00 03 3f");
    BpCursor in = cursor_over(&message), values;
    BacReference reference;
    assert_int_equal(bac_read_property_ack_decode(&in, &reference, &values, NULL), BP_OK);
    assert_int_equal(reference.property, BAC_PROP_OBJECT_LIST);
    assert_int_equal(reference.index, BAC_NO_INDEX);
    BacValue value;
    assert_int_equal(bac_value_decode(&values, &value, NULL), BP_OK);
    assert_true(bac_object_equal(value.object, (BacObjectId){BAC_DEVICE, 4711}));
    assert_int_equal(bac_value_decode(&values, &value, NULL), BP_OK);
    assert_int_equal(bp_cursor_remaining(&values), 0);

    const Octets nothing = octets("0c 04 40 00 01 19 17 3e 3f");
    in = cursor_over(&nothing);
    assert_int_equal(bac_read_property_ack_decode(&in, &reference, &values, NULL), BP_OK);
    assert_int_equal(bp_cursor_remaining(&values), 0);
}

/* ---- ReadPropertyMultiple ---- */

static const BacReference REFERENCES[] = {
    {{BAC_ANALOG_INPUT, 3}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
    {{BAC_ANALOG_INPUT, 3}, BAC_PROP_STATUS_FLAGS, BAC_NO_INDEX},
    {{BAC_ANALOG_OUTPUT, 3}, BAC_PROP_PRIORITY_ARRAY, 300},
    {{BAC_DEVICE, 4711}, BAC_PROP_ALL, BAC_NO_INDEX},
};
enum { REFERENCE_COUNT = sizeof REFERENCES / sizeof REFERENCES[0] };

static void a_request_for_many_comes_back_reference_by_reference(void **state)
{
    (void)state;
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_multiple_encode(&out, REFERENCES, REFERENCE_COUNT);
    assert_octets(
        &out,
        "0c 00 00 00 03 1e 09 55 09 6f 1f 0c 00 40 00 03 1e 09 57 1a 01 2c 1f 0c 02 00 12 67 1e 09 08 1f");
    BacReadMultiple walk = {.in = bp_cursor(memory, out.size)};
    for (size_t i = 0; i < REFERENCE_COUNT; i++) {
        BacReference reference;
        assert_int_equal(bac_read_multiple_next(&walk, &reference, NULL), BP_OK);
        assert_true(bac_object_equal(reference.object, REFERENCES[i].object));
        assert_int_equal(reference.property, REFERENCES[i].property);
        assert_int_equal(reference.index, REFERENCES[i].index);
    }
    BacReference reference;
    assert_int_equal(bac_read_multiple_next(&walk, &reference, NULL), BP_NOT_FOUND);
    assert_int_equal(bac_read_multiple_next(&walk, &reference, NULL), BP_NOT_FOUND); /* and stays there */
}

static void sizes_are_known_before_anything_is_written(void **state)
{
    (void)state;
    static const uint8_t real[] = {0x44, 0x41, 0xAC, 0x00, 0x00};
    uint8_t memory[256];
    BpBuf request = bp_buf(memory, 128), answer = bp_buf(memory + 128, 128);
    bac_read_multiple_encode(&request, REFERENCES, REFERENCE_COUNT);
    size_t request_size = 0, answer_size = 0;
    for (size_t i = 0; i < REFERENCE_COUNT; i++) {
        const bool is_new = i == 0 || !bac_object_equal(REFERENCES[i].object, REFERENCES[i - 1].object);
        request_size += bac_read_multiple_request_size(&REFERENCES[i], is_new);
        answer_size += bac_read_multiple_answer_size(&REFERENCES[i], is_new) + sizeof real;
        if (is_new && i > 0)
            bac_read_multiple_ack_close(&answer);
        if (is_new)
            bac_read_multiple_ack_open(&answer, REFERENCES[i].object);
        bac_read_multiple_ack_add(&answer, REFERENCES[i].property, REFERENCES[i].index,
                                  (BpStr){(const char *)real, sizeof real});
    }
    bac_read_multiple_ack_close(&answer);
    assert_int_equal(request.size, request_size);
    assert_int_equal(answer.size, answer_size);
    /* What a polled Real costs: the figure that batches are planned with. */
    assert_int_equal(bac_read_multiple_answer_size(&REFERENCES[0], true) + sizeof real, 16);
}

static void an_answer_has_values_and_errors_side_by_side(void **state)
{
    (void)state;
    uint8_t memory[128];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_multiple_ack_open(&out, (BacObjectId){BAC_ANALOG_INPUT, 3});
    bac_read_multiple_ack_add(&out, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX, (BpStr){"\x44\x41\xAC\x00\x00", 5});
    bac_read_multiple_ack_refuse(
        &out, BAC_PROP_PRIORITY_ARRAY, 8,
        (BacRefusal){BAC_REFUSED_ERROR, BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY});
    bac_read_multiple_ack_close(&out);
    assert_octets(&out, "0c 00 00 00 03 1e 29 55 4e 44 41 ac 00 00 4f 29 57 39 08 5e 91 02 91 20 5f 1f");

    BacReadMultiple walk = {.in = bp_cursor(memory, out.size)};
    BacReadResult result;
    assert_int_equal(bac_read_multiple_ack_next(&walk, &result, NULL), BP_OK);
    assert_int_equal(result.reference.object.instance, 3);
    assert_int_equal(result.refusal.kind, BAC_NOT_REFUSED);
    BacValue value;
    assert_int_equal(bac_value_decode(&result.value, &value, NULL), BP_OK);
    assert_true(value.real == 21.5F);
    assert_int_equal(bac_read_multiple_ack_next(&walk, &result, NULL), BP_OK);
    assert_int_equal(result.reference.index, 8);
    assert_int_equal(result.refusal.kind, BAC_REFUSED_ERROR);
    assert_int_equal(result.refusal.code, BAC_CODE_UNKNOWN_PROPERTY);
    assert_int_equal(bp_cursor_remaining(&result.value), 0);
    assert_int_equal(bac_read_multiple_ack_next(&walk, &result, NULL), BP_NOT_FOUND);
}

static void an_object_without_results_is_passed_over(void **state)
{
    (void)state;
    const Octets message =
        octets("0c 00 00 00 13 1e 1f 0c 00 00 00 03 1e 29 55 4e 00 4f 1f 0c 00 00 00 14 1e 1f");
    BacReadMultiple walk = {.in = cursor_over(&message)};
    BacReadResult result;
    assert_int_equal(bac_read_multiple_ack_next(&walk, &result, NULL), BP_OK);
    assert_int_equal(result.reference.object.instance, 3);
    assert_int_equal(bac_read_multiple_ack_next(&walk, &result, NULL), BP_NOT_FOUND);
}

/* ---- WriteProperty ---- */

static void a_write_comes_back_as_it_was_sent(void **state)
{
    (void)state;
    static const uint8_t null[] = {0x00};
    const BacWrite sent = {.reference = {{BAC_ANALOG_OUTPUT, 3}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
                           .value = bp_cursor(null, sizeof null),
                           .priority = 8};
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_write_property_encode(&out, &sent);
    assert_octets(&out, "0c 00 40 00 03 19 55 3e 00 3f 49 08");
    BpCursor in = bp_cursor(memory, out.size);
    BacWrite received;
    assert_int_equal(bac_write_property_decode(&in, &received, NULL), BP_OK);
    assert_true(bac_object_equal(received.reference.object, sent.reference.object));
    assert_int_equal(received.reference.index, BAC_NO_INDEX);
    assert_int_equal(received.priority, 8);
    assert_int_equal(received.value.size, 1);
}

static void a_write_may_leave_the_priority_to_the_device(void **state)
{
    (void)state;
    const Octets message = octets("0c 00 80 00 03 19 55 29 02 3e 44 41 ac 00 00 3f");
    BpCursor in = cursor_over(&message);
    BacWrite write;
    assert_int_equal(bac_write_property_decode(&in, &write, NULL), BP_OK);
    assert_int_equal(write.priority, BAC_NO_PRIORITY);
    assert_int_equal(write.reference.index, 2);
}

static void priorities_are_1_to_16(void **state)
{
    (void)state;
    static const char *const bad[] = {"0c 00 40 00 03 19 55 3e 00 3f 49 00",
                                      "0c 00 40 00 03 19 55 3e 00 3f 49 11"};
    for (size_t i = 0; i < 2; i++) {
        const Octets message = octets(bad[i]);
        assert_int_equal(parse_exactly(parse_write, message.data, message.size), BP_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_of_a_message_is_refused),
        cmocka_unit_test(turned_bits_do_no_harm),
        cmocka_unit_test(leftover_octets_are_malformed),
        cmocka_unit_test(an_error_is_read_whether_or_not_its_service_wraps_it),
        cmocka_unit_test(refusals_are_said_in_words_and_unknown_ones_in_numbers),
        cmocka_unit_test(who_is_asks_everyone_or_a_range),
        cmocka_unit_test(who_is_beyond_22_bits_is_invalid),
        cmocka_unit_test(i_am_says_who_how_much_and_from_whom),
        cmocka_unit_test(i_am_of_something_that_is_no_device_is_malformed),
        cmocka_unit_test(a_read_names_object_property_and_perhaps_index),
        cmocka_unit_test(an_answer_spans_many_values_or_none),
        cmocka_unit_test(a_request_for_many_comes_back_reference_by_reference),
        cmocka_unit_test(sizes_are_known_before_anything_is_written),
        cmocka_unit_test(an_answer_has_values_and_errors_side_by_side),
        cmocka_unit_test(an_object_without_results_is_passed_over),
        cmocka_unit_test(a_write_comes_back_as_it_was_sent),
        cmocka_unit_test(a_write_may_leave_the_priority_to_the_device),
        cmocka_unit_test(priorities_are_1_to_16),
    };
    return cmocka_run_group_tests_name("bacnet service", tests, NULL, NULL);
}
