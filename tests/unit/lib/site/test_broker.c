/* The broker of table mqtt_config, with a real PostgreSQL and a real Mosquitto: run through
 * tests/with-postgres tests/with-mosquitto. */
#include "site/broker.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static Loop *loop;
static Pg *pg;
static Mqtt *observer;
static SiteBroker *broker;
static int connected, lost, messages;
static char status[1024]; /* as the observer heard it last */

static void run_until(const int *count, int wanted)
{
    const int64_t until_us = loop_now_us(loop) + 20 * BP_SECOND;
    while (*count < wanted && loop_now_us(loop) < until_us)
        loop_run_once(loop, BP_SECOND);
    assert_true(*count >= wanted);
}

/* When it was said is now, more or less: taken out. */
static void take_instant(char *text)
{
    static const char key[] = "\"at\":\"";
    int64_t at_us;
    BpStr rest;
    char *at = strstr(text, key);
    if (!at)
        return;
    const BpStr instant = bp_str_cut(bp_str(at + strlen(key)), '"', &rest);
    assert_int_equal(bp_time_parse(instant, &at_us, NULL), BP_OK);
    assert_true(at_us > bp_wall_us() - 5 * BP_MINUTE && at_us <= bp_wall_us());
    memmove(at - 1, rest.data, rest.size + 1); /* with the comma before it */
}

/* Others may come before it: the last will of a connection that another took over. */
static void wait_for_status(const char *wanted)
{
    const int64_t until_us = loop_now_us(loop) + 20 * BP_SECOND;
    while (strcmp(status, wanted) != 0 && loop_now_us(loop) < until_us)
        loop_run_once(loop, BP_SECOND);
    assert_string_equal(status, wanted);
}

/* ---- whoever listens ---- */

static void observer_connected(void *owner)
{
    *(int *)owner = 1;
}

static void observer_heard(void *owner, const MqttMessage *message)
{
    (void)owner;
    assert_true(bp_str_equal(message->topic, bp_str("bacpipes/demo/web/status")));
    (void)bp_str_copy(message->payload, status, sizeof status);
    take_instant(status);
}

/* ---- the role ---- */

static void on_connected(void *owner)
{
    assert_ptr_equal(owner, &connected);
    connected++;
    mqtt_subscribe(site_broker_mqtt(broker), "bacpipes/demo/here", 1);
}

static void on_lost(void *owner, const BpError *why)
{
    (void)owner, (void)why;
    lost++;
}

static void on_message(void *owner, const MqttMessage *message)
{
    (void)owner;
    assert_true(bp_str_equal(message->payload, bp_str("hello")));
    messages++;
}

static int broker_port(void)
{
    const char *port = getenv("MQTT_PORT");
    return port ? (int)strtol(port, NULL, 10) : 0;
}

static void sql(const char *text)
{
    BpError err = {0};
    if (pg_wait_text(pg, bp_str(text), &err) != BP_OK)
        fail_msg("%s", err.text);
}

static void name_broker(const char *host, int port)
{
    char text[512];
    snprintf(text, sizeof text,
             "insert into mqtt_config values ('demo', '%s', %d, null, null, null, true)"
             "    on conflict (site_id) do update set host = excluded.host, port = excluded.port",
             host, port);
    sql(text);
}

static int set_up(void **state)
{
    (void)state;
    static int is_observing;
    const uint16_t port = (uint16_t)broker_port();
    const PgOptions options = {
        .host = getenv("PGHOST"), .port = 5432, .database = "bacpipes", .user = "bacpipes"};
    const MqttOptions listening = {.host = getenv("MQTT_HOST"),
                                   .port = port,
                                   .client_name = "observer",
                                   .owner = &is_observing,
                                   .on_connected = observer_connected,
                                   .on_message = observer_heard};
    connected = lost = messages = is_observing = 0;
    *status = '\0';
    loop = loop_new();
    observer = mqtt_new(loop, &listening);
    pg = pg_new(loop, &options);
    assert_int_equal(pg_wait_connected(pg, 20 * BP_SECOND, NULL), BP_OK);
    sql("drop table if exists mqtt_config; drop table if exists mqtt_account;"
        "create table mqtt_config (site_id text primary key, host text, port integer, username text,"
        "    password_file text, ca_file text, enabled boolean);"
        "create table mqtt_account (site_id text, host text, role text, username text, password_file text)");
    run_until(&is_observing, 1);
    const SiteBrokerOptions role = {.loop = loop,
                                    .pg = pg,
                                    .site = "demo",
                                    .role = "web",
                                    .started_at_us = 1000 * BP_DAY,
                                    .without = "as the test has it",
                                    .owner = &connected,
                                    .on_connected = on_connected,
                                    .on_lost = on_lost,
                                    .on_message = on_message};
    broker = site_broker_new(&role);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pg_free(pg);
    site_broker_free(broker, BP_SECOND);
    mqtt_free(observer, 0);
    loop_free(loop);
    return 0;
}

static void connect_it(void)
{
    name_broker(getenv("MQTT_HOST"), broker_port());
    site_broker_database_connected(broker);
    run_until(&connected, 1);
}

static void publish_hello(void)
{
    assert_int_equal(mqtt_publish(observer, "bacpipes/demo/here", bp_str("hello"), 1, true, NULL, NULL),
                     BP_OK);
}

static void the_table_says_where_and_the_role_hears_what_is_said_there(void **state)
{
    (void)state;
    assert_null(site_broker_mqtt(broker));
    connect_it();
    publish_hello();
    run_until(&messages, 1);
    sql("delete from mqtt_config"); /* no broker any more */
    site_broker_changed(broker);
    while (site_broker_mqtt(broker))
        loop_run_once(loop, BP_SECOND);
    /* And here it is again, by another name: a new connection. */
    name_broker(getenv("MQTT_SOCKET"), 0);
    site_broker_changed(broker);
    run_until(&connected, 2);
    site_broker_changed(broker); /* nothing is different: nothing happens */
    sql("select 1");
    assert_true(mqtt_is_connected(site_broker_mqtt(broker)));
    name_broker(getenv("MQTT_HOST"), broker_port());
    site_broker_changed(broker);
    run_until(&connected, 3);
    assert_int_equal(lost, 0);
}

static void its_status_is_retained_and_its_keys_are_in_order(void **state)
{
    (void)state;
    site_broker_say_status(broker, "online", json_pack("{s:i}", "of", 1)); /* nobody to say it to */
    connect_it();
    site_broker_say_status(broker, "online", json_pack("{s:{s:i}}", "counters", "stored", 7));
    mqtt_subscribe(observer, "bacpipes/demo/web/status", 1);
    wait_for_status("{\"v\":1,\"role\":\"web\",\"state\":\"online\","
                    "\"since\":\"1972-09-27T00:00:00.000Z\",\"counters\":{\"stored\":7}}");
    site_broker_say_status(broker, "offline", NULL);
    wait_for_status("{\"v\":1,\"role\":\"web\",\"state\":\"offline\","
                    "\"since\":\"1972-09-27T00:00:00.000Z\"}");
}

static void a_password_that_cannot_be_read_leaves_the_connection_there_is(void **state)
{
    (void)state;
    connect_it();
    sql("insert into mqtt_account select 'demo', host, 'web', 'web', '/nowhere/password' from mqtt_config");
    site_broker_changed(broker);
    sql("select 1");
    assert_true(mqtt_is_connected(site_broker_mqtt(broker)));
    /* An account of another role's is none of ours. */
    sql("update mqtt_account set role = 'sync'");
    site_broker_changed(broker);
    sql("select 1");
    assert_true(mqtt_is_connected(site_broker_mqtt(broker)));
    assert_int_equal(connected, 1);
}

static void who_leaves_is_back_when_the_table_is_read_again(void **state)
{
    (void)state;
    connect_it();
    site_broker_leave(broker);
    assert_null(site_broker_mqtt(broker));
    mqtt_subscribe(observer, "bacpipes/demo/web/status", 1);
    site_broker_database_connected(broker);
    run_until(&connected, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_table_says_where_and_the_role_hears_what_is_said_there, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(its_status_is_retained_and_its_keys_are_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_password_that_cannot_be_read_leaves_the_connection_there_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_leaves_is_back_when_the_table_is_read_again, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("site broker", tests, NULL, NULL);
}
