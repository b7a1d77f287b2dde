#include "tests/unit/octets.h"

#include "bacnet/wire/value.h"

#include <math.h>

static char text[2048];

static const char *written(const BpBuf *out)
{
    assert_false(out->failed);
    text[out->size] = '\0';
    return text;
}

static const char *format(BacValue value)
{
    BpBuf out = bp_buf(text, sizeof text - 1);
    bac_value_format(&out, &value);
    return written(&out);
}

static const char *describe(BacValue value, uint16_t object_type, uint32_t property)
{
    BpBuf out = bp_buf(text, sizeof text - 1);
    bac_value_describe(&out, &value, object_type, property);
    return written(&out);
}

static BacValue enumerated(uint32_t number)
{
    return (BacValue){.type = BAC_ENUMERATED, .enumerated = number};
}

static void reals_have_the_fewest_digits_that_read_back(void **state)
{
    (void)state;
    static const struct {
        float real;
        const char *text;
    } cases[] = {{21.5F, "21.5"},           {0.1F, "0.1"},       {1.0F / 3, "0.33333334"},
                 {16777216.0F, "16777216"}, {1e20F, "1e+20"},    {-0.0F, "-0"},
                 {INFINITY, "inf"},         {-INFINITY, "-inf"}, {(float)NAN, "nan"},
                 {-(float)NAN, "nan"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(format((BacValue){.type = BAC_REAL, .real = cases[i].real}), cases[i].text);
    assert_string_equal(format((BacValue){.type = BAC_DOUBLE, .double_real = 0.1}), "0.1");
    assert_string_equal(format((BacValue){.type = BAC_DOUBLE, .double_real = 1.0 / 3}), "0.3333333333333333");
}

static void whole_numbers_are_whole(void **state)
{
    (void)state;
    assert_string_equal(format((BacValue){.type = BAC_UNSIGNED, .natural = UINT64_MAX}),
                        "18446744073709551615");
    assert_string_equal(format((BacValue){.type = BAC_SIGNED, .integer = INT64_MIN}), "-9223372036854775808");
}

static void other_types_have_their_usual_text(void **state)
{
    (void)state;
    static const uint8_t bits[] = {0x50}, raw[] = {0x01, 0xFF};
    assert_string_equal(format((BacValue){.type = BAC_NULL}), "null");
    assert_string_equal(format((BacValue){.type = BAC_BOOLEAN, .boolean = true}), "true");
    assert_string_equal(format((BacValue){.type = BAC_BIT_STRING, .bits = {bits, 4}}), "0101");
    assert_string_equal(format((BacValue){.type = BAC_OCTET_STRING, .octets = bp_cursor(raw, 2)}), "0x01ff");
    assert_string_equal(format((BacValue){.type = (BacType)13, .octets = bp_cursor(raw, 2)}), "0x01ff");
    assert_string_equal(format((BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = {BAC_DEVICE, 4711}}),
                        "device,4711");
    assert_string_equal(format((BacValue){.type = BAC_CHARACTER_STRING,
                                          .text = {.charset = BAC_ISO_8859_1,
                                                   .octets = bp_cursor("\xB0"
                                                                       "C",
                                                                       2)}}),
                        "°C");
    assert_string_equal(format(enumerated(62)), "62");
}

static void dates_and_times_show_what_is_unspecified(void **state)
{
    (void)state;
    static const struct {
        BacDate date;
        const char *text;
    } dates[] = {{{126, 11, 24, 2}, "2026-11-24"},      {{255, 255, 255, 255}, "*-*-*"},
                 {{255, 12, 255, 5}, "*-12-* fri"},     {{126, 13, 32, 255}, "2026-odd-last"},
                 {{126, 14, 33, 255}, "2026-even-odd"}, {{126, 2, 34, 1}, "2026-02-even mon"}};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++)
        assert_string_equal(format((BacValue){.type = BAC_DATE, .date = dates[i].date}), dates[i].text);
    assert_string_equal(format((BacValue){.type = BAC_TIME, .time = {8, 30, 0, 0}}), "08:30:00");
    assert_string_equal(format((BacValue){.type = BAC_TIME, .time = {8, 30, 0, 25}}), "08:30:00.25");
    assert_string_equal(format((BacValue){.type = BAC_TIME, .time = {8, 255, 255, 255}}), "08:*:*.*");
}

static void enumerations_are_described_by_their_property(void **state)
{
    (void)state;
    assert_string_equal(describe(enumerated(1), BAC_BINARY_INPUT, BAC_PROP_PRESENT_VALUE), "active");
    assert_string_equal(describe(enumerated(0), BAC_BINARY_VALUE, BAC_PROP_RELINQUISH_DEFAULT), "inactive");
    assert_string_equal(describe(enumerated(1), BAC_LIFE_SAFETY_POINT, BAC_PROP_PRESENT_VALUE), "1");
    assert_string_equal(describe(enumerated(62), BAC_ANALOG_INPUT, BAC_PROP_UNITS), "degrees-celsius");
    assert_string_equal(describe(enumerated(12), BAC_ANALOG_INPUT, BAC_PROP_RELIABILITY),
                        "communication-failure");
    assert_string_equal(describe(enumerated(3), BAC_ANALOG_INPUT, BAC_PROP_EVENT_STATE), "high-limit");
    assert_string_equal(describe(enumerated(0), BAC_DEVICE, BAC_PROP_SYSTEM_STATUS), "operational");
    assert_string_equal(describe(enumerated(8), BAC_DEVICE, BAC_PROP_OBJECT_TYPE), "device");
    assert_string_equal(describe(enumerated(3), BAC_DEVICE, BAC_PROP_SEGMENTATION_SUPPORTED),
                        "no-segmentation");
    assert_string_equal(describe(enumerated(1), BAC_BINARY_INPUT, BAC_PROP_POLARITY), "reverse");
    assert_string_equal(describe(enumerated(300), BAC_ANALOG_INPUT, BAC_PROP_UNITS), "300"); /* a vendor's */
}

static void bits_are_described_by_name(void **state)
{
    (void)state;
    static const uint8_t flags[] = {0xC0}, services[] = {0x00, 0x0B, 0x00, 0x00, 0x20},
                         types[13] = {0x80, [12] = 0x10};
    BacValue value = {.type = BAC_BIT_STRING, .bits = {flags, 4}};
    assert_string_equal(describe(value, BAC_ANALOG_INPUT, BAC_PROP_STATUS_FLAGS), "in-alarm,fault");
    value.bits = (BacBits){flags, 0};
    assert_string_equal(describe(value, BAC_ANALOG_INPUT, BAC_PROP_STATUS_FLAGS), "none");
    value.bits = (BacBits){services, 40};
    assert_string_equal(describe(value, BAC_DEVICE, BAC_PROP_PROTOCOL_SERVICES_SUPPORTED),
                        "read-property,read-property-multiple,write-property,who-is");
    value.bits = (BacBits){types, 100};
    assert_string_equal(describe(value, BAC_DEVICE, BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED),
                        "analog-input,99");
    value.bits = (BacBits){flags, 4};
    assert_string_equal(describe(value, BAC_ANALOG_INPUT, BAC_PROP_EVENT_ENABLE), "to-offnormal,to-fault");
    assert_string_equal(describe(value, BAC_ANALOG_INPUT, BAC_PROP_PRESENT_VALUE), "1100");
}

static void a_type_that_does_not_fit_its_property_is_shown_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(
        describe((BacValue){.type = BAC_REAL, .real = 1.5F}, BAC_BINARY_INPUT, BAC_PROP_PRESENT_VALUE),
        "1.5");
    assert_string_equal(describe(enumerated(2), BAC_ANALOG_INPUT, BAC_PROP_STATUS_FLAGS), "2");
    static const uint8_t flags[] = {0xC0};
    assert_string_equal(
        describe((BacValue){.type = BAC_BIT_STRING, .bits = {flags, 4}}, BAC_DEVICE, BAC_PROP_UNITS), "1100");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reals_have_the_fewest_digits_that_read_back),
        cmocka_unit_test(whole_numbers_are_whole),
        cmocka_unit_test(other_types_have_their_usual_text),
        cmocka_unit_test(dates_and_times_show_what_is_unspecified),
        cmocka_unit_test(enumerations_are_described_by_their_property),
        cmocka_unit_test(bits_are_described_by_name),
        cmocka_unit_test(a_type_that_does_not_fit_its_property_is_shown_as_it_is),
    };
    return cmocka_run_group_tests_name("bacnet format", tests, NULL, NULL);
}
