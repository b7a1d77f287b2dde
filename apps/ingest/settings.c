/* What the database says: the site, its settings, its points, its broker, and how far readings are stored. */
#include "apps/ingest/ingest.h"
#include "base/log.h"
#include "base/time.h"
#include "config/secret.h"
#include "model/topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

enum { POINT_ID_MAX = 10 * 1000 * 1000 };
static const int64_t LOCK_PATIENCE_US = 5 * BP_SECOND, LOCK_EVERY_US = 200 * BP_MS,
                     LOCK_WAIT_EVERY_US = BP_SECOND, LOCK_REFUSED_EVERY_US = 15 * BP_SECOND;

/* ---- points ---- */

static void keep_points(Ingest *ingest, const PgRows *rows)
{
    int64_t largest = 0;
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const int64_t point_id = pg_get_integer(rows, row, 0);
        largest = point_id > largest && point_id < POINT_ID_MAX ? point_id : largest;
    }
    bp_arena_done(&ingest->points_arena);
    ingest->points.count = (size_t)largest + 1;
    ingest->points.items =
        bp_arena_take(&ingest->points_arena, ingest->points.count * sizeof *ingest->points.items);
    ingest->points.newest_successor = pg_row_count(rows) ? pg_get_integer(rows, 0, 6) : 0;
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const int64_t point_id = pg_get_integer(rows, row, 0);
        if (point_id < 1 || point_id > largest)
            continue;
        const BpStr units = pg_get_text(rows, row, 1), object_type = pg_get_text(rows, row, 3);
        ingest->points.items[point_id] = (IngestPoint){
            .is_known = true,
            .point_id = (int32_t)pg_get_integer(rows, row, 5),
            .units = {bp_arena_text(&ingest->points_arena, units), units.size},
            .device_id = (int32_t)pg_get_integer(rows, row, 2),
            .object_type = {bp_arena_text(&ingest->points_arena, object_type), object_type.size},
            .object_instance = (int32_t)pg_get_integer(rows, row, 4),
        };
    }
}

static void on_points(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    if (pg_reload_answered(ingest->reload_points, status))
        bp_log(BP_LOG_WARNING, "reading the points: %s; they are read again", err->text);
    if (status != BP_OK)
        return;
    keep_points(ingest, rows);
    ingest->points_as_of_us = ingest->points_asked_at_us;
    if (ingest->is_ready && ingest->store.state == STORE_IS_IDLE)
        ingest_ask_for_missing(ingest);
}

static void ask_points(void *owner)
{
    Ingest *ingest = owner;
    const PgValue site = pg_text(ingest->site_id);
    ingest->points_asked_at_us = bp_wall_us();
    pg_request(ingest->pg, SQL_SELECT_INGEST_POINTS, &site, 1, on_points, ingest);
}

void ingest_reload_points(Ingest *ingest)
{
    pg_reload_soon(ingest->reload_points);
}

/* ---- settings ---- */

static void on_settings(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    static BpLogKind wrong_setting;
    Ingest *ingest = context;
    if (pg_reload_answered(ingest->reload_settings, status))
        bp_log(BP_LOG_WARNING, "reading table setting: %s; it is read again", err->text);
    if (status != BP_OK)
        return;
    bp_arena_reset(&ingest->settings_arena);
    ingest->cfg = ingest->file_cfg;
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        BpError wrong;
        if (cfg_apply(&ingest->cfg, &ingest->settings_arena, pg_get_text(rows, row, 0),
                      pg_get_text(rows, row, 1), &wrong) != BP_OK)
            bp_log_some(&wrong_setting, loop_now_us(ingest->loop), BP_LOG_WARNING,
                        "table setting: %s; the value of the configuration file stays", wrong.text);
    }
    maintenance_settings_read(ingest->maintenance);
}

static void ask_settings(void *owner)
{
    Ingest *ingest = owner;
    const PgValue site = pg_text(ingest->site_id);
    pg_request(ingest->pg, SQL_SELECT_SETTINGS, &site, 1, on_settings, ingest);
}

/* ---- the broker ---- */

static void on_broker_connected(void *owner)
{
    Ingest *ingest = owner;
    char topic[MDL_TOPIC_MAX];
    bp_log(BP_LOG_INFO, "connected to the broker at %s", mqtt_broker(ingest->mqtt));
    mqtt_subscribe(ingest->mqtt, mdl_topic(ingest->cfg.site, "readings", topic), 1);
    /* What was on its way is asked for again by the new session. */
    ingest_start_over(ingest);
    ingest_announce(ingest);
    ingest_status(ingest);
}

static void on_broker_lost(void *owner, const BpError *why)
{
    Ingest *ingest = owner;
    ingest->counts.reconnects++;
    bp_log(BP_LOG_WARNING, "%s; trying again", why->text);
}

static void on_message(void *owner, BpStr topic, BpStr payload, bool retained)
{
    (void)retained;
    ingest_receive(owner, topic, payload);
}

static BpStatus connect_broker(Ingest *ingest, const PgRows *rows, BpArena *arena, BpError *err)
{
    char status_topic[MDL_TOPIC_MAX], client_name[128];
    const BpStr user = pg_get_text(rows, 0, 2), ca_file = pg_get_text(rows, 0, 4);
    const char *password_file = bp_arena_text(arena, pg_get_text(rows, 0, 3)), *password = NULL;
    if (*password_file && cfg_secret_read(password_file, arena, &password, err) != BP_OK)
        return bp_within(err, "the broker's password_file");
    snprintf(client_name, sizeof client_name, "bacpipes-ingest-%s", ingest->cfg.site);
    BpBuf will = bp_buf_growing(4096);
    const MqttOptions options = {
        .host = bp_arena_text(arena, pg_get_text(rows, 0, 0)),
        .port = (uint16_t)pg_get_integer(rows, 0, 1),
        .client_name = client_name,
        .user = user.size ? bp_arena_text(arena, user) : NULL,
        .password = password,
        .ca_file = ca_file.size ? bp_arena_text(arena, ca_file) : NULL,
        .will_topic = mdl_topic(ingest->cfg.site, "ingest/status", status_topic),
        .will_payload = ingest_will_text(ingest, &will),
        .owner = ingest,
        .on_connected = on_broker_connected,
        .on_lost = on_broker_lost,
        .on_message = on_message,
    };
    if (ingest->mqtt)
        mqtt_set_options(ingest->mqtt, &options);
    else
        ingest->mqtt = mqtt_new(ingest->loop, &options);
    bp_buf_done(&will);
    return BP_OK;
}

static void on_mqtt_config(void *context, BpStatus status, const PgRows *rows, const BpError *failure)
{
    Ingest *ingest = context;
    BpArena arena = {0};
    BpError err = {0};
    if (pg_reload_answered(ingest->reload_broker, status))
        bp_log(BP_LOG_WARNING, "reading table mqtt_config: %s; it is read again", failure->text);
    if (status != BP_OK)
        return;
    if (pg_row_count(rows) == 0) {
        bp_log(BP_LOG_WARNING,
               "table mqtt_config has no enabled broker for site %s: insert one, and it is used at once",
               ingest->cfg.site);
        mqtt_free(ingest->mqtt, BP_SECOND);
        ingest->mqtt = NULL;
        return;
    }
    if (connect_broker(ingest, rows, &arena, &err) != BP_OK)
        bp_log(BP_LOG_ERROR, "%s", err.text);
    bp_arena_done(&arena);
}

static void ask_broker(void *owner)
{
    Ingest *ingest = owner;
    const PgValue values[] = {pg_text(ingest->site_id), pg_text(bp_str("ingest"))};
    pg_request(ingest->pg, SQL_SELECT_MQTT_CONFIG, values, 2, on_mqtt_config, ingest);
}

/* ---- positions ---- */

/* The last answer of those that make us ready: requests are answered in the order asked. */
static void on_positions(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    if (status != BP_OK) {
        bp_log(BP_LOG_ERROR, "reading how far readings are stored: %s; has `bacpipes migrate` been run?",
               err->text);
        return;
    }
    ingest->positions.count = 0;
    ingest->positions.heard = 0;
    for (size_t row = pg_row_count(rows);
         row-- > 0;) { /* the oldest first, so that the newest is heard of last */
        MdlRun run;
        (void)bp_str_copy(pg_get_text(rows, row, 0), run.text, sizeof run.text);
        Position *position = positions_find(&ingest->positions, &run);
        position->stored = position->accepted = pg_get_integer(rows, row, 1);
        position->skipped = position->accepted_skipped = pg_get_integer(rows, row, 2);
    }
    ingest->is_ready = true;
    ingest_start_over(ingest);
    ingest_announce(ingest);
    bp_log(BP_LOG_INFO, "ready: %zu points of site %s, %zu collector runs known",
           ingest->points.count - (ingest->points.count > 0), ingest->cfg.site, ingest->positions.count);
}

static void on_site(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)context;
    (void)rows;
    if (status != BP_OK && status != BP_UNAVAILABLE)
        bp_log(BP_LOG_ERROR, "naming the site: %s; has `bacpipes migrate` been run?", err->text);
}

void ingest_begin_reloads(Ingest *ingest)
{
    ingest->reload_settings = pg_reload_new(ingest->loop, ingest->pg, 0, ask_settings, ingest);
    ingest->reload_points = pg_reload_new(ingest->loop, ingest->pg, 0, ask_points, ingest);
    ingest->reload_broker = pg_reload_new(ingest->loop, ingest->pg, 0, ask_broker, ingest);
}

void ingest_end_reloads(Ingest *ingest)
{
    pg_reload_free(ingest->reload_broker);
    pg_reload_free(ingest->reload_points);
    pg_reload_free(ingest->reload_settings);
}

static void begin(Ingest *ingest)
{
    const PgValue site = pg_text(ingest->site_id);
    pg_request(ingest->pg, SQL_UPSERT_SITE, &site, 1, on_site, ingest);
    pg_reload_anew(ingest->reload_settings);
    pg_reload_anew(ingest->reload_points);
    pg_request(ingest->pg, SQL_SELECT_POSITIONS, &site, 1, on_positions, ingest);
    pg_reload_anew(ingest->reload_broker);
}

/* ---- one ingest a site ---- */

static void ask_again(Ingest *ingest, int64_t pause_us)
{
    loop_timer_set(ingest->lock_timer, loop_now_us(ingest->loop) + pause_us);
}

/* Whoever has it may be one that has just ended, or the server's side of a connection that we have lost. Only
 * who begins gives up; else what we store may soon wait for us again. */
static void is_not_alone(Ingest *ingest)
{
    if (loop_now_us(ingest->loop) - ingest->lock_asked_at_us < LOCK_PATIENCE_US) {
        ask_again(ingest, LOCK_EVERY_US);
    } else if (!ingest->had_lock) {
        bp_log(BP_LOG_ERROR, "another ingest works for site %s: one is enough", ingest->cfg.site);
        ingest->code = EX_TEMPFAIL;
        loop_stop(ingest->loop);
    } else {
        if (!ingest->has_said_others)
            bp_log(BP_LOG_WARNING,
                   "another ingest works for site %s, or our lost connection is still open there: "
                   "waiting for its end",
                   ingest->cfg.site);
        ingest->has_said_others = true;
        mqtt_free(ingest->mqtt, 0); /* what is sent is for the other to store */
        ingest->mqtt = NULL;
        ask_again(ingest, LOCK_WAIT_EVERY_US);
    }
}

static void on_lock(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ingest *ingest = context;
    if (status != BP_OK && !pg_is_connected(ingest->pg))
        return; /* the next connection asks */
    if (status != BP_OK) {
        bp_log(BP_LOG_ERROR, "making sure that no other ingest works: %s; has `bacpipes migrate` been run?",
               err->text);
        ask_again(ingest, LOCK_REFUSED_EVERY_US);
    } else if (!pg_get_bool(rows, 0, 0)) {
        is_not_alone(ingest);
    } else {
        ingest->has_lock = ingest->had_lock = true;
        ingest->has_said_others = false;
        begin(ingest);
    }
}

void ingest_ask_for_lock(void *owner)
{
    Ingest *ingest = owner;
    const PgValue site = pg_text(ingest->site_id);
    pg_request(ingest->pg, SQL_LOCK_INGEST, &site, 1, on_lock, ingest);
}

void ingest_connected(void *owner)
{
    Ingest *ingest = owner;
    bp_log(BP_LOG_INFO, "connected to the database");
    ingest->lock_asked_at_us = loop_now_us(ingest->loop);
    ingest_ask_for_lock(ingest);
}

void ingest_notice(void *owner, const char *channel, const char *payload)
{
    Ingest *ingest = owner;
    (void)channel;
    if (!ingest->has_lock)
        return; /* all is read once we have it */
    json_error_t error;
    const char *site = "", *table = "";
    json_auto_t *notice = json_loads(payload, 0, &error);
    if (!notice || json_unpack(notice, "{s:s, s:s}", "site", &site, "table", &table) != 0 ||
        strcmp(site, ingest->cfg.site) != 0)
        return;
    if (strcmp(table, "point") == 0 || strcmp(table, "device") == 0)
        ingest_reload_points(ingest);
    else if (strcmp(table, "setting") == 0)
        pg_reload_soon(ingest->reload_settings);
    else if (strcmp(table, "mqtt_config") == 0 || strcmp(table, "mqtt_account") == 0)
        pg_reload_soon(ingest->reload_broker);
}
