/* How fast `bacpipes ingest` stores what arrives over MQTT, beside a plain COPY of the same rows into the
 * same table.
 *
 *   ingest_bench PROGRAM READINGS ROUNDS      run by bench/ingest, which gives it PostgreSQL and Mosquitto
 *
 * Each round empties the table, stores the readings by one COPY, empties it again, and stores them through
 * the broker and a running ingest until they are announced as stored. Medians over the rounds are printed. */
#include "base/time.h"
#include "io/mqtt/mqtt.h"
#include "io/pg/copy.h"
#include "io/pg/pg.h"
#include "model/batch.h"
#include "model/topic.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { POINTS = 500, READINGS_PER_BATCH = 50, WINDOW = 256, ROUNDS_MAX = 15 };
static const char site[] = "bench";

typedef struct Bench {
    Loop *loop;
    Pg *pg;
    Mqtt *mqtt;
    LoopProcess *ingest;
    size_t readings;
    int64_t first_us; /* instant of the first poll */
    MdlRun run;
    int64_t batches, published, stored;
    bool is_connected, has_session;
} Bench;

/* A variable that bench/ingest sets. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    if (!value) {
        fprintf(stderr, "ingest_bench is run by bench/ingest: %s is not set\n", name);
        exit(64);
    }
    return value;
}

static void fail(const char *what, const BpError *err)
{
    fprintf(stderr, "bench/ingest: %s: %s\n", what, err->text);
    exit(1);
}

/* The reading number `i`: one point after another, 15 s from poll to poll, values of one decimal that seldom
 * change. */
static MdlReading reading_number(const Bench *bench, size_t i)
{
    const size_t poll = i / POINTS, point = i % POINTS;
    return (MdlReading){.point_id = (int32_t)point + 1,
                        .at_us = bench->first_us + (int64_t)poll * 15 * BP_SECOND + (int64_t)point * 40,
                        .value = (double)(200 + (poll / 5 + point * 7) % 50) / 10,
                        .has_value = true};
}

static void sql(Bench *bench, const char *text)
{
    BpError err = {0};
    if (pg_wait_text(bench->pg, bp_str(text), &err) != BP_OK)
        fail(text, &err);
}

/* ---- plain COPY ---- */

static void on_copied(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)rows;
    if (status != BP_OK)
        fail("COPY", err);
    *(bool *)context = true;
}

static double copy_seconds(Bench *bench)
{
    BpBuf out = bp_buf_growing(INT64_C(1) << 31);
    pg_copy_begin(&out);
    for (size_t i = 0; i < bench->readings; i++) {
        const MdlReading reading = reading_number(bench, i);
        pg_copy_row(&out, 10);
        pg_copy_time(&out, reading.at_us);
        pg_copy_text(&out, bp_str(site));
        pg_copy_int4(&out, reading.point_id);
        pg_copy_float8(&out, reading.value);
        pg_copy_text(&out, bp_str("good"));
        pg_copy_null(&out);
        pg_copy_text(&out, bp_str("degrees-celsius"));
        pg_copy_int4(&out, 1);
        pg_copy_text(&out, bp_str("analog-input"));
        pg_copy_int4(&out, reading.point_id);
    }
    pg_copy_end(&out);
    bool is_done = false;
    const int64_t begin_us = loop_now_us(bench->loop);
    pg_copy(bench->pg, SQL_COPY_READINGS, bp_buf_text(&out), NULL, 0, on_copied, &is_done);
    while (!is_done)
        loop_run_once(bench->loop, BP_SECOND);
    const double seconds = (double)(loop_now_us(bench->loop) - begin_us) / BP_SECOND;
    bp_buf_done(&out);
    return seconds;
}

/* ---- through ingest ---- */

static void on_connected(void *owner)
{
    Bench *bench = owner;
    char topic[MDL_TOPIC_MAX];
    bench->is_connected = true;
    mqtt_subscribe(bench->mqtt, mdl_topic(site, "readings/stored", topic), 1);
    mqtt_subscribe(bench->mqtt, mdl_topic(site, "readings/want", topic), 1);
}

static void on_message(void *owner, const MqttMessage *message)
{
    Bench *bench = owner;
    MdlRun run;
    MdlPosition positions[MDL_POSITIONS_MAX];
    size_t count;
    int64_t from;
    BpError err;
    const BpStr topic = message->topic, payload = message->payload;
    if (topic.size > 4 && memcmp(topic.data + topic.size - 4, "want", 4) == 0) {
        if (mdl_want_decode(payload, &run, &from, &err) == BP_OK && strcmp(run.text, bench->run.text) == 0)
            bench->published = from - 1;
        return;
    }
    if (mdl_stored_decode(payload, &run, positions, &count, &err) != BP_OK)
        fail("announcement", &err);
    bench->has_session = true;
    for (size_t i = 0; i < count; i++)
        if (strcmp(positions[i].run.text, bench->run.text) == 0)
            bench->stored = positions[i].stored;
}

static void publish_batch(Bench *bench, int64_t n, BpBuf *encoded, BpBuf *sealed)
{
    MdlReading readings[READINGS_PER_BATCH];
    char topic[MDL_TOPIC_MAX];
    BpError err;
    for (size_t i = 0; i < READINGS_PER_BATCH; i++)
        readings[i] = reading_number(bench, (size_t)(n - 1) * READINGS_PER_BATCH + i);
    bp_buf_clear(encoded);
    bp_buf_clear(sealed);
    mdl_batch_encode(encoded, 1, readings, READINGS_PER_BATCH);
    mdl_batch_seal(sealed, &bench->run, n, bench->stored + 1, bp_wall_us(), bp_buf_text(encoded));
    if (mqtt_publish(bench->mqtt, mdl_topic(site, "readings", topic), bp_buf_text(sealed), 1, false, NULL,
                     &err) != BP_OK)
        fail("publishing", &err);
}

static double cpu_seconds(pid_t pid)
{
    char path[64], line[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file || !fgets(line, sizeof line, file))
        return 0;
    fclose(file);
    const char *after_name = strrchr(line, ')');
    static const char times[] = "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu";
    /* NOLINTNEXTLINE(cert-err34-c): the kernel wrote it */
    if (!after_name || sscanf(after_name + 2, times, &user, &system) != 2)
        return 0;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double ingest_seconds(Bench *bench, double *ret_cpu_seconds)
{
    BpBuf encoded = bp_buf_growing(MDL_BATCH_OCTETS_MAX), sealed = bp_buf_growing(MDL_BATCH_OCTETS_MAX);
    bench->batches = (int64_t)(bench->readings / READINGS_PER_BATCH);
    bench->published = bench->stored = 0;
    bench->run = mdl_run((uint64_t)bp_wall_us());
    const double cpu = cpu_seconds(loop_process_pid(bench->ingest));
    const int64_t begin_us = loop_now_us(bench->loop);
    while (bench->stored < bench->batches) {
        while (bench->published < bench->batches && bench->published - bench->stored < WINDOW * 64 &&
               mqtt_unsent(bench->mqtt) < 1024 * 1024) {
            publish_batch(bench, bench->published + 1, &encoded, &sealed);
            bench->published++;
        }
        loop_run_once(bench->loop, BP_SECOND);
    }
    *ret_cpu_seconds = cpu_seconds(loop_process_pid(bench->ingest)) - cpu;
    bp_buf_done(&encoded);
    bp_buf_done(&sealed);
    return (double)(loop_now_us(bench->loop) - begin_us) / BP_SECOND;
}

/* ---- set-up ---- */

static void on_exit_code(void *owner, int code)
{
    Bench *bench = owner;
    if (code != 0 && bench->stored < bench->batches) {
        fprintf(stderr, "bench/ingest: ingest ended with %d\n", code);
        exit(1);
    }
}

static void set_up(Bench *bench, const char *program)
{
    BpError err = {0};
    char text[512];
    bench->loop = loop_new();
    const PgOptions pg = {
        .host = variable("PGHOST"), .port = 5432, .database = "bacpipes", .user = "bacpipes"};
    bench->pg = pg_new(bench->loop, &pg);
    if (pg_wait_connected(bench->pg, 10 * BP_SECOND, &err) != BP_OK)
        fail("database", &err);
    snprintf(text, sizeof text,
             "insert into site (site_id, name) values ('%s', 'Bench');"
             "insert into mqtt_config (site_id, host, port) values ('%s', '%s', %s);"
             "insert into device (site_id, device_id, address, instance) values ('%s', 1, '10.0.0.1', 1);",
             site, site, variable("MQTT_HOST"), variable("MQTT_PORT"), site);
    sql(bench, text);
    snprintf(text, sizeof text,
             "insert into point (site_id, point_id, device_id, object_type, object_instance, units) "
             "select '%s', i, 1, 'analog-input', i, 'degrees-celsius' from generate_series(1, %d) as i",
             site, POINTS);
    sql(bench, text);
    sql(bench, "select readings_ensure_days(now() - interval '3 days', now())");
    const MqttOptions mqtt = {.host = variable("MQTT_HOST"),
                              .port = (uint16_t)strtoul(variable("MQTT_PORT"), NULL, 10),
                              .client_name = "bench",
                              .owner = bench,
                              .on_connected = on_connected,
                              .on_message = on_message};
    bench->mqtt = mqtt_new(bench->loop, &mqtt);
    const char *const arguments[] = {"bacpipes", "ingest", "--log", "warning", NULL};
    const LoopProcessOptions ingest = {
        .path = program, .arguments = arguments, .output = -1, .death_signal = SIGKILL};
    bench->ingest = loop_process_new(bench->loop, &ingest, on_exit_code, bench, &err);
    if (!bench->ingest)
        fail("ingest", &err);
    while (!bench->is_connected || !bench->has_session)
        loop_run_once(bench->loop, BP_SECOND);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: ingest_bench PROGRAM READINGS ROUNDS\n");
        return 64;
    }
    Bench bench = {.readings = strtoul(argv[2], NULL, 10) / POINTS * POINTS};
    const size_t rounds = strtoul(argv[3], NULL, 10);
    double rates[ROUNDS_MAX], ratios[ROUNDS_MAX], cpus[ROUNDS_MAX];
    if (bench.readings == 0 || rounds == 0 || rounds > ROUNDS_MAX)
        return 64;
    set_up(&bench, argv[1]);
    bench.first_us = bp_wall_us() - 2 * BP_DAY;
    for (size_t i = 0; i < rounds; i++) {
        double cpu;
        sql(&bench, "truncate sensor_readings, rollup_dirty");
        const double plain = copy_seconds(&bench);
        sql(&bench, "truncate sensor_readings, rollup_dirty");
        const double ours = ingest_seconds(&bench, &cpu);
        rates[i] = (double)bench.readings / ours;
        ratios[i] = plain / ours;
        cpus[i] = cpu * 1000 / (double)bench.readings;
        fprintf(stderr, "round %zu: COPY %.0f/s, ingest %.0f/s\n", i + 1, (double)bench.readings / plain,
                rates[i]);
    }
    printf("figure ingest_readings_per_s %.0f 1/s\n", median(rates, rounds));
    printf("figure ingest_cpu_s_per_1000 %.5f s\n", median(cpus, rounds));
    printf("figure ingest_copy_ratio %.2f ratio\n", median(ratios, rounds));
    loop_process_free(bench.ingest);
    return 0;
}
