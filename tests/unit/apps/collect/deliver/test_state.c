#include "apps/collect/deliver/state.h"

#include "base/time.h"
#include "model/topic.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { POINTS = 1000 };

static PointStates *states;
static CollectPointName names[POINTS];           /* by point_id; device_id 0: not known */
static char topic[MDL_TOPIC_MAX], payload[1024]; /* of the last that was published */
static size_t published, withdrawn;
static BpStatus broker_says;

static bool name_point(void *owner, int32_t point_id, CollectPointName *ret_name)
{
    (void)owner;
    if (point_id < 0 || point_id >= POINTS || names[point_id].device_id == 0)
        return false;
    *ret_name = names[point_id];
    return true;
}

static BpStatus publish(void *owner, const char *to, BpStr text, BpError *err)
{
    (void)owner;
    if (broker_says != BP_OK)
        return bp_fail(err, broker_says, "not now");
    snprintf(topic, sizeof topic, "%s", to);
    assert_true(bp_str_copy(text, payload, sizeof payload));
    published += text.size > 0;
    withdrawn += text.size == 0;
    return BP_OK;
}

static CollectPointName called(int32_t device_id, uint16_t type, uint32_t instance)
{
    return (CollectPointName){.device_id = device_id,
                              .object = {type, instance},
                              .property = "",
                              .name = "AHU-1/SAT",
                              .units = "°C"};
}

static int set_up(void **state)
{
    (void)state;
    const PointStatesHooks hooks = {.name_point = name_point, .publish = publish};
    memset(names, 0, sizeof names);
    names[11] = called(1, BAC_ANALOG_INPUT, 1);
    names[12] = called(1, BAC_ANALOG_INPUT, 2);
    names[900] = called(2, BAC_ANALOG_INPUT, 1);
    states = states_new("demo", &hooks);
    published = withdrawn = 0;
    broker_says = BP_OK;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    states_check(states);
    states_free(states);
    return 0;
}

static void read_out(int32_t point_id, double value, int64_t at_us)
{
    const MdlReading reading = {.point_id = point_id, .at_us = at_us, .value = value, .has_value = true};
    states_publish(states, &reading, 1);
}

static void a_state_says_all_of_a_reading_and_what_people_call_its_point(void **state)
{
    (void)state;
    read_out(11, 21.5, INT64_C(1795488719000000));
    assert_string_equal(topic, "bacpipes/demo/points/1/analog-input,1/state");
    assert_string_equal(payload,
                        "{\"v\":1,\"point\":11,\"value\":21.5,\"quality\":\"good\","
                        "\"at\":\"2026-11-24T02:51:59.000Z\",\"name\":\"AHU-1/SAT\",\"units\":\"°C\"}");
    names[12].property = "high-limit";
    const MdlReading silent = {
        .point_id = 12, .at_us = INT64_C(1795488719000000), .quality = MDL_BAD, .reason = bp_str("timeout")};
    states_publish(states, &silent, 1);
    assert_string_equal(topic, "bacpipes/demo/points/1/analog-input,2,high-limit/state");
    json_auto_t *json = json_loads(payload, 0, NULL);
    assert_true(json_is_null(json_object_get(json, "value")));
    assert_string_equal(json_string_value(json_object_get(json, "quality")), "bad");
    assert_string_equal(json_string_value(json_object_get(json, "reason")), "timeout");
}

static void binary_values_count_their_texts_from_0_and_multi_state_ones_from_1(void **state)
{
    (void)state;
    static const char *texts[] = {"off", "on"};
    static const struct {
        uint16_t type;
        double value;
        const char *text; /* NULL: none */
    } cases[] = {{BAC_BINARY_VALUE, 0, "off"},         {BAC_BINARY_INPUT, 1, "on"},
                 {BAC_BINARY_OUTPUT, 2, NULL},         {BAC_MULTI_STATE_VALUE, 0, NULL},
                 {BAC_MULTI_STATE_INPUT, 1, "off"},    {BAC_MULTI_STATE_OUTPUT, 2, "on"},
                 {BAC_MULTI_STATE_VALUE, 1e300, NULL}, {BAC_TIMER, 0, "off"},
                 {BAC_LOAD_CONTROL, 300, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int32_t point_id = 100 + (int32_t)i;
        names[point_id] = called(1, cases[i].type, 7);
        names[point_id].states = texts;
        names[point_id].state_count = 2;
        read_out(point_id, cases[i].value, BP_SECOND);
        json_auto_t *json = json_loads(payload, 0, NULL);
        const char *text = json_string_value(json_object_get(json, "text"));
        assert_int_equal(text != NULL, cases[i].text != NULL);
        if (text)
            assert_string_equal(text, cases[i].text);
    }
}

static void a_state_is_published_when_it_has_changed_and_every_ten_minutes(void **state)
{
    (void)state;
    read_out(11, 21, 0);
    read_out(11, 21, 10 * BP_MINUTE - 1);
    assert_int_equal(published, 1);
    read_out(11, 21, 10 * BP_MINUTE);
    assert_int_equal(published, 2);
    read_out(11, 22, 10 * BP_MINUTE + 1);
    assert_int_equal(published, 3);
    const MdlReading doubtful = {.point_id = 11,
                                 .at_us = 10 * BP_MINUTE + 2,
                                 .value = 22,
                                 .has_value = true,
                                 .quality = MDL_UNCERTAIN,
                                 .reason = bp_str("out-of-service")};
    states_publish(states, &doubtful, 1);
    assert_int_equal(published, 4);
    read_out(13, 1, 0); /* nobody knows it */
    read_out(POINTS, 1, 0);
    assert_int_equal(published, 4);
}

static void what_did_not_go_out_is_published_with_the_next_reading(void **state)
{
    (void)state;
    broker_says = BP_UNAVAILABLE;
    read_out(11, 21, 0);
    broker_says = BP_OK;
    read_out(11, 21, 1);
    assert_int_equal(published, 1);
    states_forget(states); /* another broker */
    read_out(11, 21, 2);
    assert_int_equal(published, 2);
}

static void what_was_published_of_a_point_stays_known_while_it_is_the_same(void **state)
{
    (void)state;
    read_out(11, 21, 0);
    read_out(12, 21, 0);
    read_out(900, 21, 0);
    names[11].name = "renamed";
    states_withdraw(states);
    assert_int_equal(withdrawn, 0);
    read_out(11, 21, 1);
    assert_int_equal(published, 3);
    names[12] = called(1, BAC_ANALOG_INPUT, 5);
    states_withdraw(states);
    assert_int_equal(withdrawn, 1);
    assert_string_equal(topic, "bacpipes/demo/points/1/analog-input,2/state"); /* as it was */
    names[900].device_id = 0;
    states_withdraw(states);
    states_withdraw(states);
    assert_int_equal(withdrawn, 2);
    assert_string_equal(topic, "bacpipes/demo/points/2/analog-input,1/state");
    read_out(12, 21, 2); /* as the other object */
    assert_int_equal(published, 4);
    assert_string_equal(topic, "bacpipes/demo/points/1/analog-input,5/state");
    names[12].property = "high-limit"; /* and as another property of it */
    states_withdraw(states);
    assert_int_equal(withdrawn, 3);
    read_out(12, 21, 3);
    names[12].property = "";
    states_withdraw(states);
    assert_int_equal(withdrawn, 4);
    assert_string_equal(topic, "bacpipes/demo/points/1/analog-input,5,high-limit/state");
}

static void what_a_broker_does_not_have_is_not_withdrawn(void **state)
{
    (void)state;
    read_out(11, 21, 0);
    states_forget(states);
    names[11].device_id = 0;
    states_withdraw(states);
    assert_int_equal(withdrawn, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_state_says_all_of_a_reading_and_what_people_call_its_point, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(binary_values_count_their_texts_from_0_and_multi_state_ones_from_1,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_state_is_published_when_it_has_changed_and_every_ten_minutes,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_did_not_go_out_is_published_with_the_next_reading, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_published_of_a_point_stays_known_while_it_is_the_same,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_broker_does_not_have_is_not_withdrawn, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("collect state", tests, NULL, NULL);
}
