/* What the roles say of themselves, which the broker keeps for whoever asks (docs/protocol.md). */
#include "apps/status/status.h"
#include "base/time.h"
#include "config/secret.h"
#include "io/mqtt/mqtt.h"
#include "io/pg/settings.h"
#include "model/topic.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is kept comes with the subscription; nothing says that there is no more of it. */
static const int64_t CONNECT_PATIENCE_US = 5 * BP_SECOND, KEPT_PATIENCE_US = 2 * BP_SECOND;

typedef struct Asking {
    const char *site;
    StatusBroker *broker;
    Mqtt *mqtt;
    int64_t connected_us;
    Loop *loop;
    BpError lost;
} Asking;

/* ---- what they say ---- */

static int64_t time_of(const json_t *status, const char *name)
{
    const char *text = json_string_value(json_object_get(status, name));
    int64_t time_us;
    return text && bp_time_parse(bp_str(text), &time_us, NULL) == BP_OK ? time_us : 0;
}

static int64_t counter(const json_t *status, const char *name)
{
    return json_integer_value(json_object_get(json_object_get(status, "counters"), name));
}

static void read_network(const json_t *status, StatusRole *role)
{
    const json_t *network = json_object_get(status, "network");
    const char *reason = json_string_value(json_object_get(network, "reason"));
    role->has_network = !network || json_is_true(json_object_get(network, "open"));
    (void)bp_str_copy(bp_str(reason ? reason : ""), role->no_network, sizeof role->no_network);
}

/* Whoever can publish there can say anything: what is no status of that role is passed over. */
static void read_status(BpStr payload, StatusRole *role)
{
    json_auto_t *status = json_loadb(payload.data, payload.size, 0, NULL);
    const char *state = json_string_value(json_object_get(status, "state"));
    if (!state)
        return;
    *role = (StatusRole){.is_known = true,
                         .is_online = strcmp(state, "online") == 0,
                         .at_us = time_of(status, "at"),
                         .since_us = time_of(status, "since"),
                         .waiting = counter(status, "queue_batches"),
                         .spool_octets = counter(status, "spool_octets"),
                         .dropped = counter(status, "batches_dropped")};
    read_network(status, role);
}

static void on_message(void *owner, const MqttMessage *message)
{
    Asking *asking = owner;
    char expected[MDL_TOPIC_MAX];
    if (bp_str_equal(message->topic, bp_str(mdl_topic(asking->site, "collect/status", expected))))
        read_status(message->payload, &asking->broker->collect);
    if (bp_str_equal(message->topic, bp_str(mdl_topic(asking->site, "ingest/status", expected))))
        read_status(message->payload, &asking->broker->ingest);
}

static void on_connected(void *owner)
{
    Asking *asking = owner;
    char topic[MDL_TOPIC_MAX];
    asking->broker->is_there = true;
    asking->connected_us = loop_now_us(asking->loop);
    mqtt_subscribe(asking->mqtt, mdl_topic(asking->site, "collect/status", topic), 1);
    mqtt_subscribe(asking->mqtt, mdl_topic(asking->site, "ingest/status", topic), 1);
}

static void on_lost(void *owner, const BpError *why)
{
    Asking *asking = owner;
    asking->lost = *why;
}

/* ---- where it is ---- */

/* The one that `up` runs is beside its database's socket, whether the database answers or not. */
static bool find_socket(const Cfg *cfg, const StatusDatabase *database, BpArena *arena, MqttOptions *options)
{
    PgOptions server;
    char path[4400];
    if (*database->broker_host == '/') {
        options->host = database->broker_host;
        return true;
    }
    if (*database->broker_host || pg_settings_options(cfg, PG_OWNER, "", arena, &server, NULL) != BP_OK ||
        *server.host != '/')
        return false;
    snprintf(path, sizeof path, "%s/mosquitto.sock", server.host);
    options->host = bp_arena_text(arena, bp_str(path));
    return access(path, F_OK) == 0;
}

static BpStatus find_broker(const Cfg *cfg, const StatusDatabase *database, BpArena *arena,
                            MqttOptions *options, BpError *err)
{
    char path[4400];
    const char *password_file = database->broker_password_file;
    if (find_socket(cfg, database, arena, options)) {
        snprintf(path, sizeof path, "%s/secrets/mqtt_reader", cfg->data_folder);
        password_file = access(path, F_OK) == 0 ? path : password_file;
        options->user = password_file == path ? "reader" : database->broker_user;
    } else if (*database->broker_host) {
        options->host = database->broker_host;
        options->port = (uint16_t)database->broker_port;
        options->user = database->broker_user;
        options->ca_file = *database->broker_ca_file ? database->broker_ca_file : NULL;
    } else {
        return bp_fail(
            err, BP_UNAVAILABLE,
            database->is_there
                ? "the site has none: `bacpipes up` makes one, or a row of table mqtt_config names yours"
                : "nobody tells where it is while the database is away");
    }
    if (*password_file)
        BP_TRY(cfg_secret_read(password_file, arena, &options->password, err));
    if (options->user && !*options->user)
        options->user = NULL;
    return BP_OK;
}

static BpStatus ask(const Cfg *cfg, const StatusDatabase *database, BpArena *arena, Asking *asking,
                    BpError *err)
{
    MqttOptions options = {.client_name = "bacpipes-status",
                           .owner = asking,
                           .on_connected = on_connected,
                           .on_lost = on_lost,
                           .on_message = on_message};
    StatusBroker *broker = asking->broker;
    BP_TRY(find_broker(cfg, database, arena, &options, err));
    asking->loop = loop_new();
    asking->mqtt = mqtt_new(asking->loop, &options);
    (void)bp_str_copy(bp_str(mqtt_broker(asking->mqtt)), broker->where, sizeof broker->where);
    const int64_t until_us = loop_now_us(asking->loop) + CONNECT_PATIENCE_US;
    while (!broker->is_there && asking->lost.status == BP_OK && loop_now_us(asking->loop) < until_us)
        loop_run_once(asking->loop, until_us - loop_now_us(asking->loop));
    const int64_t end_us = asking->connected_us + KEPT_PATIENCE_US;
    while (broker->is_there && !(broker->collect.is_known && broker->ingest.is_known) &&
           loop_now_us(asking->loop) < end_us)
        loop_run_once(asking->loop, end_us - loop_now_us(asking->loop));
    mqtt_free(asking->mqtt, 0);
    loop_free(asking->loop);
    if (broker->is_there)
        return BP_OK;
    if (asking->lost.status == BP_OK)
        return bp_fail(err, BP_TIMEOUT, "it does not answer");
    *err = asking->lost;
    return err->status;
}

void status_look_at_broker(const Cfg *cfg, const StatusDatabase *database, BpArena *arena,
                           StatusBroker *ret_broker)
{
    BpError err = {0};
    *ret_broker = (StatusBroker){0};
    Asking asking = {.site = cfg->site, .broker = ret_broker};
    if (ask(cfg, database, arena, &asking, &err) != BP_OK)
        (void)bp_str_copy(bp_str(err.text), ret_broker->why, sizeof ret_broker->why);
}
