/* Against a real Mosquitto: run through tests/with-mosquitto. */
#include "io/mqtt/mqtt.h"

#include "base/time.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct Client {
    Mqtt *mqtt;
    int connections, losses, messages, acknowledged, last_id;
    char topic[64], payload[64], response_topic[64], correlation[64];
    char why[BP_ERROR_TEXT_MAX];
    int changes; /* of options, from a timer */
    LoopTimer *timer;
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

static void on_message(void *owner, const MqttMessage *message)
{
    Client *client = owner;
    client->messages++;
    (void)bp_str_copy(message->topic, client->topic, sizeof client->topic);
    (void)bp_str_copy(message->payload, client->payload, sizeof client->payload);
    (void)bp_str_copy(message->response_topic, client->response_topic, sizeof client->response_topic);
    (void)bp_str_copy(message->correlation, client->correlation, sizeof client->correlation);
}

static void on_acknowledged(void *owner, int id)
{
    Client *client = owner;
    client->acknowledged++;
    client->last_id = id;
}

static MqttOptions options_of(Client *client, const char *id, const char *host, uint16_t port)
{
    return (MqttOptions){.host = host,
                         .port = port,
                         .client_name = id,
                         .will_topic = "t/will",
                         .will_payload = id,
                         .owner = client,
                         .on_connected = on_connected,
                         .on_lost = on_lost,
                         .on_message = on_message,
                         .on_acknowledged = on_acknowledged};
}

static void start(Client *client, const char *id, uint16_t port)
{
    *client = (Client){0};
    const MqttOptions options = options_of(client, id, "localhost", port);
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

/* A process of its own connects, and ends without a goodbye. */
static void connect_and_die(const char *name)
{
    int code = -1;
    const pid_t child = fork();
    if (child == 0) {
        Client client;
        loop = loop_new();
        start(&client, name, port());
        const int64_t until_us = loop_now_us(loop) + 30 * BP_SECOND;
        while (client.connections == 0 && loop_now_us(loop) < until_us)
            loop_run_once(loop, BP_SECOND);
        _exit(client.connections == 1 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
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
    connect_and_die("rude");
    until(&watcher.messages, 1);
    assert_string_equal(watcher.payload, "rude");
    mqtt_free(watcher.mqtt, BP_SECOND);
}

static void who_comes_with_the_same_name_throws_nobody_off(void **state)
{
    (void)state;
    Client first, second;
    start(&first, "twin", port());
    until(&first.connections, 1);
    start(&second, "twin", port());
    until(&second.connections, 1);
    /* What the second says comes to the first: had it been thrown off, it would know by then. */
    assert_int_equal(mqtt_publish(second.mqtt, "t/a", bp_str("hello"), 1, false, NULL, NULL), BP_OK);
    until(&first.messages, 1);
    until(&second.messages, 1);
    assert_int_equal(first.losses + second.losses, 0);
    mqtt_free(first.mqtt, 0);
    mqtt_free(second.mqtt, BP_SECOND);
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

static void a_path_is_a_unix_socket(void **state)
{
    (void)state;
    Client client = {0};
    MqttOptions options = options_of(&client, "six", getenv("MQTT_SOCKET"), 0);
    client.mqtt = mqtt_new(loop, &options);
    until(&client.connections, 1);
    assert_int_equal(mqtt_publish(client.mqtt, "t/a", bp_str("1"), 1, false, NULL, NULL), BP_OK);
    until(&client.messages, 1);
    options.host = "/nowhere/mosquitto.sock";
    mqtt_set_options(client.mqtt, &options);
    until(&client.losses, 1);
    assert_string_equal(client.why, "the broker at /nowhere/mosquitto.sock: No such file or directory");
    mqtt_free(client.mqtt, 0);
}

/* As table mqtt_config may change, time and again, whatever the broker does meanwhile. */
static void change(void *owner)
{
    Client *client = owner;
    char id[32];
    snprintf(id, sizeof id, "changed-%d", ++client->changes);
    const MqttOptions options = options_of(client, id, "localhost", port());
    mqtt_set_options(client->mqtt, &options);
    if (client->changes < 3)
        loop_timer_set(client->timer, loop_now_us(loop) + 20 * BP_MS);
}

static void options_change_from_a_callback_while_the_broker_stands_still(void **state)
{
    (void)state;
    Client client;
    start(&client, "changed-0", port());
    until(&client.connections, 1);
    broker("pause");
    assert_int_equal(mqtt_publish(client.mqtt, "t/a", bp_str("on its way"), 1, false, NULL, NULL), BP_OK);
    client.timer = loop_timer_new(loop, change, &client);
    loop_timer_set(client.timer, 0);
    until(&client.changes, 3);
    assert_false(mqtt_is_connected(client.mqtt));
    assert_int_equal(mqtt_unsent(client.mqtt), 0);
    broker("go_on");
    until(&client.connections, 2);
    assert_int_equal(client.losses, 0);
    const MqttOptions same = options_of(&client, "changed-3", "localhost", port());
    mqtt_set_options(client.mqtt, &same);
    assert_true(mqtt_is_connected(client.mqtt)); /* no reason to leave */
    assert_int_equal(system("grep -q ' as changed-3-' \"$(dirname \"$MQTT_CTL\")/log\""),
                     0); /* the last ones hold */
    loop_timer_free(client.timer);
    mqtt_free(client.mqtt, 0);
}

/* A port whose queue of connections is full: whoever connects waits. */
static int crowded_port(int fds[3], uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fds[0], (const struct sockaddr *)&address, sizeof address) != 0 || listen(fds[0], 0) != 0 ||
        getsockname(fds[0], (struct sockaddr *)&address, &size) != 0)
        return -1;
    for (int i = 1; i < 3; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)!connect(fds[i], (const struct sockaddr *)&address, sizeof address);
    }
    *ret_port = ntohs(address.sin_port);
    return 0;
}

static void count(void *owner)
{
    ++*(int *)owner;
}

static void work(void *job)
{
    (void)job;
}

static void brokers_that_do_not_answer_do_not_take_all_threads(void **state)
{
    (void)state;
    int fds[3] = {-1, -1, -1};
    uint16_t crowded = 0;
    assert_int_equal(crowded_port(fds, &crowded), 0);
    Client client;
    start(&client, "crowded", crowded);
    const MqttOptions other = options_of(&client, "crowded", "127.0.0.1", port());
    for (int i = 0; i < 10; i++) {
        char id[32];
        snprintf(id, sizeof id, "crowded-%d", i);
        const MqttOptions next = options_of(&client, id, "127.0.0.1", crowded);
        loop_run_once(loop, 0);
        mqtt_set_options(client.mqtt, &next);
    }
    mqtt_set_options(client.mqtt, &other);
    int worked = 0; /* somebody else's, who need not wait for TCP */
    loop_work(loop, work, count, &worked);
    until(&worked, 1);
    assert_int_equal(client.connections, 0);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    until(&client.connections, 1);
    assert_int_equal(client.losses, 0); /* what was begun with other options is nobody's loss */
    mqtt_free(client.mqtt, 0);
}

static void change_and_publish(void *owner, const MqttMessage *message)
{
    Client *client = owner;
    on_message(owner, message);
    if (client->changes++)
        return;
    const MqttOptions options = options_of(client, "changed", "localhost", port());
    mqtt_set_options(client->mqtt, &options);
    /* It would go to a connection that ends with this callback, and be lost without a word. */
    assert_int_equal(mqtt_publish(client->mqtt, "t/b", bp_str("2"), 1, false, NULL, NULL), BP_UNAVAILABLE);
    assert_int_equal(mqtt_unsent(client->mqtt), 0);
}

static void nothing_is_published_once_the_options_have_changed(void **state)
{
    (void)state;
    Client client = {0};
    MqttOptions options = options_of(&client, "unchanged", "localhost", port());
    options.on_message = change_and_publish;
    client.mqtt = mqtt_new(loop, &options);
    until(&client.connections, 1);
    assert_int_equal(mqtt_publish(client.mqtt, "t/a", bp_str("1"), 0, false, NULL, NULL), BP_OK);
    until(&client.changes, 1);
    until(&client.connections, 2);
    mqtt_free(client.mqtt, 0);
}

static void its_end_does_not_wait_for_a_broker_that_hangs(void **state)
{
    (void)state;
    static int fds[3]; /* kept until the end: the thread that is left behind waits for it */
    uint16_t crowded = 0;
    assert_int_equal(crowded_port(fds, &crowded), 0);
    Client client = {0};
    const MqttOptions options = options_of(&client, "hanging", "127.0.0.1", crowded);
    client.mqtt = mqtt_new(loop, &options);
    loop_run_once(loop, BP_MS);
    const int64_t begin_us = loop_now_us(loop);
    mqtt_free(client.mqtt, BP_SECOND);
    loop_free(loop);
    loop = loop_new();
    assert_true(loop_now_us(loop) - begin_us < 5 * BP_SECOND);
}

static void let_go(void *owner)
{
    Client *client = owner;
    mqtt_free(client->mqtt, BP_SECOND);
    client->mqtt = NULL;
}

static void let_go_when_connected(void *owner)
{
    on_connected(owner);
    let_go(owner);
}

static void let_go_when_lost(void *owner, const BpError *why)
{
    on_lost(owner, why);
    let_go(owner);
}

static void let_go_when_told(void *owner, const MqttMessage *message)
{
    on_message(owner, message);
    let_go(owner);
}

static void let_go_when_acknowledged(void *owner, int id)
{
    on_acknowledged(owner, id);
    let_go(owner);
}

static void it_may_be_let_go_from_each_of_its_callbacks(void **state)
{
    (void)state;
    Client client[4] = {0};
    MqttOptions options = options_of(&client[0], "free-0", "localhost", port());
    options.on_connected = let_go_when_connected;
    client[0].mqtt = mqtt_new(loop, &options);
    options = options_of(&client[1], "free-1", "localhost", 1);
    options.on_lost = let_go_when_lost;
    client[1].mqtt = mqtt_new(loop, &options);
    options = options_of(&client[2], "free-2", "localhost", port());
    options.on_message = let_go_when_told;
    client[2].mqtt = mqtt_new(loop, &options);
    options = options_of(&client[3], "free-3", "localhost", port());
    options.on_acknowledged = let_go_when_acknowledged;
    client[3].mqtt = mqtt_new(loop, &options);
    until(&client[2].connections, 1);
    until(&client[3].connections, 1);
    for (int i = 0; i < 3; i++) /* all in one read: the second finds nobody any more */
        assert_int_equal(mqtt_publish(client[3].mqtt, "t/a", bp_str("1"), 1, false, NULL, NULL), BP_OK);
    until(&client[0].connections, 1);
    until(&client[1].losses, 1);
    until(&client[2].messages, 1);
    until(&client[3].acknowledged, 1);
    loop_free(loop); /* runs what lingers to its end */
    loop = loop_new();
    assert_int_equal(client[2].messages, 1);
    assert_int_equal(client[3].acknowledged, 1);
}

static void what_was_published_before_letting_go_arrives(void **state)
{
    (void)state;
    Client watcher, hasty;
    start(&watcher, "watcher", port());
    until(&watcher.connections, 1);
    start(&hasty, "hasty", port());
    until(&hasty.connections, 1);
    static const char large[64 * 1024];
    for (int i = 0; i < 50; i++)
        assert_int_equal(mqtt_publish(hasty.mqtt, "t/a", (BpStr){large, sizeof large}, 1, false, NULL, NULL),
                         BP_OK);
    mqtt_free(hasty.mqtt, 20 * BP_SECOND);
    until(&watcher.messages, 50);
    assert_string_equal(watcher.topic, "t/a"); /* and no will */
    /* A broker that stands still is left when time is over. */
    broker("pause");
    assert_int_equal(mqtt_publish(watcher.mqtt, "t/a", bp_str("1"), 1, false, NULL, NULL), BP_OK);
    mqtt_free(watcher.mqtt, 50 * BP_MS);
    loop_free(loop);
    loop = loop_new();
    broker("go_on");
}

/* ---- MQTT 5, and brokers without it ---- */

static void on_new_message(void *owner, const MqttMessage *message)
{
    if (!message->is_retained) /* wills of others are */
        on_message(owner, message);
}

static void a_request_says_where_its_answer_goes_and_the_answer_says_to_what(void **state)
{
    (void)state;
    Client client = {0};
    char line[512];
    MqttOptions options = options_of(&client, "asked", "localhost", port());
    options.on_message = on_new_message;
    client.mqtt = mqtt_new(loop, &options);
    until(&client.connections, 1);
    assert_int_equal(mqtt_publish(client.mqtt, "t/a", bp_str("1"), 1, false, NULL, NULL), BP_OK);
    until(&client.messages, 1); /* it is subscribed */
    client.messages = 0;
    snprintf(line, sizeof line,
             "mosquitto_pub -p %u -V mqttv5 -t t/ask -m '?' -D publish response-topic t/answers/7 -D publish "
             "correlation-data 'one of many'",
             port());
    assert_int_equal(system(line), 0);
    until(&client.messages, 1);
    assert_string_equal(client.response_topic, "t/answers/7");
    assert_string_equal(client.correlation, "one of many");
    assert_int_equal(
        mqtt_answer(client.mqtt, client.response_topic, bp_str("!"), bp_str(client.correlation), NULL),
        BP_OK);
    until(&client.messages, 2); /* we hear ourselves */
    assert_string_equal(client.topic, "t/answers/7");
    assert_string_equal(client.correlation, "one of many");
    assert_string_equal(client.response_topic, "");
    snprintf(line, sizeof line, "mosquitto_pub -p %u -V mqttv311 -t t/ask -m '?'", port());
    assert_int_equal(system(line), 0);
    until(&client.messages, 3);
    assert_string_equal(client.response_topic, "");
    assert_string_equal(client.correlation, "");
    mqtt_free(client.mqtt, 0);
}

/* A broker of yesterday, in a process of its own: to MQTT 5 it says `refusal`, or just closes. To 3.1.1 it
 * says that it is welcome. Ends with 0 where it was asked so. */
static void speak_old(int listener, const char *refusal, size_t refusal_size)
{
    char connect[256];
    int fd = accept(listener, NULL, NULL);
    if (recv(fd, connect, sizeof connect, 0) < 9 || connect[8] != 5) /* clause 3.1.2.2: the level */
        _exit(1);
    (void)!send(fd, refusal, refusal_size, 0);
    close(fd);
    fd = accept(listener, NULL, NULL);
    if (recv(fd, connect, sizeof connect, 0) < 9 || connect[8] != 4 || send(fd, "\x20\x02\0\0", 4, 0) != 4)
        _exit(2);
    while (recv(fd, connect, sizeof connect, 0) > 0) {
    }
    _exit(0);
}

static void with_an_old_broker(const char *refusal, size_t refusal_size, int losses)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int code = -1;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);
        speak_old(listener, refusal, refusal_size);
    }
    close(listener);
    Client client = {0};
    const MqttOptions options = options_of(&client, "old", "127.0.0.1", ntohs(address.sin_port));
    client.mqtt = mqtt_new(loop, &options);
    until(&client.connections, 1);
    assert_int_equal(client.losses, losses);
    assert_int_equal(mqtt_answer(client.mqtt, "t/a", bp_str("1"), bp_str("unheard of"), NULL), BP_OK);
    mqtt_free(client.mqtt, 0);
    loop_free(loop);
    loop = loop_new();
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
}

static void a_broker_that_speaks_3_1_1_alone_is_spoken_to_so(void **state)
{
    (void)state;
    with_an_old_broker("\x20\x02\0\1", 4, 0); /* clause 3.2.2.3: it tells, and nothing was lost */
    with_an_old_broker("", 0, 1);             /* it closes without a word */
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
        cmocka_unit_test_setup_teardown(who_comes_with_the_same_name_throws_nobody_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_there_is_told_in_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_path_is_a_unix_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(options_change_from_a_callback_while_the_broker_stands_still, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(brokers_that_do_not_answer_do_not_take_all_threads, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_published_once_the_options_have_changed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(its_end_does_not_wait_for_a_broker_that_hangs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_may_be_let_go_from_each_of_its_callbacks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_published_before_letting_go_arrives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_says_where_its_answer_goes_and_the_answer_says_to_what,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_broker_that_speaks_3_1_1_alone_is_spoken_to_so, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("io mqtt", tests, NULL, NULL);
}
