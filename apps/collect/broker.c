#include "apps/collect/broker.h"
#include "base/log.h"
#include "base/time.h"
#include "config/secret.h"
#include "model/topic.h"

#include <stdio.h>
#include <stdlib.h>

struct CollectBroker {
    CollectBrokerOptions options;
    Mqtt *mqtt; /* NULL: table mqtt_config names none */
};

static void on_connected(void *owner)
{
    const CollectBroker *broker = owner;
    bp_log(BP_LOG_INFO, "connected to the broker at %s", mqtt_broker(broker->mqtt));
    broker->options.on_connected(broker->options.owner);
}

static void on_lost(void *owner, const BpError *why)
{
    (void)owner;
    bp_log(BP_LOG_WARNING, "%s; readings are kept, trying again", why->text);
}

static void on_message(void *owner, BpStr topic, BpStr payload, bool retained)
{
    const CollectBroker *broker = owner;
    (void)retained;
    broker->options.on_message(broker->options.owner, topic, payload);
}

static BpStatus connect_broker(CollectBroker *broker, const PgRows *rows, BpArena *arena, BpError *err)
{
    char status_topic[MDL_TOPIC_MAX], client_name[128];
    const BpStr user = pg_get_text(rows, 0, 2), ca_file = pg_get_text(rows, 0, 4);
    const char *password_file = bp_arena_text(arena, pg_get_text(rows, 0, 3)), *password = NULL;
    if (*password_file && cfg_secret_read(password_file, arena, &password, err) != BP_OK)
        return bp_within(err, "the broker's password_file");
    snprintf(client_name, sizeof client_name, "bacpipes-collect-%s", broker->options.site);
    char *will = broker->options.will(broker->options.owner);
    const MqttOptions options = {
        .host = bp_arena_text(arena, pg_get_text(rows, 0, 0)),
        .port = (uint16_t)pg_get_integer(rows, 0, 1),
        .client_name = client_name,
        .user = user.size ? bp_arena_text(arena, user) : NULL,
        .password = password,
        .ca_file = ca_file.size ? bp_arena_text(arena, ca_file) : NULL,
        .will_topic = mdl_topic(broker->options.site, "collect/status", status_topic),
        .will_payload = will,
        .owner = broker,
        .on_connected = on_connected,
        .on_lost = on_lost,
        .on_message = on_message,
    };
    if (broker->mqtt)
        mqtt_set_options(broker->mqtt, &options);
    else
        broker->mqtt = mqtt_new(broker->options.loop, &options);
    free(will);
    return BP_OK;
}

void collect_broker_set(CollectBroker *broker, const PgRows *rows)
{
    BpArena arena = {0};
    BpError err = {0};
    if (pg_row_count(rows) == 0) {
        bp_log(BP_LOG_WARNING,
               "table mqtt_config has no enabled broker for site %s: readings are kept in the spool",
               broker->options.site);
        mqtt_free(broker->mqtt, BP_SECOND);
        broker->mqtt = NULL;
        return;
    }
    if (connect_broker(broker, rows, &arena, &err) != BP_OK)
        bp_log(BP_LOG_ERROR, "%s", err.text);
    bp_arena_done(&arena);
}

Mqtt *collect_broker_mqtt(const CollectBroker *broker)
{
    return broker->mqtt;
}

CollectBroker *collect_broker_new(const CollectBrokerOptions *options)
{
    CollectBroker *broker = calloc(1, sizeof *broker);
    if (!broker)
        abort();
    broker->options = *options;
    return broker;
}

void collect_broker_free(CollectBroker *broker)
{
    if (!broker)
        return;
    mqtt_free(broker->mqtt, BP_SECOND);
    free(broker);
}
