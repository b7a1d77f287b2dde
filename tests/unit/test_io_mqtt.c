/* Against a real Mosquitto: run through tests/with-mosquitto. */
#include "io/mqtt/mqtt.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct Client {
    Mqtt *mqtt;
    int connections, losses, messages, acknowledged, last_id;
    char topic[64], payload[64];
    char why[BP_ERROR_TEXT_MAX];
} Client;

static Loop *loop;

static void on_connected(void *owner)
{
    Client *client = owner;
    client->connections++;
    mqtt_subscribe(client->mqtt, "t/#", 1);
}

static void on_lost(void *owner, const BpError *why)
{
    Client *client = owner;
    client->losses++;
    snprintf(client->why, sizeof client->why, "%s", why->text);
}

static void on_message(void *owner, BpStr topic, BpStr payload, bool retained)
{
    Client *client = owner;
    (void)retained;
    client->messages++;
    (void)bp_str_copy(topic, client->topic, sizeof client->topic);
    (void)bp_str_copy(payload, client->payload, sizeof client->payload);
}

static void on_acknowledged(void *owner, int id)
{
    Client *client = owner;
    client->acknowledged++;
    client->last_id = id;
}

static void start(Client *client, const char *id, uint16_t port)
{
    *client = (Client){0};
    const MqttOptions options = {.host = "localhost",
                                 .port = port,
                                 .client_id = id,
                                 .will_topic = "t/will",
                                 .will_payload = id,
                                 .owner = client,
                                 .on_connected = on_connected,
                                 .on_lost = on_lost,
                                 .on_message = on_message,
                                 .on_acknowledged = on_acknowledged};
    client->mqtt = mqtt_new(loop, &options);
}

static uint16_t port(void)
{
    const char *text = getenv("MQTT_PORT");
    assert_non_null(text);
    return text ? (uint16_t)strtoul(text, NULL, 10) : 0;
}

static void broker(const char *command)
{
    char line[512];
    snprintf(line, sizeof line, "%s %s", getenv("MQTT_CTL"), command);
    assert_int_equal(system(line), 0);
}

/* Runs the loop until the counter has reached the number, for half a minute at most. */
static void until(const int *counter, int number)
{
    const int64_t until_us = loop_now_us(loop) + 30 * BP_SECOND;
    while (*counter < number && loop_now_us(loop) < until_us)
        loop_run_once(loop, BP_SECOND);
    assert_true(*counter >= number);
}

static int set_up(void **state)
{
    (void)state;
    loop = loop_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void a_message_is_acknowledged_and_arrives(void **state)
{
    (void)state;
    Client client;
    start(&client, "one", port());
    until(&client.connections, 1);
    int id = 0;
    assert_int_equal(mqtt_publish(client.mqtt, "t/a", bp_str("21.5"), 1, false, &id, NULL), BP_OK);
    assert_int_equal(mqtt_unsent(client.mqtt), 4);
    until(&client.acknowledged, 1);
    assert_int_equal(client.last_id, id);
    assert_int_equal(mqtt_unsent(client.mqtt), 0);
    until(&client.messages, 1);
    assert_string_equal(client.topic, "t/a");
    assert_string_equal(client.payload, "21.5");
    mqtt_free(client.mqtt, BP_SECOND);
}

static void it_comes_back_when_the_broker_does_and_sends_nothing_old(void **state)
{
    (void)state;
    Client client;
    start(&client, "two", port());
    until(&client.connections, 1);
    broker("stop KILL");
    until(&client.losses, 1);
    assert_int_equal(mqtt_publish(client.mqtt, "t/a", bp_str("lost"), 1, false, NULL, NULL), BP_UNAVAILABLE);
    broker("start");
    until(&client.connections, 2);
    assert_int_equal(mqtt_publish(client.mqtt, "t/b", bp_str("new"), 1, false, NULL, NULL), BP_OK);
    until(&client.messages, 1);
    assert_string_equal(client.payload, "new");
    mqtt_free(client.mqtt, BP_SECOND);
}

static void more_than_the_bound_is_refused(void **state)
{
    (void)state;
    Client client;
    start(&client, "three", port());
    until(&client.connections, 1);
    static char large[1024 * 1024];
    const BpStr payload = {large, sizeof large};
    for (int i = 0; i < MQTT_UNSENT_MAX / (int)sizeof large; i++)
        assert_int_equal(mqtt_publish(client.mqtt, "big", payload, 1, false, NULL, NULL), BP_OK);
    assert_int_equal(mqtt_publish(client.mqtt, "big", payload, 1, false, NULL, NULL), BP_FULL);
    until(&client.acknowledged, 1);
    assert_int_equal(mqtt_publish(client.mqtt, "big", payload, 1, false, NULL, NULL), BP_OK);
    mqtt_free(client.mqtt, 5 * BP_SECOND);
}

static void the_will_is_published_for_the_lost_and_not_for_those_who_say_goodbye(void **state)
{
    (void)state;
    Client watcher, polite;
    start(&watcher, "watcher", port());
    until(&watcher.connections, 1);
    start(&polite, "polite", port());
    until(&polite.connections, 1);
    mqtt_free(polite.mqtt, BP_SECOND);
    /* A second client of the same name: the broker throws the first one out, which is no goodbye. */
    Client first, second;
    start(&first, "twin", port());
    until(&first.connections, 1);
    start(&second, "twin", port());
    until(&first.losses, 1);
    until(&watcher.messages, 1);
    assert_string_equal(watcher.payload, "twin");
    mqtt_free(first.mqtt, 0);
    mqtt_free(second.mqtt, BP_SECOND);
    mqtt_free(watcher.mqtt, BP_SECOND);
}

static void nobody_there_is_told_in_words(void **state)
{
    (void)state;
    Client client;
    start(&client, "four", 1); /* nothing listens on port 1 */
    until(&client.losses, 1);
    assert_non_null(strstr(client.why, "the broker at localhost port 1: Connection refused"));
    mqtt_free(client.mqtt, 0);
    start(&client, "five", port());
    mqtt_free(client.mqtt, 0); /* while it connects */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_is_acknowledged_and_arrives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_comes_back_when_the_broker_does_and_sends_nothing_old, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(more_than_the_bound_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_will_is_published_for_the_lost_and_not_for_those_who_say_goodbye,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_there_is_told_in_words, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("io mqtt", tests, NULL, NULL);
}
