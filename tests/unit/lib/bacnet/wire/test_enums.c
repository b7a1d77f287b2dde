#include "tests/unit/octets.h"

#include "bacnet/wire/enums.h"

#include <ctype.h>

static const BacWords *const TABLES[] = {&bac_object_types,
                                         &bac_properties,
                                         &bac_units,
                                         &bac_confirmed_services,
                                         &bac_unconfirmed_services,
                                         &bac_services_supported,
                                         &bac_error_classes,
                                         &bac_error_codes,
                                         &bac_reject_reasons,
                                         &bac_abort_reasons,
                                         &bac_segmentations,
                                         &bac_reliabilities,
                                         &bac_event_states,
                                         &bac_device_statuses,
                                         &bac_binaries,
                                         &bac_polarities,
                                         &bac_status_flags,
                                         &bac_network_types,
                                         &bac_notify_types,
                                         &bac_event_types,
                                         &bac_logging_types,
                                         &bac_actions,
                                         &bac_restart_reasons,
                                         &bac_program_states,
                                         &bac_backup_states,
                                         &bac_file_access_methods,
                                         &bac_node_types,
                                         &bac_transitions,
                                         &bac_limit_enables,
                                         &bac_communications,
                                         &bac_reinitialized};
enum { TABLE_COUNT = sizeof TABLES / sizeof TABLES[0] };

static void tables_ascend_so_that_they_can_be_searched(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        for (size_t j = 1; j < TABLES[i]->count; j++)
            if (TABLES[i]->words[j].number <= TABLES[i]->words[j - 1].number)
                fail_msg("%s stands after %s", TABLES[i]->words[j].text, TABLES[i]->words[j - 1].text);
}

static void words_are_written_as_the_standard_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        for (size_t j = 0; j < TABLES[i]->count; j++) {
            const char *text = TABLES[i]->words[j].text;
            for (const char *c = text; *c; c++)
                if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && (*c != '-' || c == text))
                    fail_msg("%s", text);
        }
}

static void every_word_leads_back_to_its_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        for (size_t j = 0; j < TABLES[i]->count; j++) {
            const BacWord *word = &TABLES[i]->words[j];
            uint32_t number;
            assert_int_equal(bac_words_parse(TABLES[i], bp_str(word->text), &number, NULL), BP_OK);
            assert_int_equal(number, word->number);
            assert_ptr_equal(bac_words_find(TABLES[i], word->number), word);
        }
}

static void abbreviations_of_object_types_are_their_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < bac_object_types.count; i++) {
        uint32_t number;
        const BacWord *word = &bac_object_types.words[i];
        assert_int_equal(bac_words_parse(&bac_object_types, bp_str(word->short_text), &number, NULL), BP_OK);
        assert_int_equal(number, word->number);
    }
}

static void unknown_numbers_and_words_have_no_other(void **state)
{
    (void)state;
    assert_null(bac_object_type_name(65));
    assert_null(bac_object_type_name(UINT32_MAX));
    assert_null(bac_property_name(18)); /* taken out of the standard */
    assert_null(bac_property_name(512));
    assert_string_equal(bac_units_symbol(300), "");
    uint32_t number = 7;
    BpError err;
    assert_int_equal(bac_words_parse(&bac_object_types, bp_str("analog"), &number, &err), BP_NOT_FOUND);
    assert_string_equal(err.text, "\"analog\" is no object type of BACnet");
    assert_int_equal(bac_words_parse(&bac_object_types, bp_str(""), &number, NULL), BP_NOT_FOUND);
    assert_int_equal(bac_words_parse(&bac_units, bp_str(""), &number, NULL), BP_NOT_FOUND);
    assert_int_equal(number, 7);
}

static void a_milliwatt_is_no_megawatt(void **state)
{
    (void)state;
    uint32_t units;
    assert_int_equal(bac_words_parse(&bac_units, bp_str("mW"), &units, NULL), BP_OK);
    assert_int_equal(units, BAC_UNITS_MILLIWATTS);
    assert_int_equal(bac_words_parse(&bac_units, bp_str("MW"), &units, NULL), BP_OK);
    assert_int_equal(units, BAC_UNITS_MEGAWATTS);
    assert_int_equal(bac_words_parse(&bac_units, bp_str("mw"), &units, NULL), BP_NOT_FOUND);
    assert_int_equal(bac_words_parse(&bac_units, bp_str("Degrees-Celsius"), &units, NULL), BP_OK);
    assert_int_equal(units, BAC_UNITS_DEGREES_CELSIUS);
}

/* Numbers that everything stands on, once more and by themselves, as in the standard. */
static void the_usual_numbers_are_right(void **state)
{
    (void)state;
    assert_int_equal(BAC_DEVICE, 8);
    assert_int_equal(BAC_MULTI_STATE_VALUE, 19);
    assert_int_equal(BAC_COLOR_TEMPERATURE, 64);
    assert_int_equal(BAC_PROP_ALL, 8);
    assert_int_equal(BAC_PROP_OBJECT_LIST, 76);
    assert_int_equal(BAC_PROP_OPTIONAL, 80);
    assert_int_equal(BAC_PROP_PRESENT_VALUE, 85);
    assert_int_equal(BAC_PROP_PRIORITY_ARRAY, 87);
    assert_int_equal(BAC_PROP_REQUIRED, 105);
    assert_int_equal(BAC_PROP_STATUS_FLAGS, 111);
    assert_int_equal(BAC_PROP_UNITS, 117);
    assert_int_equal(BAC_PROP_PROPERTY_LIST, 371);
    assert_int_equal(BAC_UNITS_DEGREES_CELSIUS, 62);
    assert_int_equal(BAC_UNITS_NO_UNITS, 95);
    assert_int_equal(BAC_UNITS_PERCENT, 98);
    assert_int_equal(BAC_UNITS_CUBIC_METERS_PER_HOUR, 135);
    assert_int_equal(BAC_SERVICE_CONFIRMED_READ_PROPERTY, 12);
    assert_int_equal(BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE, 14);
    assert_int_equal(BAC_SERVICE_CONFIRMED_WRITE_PROPERTY, 15);
    assert_int_equal(BAC_SERVICE_UNCONFIRMED_I_AM, 0);
    assert_int_equal(BAC_SERVICE_UNCONFIRMED_WHO_IS, 8);
    assert_int_equal(BAC_SUPPORTS_WHO_IS, 34);
    assert_int_equal(BAC_CODE_UNKNOWN_OBJECT, 31);
    assert_int_equal(BAC_CODE_UNKNOWN_PROPERTY, 32);
    assert_int_equal(BAC_CODE_WRITE_ACCESS_DENIED, 40);
    assert_int_equal(BAC_REJECT_UNRECOGNIZED_SERVICE, 9);
    assert_int_equal(BAC_ABORT_SEGMENTATION_NOT_SUPPORTED, 4);
    assert_int_equal(BAC_NO_SEGMENTATION, 3);
    assert_int_equal(BAC_RELIABILITY_COMMUNICATION_FAILURE, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_ascend_so_that_they_can_be_searched),
        cmocka_unit_test(words_are_written_as_the_standard_does),
        cmocka_unit_test(every_word_leads_back_to_its_number),
        cmocka_unit_test(abbreviations_of_object_types_are_their_own),
        cmocka_unit_test(unknown_numbers_and_words_have_no_other),
        cmocka_unit_test(a_milliwatt_is_no_megawatt),
        cmocka_unit_test(the_usual_numbers_are_right),
    };
    return cmocka_run_group_tests_name("bacnet enums", tests, NULL, NULL);
}
