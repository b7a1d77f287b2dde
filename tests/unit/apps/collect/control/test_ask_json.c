/* What programs ask for by MQTT: each refusal says what would be right. */
#include "apps/collect/control/ask_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static BpArena arena;
static ControlAsks asks;
static BpError err;

static int set_up(void **state)
{
    (void)state;
    arena = (BpArena){0};
    asks = (ControlAsks){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bp_arena_done(&arena);
    return 0;
}

static const ControlAsk *one(const char *payload)
{
    err = (BpError){0};
    if (control_asks_read(bp_str(payload), "here", &arena, &asks, &err) != BP_OK)
        print_error("%s: %s\n", payload, err.text);
    assert_int_equal(asks.count, 1);
    assert_false(asks.is_list);
    return &asks.items[0];
}

static void is_asked(const char *payload, const char *request)
{
    const ControlAsk *ask = one(payload);
    if (ask->status != BP_OK)
        print_error("%s: %s\n", payload, ask->wrong.text);
    assert_int_equal(ask->status, BP_OK);
    assert_string_equal(ask->request, request);
}

static void is_wrong(const char *payload, const char *text)
{
    const ControlAsk *ask = one(payload);
    assert_int_equal(ask->status, BP_INVALID);
    assert_string_equal(ask->wrong.text, text);
    assert_null(ask->request);
}

static void is_nothing(const char *payload, size_t size, const char *text)
{
    assert_int_equal(control_asks_read((BpStr){payload, size}, "here", &arena, &asks, &err), BP_INVALID);
    if (!strstr(err.text, text))
        print_error("%s\n", err.text);
    assert_non_null(strstr(err.text, text));
}

static void a_command_is_what_the_gate_is_asked(void **state)
{
    (void)state;
    is_asked("{\"point\": \"AHU-1/SAT-C\", \"value\": 21.5}",
             "{\"command_type\":\"write_value\",\"value\":21.5}");
    assert_string_equal(asks.items[0].point, "AHU-1/SAT-C");
    assert_null(asks.items[0].key);
    is_asked(
        "{\"v\": 1, \"site\": \"here\", \"point_id\": 12, \"state\": \"occupied\", \"priority\": 10, "
        "\"release_after\": \"1h30min\", \"reason\": \"heiß\", \"id\": \"7\", \"execute_at\": "
        "\"2026-11-27T14:00:00+08:00\", \"expires_at\": \"2026-11-27T14:00:30.5+08:00\"}",
        "{\"idempotency_key\":\"7\",\"command_type\":\"write_value\",\"state\":\"occupied\",\"priority\":10,"
        "\"release_after\":5400.0,\"execute_at\":\"2026-11-27T06:00:00.000000Z\",\"expires_at\":\"2026-11-"
        "27T06:"
        "00:30.500000Z\",\"reason\":\"heiß\"}");
    assert_int_equal(asks.items[0].point_id, 12);
    assert_string_equal(asks.items[0].key, "7");
    is_asked("{\"device\": 1001, \"object\": \"AV:3\", \"value\": null}",
             "{\"command_type\":\"release_priority\"}");
    assert_string_equal(asks.items[0].device, "1001");
    assert_string_equal(asks.items[0].object, "analog-value,3");
    is_asked("{\"device\": \"AHU-1\", \"object\": \"analog-value,3\", \"value\": null, \"restore\": true}",
             "{\"command_type\":\"release_priority\",\"restore\":true}");
    is_asked(
        "{\"point\": \"x\", \"value\": -3, \"release_after\": 7200, \"reason\": null, \"priority\": null}",
        "{\"command_type\":\"write_value\",\"value\":-3,\"release_after\":7200.0}");
}

static void a_key_that_is_none_is_refused_by_name(void **state)
{
    (void)state;
    is_wrong("{\"point\": \"x\", \"valeu\": 1}",
             "there is no \"valeu\" in a command: did you mean \"value\"?");
    is_wrong("{\"point\": \"x\", \"value\": 1, \"Priority\": 1}",
             "there is no \"Priority\" in a command: did you mean \"priority\"?");
    is_wrong("{\"point\": \"x\", \"value\": 1, \"force\": true}",
             "there is no \"force\" in a command: it has point, value or state, priority, release_after, "
             "execute_at, "
             "expires_at, reason, idempotency_key");
    is_wrong(
        "{\"idempotency_key\": \"k\", \"created_by\": \"boss\", \"point\": \"x\", \"value\": 1}",
        "there is no \"created_by\" in a command: it has point, value or state, priority, release_after, "
        "execute_at, expires_at, reason, idempotency_key");
    assert_string_equal(asks.items[0].key, "k"); /* the refusal says which it was */
}

static void it_says_one_point_in_one_way(void **state)
{
    (void)state;
    static const char which[] = "which point? Say one of \"point\" (its name), \"point_id\" (its number), or "
                                "\"device\" with \"object\"";
    is_wrong("{\"value\": 1}", which);
    is_wrong("{\"point\": \"x\", \"point_id\": 1, \"value\": 1}", which);
    is_wrong("{\"point_id\": 1, \"device\": 1, \"object\": \"av,1\", \"value\": 1}", which);
    is_wrong("{\"device\": 1, \"value\": 1}", which);
    is_wrong("{\"object\": \"av,1\", \"value\": 1}", which);
    is_wrong("{\"point\": 7, \"value\": 1}", "\"point\" is 7: it is a text of 1 to 400 letters");
    is_wrong("{\"point\": \"\", \"value\": 1}", "\"point\" is \"\": it is a text of 1 to 400 letters");
    is_wrong("{\"point_id\": \"7\", \"value\": 1}", "\"point_id\" is \"7\": it is the number of a point");
    is_wrong("{\"point_id\": 0, \"value\": 1}", "\"point_id\" is 0: it is the number of a point");
    is_wrong("{\"point_id\": 7.0, \"value\": 1}", "\"point_id\" is 7.0: it is the number of a point");
    is_wrong("{\"point_id\": 2147483648, \"value\": 1}",
             "\"point_id\" is 2147483648: it is the number of a point");
    is_wrong("{\"device\": 1, \"object\": \"av\", \"value\": 1}",
             "\"object\" is \"av\": it is a type and an instance, such as \"analog-value,3\"");
    is_wrong("{\"device\": 1.5, \"object\": \"av,1\", \"value\": 1}",
             "\"device\" is 1.5: it is a text of 1 to 200 letters");
}

static void it_says_one_value(void **state)
{
    (void)state;
    is_wrong("{\"point\": \"x\"}",
             "nothing says what to write: \"value\" (a number; null lets go) or \"state\" (its name)");
    is_wrong("{\"point\": \"x\", \"value\": 1, \"state\": \"on\"}",
             "\"value\" and \"state\" are both given: say one");
    is_wrong("{\"point\": \"x\", \"value\": null, \"state\": \"on\"}",
             "\"value\" and \"state\" are both given: say one");
    is_wrong("{\"point\": \"x\", \"value\": \"21\"}",
             "\"value\" is \"21\": it is a number, or null to let go; the name of a state is \"state\"");
    is_wrong("{\"point\": \"x\", \"value\": true}",
             "\"value\" is true: it is a number, or null to let go; the name of a state is \"state\"");
    is_wrong("{\"point\": \"x\", \"value\": [21]}",
             "\"value\" is [21]: it is a number, or null to let go; the name of a state is \"state\"");
    is_wrong("{\"point\": \"x\", \"state\": 1}", "\"state\" is 1: it is a text of 1 to 200 letters");
    is_wrong("{\"point\": \"x\", \"value\": 1, \"restore\": true}",
             "\"restore\" is of a release: it stands beside \"value\": null alone");
    is_wrong("{\"point\": \"x\", \"value\": null, \"release_after\": 60}",
             "\"release_after\" is of a value: \"value\": null lets go at once");
}

static void numbers_and_times_are_looked_at(void **state)
{
    (void)state;
    static const char *const priorities[] = {"0",   "17", "-1", "8.5", "8.0", "\"8\"", "9223372036854775807",
                                             "true"};
    for (size_t i = 0; i < sizeof priorities / sizeof priorities[0]; i++) {
        char payload[128], text[128];
        snprintf(payload, sizeof payload, "{\"point\": \"x\", \"value\": 1, \"priority\": %s}",
                 priorities[i]);
        snprintf(text, sizeof text, "\"priority\" is %s: it is a whole number, 1 (highest) to 16",
                 priorities[i]);
        is_wrong(payload, text);
    }
    static const char *const spans[] = {
        "0", "-1", "0.5", "1e300", "-1e300", "\"2\"", "\"2 parsecs\"", "\"\"", "true", "\"99999d\"", "{}"};
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        char payload[128];
        snprintf(payload, sizeof payload, "{\"point\": \"x\", \"value\": 1, \"release_after\": %s}",
                 spans[i]);
        assert_int_equal(one(payload)->status, BP_INVALID);
        assert_non_null(strstr(asks.items[0].wrong.text, "it is a span such as \"90min\""));
    }
    static const char *const times[] = {"1", "\"soon\"", "\"2026-11-27T14:00:00\"",
                                        "\"2026-13-27T14:00:00Z\""};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char payload[128];
        snprintf(payload, sizeof payload, "{\"point\": \"x\", \"value\": 1, \"expires_at\": %s}", times[i]);
        assert_int_equal(one(payload)->status, BP_INVALID);
        assert_non_null(strstr(asks.items[0].wrong.text, "a time with its zone"));
    }
    is_wrong("{\"point\": \"x\", \"value\": 1, \"v\": 2}", "\"v\" is 2: it is 1, or left out");
}

static void texts_are_bounded_and_keys_are_one(void **state)
{
    (void)state;
    char payload[2048], reason[1002];
    memset(reason, 'a', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    snprintf(payload, sizeof payload, "{\"point\": \"x\", \"value\": 1, \"reason\": \"%s\"}", reason);
    assert_int_equal(one(payload)->status, BP_INVALID);
    snprintf(payload, sizeof payload, "{\"point\": \"x\", \"value\": 1, \"reason\": \"%s\"}", reason + 1);
    assert_int_equal(one(payload)->status, BP_OK);
    snprintf(payload, sizeof payload, "{\"point\": \"x\", \"value\": 1, \"id\": \"%.201s\"}", reason);
    assert_int_equal(one(payload)->status, BP_INVALID);
    assert_null(asks.items[0].key);
    is_wrong("{\"point\": \"x\", \"value\": 1, \"id\": \"a\", \"idempotency_key\": \"a\"}",
             "\"id\" and \"idempotency_key\" are the same: say one");
}

static void another_site_is_refused(void **state)
{
    (void)state;
    is_wrong("{\"site\": \"there\", \"point\": \"x\", \"value\": 1}",
             "\"site\" is \"there\", and this is site \"here\"");
    is_wrong("{\"site\": 1, \"point\": \"x\", \"value\": 1}", "\"site\" is 1, and this is site \"here\"");
}

static void each_of_a_list_is_judged_by_itself(void **state)
{
    (void)state;
    assert_int_equal(control_asks_read(
                         bp_str("[{\"point\": \"x\", \"value\": 1}, 7, {\"point\": \"y\", \"value\": null}]"),
                         "here", &arena, &asks, &err),
                     BP_OK);
    assert_int_equal(asks.count, 3);
    assert_true(asks.is_list);
    assert_int_equal(asks.items[0].status, BP_OK);
    assert_int_equal(asks.items[1].status, BP_INVALID);
    assert_string_equal(
        asks.items[1].wrong.text,
        "a command is a JSON object such as {\"point\": \"AHU-1/SAT-C\", \"value\": 21.5}: this is 7");
    assert_int_equal(asks.items[2].status, BP_OK);
    char many[256] = "[{}";
    size_t size = strlen(many);
    for (int i = 0; i < CONTROL_ASKS_MAX; i++)
        size +=
            (size_t)snprintf(many + size, sizeof many - size, ",{}%s", i + 1 == CONTROL_ASKS_MAX ? "]" : "");
    is_nothing(many, strlen(many), "a list has 1 to 50 commands, and this has 51: none of them was taken");
    is_nothing("[]", 2, "a list has 1 to 50 commands, and this has 0");
}

static void what_is_no_json_is_nothing(void **state)
{
    (void)state;
    static char deep[CONTROL_PAYLOAD_MAX + 1];
    memset(deep, '[', sizeof deep);
    is_nothing("", 0, "this is no JSON of commands");
    is_nothing(NULL, 0, "this is no JSON of commands");
    is_nothing("on", 2, "this is no JSON of commands");
    is_nothing("{\"point\": \"x\", \"value\": NaN}", 28, "this is no JSON of commands");
    is_nothing("{\"point\": \"x\", \"value\": 1e999}", 30, "this is no JSON of commands");
    is_nothing("{\"point\": \"x\", \"value\": 1, \"value\": 2}", 38, "duplicate object key");
    is_nothing("{\"point\": \"\xff\", \"value\": 1}", 26, "this is no JSON of commands");
    is_nothing("{\"point\": \"a\\u0000b\", \"value\": 1}", 33, "this is no JSON of commands");
    is_nothing("{\"point\": \"x\", \"value\": 1} {}", 29, "this is no JSON of commands");
    is_nothing(deep, CONTROL_PAYLOAD_MAX, "maximum parsing depth reached");
    is_nothing(deep, sizeof deep, "65537 octets are too many for a message of commands: 65536 at most");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_command_is_what_the_gate_is_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_is_none_is_refused_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_says_one_point_in_one_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_says_one_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_and_times_are_looked_at, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_are_bounded_and_keys_are_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_site_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_of_a_list_is_judged_by_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_json_is_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("control ask_json", tests, set_up, NULL);
}
