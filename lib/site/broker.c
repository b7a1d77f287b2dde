#include "site/broker.h"

#include "base/log.h"
#include "base/time.h"
#include "config/secret.h"
#include "io/pg/reload.h"
#include "model/topic.h"

#include <stdio.h>
#include <stdlib.h>

struct SiteBroker {
    SiteBrokerOptions options;
    Mqtt *mqtt; /* NULL: the site has no broker, or it is not known yet */
    PgReload *reload;
};

/* ---- status ---- */

/* The text is the caller's. `at_us` 0: nobody knows when it will be said. */
static char *status_text(const SiteBroker *broker, const char *state, int64_t at_us, json_t *more)
{
    char since[BP_TIME_TEXT_MAX];
    json_auto_t *status = json_pack("{s:i, s:s, s:s, s:s}", "v", 1, "role", broker->options.role, "state",
                                    state, "since", bp_time_format(broker->options.started_at_us, 3, since));
    if (at_us)
        json_object_set_new(status, "at", json_string(bp_time_format(at_us, 3, since)));
    if (more)
        json_object_update(status, more);
    char *text = json_dumps(status, JSON_COMPACT);
    if (!text)
        abort();
    return text;
}

static char *status_topic(const SiteBroker *broker, char ret_topic[MDL_TOPIC_MAX])
{
    char name[64];
    snprintf(name, sizeof name, "%s/status", broker->options.role);
    return mdl_topic(broker->options.site, name, ret_topic);
}

void site_broker_say_status(SiteBroker *broker, const char *state, json_t *more)
{
    char topic[MDL_TOPIC_MAX];
    BpError err;
    if (broker->mqtt && mqtt_is_connected(broker->mqtt)) {
        char *text = status_text(broker, state, bp_wall_us(), more);
        /* A status that could not be said is followed by the next, or by our last will. */
        (void)!mqtt_publish(broker->mqtt, status_topic(broker, topic), bp_str(text), 1, true, NULL, &err);
        free(text);
    }
    json_decref(more);
}

/* ---- the connection ---- */

static void on_connected(void *owner)
{
    const SiteBroker *broker = owner;
    bp_log(BP_LOG_INFO, "connected to the broker at %s", mqtt_broker(broker->mqtt));
    broker->options.on_connected(broker->options.owner);
}

static void on_lost(void *owner, const BpError *why)
{
    const SiteBroker *broker = owner;
    broker->options.on_lost(broker->options.owner, why);
}

static void on_message(void *owner, const MqttMessage *message)
{
    const SiteBroker *broker = owner;
    broker->options.on_message(broker->options.owner, message);
}

static BpStatus connect_to(SiteBroker *broker, const PgRows *rows, BpArena *arena, BpError *err)
{
    char topic[MDL_TOPIC_MAX], client_name[128];
    const BpStr user = pg_get_text(rows, 0, 2), ca_file = pg_get_text(rows, 0, 4);
    const char *password_file = bp_arena_text(arena, pg_get_text(rows, 0, 3)), *password = NULL;
    if (*password_file && cfg_secret_read(password_file, arena, &password, err) != BP_OK)
        return bp_within(err, "the broker's password_file");
    snprintf(client_name, sizeof client_name, "bacpipes-%s-%s", broker->options.role, broker->options.site);
    char *will = status_text(broker, "offline", 0, NULL);
    const MqttOptions options = {
        .host = bp_arena_text(arena, pg_get_text(rows, 0, 0)),
        .port = (uint16_t)pg_get_integer(rows, 0, 1),
        .client_name = client_name,
        .user = user.size ? bp_arena_text(arena, user) : NULL,
        .password = password,
        .ca_file = ca_file.size ? bp_arena_text(arena, ca_file) : NULL,
        .will_topic = status_topic(broker, topic),
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

static void leave(SiteBroker *broker, int64_t timeout_us)
{
    mqtt_free(broker->mqtt, timeout_us);
    broker->mqtt = NULL;
}

static void on_rows(void *context, BpStatus status, const PgRows *rows, const BpError *failure)
{
    SiteBroker *broker = context;
    BpArena arena = {0};
    BpError err = {0};
    if (pg_reload_answered(broker->reload, status))
        bp_log(BP_LOG_WARNING, "reading table mqtt_config: %s; it is read again", failure->text);
    if (status != BP_OK)
        return;
    if (pg_row_count(rows) == 0) {
        bp_log(BP_LOG_WARNING, "table mqtt_config has no enabled broker for site %s: %s",
               broker->options.site, broker->options.without);
        leave(broker, BP_SECOND);
        return;
    }
    if (connect_to(broker, rows, &arena, &err) != BP_OK)
        bp_log(BP_LOG_ERROR, "%s", err.text);
    bp_arena_done(&arena);
}

static void ask(void *owner)
{
    SiteBroker *broker = owner;
    const PgValue values[] = {pg_text(bp_str(broker->options.site)), pg_text(bp_str(broker->options.role))};
    pg_request(broker->options.pg, SQL_SELECT_MQTT_CONFIG, values, 2, on_rows, broker);
}

/* ---- making and freeing ---- */

SiteBroker *site_broker_new(const SiteBrokerOptions *options)
{
    SiteBroker *broker = calloc(1, sizeof *broker);
    if (!broker)
        abort();
    broker->options = *options;
    broker->reload = pg_reload_new(options->loop, options->pg, 0, ask, broker);
    return broker;
}

void site_broker_free(SiteBroker *broker, int64_t timeout_us)
{
    if (!broker)
        return;
    pg_reload_free(broker->reload);
    leave(broker, timeout_us);
    free(broker);
}

Mqtt *site_broker_mqtt(const SiteBroker *broker)
{
    return broker->mqtt;
}

void site_broker_database_connected(SiteBroker *broker)
{
    pg_reload_anew(broker->reload);
}

void site_broker_changed(SiteBroker *broker)
{
    pg_reload_soon(broker->reload);
}

void site_broker_leave(SiteBroker *broker)
{
    leave(broker, 0);
}
