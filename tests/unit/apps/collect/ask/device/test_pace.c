/* How much a device is asked at once, and how long its answers are waited for. */
#include "tests/unit/field.h"

static void a_device_that_keeps_up_is_asked_more_at_once(void **state)
{
    (void)state;
    SimQuirks slow = quirks_of("apdu-206");
    slow.work_us = 20 * BP_MS;
    Field *field = field_new(1, &slow, 1, 0);
    field_poll(field, 0, 5 * BP_SECOND, 0);
    field_run(field, 5 * BP_MINUTE);
    assert_in_range(field->stations[0].sim.open_max, 3, 4);
    field_free(field);
}

static void a_device_with_room_for_one_is_soon_asked_one_at_a_time(void **state)
{
    (void)state;
    const SimQuirks quirks = quirks_of("apdu-206,one-at-a-time");
    Field *field = field_new(1, &quirks, 1, 0);
    field_poll(field, 0, 5 * BP_SECOND, 0);
    field_run(field, 30 * BP_MINUTE);
    assert_in_range(field->stations[0].sim.forgotten, 1, 4); /* once it was tried */
    assert_int_equal(field->stations[0].seen[0].bad, 0);
    assert_in_range(field->stations[0].seen[0].good, 355, 361);
    field_free(field);
}

static void an_answer_that_takes_longer_than_the_timeout_is_waited_for(void **state)
{
    (void)state;
    SimQuirks slow = {.work_us = 4 * BP_SECOND};
    Field *field = field_new(1, &slow, 1, 0);
    field_poll(field, 0, 30 * BP_SECOND, 0);
    field_run(field, 20 * BP_MINUTE);
    assert_int_equal(field->stations[0].seen[0].quality, MDL_GOOD);
    assert_in_range(field->stations[0].seen[0].good, 30, 41);
    /* Once its time is known, nothing is asked twice. */
    const uint64_t retries = collect_poll_client_counts(field->poller)->retries;
    field_run(field, 20 * BP_MINUTE);
    assert_in_range(collect_poll_client_counts(field->poller)->retries - retries, 0, 1);
    field_free(field);
}

static void what_a_run_before_has_learned_is_known_and_more_is_tried_later(void **state)
{
    (void)state;
    CollectLimits limits = collect_limits(1476, true);
    collect_limits_recall(&limits, false, 300, BP_SECOND);
    assert_false(limits.read_multiple);
    assert_int_equal(limits.answer_octets, 300);
    collect_limits_relax(&limits, 1476, 30 * BP_MINUTE);
    assert_int_equal(limits.answer_octets, 300);
    collect_limits_relax(&limits, 1476, 61 * BP_MINUTE);
    assert_true(limits.read_multiple);
    assert_int_equal(limits.answer_octets, 600);
    limits = collect_limits(480, true);
    collect_limits_recall(&limits, true, 1476, 0); /* it says now that it takes less */
    assert_int_equal(limits.answer_octets, 480);
    collect_limits_recall(&limits, true, 7, 0); /* nonsense */
    assert_int_equal(limits.answer_octets, 480);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_that_keeps_up_is_asked_more_at_once),
        cmocka_unit_test(a_device_with_room_for_one_is_soon_asked_one_at_a_time),
        cmocka_unit_test(an_answer_that_takes_longer_than_the_timeout_is_waited_for),
        cmocka_unit_test(what_a_run_before_has_learned_is_known_and_more_is_tried_later),
    };
    return cmocka_run_group_tests_name("collect pace", tests, NULL, NULL);
}
