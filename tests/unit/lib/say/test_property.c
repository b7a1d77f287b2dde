/* Property values as `read` shows them. */
#include "tests/unit/octets.h"

#include "say/property.h"

static void assert_shown(uint16_t type, uint32_t property, const char *hexadecimal, const char *expected)
{
    char memory[1024];
    BpBuf out = bp_buf(memory, sizeof memory - 1);
    const Octets value = octets(hexadecimal);
    const BacReference reference = {{type, 1}, property, BAC_NO_INDEX};
    say_property_values(&out, cursor_over(&value), &reference);
    memory[out.size] = '\0';
    assert_string_equal(memory, expected);
}

static void enumerations_have_words(void **state)
{
    (void)state;
    assert_shown(BAC_ANALOG_INPUT, BAC_PROP_NOTIFY_TYPE, "91 01", "event");
    assert_shown(BAC_TREND_LOG, BAC_PROP_LOGGING_TYPE, "91 02", "triggered");
    assert_shown(BAC_EVENT_ENROLLMENT, BAC_PROP_EVENT_TYPE, "91 05", "out-of-range");
    assert_shown(BAC_EVENT_ENROLLMENT, BAC_PROP_EVENT_TYPE, "91 46", "70");
    assert_shown(BAC_LOOP, BAC_PROP_ACTION, "91 01", "reverse");
    assert_shown(BAC_DEVICE, BAC_PROP_LAST_RESTART_REASON, "91 03", "detected-power-lost");
    assert_shown(BAC_DEVICE, BAC_PROP_PROPERTY_LIST, "91 55 91 6f 92 02 58",
                 "present-value, status-flags, 600");
    assert_shown(BAC_ANALOG_INPUT, BAC_PROP_LIMIT_ENABLE, "82 06 c0", "low-limit-enable,high-limit-enable");
    assert_shown(BAC_ANALOG_INPUT, BAC_PROP_EVENT_ENABLE, "82 05 a0", "to-offnormal,to-normal");
}

#define DAY_AND_TIME "a4 7e 07 0f 03 b4 08 1e 00 00"
#define NEVER        "a4 ff ff ff ff b4 ff ff ff ff"

static void constructed_values_have_words(void **state)
{
    (void)state;
    assert_shown(BAC_ANALOG_INPUT, BAC_PROP_EVENT_TIME_STAMPS, "2e " DAY_AND_TIME " 2f 2e " NEVER " 2f 19 07",
                 "2026-07-15 08:30:00; never; no. 7");
    assert_shown(BAC_TREND_LOG, BAC_PROP_LOG_DEVICE_OBJECT_PROPERTY, "0c 00 00 00 03 19 55 3c 02 00 03 e9",
                 "analog-input,3 present-value of device,1001");
    assert_shown(BAC_LOOP, BAC_PROP_SETPOINT_REFERENCE, "0e 0c 00 80 00 02 19 57 29 08 0f",
                 "analog-value,2 priority-array[8]");
    assert_shown(
        BAC_NOTIFICATION_CLASS, BAC_PROP_RECIPIENT_LIST,
        "82 01 fe b4 00 00 00 00 b4 17 3b 3b 63 1e 21 00 65 06 0a 09 01 32 ba c0 1f 21 05 11 82 05 e0"
        "82 01 f8 b4 06 00 00 00 b4 12 00 00 00 0c 02 00 00 63 21 01 10 82 05 80",
        "10.9.1.50 process 5 confirmed, each day 00:00:00 to 23:59:59.99, to-offnormal,to-fault,to-normal; "
        "device,99 process 1 unconfirmed, mon,tue,wed,thu,fri 06:00:00 to 18:00:00, to-offnormal");
    assert_shown(BAC_DEVICE, BAC_PROP_DEVICE_ADDRESS_BINDING, "c4 02 00 00 0c 22 07 d1 61 0a",
                 "device,12 at network 2001 MAC 0a");
    assert_shown(
        BAC_DEVICE, BAC_PROP_ACTIVE_COV_SUBSCRIPTIONS,
        "0e 0e 1e 21 00 65 06 0a 09 01 32 ba c0 1f 0f 19 12 0f 1e 0c 00 00 00 0a 19 55 1f 29 01 39 23 4c "
        "3f 80 00 00",
        "analog-input,10 present-value to 10.9.1.50 process 18 confirmed, 35 s left, increment 1");
    assert_shown(BAC_ACCUMULATOR, BAC_PROP_SCALE, "19 fd", "10^-3");
}

static void schedules_have_words(void **state)
{
    (void)state;
    assert_shown(BAC_SCHEDULE, BAC_PROP_WEEKLY_SCHEDULE,
                 "0e b4 06 00 00 00 44 41 ac 00 00 b4 12 00 00 00 00 0f 0e 0f",
                 "06:00:00 21.5, 18:00:00 null; nothing");
    assert_shown(BAC_CALENDAR, BAC_PROP_DATE_LIST,
                 "0c 7e 0c 19 05 1e a4 7e 07 01 03 a4 7e 07 1f 05 1f 2b 0c 06 01",
                 "2026-12-25; 2026-07-01 to 2026-07-31; monday in the last 7 days of month 12");
    assert_shown(BAC_SCHEDULE, BAC_PROP_EXCEPTION_SCHEDULE,
                 "0e 0c 7e 0c 19 05 0f 2e b4 00 00 00 00 91 00 2f 39 0a 1c 01 80 00 02 2e 2f 39 10",
                 "2026-12-25: 00:00:00 0 (priority 10); calendar,2: nothing (priority 16)");
}

static void what_is_something_else_is_shown_as_it_is(void **state)
{
    (void)state;
    assert_shown(BAC_NOTIFICATION_CLASS, BAC_PROP_RECIPIENT_LIST, "21 05", "5");
    assert_shown(BAC_ANALOG_INPUT, BAC_PROP_EVENT_TIME_STAMPS, "4e 21 05 4f", "[4] {5}");
    assert_shown(BAC_SCHEDULE, BAC_PROP_WEEKLY_SCHEDULE, "0e 21 05 0f", "[0] {5}");
    assert_shown(BAC_ANALOG_INPUT, BAC_PROP_NOTIFY_TYPE, "21 01", "1");
}

static void a_list_is_an_array_of_texts_in_json(void **state)
{
    (void)state;
    const Octets value = octets("c4 02 00 00 0c 22 07 d1 61 0a");
    const BacReference reference = {{BAC_DEVICE, 1}, BAC_PROP_DEVICE_ADDRESS_BINDING, BAC_NO_INDEX};
    json_t *list = say_property_json(cursor_over(&value), &reference);
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(json_string_value(json_array_get(list, 0)), "device,12 at network 2001 MAC 0a");
    json_decref(list);
    list = say_property_json((BpCursor){0}, &reference);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enumerations_have_words),
        cmocka_unit_test(constructed_values_have_words),
        cmocka_unit_test(schedules_have_words),
        cmocka_unit_test(what_is_something_else_is_shown_as_it_is),
        cmocka_unit_test(a_list_is_an_array_of_texts_in_json),
    };
    return cmocka_run_group_tests_name("ask show", tests, NULL, NULL);
}
