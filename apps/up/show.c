/* What is seen while everything runs: a block that is redrawn on a terminal, a line now and then elsewhere.
 */
#include "apps/up/up.h"
#include "base/log.h"
#include "base/time.h"
#include "model/topic.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
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
    if (up->wish.is_central) {
        up_read_central(up, rows);
        return;
    }
    UpFigures *figures = &up->view.figures;
    figures->devices = pg_get_integer(rows, 0, 0);
    figures->points = pg_get_integer(rows, 0, 1);
    figures->readings = pg_get_integer(rows, 0, 2);
    figures->rows = pg_get_integer(rows, 0, 3);
    figures->has_newest = !pg_is_null(rows, 0, 4);
    figures->newest_age_s = pg_get_double(rows, 0, 4);
    figures->offline = pg_get_integer(rows, 0, 5);
    figures->past_share = pg_is_null(rows, 0, 6) ? -1 : pg_get_double(rows, 0, 6);
    figures->past_from_us = pg_is_null(rows, 0, 7) ? 0 : pg_get_time_us(rows, 0, 7);
}

/* What is asked for the figures. */
typedef struct Question {
    SqlQuery query;
    PgValue values[2];
    size_t count;
} Question;

static Question question(const Up *up)
{
    Question question = {.query = up->wish.is_central ? up_central_query(up) : SQL_SELECT_SUMMARY,
                         .count = up->wish.is_central && !up->wish.is_demo ? 1 : 2};
    question.values[0] = pg_text(bp_str(up->wish.site));
    question.values[1] = pg_time(up->started_at_us);
    return question;
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
    const Question ask = question(up);
    const int64_t until_us = loop_now_us(up->loop) + LAST_FIGURES_PATIENCE_US;
    up_request(up, ask.query, ask.values, ask.count, on_last_figures);
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

void up_put_line(Up *up, const char *label, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "  %-18s ", label);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    up->view.lines++;
}

/* That nobody measured it, and how far its past is. */
const char *up_building_of(const UpFigures *figures, char *ret_text, size_t size)
{
    char from[BP_TIME_TEXT_MAX];
    if (figures->past_share < 0)
        snprintf(ret_text, size, "simulated");
    else if (figures->past_share < 1)
        snprintf(ret_text, size, "simulated; its past is being laid: %.0f %%", 100 * figures->past_share);
    else
        snprintf(ret_text, size, "simulated, from %.10s on", bp_time_format(figures->past_from_us, 0, from));
    return ret_text;
}

static void show_site(Up *up)
{
    const UpFigures *figures = &up->view.figures;
    char text[512];
    up_put_line(up, "devices", "%" PRId64 "%s", figures->devices,
                figures->offline ? " (some do not answer: select * from device_status)" : "");
    if (*figures->no_network)
        up_put_line(up, "BACnet network", "not reached: %s", figures->no_network);
    up_put_line(up, "points", "%" PRId64, figures->points);
    up_put_line(up, "readings", "%.1f /s", up->view.readings_per_s);
    up_put_line(up, "stored", "%" PRId64 " since the start, about %" PRId64 " in all", figures->readings,
                figures->rows > figures->readings ? figures->rows : figures->readings);
    if (figures->has_newest)
        up_put_line(up, "newest reading", "%.1f s old", figures->newest_age_s);
    else
        up_put_line(up, "newest reading", "none yet");
    if (up->wish.is_simulated)
        up_put_line(up, "building", "%s", up_building_of(figures, text, sizeof text));
}

static void show_block(Up *up)
{
    const Cfg *cfg = &up->wish.cfg;
    clear_block(up);
    fprintf(stderr, "\n");
    up->view.lines++;
    if (up->wish.is_central)
        up_show_central(up);
    else
        show_site(up);
    if (up->web.url)
        up_put_line(up, "open", "%s", up->web.url);
    up_put_line(up, "look at values", "%s points --data %s", program_invocation_name, up->folder.data);
    if (up->database.is_yours)
        up_put_line(up, "database", "%s, yours, at %s, port %d", cfg->database_name, cfg->database_host,
                    (int)cfg->database_port);
    else
        up_put_line(up, "ask the database", "psql -h %s -p %d -U bacpipes bacpipes", up->folder.run,
                    (int)up->database.port);
    if (up->broker.is_yours)
        up_put_line(up, "broker", "yours, at %s, port %d", up->broker.host, (int)up->broker.host_port);
    up_put_line(up, "stop", "Ctrl-C");
}

static void show_line(const Up *up)
{
    const UpFigures *figures = &up->view.figures;
    char age[32] = "no reading yet";
    if (figures->has_newest)
        snprintf(age, sizeof age, "newest %.1f s old", figures->newest_age_s);
    char past[32] = "";
    if (up->wish.is_simulated && figures->past_share >= 0 && figures->past_share < 1)
        snprintf(past, sizeof past, ", past laid %.0f %%", 100 * figures->past_share);
    up_say(up, "%" PRId64 " devices, %" PRId64 " points, %.1f readings/s, %" PRId64 " stored, %s%s%s%s%s",
           figures->devices, figures->points, up->view.readings_per_s, figures->readings, age, past,
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
    else if (up->wish.is_central)
        up_show_central_line(up);
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
    const Question ask = question(up);
    up->view.is_asking = true;
    pg_request(up->database.pg, ask.query, ask.values, ask.count, on_figures, up);
}

/* What the block on a terminal goes on showing. */
static void say_where_to_look(const Up *up)
{
    up_say(up, "look at values: %s points --data %s", program_invocation_name, up->folder.data);
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
    json_auto_t *summary =
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:o, s:I, s:f, s:b, s:o, s:{s:s?, s:b}, s:s?}", "devices",
                  (json_int_t)figures->devices, "points", (json_int_t)figures->points, "readings_stored",
                  (json_int_t)figures->readings, "reads", (json_int_t)figures->reads, "reads_failed",
                  (json_int_t)figures->reads_failed, "readings_per_s",
                  seconds > 0 ? (double)figures->readings / seconds : 0.0, "newest_reading_age_s",
                  figures->has_newest ? json_real(figures->newest_age_s) : json_null(), "restarts", restarts,
                  "seconds", seconds, "simulated", up->wish.is_simulated || up->wish.is_demo, "past_share",
                  figures->past_share < 0 ? json_null() : json_real(figures->past_share), "web", "url",
                  up->web.url, "ready", up->web.is_ready, "error", why);
    json_t *sites = up_central_json(up);
    if (sites)
        json_object_set_new(summary, "sites", sites);
    json_dumpf(summary, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    printf("\n");
    fflush(stdout);
}
