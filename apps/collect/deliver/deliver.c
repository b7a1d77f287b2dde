/* Readings to batches and on to the broker; what is not announced as stored goes to the spool after a while.
 */
#include "apps/collect/collect.h"
#include "apps/collect/deliver/spool_job.h"
#include "base/log.h"
#include "base/time.h"
#include "model/topic.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

static const int64_t PUBLISH_EVERY_US = 200 * BP_MS, STATE_EVERY_US = 10 * BP_MINUTE,
                     MARK_EVERY_US = BP_SECOND, DISOWN_PAUSE_US = 10 * BP_SECOND;

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

static char *state_topic(const Collect *collect, const SitePoint *point, char ret_topic[MDL_TOPIC_MAX])
{
    char object[BAC_REFERENCE_TEXT_MAX];
    bac_object_format((BacObjectId){point->object_type, point->object_instance}, object);
    if (*point->property) {
        const size_t used = strlen(object);
        snprintf(object + used, sizeof object - used, ",%s", point->property);
    }
    return mdl_state_topic(collect->cfg.site, point->device_id, object, ret_topic);
}

void collect_withdraw_state(Collect *collect, const SitePoint *point)
{
    char topic[MDL_TOPIC_MAX];
    BpError err;
    if (collect->mqtt && mqtt_publish(collect->mqtt, state_topic(collect, point, topic), bp_str(""), 1, true,
                                      NULL, &err) == BP_FULL)
        bp_log(BP_LOG_WARNING, "withdrawing %s: %s", topic, err.text);
}

static void publish_state(Collect *collect, SitePoint *point, const MdlReading *reading)
{
    char topic[MDL_TOPIC_MAX], at[BP_TIME_TEXT_MAX];
    BpError err;
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
    if (mqtt_publish(collect->mqtt, state_topic(collect, point, topic), bp_str(payload), 1, true, NULL,
                     &err) == BP_OK) {
        point->was_published = true;
        point->has_value = reading->has_value;
        point->value = reading->value;
        point->quality = reading->quality;
        point->published_at_us = reading->at_us;
    } /* else it still differs at the next reading */
    free(payload);
}

static void publish_states(Collect *collect, const MdlReading *readings, size_t count)
{
    if (!collect->mqtt || !mqtt_is_connected(collect->mqtt))
        return;
    for (size_t i = 0; i < count; i++) {
        SitePoint *point = (size_t)readings[i].point_id < collect->point_count
                               ? &collect->points[readings[i].point_id]
                               : NULL;
        if (point && point->is_known && state_has_changed(point, &readings[i]))
            publish_state(collect, point, &readings[i]);
    }
}

/* ---- readings to batches ---- */

void collect_readings(void *owner, const CollectDevice *device, const MdlReading *readings, size_t count)
{
    Collect *collect = owner;
    /* Its points may be another's by now, who answers. If they are not, the next probe tells its silence. */
    if (collect->is_behind && collect_device_is_away(device))
        return;
    BpBuf encoded = bp_buf_growing(MDL_BATCH_OCTETS_MAX);
    for (size_t i = 0; i < count; i += MDL_BATCH_READINGS_MAX) {
        const size_t part = count - i < MDL_BATCH_READINGS_MAX ? count - i : MDL_BATCH_READINGS_MAX;
        bp_buf_clear(&encoded);
        mdl_batch_encode(&encoded, device->device_id, readings + i, part);
        outbox_put(&collect->outbox, bp_buf_text(&encoded), part, device->first_reading_us);
    }
    bp_buf_done(&encoded);
    publish_states(collect, readings, count);
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

static Spool spool_of(const Collect *collect)
{
    return (Spool){&spool_files, collect->spool_folder};
}

static void do_spool_job(void *context)
{
    const Collect *collect = context; /* its folder stays what it is */
    const Spool spool = spool_of(collect);
    spool_job_do(collect->spool_job, &spool);
}

/* What fails is said when it begins and when it ends. */
static void tell_append(Collect *collect, const SpoolJob *job)
{
    if (job->status == BP_OK && collect->spool_failed)
        bp_log(BP_LOG_NOTICE, "the spool can be written again");
    if (job->status != BP_OK && !collect->spool_failed)
        bp_log(BP_LOG_ERROR, "the spool cannot be written, batches wait in memory: %s", job->err.text);
    collect->spool_failed = job->status != BP_OK;
}

static void tell_read(Collect *collect, const SpoolJob *job)
{
    const int64_t now_us = loop_now_us(collect->loop);
    collect->lost_on_disk += job->given_up;
    collect->lost_on_disk_ever += job->given_up;
    if ((job->status == BP_OK && !job->given_up) || now_us < collect->say_read_again_us)
        return;
    collect->say_read_again_us = now_us + BP_MINUTE;
    if (job->status != BP_OK)
        bp_log(BP_LOG_ERROR, "reading the spool: %s", job->err.text);
    if (collect->lost_on_disk)
        bp_log(
            BP_LOG_ERROR,
            "%llu batches were in the spool alone and cannot be read any more: they are given up, and those "
            "behind them are sent",
            (unsigned long long)collect->lost_on_disk);
    collect->lost_on_disk = 0;
}

static void end_spool_job(Collect *collect, SpoolJob *job)
{
    spool_job_end(job, &collect->outbox, loop_now_us(collect->loop));
    switch (job->kind) {
    case SPOOL_APPEND: tell_append(collect, job); break;
    case SPOOL_READ: tell_read(collect, job); break;
    case SPOOL_REMOVE:
        if (job->status != BP_OK)
            bp_log(BP_LOG_ERROR, "removing what is stored from the spool: %s", job->err.text);
        break;
    }
    spool_job_free(job);
}

static void on_spool_job_done(void *context)
{
    Collect *collect = context;
    SpoolJob *job = collect->spool_job;
    collect->spool_job = NULL;
    end_spool_job(collect, job);
    if (collect->publish_timer)
        loop_timer_set(collect->publish_timer, 0);
}

/* Beside the loop, one thing at a time. */
static void work_on_spool(Collect *collect, int64_t now_us, bool is_sending)
{
    if (collect->spool_job)
        return;
    const bool is_crowded = (int64_t)collect->outbox.memory > collect->outbox.memory_max;
    const int64_t before_us = is_crowded ? INT64_MAX : now_us - collect->cfg.spool_after;
    collect->spool_job = spool_job_new(&collect->outbox, before_us, is_sending, now_us);
    if (collect->spool_job)
        loop_work(collect->loop, do_spool_job, on_spool_job_done, collect);
}

static void tell_problem(void *context, const char *text)
{
    (void)context;
    bp_log(BP_LOG_WARNING, "%s", text);
}

/* ---- since when readings may lack, should we be killed ---- */

/* The oldest reading that is neither stored nor in a segment: in a batch, or not even that yet. */
static int64_t safe_until_us(const Collect *collect, int64_t now_us)
{
    int64_t safe_us = outbox_safe_until_us(&collect->outbox, now_us);
    for (const CollectDevice *device = collect_poll_devices(collect->poller); device; device = device->next)
        if (device->reading_count > 0 && device->first_reading_us < safe_us)
            safe_us = device->first_reading_us;
    return safe_us;
}

static void do_mark(void *context)
{
    Collect *collect = context;
    const Spool spool = spool_of(collect);
    BpError err;
    (void)!spool_mark(&spool, collect->marked_us, false, &err); /* an older mark is true as well */
}

static void on_marked(void *context)
{
    Collect *collect = context;
    collect->is_marking = false;
}

static void mark(Collect *collect, int64_t now_us)
{
    if (collect->is_marking || now_us < collect->mark_again_us)
        return;
    collect->is_marking = true;
    collect->mark_again_us = now_us + MARK_EVERY_US;
    collect->marked_us = bp_wall_us() - (now_us - safe_until_us(collect, now_us));
    loop_work(collect->loop, do_mark, on_marked, collect);
}

static BpStatus begin_mark(const Spool *spool, BpError *err)
{
    int64_t safe_us;
    char from[BP_TIME_TEXT_MAX];
    const BpStatus left = spool_marked(spool, &safe_us, err);
    if (left == BP_OK)
        bp_log(BP_LOG_WARNING,
               "the collector did not end in order the last time: all readings until %s are stored or in the "
               "spool, later "
               "ones may lack",
               bp_time_format(safe_us, 3, from));
    else if (left != BP_NOT_FOUND)
        bp_log(BP_LOG_WARNING,
               "the collector did not end in order the last time, and its last readings may lack (since when "
               "is not "
               "known: %s)",
               err->text);
    return spool_mark(spool, bp_wall_us(), true, err);
}

/* ---- opening and closing it ---- */

static MdlRun draw_run(const Collect *collect)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = collect->seed ^ (uint64_t)bp_wall_us();
    return mdl_run(random);
}

static bool rename_disowned(void *context, const MdlRun *run)
{
    Collect *collect = context;
    const MdlRun fresh = draw_run(collect);
    return outbox_rename(&collect->outbox, run, &fresh);
}

BpStatus collect_open_spool(Collect *collect, BpError *err)
{
    const size_t size = strlen(collect->cfg.data_folder) + sizeof "/spool";
    collect->spool_folder = bp_arena_take(&collect->arena, size);
    snprintf(collect->spool_folder, size, "%s/spool", collect->cfg.data_folder);
    collect->spool_lock = spool_lock(collect->spool_folder, err);
    if (collect->spool_lock < 0)
        return err->status;
    const Spool spool = spool_of(collect);
    const MdlRun run = mdl_run(collect->seed);
    collect->outbox.memory_max = collect->cfg.spool_memory;
    collect->outbox.disk_max = collect->cfg.spool_size;
    collect->outbox.owner = collect;
    collect->outbox.send = send_batch;
    const BpStatus status = spool_recover(&spool, &collect->outbox, &run, tell_problem, NULL, err);
    if (status != BP_OK)
        return status;
    spool_disowned(&spool, rename_disowned, collect);
    if (collect->outbox.count)
        bp_log(BP_LOG_INFO, "%zu batches of earlier runs wait in the spool", collect->outbox.count);
    if (begin_mark(&spool, err) != BP_OK)
        bp_log(BP_LOG_WARNING, "the spool cannot be written: %s", err->text);
    return BP_OK;
}

/* At the end everything that is not stored goes to the spool, and what is done is removed from it. Work that
 * is under way is waited for; the rest is done here and now. */
void collect_close_spool(Collect *collect)
{
    const Spool spool = spool_of(collect);
    Outbox *outbox = &collect->outbox;
    SpoolJob *job;
    while (collect->spool_job || collect->is_marking || collect->is_disowning)
        loop_run_once(collect->loop, BP_SECOND);
    outbox->append_again_us = 0; /* a last try */
    while ((job = spool_job_new(outbox, INT64_MAX, false, loop_now_us(collect->loop))) != NULL) {
        spool_job_do(job, &spool);
        end_spool_job(collect, job);
    }
    const size_t only_in_memory = outbox_only_in_memory(outbox);
    if (only_in_memory)
        bp_log(BP_LOG_ERROR,
               "%zu batches are lost: they were neither stored nor could they be written to the spool",
               only_in_memory);
    else
        spool_unmark(&spool);
    if (outbox->count > only_in_memory)
        bp_log(BP_LOG_INFO, "%zu batches wait in the spool for the next run", outbox->count - only_in_memory);
    close(collect->spool_lock);
}

/* ---- again and again ---- */

/* For want of room: said when it begins, and again with the figures when all has gone. */
static void tell_given_up(Collect *collect)
{
    const OutboxCounts *counts = &collect->outbox.counts;
    const uint64_t given_up = counts->given_up - collect->lost_on_disk_ever;
    if (given_up > collect->said_given_up && !collect->is_giving_up) {
        collect->is_giving_up = true;
        bp_log(BP_LOG_ERROR, "there is no room for more batches (%s): the oldest are given up from now on",
               collect->spool_failed ? "the spool cannot be written" : "spool.size");
    }
    if (collect->is_giving_up && collect->outbox.count == 0) {
        collect->is_giving_up = false;
        bp_log(BP_LOG_ERROR, "%llu batches were given up; %llu of all until now are known to be lost",
               (unsigned long long)(given_up - collect->said_given_up), (unsigned long long)counts->dropped);
        collect->said_given_up = given_up;
    }
}

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
    if (connected)
        outbox_send(&collect->outbox, now_us);
    work_on_spool(collect, now_us, connected);
    mark(collect, now_us);
    tell_given_up(collect);
}

/* ---- what ingest says ---- */

void collect_deliver_connected(Collect *collect)
{
    char topic[MDL_TOPIC_MAX];
    mqtt_subscribe(collect->mqtt, mdl_topic(collect->cfg.site, "readings/stored", topic), 1);
    mqtt_subscribe(collect->mqtt, mdl_topic(collect->cfg.site, "readings/want", topic), 1);
    outbox_rewind(&collect->outbox, loop_now_us(collect->loop));
    for (size_t i = 0; i < collect->point_count; i++)
        collect->points[i].was_published = false; /* another broker, or one that forgot */
    collect_publish(collect);
}

static void tell_disbelieved(Collect *collect, BpStr topic)
{
    const uint64_t disbelieved = collect->outbox.counts.disbelieved;
    const int64_t now_us = loop_now_us(collect->loop);
    if (disbelieved == collect->said_disbelieved || now_us < collect->say_disbelieved_again_us)
        return;
    bp_log(BP_LOG_WARNING,
           "%.*s speaks of batches of this run that there are not (%llu times until now): it is not believed",
           BP_STR_ARGS(topic), (unsigned long long)disbelieved);
    collect->said_disbelieved = disbelieved;
    collect->say_disbelieved_again_us = now_us + BP_MINUTE;
}

static void do_disown(void *context)
{
    Collect *collect = context;
    const Spool spool = spool_of(collect);
    collect->disown_status = spool_disown(&spool, &collect->disowned, &collect->disown_err);
}

static void on_disown_done(void *context)
{
    Collect *collect = context;
    collect->is_disowning = false;
    if (collect->disown_status != BP_OK)
        bp_log(BP_LOG_ERROR, "the spool cannot be written: %s", collect->disown_err.text);
}

/* Another has spoken to ingest in our run's name, and ingest takes our own batches for repeats. */
static void disown(Collect *collect)
{
    const int64_t now_us = loop_now_us(collect->loop);
    if (!collect->outbox.wants_name || collect->is_disowning || now_us < collect->disown_again_us)
        return;
    const MdlRun fresh = draw_run(collect);
    collect->disowned = *outbox_own_kept(&collect->outbox);
    collect->is_disowning = true;
    collect->disown_again_us = now_us + DISOWN_PAUSE_US;
    (void)outbox_rename(&collect->outbox, &collect->disowned, &fresh);
    bp_log(BP_LOG_ERROR,
           "somebody else publishes readings in our name, so that ingest expects other numbers than ours: "
           "what is "
           "held is sent as another run, %s; who knows the broker's password?",
           fresh.text);
    loop_work(collect->loop, do_disown, on_disown_done, collect);
}

void collect_deliver_message(Collect *collect, BpStr topic, BpStr payload)
{
    MdlRun run;
    MdlPosition positions[MDL_POSITIONS_MAX];
    size_t count;
    int64_t from;
    BpError err;
    const bool is_want = topic.size >= 4 && memcmp(topic.data + topic.size - 4, "want", 4) == 0;
    if (is_want && mdl_want_decode(payload, &run, &from, &err) == BP_OK)
        outbox_want(&collect->outbox, &run, from);
    else if (!is_want && mdl_stored_decode(payload, &run, positions, &count, &err) == BP_OK)
        outbox_stored(&collect->outbox, &run, positions, count, loop_now_us(collect->loop));
    else
        bp_log(BP_LOG_WARNING, "%.*s: %s", BP_STR_ARGS(topic), err.text);
    tell_disbelieved(collect, topic);
    disown(collect);
    collect_publish(collect);
}
