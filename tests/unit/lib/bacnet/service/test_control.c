/* Devices told to be quiet, and to restart. The first two messages are those of the standard's annex F.4. */
#include "tests/unit/octets.h"

#include "bacnet/service/communication_control.h"
#include "bacnet/service/reinitialize.h"
#include "bacnet/wire/enums.h"

#define DISABLE "09 05 19 01 2d 08 00 23 65 67 62 64 66 21" /* for 5 minutes, "#egbdf!" */
#define WARM    "09 01 1d 09 00 41 62 43 64 45 66 47 68"    /* "AbCdEfGh" */

static BpStatus parse_control(BpCursor in)
{
    BacCommunicationControl control;
    return bac_communication_control_decode(&in, &control, NULL);
}

static BpStatus parse_reinitialize(BpCursor in)
{
    BacReinitialize reinitialize;
    return bac_reinitialize_decode(&in, &reinitialize, NULL);
}

static void requests_are_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_taken_whole_or_not_at_all(parse_control, "09 05 19 01", 0);
    assert_taken_whole_or_not_at_all(parse_reinitialize, "09 01", 0);
    assert_prefixes_are_refused(parse_control, DISABLE, 5); /* its password cut short */
    assert_prefixes_are_refused(parse_reinitialize, WARM, 3);
    flip_bits(parse_control, DISABLE);
    flip_bits(parse_reinitialize, WARM);
}

static void a_device_is_told_to_be_quiet_for_minutes(void **state)
{
    (void)state;
    const Octets message = octets(DISABLE);
    BpCursor in = cursor_over(&message);
    BacCommunicationControl control;
    assert_int_equal(bac_communication_control_decode(&in, &control, NULL), BP_OK);
    assert_int_equal(control.state, BAC_COMMUNICATION_DISABLE);
    assert_int_equal(control.minutes, 5);
    assert_int_equal(control.password.type, BAC_CHARACTER_STRING);
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_communication_control_encode(&out, &control);
    assert_octets(&out, DISABLE);
    out = bp_buf(memory, sizeof memory);
    bac_communication_control_encode(&out, &(BacCommunicationControl){.state = BAC_COMMUNICATION_ENABLE});
    assert_octets(&out, "19 00");
}

static void durations_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const NONE[] = {"09 00 19 01", "0b 01 00 00 19 01"};
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
        const Octets message = octets(NONE[i]);
        assert_int_equal(parse_exactly(parse_control, message.data, message.size), BP_INVALID);
    }
}

static void a_device_is_told_to_restart(void **state)
{
    (void)state;
    const Octets message = octets(WARM);
    BpCursor in = cursor_over(&message);
    BacReinitialize reinitialize;
    assert_int_equal(bac_reinitialize_decode(&in, &reinitialize, NULL), BP_OK);
    assert_int_equal(reinitialize.state, BAC_WARMSTART);
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_reinitialize_encode(&out, &reinitialize);
    assert_octets(&out, WARM);
    out = bp_buf(memory, sizeof memory);
    bac_reinitialize_encode(&out, &(BacReinitialize){.state = BAC_COLDSTART});
    assert_octets(&out, "09 00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_taken_whole_or_not_at_all),
        cmocka_unit_test(a_device_is_told_to_be_quiet_for_minutes),
        cmocka_unit_test(durations_that_are_none_are_refused),
        cmocka_unit_test(a_device_is_told_to_restart),
    };
    return cmocka_run_group_tests_name("bacnet control", tests, NULL, NULL);
}
