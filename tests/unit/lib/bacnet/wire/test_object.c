#include "tests/unit/octets.h"

#include "bacnet/wire/object.h"

static void names_are_the_standards_or_say_the_number(void **state)
{
    (void)state;
    char text[BAC_REFERENCE_TEXT_MAX];
    assert_string_equal(bac_object_format((BacObjectId){BAC_ANALOG_INPUT, 3}, text), "analog-input,3");
    assert_string_equal(bac_object_format((BacObjectId){300, 1}, text), "proprietary-300,1");
    BacReference reference = {{BAC_ANALOG_OUTPUT, 3}, BAC_PROP_PRIORITY_ARRAY, 8};
    assert_string_equal(bac_reference_format(&reference, text), "analog-output,3 priority-array[8]");
    reference.index = BAC_NO_INDEX;
    assert_string_equal(bac_reference_format(&reference, text), "analog-output,3 priority-array");
    reference.property = 9997;
    assert_string_equal(bac_reference_format(&reference, text), "analog-output,3 proprietary-9997");
}

static void the_longest_reference_has_room(void **state)
{
    (void)state;
    char text[BAC_REFERENCE_TEXT_MAX];
    for (size_t i = 0; i < bac_object_types.count; i++)
        for (size_t j = 0; j < bac_properties.count; j++) {
            const BacReference reference = {
                {(uint16_t)bac_object_types.words[i].number, BAC_INSTANCE_WILDCARD},
                bac_properties.words[j].number,
                BAC_NO_INDEX - 1};
            bac_reference_format(&reference, text);
            assert_int_equal(text[strlen(text) - 1], ']');
        }
}

static void objects_are_read_in_the_usual_ways_of_writing(void **state)
{
    (void)state;
    static const char *const ways[] = {
        "analog-input,3", "analog-input:3", "Analog-Input,3", "ai,3", "AI3", "ai:3", "0,3", "0:3",
        "proprietary-0,3"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        BacObjectId object = {9, 9};
        assert_int_equal(bac_object_parse(bp_str(ways[i]), &object, NULL), BP_OK);
        assert_int_equal(object.type, BAC_ANALOG_INPUT);
        assert_int_equal(object.instance, 3);
    }
    BacObjectId object;
    assert_int_equal(bac_object_parse(bp_str("proprietary-300,4194302"), &object, NULL), BP_OK);
    assert_int_equal(object.type, 300);
    assert_int_equal(object.instance, BAC_INSTANCE_MAX);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    for (unsigned type = 0; type <= BAC_OBJECT_TYPE_MAX; type++) {
        char text[BAC_REFERENCE_TEXT_MAX];
        BacObjectId object;
        const BacObjectId wanted = {(uint16_t)type, 42};
        assert_int_equal(bac_object_parse(bp_str(bac_object_format(wanted, text)), &object, NULL), BP_OK);
        assert_true(bac_object_equal(object, wanted));
    }
}

static void text_that_is_no_object_is_refused_and_quoted(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      ",",
                                      "ai",
                                      "3",
                                      "ai,",
                                      "ai,x",
                                      "ai,-1",
                                      "ai, 3",
                                      "xx,3",
                                      "1024,3",
                                      ",3",
                                      "ai,4194304",
                                      "ai,3,present-value",
                                      "proprietary-,3",
                                      "-1,3",
                                      "ai,99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        BacObjectId object = {9, 9};
        if (bac_object_parse(bp_str(bad[i]), &object, NULL) == BP_OK)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_int_equal(object.type, 9);
    }
    BpError err;
    BacObjectId object;
    assert_int_equal(bac_object_parse(bp_str("xx,3"), &object, &err), BP_INVALID);
    assert_string_equal(err.text, "\"xx,3\" is no object like analog-input,3 or AI3: "
                                  "\"xx\" is neither a BACnet object type nor its number");
}

static void properties_are_read_by_name_number_and_index(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t property, index;
    } good[] = {{"present-value", 85, BAC_NO_INDEX},
                {"Present-Value", 85, BAC_NO_INDEX},
                {"pv", 85, BAC_NO_INDEX},
                {"PV", 85, BAC_NO_INDEX},
                {"85", 85, BAC_NO_INDEX},
                {"priority-array[8]", 87, 8},
                {"object-list[0]", 76, 0},
                {"proprietary-9997[1]", 9997, 1},
                {"4194328", 4194328, BAC_NO_INDEX}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint32_t property, index;
        assert_int_equal(bac_property_parse(bp_str(good[i].text), &property, &index, NULL), BP_OK);
        assert_int_equal(property, good[i].property);
        assert_int_equal(index, good[i].index);
    }
    static const char *const bad[] = {"",       "[",        "pv[",           "pv[]",
                                      "pv[1",   "pv[1]x",   "pv]",           "present value",
                                      "pv[-1]", "16777216", "pv[4294967295]"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t property, index;
        if (bac_property_parse(bp_str(bad[i]), &property, &index, NULL) == BP_OK)
            fail_msg("\"%s\" was taken", bad[i]);
    }
}

static void present_values_that_are_numbers_are_told_from_others(void **state)
{
    (void)state;
    assert_true(bac_object_is_numeric(BAC_ANALOG_VALUE) && bac_object_is_numeric(BAC_MULTI_STATE_VALUE));
    assert_true(bac_object_is_numeric(BAC_LOOP) && bac_object_is_numeric(BAC_BINARY_OUTPUT));
    assert_false(bac_object_is_numeric(BAC_DEVICE) || bac_object_is_numeric(BAC_SCHEDULE) ||
                 bac_object_is_numeric(BAC_TREND_LOG));
    assert_false(bac_object_is_numeric(300));
    assert_false(bac_object_is_analog(BAC_BINARY_VALUE) || bac_object_is_multi_state(BAC_ANALOG_VALUE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_the_standards_or_say_the_number),
        cmocka_unit_test(the_longest_reference_has_room),
        cmocka_unit_test(objects_are_read_in_the_usual_ways_of_writing),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(text_that_is_no_object_is_refused_and_quoted),
        cmocka_unit_test(properties_are_read_by_name_number_and_index),
        cmocka_unit_test(present_values_that_are_numbers_are_told_from_others),
    };
    return cmocka_run_group_tests_name("bacnet object", tests, NULL, NULL);
}
