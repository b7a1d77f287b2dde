/* A database or a broker that the operator runs: it is used, and none is started here. The database is the
 * one of database.host; the broker the one of table mqtt_config. */
#include "apps/up/up.h"
#include "base/time.h"
#include "config/secret.h"
#include "io/pg/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int64_t READY_PATIENCE_US = 60 * BP_SECOND;

/* ---- the database ---- */

/* The folder of a socket of a private one, of this data folder or of the one that it was copied from: earlier
 * starts wrote it down as where the database is. */
static bool is_of_up(const char *host)
{
    static const char far_folder[] = "/tmp/bacpipes-"; /* and six letters, drawn */
    const size_t size = strlen(host), end = strlen("/run"), far = strlen(far_folder);
    const bool is_far =
        strncmp(host, far_folder, far) == 0 && strcspn(host + far, "./") == 6 && size == far + 6;
    const bool is_near = *host == '/' && size > end && strcmp(host + size - end, "/run") == 0;
    return is_far || (is_near && strcmp(host, "/var/run") != 0);
}

bool up_database_is_yours(const Cfg *cfg)
{
    return *cfg->database_host && !is_of_up(cfg->database_host);
}

/* Roles work in another folder than we were started in. */
static BpStatus make_absolute(BpArena *arena, const char **path, BpError *err)
{
    char here[UP_PATH_MAX], whole[2 * UP_PATH_MAX];
    if (!**path || **path == '/')
        return BP_OK;
    if (!getcwd(here, sizeof here))
        return bp_fail(err, BP_UNAVAILABLE, "the current folder has no name: %s", bp_errno_text(errno));
    snprintf(whole, sizeof whole, "%s/%s", here, *path);
    *path = bp_arena_text(arena, bp_str(whole));
    return BP_OK;
}

BpStatus up_choose_database(Up *up, BpError *err)
{
    Cfg *cfg = &up->wish.cfg;
    const char **const paths[] = {&cfg->database_password_file, &cfg->database_ca_file,
                                  &cfg->database_client_certificate, &cfg->database_client_key};
    up->database.is_yours = up_database_is_yours(cfg);
    const char **const of_servers[] = {
        &cfg->broker_certificate, &cfg->broker_key, &cfg->broker_client_ca_file,
        &cfg->web_certificate,    &cfg->web_key,    &cfg->web_files};
    for (size_t i = 0; i < sizeof of_servers / sizeof of_servers[0]; i++)
        BP_TRY(make_absolute(&up->arena, of_servers[i], err));
    for (size_t i = 0; up->database.is_yours && i < sizeof paths / sizeof paths[0]; i++)
        BP_TRY(make_absolute(&up->arena, paths[i], err));
    return up->database.is_yours ? BP_OK : up_find_database(up, err);
}

static void on_lost(void *owner, const BpError *why)
{
    Up *up = owner;
    up->database.lost = *why;
}

BpStatus up_join_database(Up *up, bool is_admin, BpError *err)
{
    const Cfg *cfg = &up->wish.cfg;
    PgOptions options;
    BP_TRY(
        pg_settings_options(cfg, is_admin ? PG_ADMIN : PG_OWNER, "bacpipes up", &up->arena, &options, err));
    options.owner = up;
    options.on_lost = on_lost;
    up->database.lost = (BpError){0};
    up->database.port = options.port;
    up_disconnect_database(up);
    up->database.pg = pg_new(up->loop, &options);
    const int64_t until_us = loop_now_us(up->loop) + READY_PATIENCE_US;
    bool is_told = false;
    while (!pg_is_connected(up->database.pg)) {
        if (!is_told && up->database.lost.status != BP_OK) {
            is_told = true;
            up_warn("your database does not answer yet: %s", up->database.lost.text);
        }
        if (!up_wait(up, until_us, err))
            return bp_fail(err, BP_UNAVAILABLE, "your database at %s, port %d (settings database.*): %s",
                           options.host, (int)options.port,
                           up->database.lost.status != BP_OK ? up->database.lost.text : "it does not answer");
    }
    if (is_admin)
        up_say(up, "the database is yours, %s at %s, port %d: no PostgreSQL is started", options.database,
               options.host, (int)options.port);
    return BP_OK;
}

/* ---- the broker ---- */

static void on_broker(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Up *up = context;
    if (status == BP_OK && pg_row_count(rows) > 0) {
        UpBroker *broker = &up->broker;
        broker->host = bp_arena_text(&up->arena, pg_get_text(rows, 0, 0));
        broker->host_port = pg_get_integer(rows, 0, 1);
        broker->user = bp_arena_text(&up->arena, pg_get_text(rows, 0, 2));
        broker->password_file = bp_arena_text(&up->arena, pg_get_text(rows, 0, 3));
        broker->ca_file = bp_arena_text(&up->arena, pg_get_text(rows, 0, 4));
        broker->is_yours = *broker->host != '/';
    }
    up_answered(up, status, rows, err);
}

BpStatus up_find_broker(Up *up, BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(up->wish.site)), pg_text(bp_str("up"))};
    up_request(up, SQL_SELECT_MQTT_CONFIG, values, 2, on_broker);
    BP_TRY(up_wait_for_answer(up, err));
    if (up->broker.is_yours)
        up_say(up, "the broker is yours, at %s, port %d: no Mosquitto is started%s", up->broker.host,
               (int)up->broker.host_port,
               *up->wish.cfg.broker_address ? ", and broker.address means nothing" : "");
    return BP_OK;
}

BpStatus up_your_broker(Up *up, MqttOptions *options, BpError *err)
{
    const UpBroker *broker = &up->broker;
    options->host = broker->host;
    options->port = (uint16_t)broker->host_port;
    options->user = *broker->user ? broker->user : NULL;
    options->ca_file = *broker->ca_file ? broker->ca_file : NULL;
    return *broker->password_file
               ? cfg_secret_read(broker->password_file, &up->arena, &options->password, err)
               : BP_OK;
}
