/* Readings to batches and on to the broker; what is not announced as stored goes to the spool after a while.
 */
#include "apps/collect/collect.h"
#include "apps/collect/spool.h"
#include "base/log.h"
#include "base/time.h"
#include "config/secret.h"
#include "model/topic.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const int64_t PUBLISH_EVERY_US = 200 * BP_MS, STATE_EVERY_US = 10 * BP_MINUTE;
enum { SPILL_MOST = SPOOL_SEGMENT_OCTETS };

/* ---- the state of a point, for everything else in the building ---- */

static bool state_has_changed(const SitePoint *point, const MdlReading *reading)
{
    return !point->was_published || point->has_value != reading->has_value ||
           point->quality != reading->quality || (reading->has_value && point->value != reading->value) ||
           reading->at_us - point->published_at_us >= STATE_EVERY_US;
}

/* The text of a binary value, which counts from 0, or of a multi-state one, from 1. */
static const char *state_text(const SitePoint *point, const MdlReading *reading)
{
    const bool is_binary = point->object_type == BAC_BINARY_INPUT ||
                           point->object_type == BAC_BINARY_OUTPUT || point->object_type == BAC_BINARY_VALUE;
    const double index = reading->value - (is_binary ? 0 : 1);
    return reading->has_value && index >= 0 && index < (double)point->state_count
               ? point->states[(size_t)index]
               : NULL;
}

static void publish_state(Collect *collect, int32_t device_id, SitePoint *point, const MdlReading *reading)
{
    char topic[MDL_TOPIC_MAX], object[BAC_REFERENCE_TEXT_MAX], at[BP_TIME_TEXT_MAX];
    BpError err;
    bac_object_format((BacObjectId){point->object_type, point->object_instance}, object);
    if (*point->property) {
        const size_t used = strlen(object);
        snprintf(object + used, sizeof object - used, ",%s", point->property);
    }
    json_auto_t *state =
        json_pack("{s:i, s:o, s:s, s:s, s:s, s:s}", "v", 1, "value",
                  reading->has_value ? json_real(reading->value) : json_null(), "quality",
                  mdl_quality_name(reading->quality), "at", bp_time_format(reading->at_us, 3, at), "name",
                  point->name, "units", point->units);
    const char *text = state_text(point, reading);
    if (text)
        json_object_set_new(state, "text", json_string(text));
    if (reading->quality != MDL_GOOD)
        json_object_set_new(state, "reason", json_stringn(reading->reason.data, reading->reason.size));
    char *payload = json_dumps(state, JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (!payload)
        return;
    if (mqtt_publish(collect->mqtt, mdl_state_topic(collect->cfg.site, device_id, object, topic),
                     bp_str(payload), 1, true, NULL, &err) == BP_OK) {
        point->was_published = true;
        point->has_value = reading->has_value;
        point->value = reading->value;
        point->quality = reading->quality;
        point->published_at_us = reading->at_us;
    } /* else it still differs at the next reading */
    free(payload);
}

static void publish_states(Collect *collect, const CollectDevice *device, const MdlReading *readings,
                           size_t count)
{
    if (!collect->mqtt || !mqtt_is_connected(collect->mqtt))
        return;
    for (size_t i = 0; i < count; i++) {
        SitePoint *point = (size_t)readings[i].point_id < collect->point_count
                               ? &collect->points[readings[i].point_id]
                               : NULL;
        if (point && point->is_known && state_has_changed(point, &readings[i]))
            publish_state(collect, device->device_id, point, &readings[i]);
    }
}

/* ---- readings to batches ---- */

void collect_readings(void *owner, const CollectDevice *device, const MdlReading *readings, size_t count)
{
    Collect *collect = owner;
    BpBuf encoded = bp_buf_growing(MDL_BATCH_OCTETS_MAX);
    const int64_t now_us = loop_now_us(collect->loop);
    for (size_t i = 0; i < count; i += MDL_BATCH_READINGS_MAX) {
        const size_t part = count - i < MDL_BATCH_READINGS_MAX ? count - i : MDL_BATCH_READINGS_MAX;
        bp_buf_clear(&encoded);
        mdl_batch_encode(&encoded, device->device_id, readings + i, part);
        const size_t dropped = outbox_put(&collect->outbox, bp_buf_text(&encoded), part, now_us);
        if (dropped && collect->said_dropped == 0)
            bp_log(BP_LOG_ERROR,
                   "the spool is full (spool.size): the oldest batches are dropped from now on");
        collect->said_dropped += dropped;
    }
    bp_buf_done(&encoded);
    publish_states(collect, device, readings, count);
    collect_publish(collect);
}

static bool send_batch(void *owner, const MdlRun *run, int64_t n, int64_t oldest, BpStr payload)
{
    Collect *collect = owner;
    char topic[MDL_TOPIC_MAX];
    BpError err;
    if (!collect->mqtt)
        return false;
    BpBuf sealed = bp_buf_growing(MDL_BATCH_OCTETS_MAX + 1024);
    mdl_batch_seal(&sealed, run, n, oldest, bp_wall_us(), payload);
    const bool sent = mqtt_publish(collect->mqtt, mdl_topic(collect->cfg.site, "readings", topic),
                                   bp_buf_text(&sealed), 1, false, NULL, &err) == BP_OK;
    bp_buf_done(&sealed);
    return sent;
}

/* ---- the spool ---- */

/* Work for the pool: everything that it touches is its own. */
struct SpoolJob {
    Collect *collect;
    char *folder;
    int64_t segment;
    BpBuf records; /* to be appended; empty: to be read */
    struct {
        MdlRun run;
        int64_t n;
        BpStr payload;
    } * found;
    size_t count, capacity;
    BpArena arena;
    BpStatus status;
    BpError err;
};

static void keep_found(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload)
{
    SpoolJob *job = context;
    (void)segment;
    if (job->count == job->capacity) {
        job->capacity = job->capacity ? job->capacity * 2 : 64;
        job->found = realloc(job->found, job->capacity * sizeof *job->found);
        if (!job->found)
            abort();
    }
    job->found[job->count].run = *run;
    job->found[job->count].n = n;
    job->found[job->count++].payload = (BpStr){bp_arena_text(&job->arena, payload), payload.size};
}

static void do_spool_job(void *context)
{
    SpoolJob *job = context;
    size_t torn;
    job->status = job->records.size
                      ? spool_append(job->folder, job->segment, bp_buf_text(&job->records), &job->err)
                      : spool_read(job->folder, job->segment, keep_found, job, &torn, &job->err);
}

static void end_append(Collect *collect, const SpoolJob *job)
{
    if (job->status == BP_OK && collect->spool_failed)
        bp_log(BP_LOG_NOTICE, "the spool can be written again");
    if (job->status != BP_OK && !collect->spool_failed)
        bp_log(BP_LOG_ERROR, "the spool cannot be written, batches wait in memory: %s", job->err.text);
    collect->spool_failed = job->status != BP_OK;
    outbox_spilled(&collect->outbox, job->status == BP_OK ? job->segment : -1);
    if (job->status == BP_OK)
        collect->segment_size += job->records.size;
}

static void on_spool_job_done(void *context)
{
    SpoolJob *job = context;
    Collect *collect = job->collect;
    collect->spool_job = NULL;
    if (job->records.size)
        end_append(collect, job);
    else if (job->status != BP_OK)
        bp_log(BP_LOG_ERROR, "reading the spool: %s", job->err.text);
    for (size_t i = 0; i < job->count; i++)
        outbox_load(&collect->outbox, &job->found[i].run, job->found[i].n, job->found[i].payload);
    free(job->found);
    bp_arena_done(&job->arena);
    bp_buf_done(&job->records);
    free(job->folder);
    free(job);
    if (collect->publish_timer)
        loop_timer_set(collect->publish_timer, 0);
}

static SpoolJob *new_job(Collect *collect, int64_t segment)
{
    SpoolJob *job = calloc(1, sizeof *job);
    if (!job)
        abort();
    *job = (SpoolJob){.collect = collect,
                      .folder = strdup(collect->spool_folder),
                      .segment = segment,
                      .records = bp_buf_growing(INT64_C(1) << 31)};
    return job;
}

static void next_segment(Collect *collect)
{
    collect->segment++;
    collect->segment_size = 0;
}

/* All that was in a segment is stored. The one being written is left for the next time, since it is about to
 * be used. */
static void on_segment_done(void *owner, int64_t segment)
{
    Collect *collect = owner;
    if (collect->spool_job && collect->spool_job->segment == segment)
        return;
    if (segment == collect->segment)
        next_segment(collect);
    spool_remove(collect->spool_folder, segment);
}

static void spill(Collect *collect, int64_t before_us)
{
    if (collect->spool_job)
        return;
    if (collect->segment_size >= SPOOL_SEGMENT_OCTETS)
        next_segment(collect);
    SpoolJob *job = new_job(collect, collect->segment);
    if (outbox_spill(&collect->outbox, before_us, SPILL_MOST, &job->records)) {
        collect->spool_job = job;
        loop_work(collect->loop, do_spool_job, on_spool_job_done, job);
        return;
    }
    bp_buf_done(&job->records);
    free(job->folder);
    free(job);
}

static void load(Collect *collect)
{
    const int64_t segment = outbox_missing(&collect->outbox);
    if (segment < 0 || collect->spool_job)
        return;
    collect->spool_job = new_job(collect, segment);
    loop_work(collect->loop, do_spool_job, on_spool_job_done, collect->spool_job);
}

static void recover(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload)
{
    outbox_recover(context, run, n, segment, payload.size);
}

/* Batches of earlier runs come first. The outbox gets its own run last. */
BpStatus collect_open_spool(Collect *collect, BpError *err)
{
    const size_t size = strlen(collect->cfg.data_folder) + sizeof "/spool";
    collect->spool_folder = bp_arena_take(&collect->arena, size);
    snprintf(collect->spool_folder, size, "%s/spool", collect->cfg.data_folder);
    collect->spool_lock = spool_lock(collect->spool_folder, err);
    if (collect->spool_lock < 0)
        return err->status;
    int64_t *segments;
    size_t count;
    BpStatus status = spool_list(collect->spool_folder, &collect->arena, &segments, &count, err);
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        const size_t before = collect->outbox.count;
        size_t torn;
        status = spool_read(collect->spool_folder, segments[i], recover, &collect->outbox, &torn, err);
        if (status == BP_OK && torn)
            bp_log(BP_LOG_WARNING, "spool segment %lld ends in %zu octets that are no whole batch",
                   (long long)segments[i], torn);
        if (status == BP_OK && collect->outbox.count == before)
            spool_remove(collect->spool_folder, segments[i]);
        collect->segment = segments[i] + 1;
    }
    if (status != BP_OK)
        return status;
    if (collect->outbox.count)
        bp_log(BP_LOG_INFO, "%zu batches of earlier runs wait in the spool", collect->outbox.count);
    const MdlRun run = mdl_run(collect->seed);
    collect->outbox.owner = collect;
    collect->outbox.send = send_batch;
    collect->outbox.segment_done = on_segment_done;
    outbox_init(&collect->outbox, &run);
    return BP_OK;
}

/* At the end everything that is not stored goes to the spool, and we wait for it. */
void collect_close_spool(Collect *collect)
{
    for (int tries = 0; tries < 1000; tries++) {
        while (collect->spool_job)
            loop_run_once(collect->loop, BP_SECOND);
        spill(collect, INT64_MAX);
        if (!collect->spool_job || collect->spool_failed)
            break;
    }
    while (collect->spool_job)
        loop_run_once(collect->loop, BP_SECOND);
    size_t only_in_memory = 0;
    for (size_t i = 0; i < collect->outbox.count; i++)
        only_in_memory +=
            collect->outbox.items[(collect->outbox.first + i) % collect->outbox.capacity].segment < 0;
    if (only_in_memory)
        bp_log(BP_LOG_ERROR,
               "%zu batches are lost: they were neither stored nor could they be written to the spool",
               only_in_memory);
    if (collect->outbox.count > only_in_memory)
        bp_log(BP_LOG_INFO, "%zu batches wait in the spool for the next run",
               collect->outbox.count - only_in_memory);
    if (collect->spool_lock >= 0)
        close(collect->spool_lock);
}

/* ---- again and again ---- */

void collect_publish(void *owner)
{
    Collect *collect = owner;
    if (!collect->publish_timer)
        return; /* at the end: collect_close_spool sees to all */
    const int64_t now_us = loop_now_us(collect->loop);
    loop_timer_set(collect->publish_timer, now_us + PUBLISH_EVERY_US);
    const bool connected = collect->mqtt && mqtt_is_connected(collect->mqtt);
    if (connected && outbox_is_quiet(&collect->outbox, now_us))
        outbox_rewind(&collect->outbox, now_us);
    if (connected && outbox_send(&collect->outbox, now_us))
        load(collect);
    const bool is_crowded = (int64_t)collect->outbox.memory > collect->outbox.memory_max;
    spill(collect, is_crowded ? INT64_MAX : now_us - collect->cfg.spool_after);
    if (collect->said_dropped && collect->outbox.count == 0) {
        bp_log(BP_LOG_ERROR, "%llu batches were dropped while the spool was full",
               (unsigned long long)collect->said_dropped);
        collect->said_dropped = 0;
    }
}

/* ---- the broker ---- */

static void on_connected(void *owner)
{
    Collect *collect = owner;
    char topic[MDL_TOPIC_MAX];
    bp_log(BP_LOG_INFO, "connected to the broker at %s", collect->broker);
    mqtt_subscribe(collect->mqtt, mdl_topic(collect->cfg.site, "readings/stored", topic), 1);
    mqtt_subscribe(collect->mqtt, mdl_topic(collect->cfg.site, "readings/want", topic), 1);
    outbox_rewind(&collect->outbox, loop_now_us(collect->loop));
    for (size_t i = 0; i < collect->point_count; i++)
        collect->points[i].was_published = false; /* another broker, or one that forgot */
    collect_status(collect);
    collect_publish(collect);
}

static void on_lost(void *owner, const BpError *why)
{
    (void)owner;
    bp_log(BP_LOG_WARNING, "%s; readings are kept, trying again", why->text);
}

static void on_message(void *owner, BpStr topic, BpStr payload, bool retained)
{
    Collect *collect = owner;
    MdlRun run;
    MdlPosition positions[MDL_POSITIONS_MAX];
    size_t count;
    int64_t from;
    BpError err;
    (void)retained;
    const bool is_want = topic.size >= 4 && memcmp(topic.data + topic.size - 4, "want", 4) == 0;
    if (is_want && mdl_want_decode(payload, &run, &from, &err) == BP_OK)
        outbox_want(&collect->outbox, &run, from);
    else if (!is_want && mdl_stored_decode(payload, &run, positions, &count, &err) == BP_OK)
        outbox_stored(&collect->outbox, &run, positions, count, loop_now_us(collect->loop));
    else
        bp_log(BP_LOG_WARNING, "%.*s: %s", BP_STR_ARGS(topic), err.text);
    collect_publish(collect);
}

static BpStatus connect_broker(Collect *collect, const PgRows *rows, BpArena *arena, BpError *err)
{
    char status_topic[MDL_TOPIC_MAX], client_id[128];
    const BpStr user = pg_get_text(rows, 0, 2), ca_file = pg_get_text(rows, 0, 4);
    const char *password_file = bp_arena_text(arena, pg_get_text(rows, 0, 3)), *password = NULL;
    if (*password_file && cfg_secret_read(password_file, arena, &password, err) != BP_OK)
        return bp_within(err, "the broker's password_file");
    snprintf(client_id, sizeof client_id, "bacpipes-collect-%s", collect->cfg.site);
    BpBuf will = bp_buf_growing(4096);
    const MqttOptions options = {
        .host = bp_arena_text(arena, pg_get_text(rows, 0, 0)),
        .port = (uint16_t)pg_get_integer(rows, 0, 1),
        .client_id = client_id,
        .user = user.size ? bp_arena_text(arena, user) : NULL,
        .password = password,
        .ca_file = ca_file.size ? bp_arena_text(arena, ca_file) : NULL,
        .will_topic = mdl_topic(collect->cfg.site, "collect/status", status_topic),
        .will_payload = collect_status_text(collect, "offline", &will),
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
    char broker[sizeof collect->broker] = "";
    if (pg_row_count(rows) == 0) {
        bp_log(BP_LOG_WARNING,
               "table mqtt_config has no enabled broker for site %s: readings are kept in the spool",
               collect->cfg.site);
        mqtt_free(collect->mqtt, BP_SECOND);
        collect->mqtt = NULL;
        collect->broker[0] = '\0';
        return;
    }
    BpBuf text = bp_buf(broker, sizeof broker - 1);
    for (int column = 0; column < 5; column++)
        bp_buf_printf(&text, "%s%.*s", column ? " " : "", BP_STR_ARGS(pg_get_text(rows, 0, column)));
    if (strcmp(broker, collect->broker) != 0 || !collect->mqtt) {
        if (connect_broker(collect, rows, &arena, &err) == BP_OK)
            memcpy(collect->broker, broker, sizeof broker);
        else
            bp_log(BP_LOG_ERROR, "%s", err.text);
    }
    bp_arena_done(&arena);
}
