/* What is seen while everything runs: a block that is redrawn on a terminal, a line now and then elsewhere.
 */
#include "apps/up/up.h"
#include "base/log.h"
#include "base/time.h"
#include "model/topic.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

static const int64_t TERMINAL_EVERY_US = BP_SECOND, ELSEWHERE_EVERY_US = 5 * BP_SECOND,
                     LAST_FIGURES_PATIENCE_US = 10 * BP_SECOND, HELD_PATIENCE_US = BP_SECOND;

/* ---- figures of the collector, over MQTT ---- */

static void read_network(Up *up, json_t *status)
{
    int is_open;
    const char *why;
    if (!status || json_unpack(status, "{s:{s:b, s:s}}", "network", "open", &is_open, "reason", &why) != 0)
        return;
    up->view.figures.no_network[0] = '\0';
    if (!is_open && *why)
        bp_str_copy(bp_str(why), up->view.figures.no_network, sizeof up->view.figures.no_network);
}

static void on_message(void *owner, const MqttMessage *message)
{
    Up *up = owner;
    json_int_t reads, failed;
    json_auto_t *status = json_loadb(message->payload.data, message->payload.size, 0, NULL);
    if (status &&
        json_unpack(status, "{s:{s:I, s:I}}", "counters", "reads", &reads, "reads_failed", &failed) == 0) {
        up->view.figures.reads = reads;
        up->view.figures.reads_failed = failed;
    }
    read_network(up, status);
}

static void on_connected(void *owner)
{
    Up *up = owner;
    char topic[MDL_TOPIC_MAX];
    mqtt_subscribe(up->view.mqtt, mdl_topic(up->wish.site, "collect/status", topic), 1);
}

BpStatus up_connect_broker(Up *up, BpError *err)
{
    MqttOptions options = {
        .client_name = "bacpipes-up", .owner = up, .on_connected = on_connected, .on_message = on_message};
    if (up->broker.is_yours) {
        BP_TRY(up_your_broker(up, &options, err));
    } else {
        BP_TRY(up_secret(up, "mqtt_up", &options.password, err));
        options.host = up_broker_socket(up);
        options.user = "up";
    }
    up->view.mqtt = mqtt_new(up->loop, &options);
    return BP_OK;
}

void up_disconnect_broker(Up *up)
{
    mqtt_free(up->view.mqtt, 0);
    up->view.mqtt = NULL;
}

/* ---- figures of the database ---- */

static void read_figures(Up *up, const PgRows *rows)
{
    UpFigures *figures = &up->view.figures;
    figures->devices = pg_get_integer(rows, 0, 0);
    figures->points = pg_get_integer(rows, 0, 1);
    figures->readings = pg_get_integer(rows, 0, 2);
    figures->rows = pg_get_integer(rows, 0, 3);
    figures->has_newest = !pg_is_null(rows, 0, 4);
    figures->newest_age_s = pg_get_double(rows, 0, 4);
    figures->offline = pg_get_integer(rows, 0, 5);
}

static void ask_values(const Up *up, PgValue values[2])
{
    values[0] = pg_text(bp_str(up->wish.site));
    values[1] = pg_time(up->started_at_us);
}

static void on_last_figures(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Up *up = context;
    if (status == BP_OK)
        read_figures(up, rows);
    up_answered(up, status, rows, err);
}

BpStatus up_ask(Up *up, BpError *err)
{
    PgValue values[2];
    ask_values(up, values);
    const int64_t until_us = loop_now_us(up->loop) + LAST_FIGURES_PATIENCE_US;
    up_request(up, SQL_SELECT_SUMMARY, values, 2, on_last_figures);
    while (!up->database.answer.is_over && loop_now_us(up->loop) < until_us && up->end.hurry_until_us == 0)
        loop_run_once(up->loop, BP_SECOND / 10);
    if (!up->database.answer.is_over)
        return bp_fail(err, BP_TIMEOUT, "the database does not answer");
    if (up->database.answer.status != BP_OK)
        *err = up->database.answer.err;
    return up->database.answer.status;
}

static void on_held(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Up *up = context;
    if (status == BP_OK)
        up->view.held = pg_get_integer(rows, 0, 0);
    up_answered(up, status, rows, err);
}

void up_count_held(Up *up, int64_t *ret_held)
{
    const PgValue site = pg_text(bp_str(up->wish.site));
    const int64_t until_us = loop_now_us(up->loop) + HELD_PATIENCE_US;
    if (!up->database.pg || !pg_is_connected(up->database.pg) || up->end.hurry_until_us)
        return;
    up->view.held = 0;
    up_request(up, SQL_COUNT_HOLDS, &site, 1, on_held);
    while (!up->database.answer.is_over && loop_now_us(up->loop) < until_us && up->end.hurry_until_us == 0)
        loop_run_once(up->loop, BP_SECOND / 10);
    *ret_held = up->view.held;
}

/* ---- on the screen ---- */

void up_leave_block(Up *up)
{
    up->view.lines = 0;
}

static void clear_block(Up *up)
{
    if (up->wish.is_terminal && up->view.lines)
        fprintf(stderr, "\033[%zuA\033[J", up->view.lines);
    up->view.lines = 0;
}

static void put_line(Up *up, const char *label, const char *value)
{
    fprintf(stderr, "  %-18s %s\n", label, value);
    up->view.lines++;
}

static void show_block(Up *up)
{
    const UpFigures *figures = &up->view.figures;
    char text[512];
    clear_block(up);
    fprintf(stderr, "\n");
    up->view.lines++;
    snprintf(text, sizeof text, "%" PRId64 "%s", figures->devices,
             figures->offline ? " (some do not answer: select * from device_status)" : "");
    put_line(up, "devices", text);
    if (*figures->no_network) {
        snprintf(text, sizeof text, "not reached: %s", figures->no_network);
        put_line(up, "BACnet network", text);
    }
    snprintf(text, sizeof text, "%" PRId64, figures->points);
    put_line(up, "points", text);
    snprintf(text, sizeof text, "%.1f /s", up->view.readings_per_s);
    put_line(up, "readings", text);
    snprintf(text, sizeof text, "%" PRId64 " since the start, about %" PRId64 " in all", figures->readings,
             figures->rows > figures->readings ? figures->rows : figures->readings);
    put_line(up, "stored", text);
    if (figures->has_newest)
        snprintf(text, sizeof text, "%.1f s old", figures->newest_age_s);
    else
        snprintf(text, sizeof text, "none yet");
    put_line(up, "newest reading", text);
    snprintf(text, sizeof text, "bacpipes points --data %s", up->folder.data);
    put_line(up, "look at values", text);
    const Cfg *cfg = &up->wish.cfg;
    if (up->database.is_yours)
        snprintf(text, sizeof text, "%s, yours, at %s, port %d", cfg->database_name, cfg->database_host,
                 (int)cfg->database_port);
    else
        snprintf(text, sizeof text, "psql -h %s -p %d -U bacpipes bacpipes", up->folder.run,
                 (int)up->database.port);
    put_line(up, up->database.is_yours ? "database" : "ask the database", text);
    if (up->broker.is_yours) {
        snprintf(text, sizeof text, "yours, at %s, port %d", up->broker.host, (int)up->broker.host_port);
        put_line(up, "broker", text);
    }
    put_line(up, "stop", "Ctrl-C");
}

static void show_line(const Up *up)
{
    const UpFigures *figures = &up->view.figures;
    char age[32] = "no reading yet";
    if (figures->has_newest)
        snprintf(age, sizeof age, "newest %.1f s old", figures->newest_age_s);
    up_say(up, "%" PRId64 " devices, %" PRId64 " points, %.1f readings/s, %" PRId64 " stored, %s%s%s%s",
           figures->devices, figures->points, up->view.readings_per_s, figures->readings, age,
           figures->offline ? ", some devices do not answer" : "",
           *figures->no_network ? ", not on the BACnet network: " : "", figures->no_network);
}

static void on_figures(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Up *up = context;
    up->view.is_asking = false;
    if (status != BP_OK) {
        if (status != BP_UNAVAILABLE)
            up_warn("asking the database: %s", err->text);
        return;
    }
    const int64_t now_us = loop_now_us(up->loop);
    up->view.before = up->view.figures;
    read_figures(up, rows);
    if (up->view.shown_at_us && up->view.figures.readings >= up->view.before.readings) {
        /* Readings come in commits: a running mean says more than the last second. */
        const double rate = (double)(up->view.figures.readings - up->view.before.readings) * BP_SECOND /
                            (double)(now_us - up->view.shown_at_us);
        up->view.readings_per_s =
            up->view.readings_per_s > 0 ? up->view.readings_per_s * 0.85 + rate * 0.15 : rate;
    }
    up->view.shown_at_us = now_us;
    if (up->wish.is_quiet)
        return;
    if (up->wish.is_terminal)
        show_block(up);
    else
        show_line(up);
}

static void on_timer(void *owner)
{
    Up *up = owner;
    loop_timer_set(up->view.timer,
                   loop_now_us(up->loop) + (up->wish.is_terminal ? TERMINAL_EVERY_US : ELSEWHERE_EVERY_US));
    if (up->view.is_asking || !pg_is_connected(up->database.pg))
        return;
    PgValue values[2];
    ask_values(up, values);
    up->view.is_asking = true;
    pg_request(up->database.pg, SQL_SELECT_SUMMARY, values, 2, on_figures, up);
}

/* What the block on a terminal goes on showing. */
static void say_where_to_look(const Up *up)
{
    up_say(up, "look at values: bacpipes points --data %s", up->folder.data);
    up_say(up, "ask the database: psql -h %s -p %d -U bacpipes bacpipes", up->folder.run,
           (int)up->database.port);
}

void up_start_view(Up *up)
{
    if (!up->wish.is_terminal)
        say_where_to_look(up);
    up->view.timer = loop_timer_new(up->loop, on_timer, up);
    loop_timer_set(up->view.timer, loop_now_us(up->loop) + BP_SECOND);
}

void up_end_view(Up *up)
{
    loop_timer_free(up->view.timer);
    up->view.timer = NULL;
}

void up_print_json(const Up *up, const char *why)
{
    const UpFigures *figures = &up->view.figures;
    const double seconds = (double)(loop_now_us(up->loop) - up->started_us) / BP_SECOND;
    json_int_t restarts = 0;
    for (size_t i = 0; i < up->parts.count; i++)
        restarts += up->parts.items[i].restarts;
    json_auto_t *summary = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:f, s:o, s:I, s:f, s:s?}", "devices", (json_int_t)figures->devices,
        "points", (json_int_t)figures->points, "readings_stored", (json_int_t)figures->readings, "reads",
        (json_int_t)figures->reads, "reads_failed", (json_int_t)figures->reads_failed, "readings_per_s",
        seconds > 0 ? (double)figures->readings / seconds : 0.0, "newest_reading_age_s",
        figures->has_newest ? json_real(figures->newest_age_s) : json_null(), "restarts", restarts, "seconds",
        seconds, "error", why);
    json_dumpf(summary, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    printf("\n");
    fflush(stdout);
}
