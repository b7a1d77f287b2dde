/* The connection to the broker that table mqtt_config names. */
#include "apps/collect/collect.h"
#include "base/log.h"
#include "base/time.h"
#include "config/secret.h"
#include "model/topic.h"

#include <stdio.h>

static void on_connected(void *owner)
{
    Collect *collect = owner;
    bp_log(BP_LOG_INFO, "connected to the broker at %s", mqtt_broker(collect->mqtt));
    collect_status(collect);
    collect_deliver_connected(collect->deliver);
}

static void on_lost(void *owner, const BpError *why)
{
    (void)owner;
    bp_log(BP_LOG_WARNING, "%s; readings are kept, trying again", why->text);
}

static void on_message(void *owner, BpStr topic, BpStr payload, bool retained)
{
    const Collect *collect = owner;
    (void)retained;
    collect_deliver_message(collect->deliver, topic, payload);
}

static BpStatus connect_broker(Collect *collect, const PgRows *rows, BpArena *arena, BpError *err)
{
    char status_topic[MDL_TOPIC_MAX], client_name[128];
    const BpStr user = pg_get_text(rows, 0, 2), ca_file = pg_get_text(rows, 0, 4);
    const char *password_file = bp_arena_text(arena, pg_get_text(rows, 0, 3)), *password = NULL;
    if (*password_file && cfg_secret_read(password_file, arena, &password, err) != BP_OK)
        return bp_within(err, "the broker's password_file");
    snprintf(client_name, sizeof client_name, "bacpipes-collect-%s", collect->cfg.site);
    BpBuf will = bp_buf_growing(4096);
    const MqttOptions options = {
        .host = bp_arena_text(arena, pg_get_text(rows, 0, 0)),
        .port = (uint16_t)pg_get_integer(rows, 0, 1),
        .client_name = client_name,
        .user = user.size ? bp_arena_text(arena, user) : NULL,
        .password = password,
        .ca_file = ca_file.size ? bp_arena_text(arena, ca_file) : NULL,
        .will_topic = mdl_topic(collect->cfg.site, "collect/status", status_topic),
        .will_payload = collect_will_text(collect, &will),
        .owner = collect,
        .on_connected = on_connected,
        .on_lost = on_lost,
        .on_message = on_message,
    };
    if (collect->mqtt)
        mqtt_set_options(collect->mqtt, &options);
    else
        collect->mqtt = mqtt_new(collect->loop, &options);
    bp_buf_done(&will);
    return BP_OK;
}

void collect_connect_broker(Collect *collect, const PgRows *rows)
{
    BpArena arena = {0};
    BpError err = {0};
    if (pg_row_count(rows) == 0) {
        bp_log(BP_LOG_WARNING,
               "table mqtt_config has no enabled broker for site %s: readings are kept in the spool",
               collect->cfg.site);
        mqtt_free(collect->mqtt, BP_SECOND);
        collect->mqtt = NULL;
        return;
    }
    if (connect_broker(collect, rows, &arena, &err) != BP_OK)
        bp_log(BP_LOG_ERROR, "%s", err.text);
    bp_arena_done(&arena);
}
