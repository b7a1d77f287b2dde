#include "io/mqtt/sending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int set_up(void **state)
{
    *state = calloc(1, sizeof(MqttSending));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void what_is_acknowledged_is_counted_no_more(void **state)
{
    MqttSending *sending = *state;
    mqtt_sending_add(sending, 7, 100);
    mqtt_sending_add(sending, 8, 0);
    mqtt_sending_add(sending, 9, 20);
    assert_int_equal(mqtt_sending_octets(sending), 120);
    assert_true(mqtt_sending_acknowledge(sending, 7));
    assert_int_equal(mqtt_sending_octets(sending), 20);
    assert_true(mqtt_sending_acknowledge(sending, 9)); /* before an older one */
    assert_int_equal(mqtt_sending_octets(sending), 0);
    assert_false(mqtt_sending_is_empty(sending));
    assert_true(mqtt_sending_acknowledge(sending, 8));
    assert_true(mqtt_sending_is_empty(sending));
}

static void an_acknowledgement_of_nothing_changes_nothing(void **state)
{
    MqttSending *sending = *state;
    assert_false(mqtt_sending_acknowledge(sending, 7));
    mqtt_sending_add(sending, 7, 100);
    assert_false(mqtt_sending_acknowledge(sending, 8));
    assert_true(mqtt_sending_acknowledge(sending, 7));
    assert_false(mqtt_sending_acknowledge(sending, 7));
}

static void there_is_room_for_so_many_and_again_for_each_that_is_acknowledged(void **state)
{
    MqttSending *sending = *state;
    for (int id = 1; id <= MQTT_SENDING_MAX; id++) {
        assert_true(mqtt_sending_has_room(sending));
        mqtt_sending_add(sending, id, 1);
    }
    assert_false(mqtt_sending_has_room(sending));
    for (int id = 1; id <= MQTT_SENDING_MAX / 2; id++)
        assert_true(mqtt_sending_acknowledge(sending, id));
    mqtt_sending_add(sending, MQTT_SENDING_MAX + 1, 5);
    assert_int_equal(mqtt_sending_octets(sending), MQTT_SENDING_MAX / 2 + 5);
    mqtt_sending_clear(sending);
    assert_true(mqtt_sending_is_empty(sending));
    mqtt_sending_add(sending, 1, 1);
    assert_int_equal(mqtt_sending_octets(sending), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_acknowledged_is_counted_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_acknowledgement_of_nothing_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(there_is_room_for_so_many_and_again_for_each_that_is_acknowledged,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
