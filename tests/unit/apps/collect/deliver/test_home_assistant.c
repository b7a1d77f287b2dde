#include "apps/collect/deliver/home_assistant.h"

#include "apps/collect/deliver/home_assistant_json.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A broker: what it retains, by point_id, as a sensor and as a binary one. */
enum { POINTS = 400 };
static HomeAssistant *home;
static CollectPointName names[POINTS]; /* device_id 0: not known */
static char retained[POINTS][2][2048];
static size_t published, withdrawn;
static BpStatus broker_says;

static bool name_point(void *owner, int32_t point_id, CollectPointName *ret_name)
{
    (void)owner;
    if (point_id >= POINTS || names[point_id].device_id == 0)
        return false;
    *ret_name = names[point_id];
    return true;
}

static int32_t points_end(void *owner)
{
    (void)owner;
    return POINTS;
}

static BpStatus publish(void *owner, const char *topic, BpStr payload, BpError *err)
{
    (void)owner;
    int point_id = -1, end = 0;
    const bool is_binary = strncmp(topic, "homeassistant/binary_sensor/", 28) == 0;
    if (broker_says != BP_OK)
        return bp_fail(err, broker_says, "not now");
    assert_int_equal(sscanf(topic,
                            is_binary ? "homeassistant/binary_sensor/bacpipes_demo/%d/config%n"
                                      : "homeassistant/sensor/bacpipes_demo/%d/config%n",
                            &point_id, &end),
                     1);
    assert_int_equal((size_t)end, strlen(topic));
    assert_in_range(point_id, 0, POINTS - 1);
    assert_true(bp_str_copy(payload, retained[point_id][is_binary], sizeof retained[0][0]));
    published += payload.size > 0;
    withdrawn += payload.size == 0;
    return BP_OK;
}

static CollectPointName point(uint16_t type, const char *units, bool is_tagged)
{
    return (CollectPointName){.device_id = 3,
                              .object = {type, 1},
                              .property = "",
                              .name = "AHU-1/SAT",
                              .units = units,
                              .device = {"AHU-1", "Acme", "X1", "1.2"},
                              .is_polled = true,
                              .is_tagged = is_tagged};
}

static int set_up(void **state)
{
    (void)state;
    const HomeAssistantHooks hooks = {.name_point = name_point, .points_end = points_end, .publish = publish};
    memset(names, 0, sizeof names);
    memset(retained, 0, sizeof retained);
    names[11] = point(BAC_ANALOG_INPUT, "°C", true);
    names[12] = point(BAC_ANALOG_INPUT, "%", false);
    names[13] = point(BAC_BINARY_INPUT, "", true);
    names[14] = point(BAC_ANALOG_INPUT, "°C", true);
    names[14].is_polled = false;
    home = home_assistant_new("demo", "homeassistant", &hooks);
    published = withdrawn = 0;
    broker_says = BP_OK;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    home_assistant_free(home);
    return 0;
}

static void tell_all(void)
{
    for (int i = 0; i < 10; i++)
        home_assistant_advance(home);
}

static void hear(const char *topic, const char *payload)
{
    assert_true(home_assistant_heard(home, bp_str(topic), bp_str(payload)));
}

/* ---- which, and when ---- */

static void the_chosen_points_that_are_polled_are_told_once(void **state)
{
    (void)state;
    home_assistant_points_changed(home);
    tell_all();
    assert_int_equal(published, 0); /* none is chosen */
    home_assistant_choose(home, HOME_TAGGED);
    tell_all();
    assert_int_equal(published, 2);
    assert_true(*retained[11][0] && *retained[13][1]);
    home_assistant_points_changed(home);
    tell_all();
    assert_int_equal(published, 2); /* nothing is new */
    home_assistant_choose(home, HOME_ALL);
    tell_all();
    assert_int_equal(published, 3);
    names[11].name = "another";
    home_assistant_points_changed(home);
    tell_all();
    assert_int_equal(published, 4);
    assert_non_null(strstr(retained[11][0], "\"another\""));
    assert_int_equal(withdrawn, 0);
}

static void what_is_not_chosen_any_more_or_is_gone_is_withdrawn(void **state)
{
    (void)state;
    home_assistant_choose(home, HOME_TAGGED);
    home_assistant_points_changed(home);
    tell_all();
    names[11].device_id = 0;
    home_assistant_points_changed(home);
    tell_all();
    assert_int_equal(withdrawn, 1);
    assert_false(*retained[11][0]);
    names[13].object.type = BAC_ANALOG_INPUT; /* its successor's object */
    home_assistant_points_changed(home);
    tell_all();
    assert_true(*retained[13][0] && !*retained[13][1]);
    home_assistant_choose(home, HOME_NONE);
    tell_all();
    assert_false(*retained[13][0]);
}

static void what_the_broker_has_of_an_earlier_run_is_judged_when_points_are_known(void **state)
{
    (void)state;
    hear("homeassistant/sensor/bacpipes_demo/11/config", "{}");
    hear("homeassistant/sensor/bacpipes_demo/12/config", "{}");
    hear("homeassistant/binary_sensor/bacpipes_demo/300/config", "{}");
    home_assistant_choose(home, HOME_TAGGED);
    tell_all();
    assert_int_equal(published + withdrawn, 0); /* nobody knows yet */
    home_assistant_points_changed(home);
    tell_all();
    assert_int_equal(published, 2); /* 11 anew, and 13 */
    assert_int_equal(withdrawn, 2); /* 12, and 300 which is no more */
    /* What comes later, after a look at all, too; what we said ourselves means nothing. */
    hear("homeassistant/sensor/bacpipes_demo/11/config", retained[11][0]);
    hear("homeassistant/sensor/bacpipes_demo/12/config", "{}");
    hear("homeassistant/sensor/bacpipes_demo/12/config", "");
    hear("homeassistant/sensor/bacpipes_demo/13/config", "{}"); /* which is a binary_sensor */
    tell_all();
    assert_int_equal(published, 2);
    assert_int_equal(withdrawn, 4);
    assert_true(*retained[13][1]);
    /* Nobody's numbers make room. */
    hear("homeassistant/sensor/bacpipes_demo/99999999999/config", "{}");
    assert_false(home_assistant_heard(home, bp_str("bacpipes/demo/readings/stored"), bp_str("{}")));
    assert_false(home_assistant_heard(home, bp_str(""), bp_str("{}")));
}

static void a_broker_that_takes_nothing_now_is_told_later(void **state)
{
    (void)state;
    for (int i = 0; i < POINTS; i++)
        names[i] = point(BAC_ANALOG_INPUT, "°C", true);
    home_assistant_choose(home, HOME_ALL);
    home_assistant_points_changed(home);
    broker_says = BP_FULL;
    tell_all();
    assert_int_equal(published, 0);
    broker_says = BP_OK;
    home_assistant_advance(home);
    assert_in_range(published, 1, POINTS - 1); /* little by little */
    tell_all();
    assert_int_equal(published, POINTS);
    home_assistant_forget(home); /* another broker */
    tell_all();
    assert_int_equal(published, 2 * POINTS);
}

/* ---- what ---- */

/* What Home Assistant takes with a class: https://github.com/home-assistant/core,
 * homeassistant/components/sensor/const.py, DEVICE_CLASS_UNITS and DEVICE_CLASS_STATE_CLASSES. */
static const struct {
    const char *device_class, *units;
} takes[] = {
    {"temperature", " °C °F K "},
    {"humidity", " % "},
    {"pressure", " mbar bar Pa hPa kPa inHg mmHg psi "},
    {"power", " W kW MW "},
    {"energy", " Wh kWh MWh "},
    {"voltage", " V mV "},
    {"current", " A mA "},
    {"apparent_power", " VA "},
    {"reactive_power", " var "},
    {"frequency", " Hz "},
    {"illuminance", " lx "},
    {"irradiance", " W/m² "},
    {"volume_flow_rate", " m³/h L/min ft³/min gal/min "},
    {"speed", " m/s km/h ft/s "},
    {"duration", " d h min s "},
};

static json_t *config_of(const CollectPointName *name)
{
    char *text = home_assistant_json("demo", 41, name, "bacpipes/demo/points/3/x/state");
    assert_non_null(text);
    json_t *config = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(config);
    return config;
}

static const char *text_of(const json_t *config, const char *key)
{
    return json_string_value(json_object_get(config, key));
}

static void assert_is_taken(const json_t *config)
{
    const char *device_class = text_of(config, "device_class"),
               *unit = text_of(config, "unit_of_measurement");
    char wanted[64];
    bool is_taken = false;
    snprintf(wanted, sizeof wanted, " %s ", unit ? unit : "?");
    for (size_t i = 0; i < sizeof takes / sizeof takes[0]; i++)
        is_taken =
            is_taken || (strcmp(device_class, takes[i].device_class) == 0 && strstr(takes[i].units, wanted));
    if (!is_taken)
        fail_msg("%s with %s", device_class, wanted);
    assert_string_equal(text_of(config, "state_class"),
                        strcmp(device_class, "energy") == 0 ? "total_increasing" : "measurement");
}

static void every_unit_of_the_standard_makes_a_sensor_that_home_assistant_takes(void **state)
{
    (void)state;
    size_t with_class = 0;
    for (uint32_t units = 0; units < 65536; units++) {
        const char *symbol = bac_units_symbol(units);
        if (!symbol)
            continue;
        const CollectPointName name = point(BAC_ANALOG_VALUE, symbol, true);
        json_auto_t *config = config_of(&name);
        assert_true((text_of(config, "unit_of_measurement") != NULL) == (*symbol != '\0'));
        if (text_of(config, "device_class")) {
            assert_is_taken(config);
            with_class++;
        }
    }
    assert_in_range(with_class, 35, 60);
}

static void a_message_says_all_that_a_sensor_needs(void **state)
{
    (void)state;
    const CollectPointName name = point(BAC_ANALOG_INPUT, "%RH", true);
    json_auto_t *config = config_of(&name);
    assert_string_equal(home_assistant_component(&name), "sensor");
    assert_string_equal(text_of(config, "unique_id"), "bacpipes_demo_41");
    assert_string_equal(text_of(config, "name"), "AHU-1/SAT");
    assert_string_equal(text_of(config, "state_topic"), "bacpipes/demo/points/3/x/state");
    assert_string_equal(text_of(config, "value_template"), "{{ value_json.value }}");
    assert_string_equal(text_of(config, "unit_of_measurement"), "%");
    assert_string_equal(text_of(config, "availability_mode"), "all");
    const json_t *availability = json_object_get(config, "availability"),
                 *device = json_object_get(config, "device");
    assert_string_equal(text_of(json_array_get(availability, 0), "topic"), "bacpipes/demo/collect/status");
    assert_string_equal(text_of(json_array_get(availability, 1), "topic"), text_of(config, "state_topic"));
    assert_string_equal(json_string_value(json_array_get(json_object_get(device, "identifiers"), 0)),
                        "bacpipes_demo_device_3");
    assert_string_equal(text_of(device, "name"), "AHU-1");
    assert_string_equal(text_of(device, "manufacturer"), "Acme");
    assert_string_equal(text_of(device, "model"), "X1");
    assert_string_equal(text_of(device, "sw_version"), "1.2");
}

static void words_and_binary_values_have_no_unit_and_no_mean(void **state)
{
    (void)state;
    const char *texts[] = {"off", "low", "low", "high"}, *gap[] = {"off", ""};
    CollectPointName name = point(BAC_MULTI_STATE_VALUE, "", true);
    name.states = texts;
    name.state_count = 4;
    json_auto_t *words = config_of(&name);
    assert_string_equal(text_of(words, "device_class"), "enum");
    assert_int_equal(json_array_size(json_object_get(words, "options")), 3); /* each once */
    assert_null(json_object_get(words, "state_class"));
    assert_null(json_object_get(words, "unit_of_measurement"));
    name.states = gap;
    name.state_count = 2;
    json_auto_t *numbers = config_of(&name);
    assert_null(json_object_get(numbers, "device_class"));
    assert_string_equal(text_of(numbers, "value_template"), "{{ value_json.value }}");
    name = point(BAC_BINARY_INPUT, "", true);
    json_auto_t *binary = config_of(&name);
    assert_string_equal(home_assistant_component(&name), "binary_sensor");
    assert_null(json_object_get(binary, "state_class"));
    name.device = (CollectDeviceName){0};
    json_auto_t *alone = config_of(&name);
    assert_string_equal(text_of(json_object_get(alone, "device"), "name"), "BACnet device 3");
    name = point(BAC_ACCUMULATOR, "m³", true);
    json_auto_t *meter = config_of(&name);
    assert_string_equal(text_of(meter, "state_class"), "total_increasing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_chosen_points_that_are_polled_are_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_chosen_any_more_or_is_gone_is_withdrawn, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_the_broker_has_of_an_earlier_run_is_judged_when_points_are_known,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_broker_that_takes_nothing_now_is_told_later, set_up, tear_down),
        cmocka_unit_test(every_unit_of_the_standard_makes_a_sensor_that_home_assistant_takes),
        cmocka_unit_test(a_message_says_all_that_a_sensor_needs),
        cmocka_unit_test(words_and_binary_values_have_no_unit_and_no_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
