#include "apps/collect/deliver/deliver.h"

#include "apps/collect/deliver/batch.h"
#include "apps/collect/deliver/own_run.h"
#include "apps/collect/deliver/recover.h"
#include "apps/collect/deliver/spool_work.h"
#include "base/log.h"
#include "base/time.h"
#include "model/topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const int64_t LOOK_EVERY_US = 200 * BP_MS;
enum { NO_LOCK = -1 };

struct CollectDeliver {
    CollectDeliverOptions options;
    char site[MDL_SITE_ID_MAX + 1];
    char *folder; /* of the spool */
    Spool spool;
    int lock; /* of the spool; NO_LOCK: not open */
    Outbox *outbox;
    SpoolWork *work;
    OwnRun *run;
    PointStates *states;
    HomeAssistant *home;
    LoopTimer *timer; /* NULL: not open, or at the end */
    uint64_t said_disbelieved;
    int64_t say_disbelieved_again_us;
};

/* The connection, if there is one and it stands. */
static Mqtt *connected(const CollectDeliver *deliver)
{
    Mqtt *mqtt = deliver->options.mqtt(deliver->options.owner);
    return mqtt && mqtt_is_connected(mqtt) ? mqtt : NULL;
}

static bool send_batch(void *owner, const MdlRun *run, int64_t n, int64_t oldest, BpStr payload)
{
    const CollectDeliver *deliver = owner;
    return batch_send(deliver->options.mqtt(deliver->options.owner), deliver->site, run, n, oldest, payload);
}

static bool name_point(void *owner, int32_t point_id, CollectPointName *ret_name)
{
    const CollectDeliver *deliver = owner;
    return deliver->options.name_point(deliver->options.owner, point_id, ret_name);
}

static int32_t points_end(void *owner)
{
    const CollectDeliver *deliver = owner;
    return deliver->options.points_end(deliver->options.owner);
}

static BpStatus publish_state(void *owner, const char *topic, BpStr payload, BpError *err)
{
    const CollectDeliver *deliver = owner;
    Mqtt *mqtt = deliver->options.mqtt(deliver->options.owner);
    return mqtt ? mqtt_publish(mqtt, topic, payload, 1, true, NULL, err)
                : bp_fail(err, BP_UNAVAILABLE, "there is no broker");
}

/* ---- again and again ---- */

static void look_soon(void *owner)
{
    CollectDeliver *deliver = owner;
    if (deliver->timer)
        loop_timer_set(deliver->timer, 0);
}

/* The oldest reading that is neither stored nor in a segment: in a batch, or not even that yet. */
static int64_t safe_until_us(const CollectDeliver *deliver, int64_t now_us)
{
    const int64_t outbox_us = outbox_safe_until_us(deliver->outbox, now_us),
                  reading_us = deliver->options.oldest_reading_us(deliver->options.owner, now_us);
    return outbox_us < reading_us ? outbox_us : reading_us;
}

static void look(void *owner)
{
    CollectDeliver *deliver = owner;
    const int64_t now_us = loop_now_us(deliver->options.loop);
    const bool is_connected = connected(deliver) != NULL;
    loop_timer_set(deliver->timer, now_us + LOOK_EVERY_US);
    if (is_connected && outbox_is_quiet(deliver->outbox, now_us))
        outbox_rewind(deliver->outbox, now_us);
    if (is_connected)
        outbox_send(deliver->outbox, now_us);
    if (is_connected)
        home_assistant_advance(deliver->home);
    spool_work_advance(deliver->work,
                       outbox_is_crowded(deliver->outbox) ? INT64_MAX
                                                          : now_us - deliver->options.settings.spool_after_us,
                       is_connected, now_us);
    own_run_mark(deliver->run, safe_until_us(deliver, now_us), now_us);
    spool_work_tell_given_up(deliver->work);
}

void collect_deliver_readings(CollectDeliver *deliver, int32_t device_id, const MdlReading *readings,
                              size_t count, int64_t first_us)
{
    batch_put(deliver->outbox, device_id, readings, count, first_us);
    if (connected(deliver))
        states_publish(deliver->states, readings, count);
    look_soon(deliver);
}

void collect_deliver_points_changed(CollectDeliver *deliver)
{
    states_withdraw(deliver->states);
    home_assistant_points_changed(deliver->home);
}

/* ---- the broker ---- */

void collect_deliver_connected(CollectDeliver *deliver)
{
    char topic[MDL_TOPIC_MAX];
    Mqtt *mqtt = deliver->options.mqtt(deliver->options.owner);
    mqtt_subscribe(mqtt, mdl_topic(deliver->site, "readings/stored", topic), 1);
    mqtt_subscribe(mqtt, mdl_topic(deliver->site, "readings/want", topic), 1);
    mqtt_subscribe(mqtt, home_assistant_pattern(deliver->home), 1);
    outbox_rewind(deliver->outbox, loop_now_us(deliver->options.loop));
    states_forget(deliver->states);
    home_assistant_forget(deliver->home);
    look_soon(deliver);
}

static void tell_disbelieved(CollectDeliver *deliver, BpStr topic, int64_t now_us)
{
    const uint64_t disbelieved = outbox_counts(deliver->outbox).disbelieved;
    if (disbelieved == deliver->said_disbelieved || now_us < deliver->say_disbelieved_again_us)
        return;
    bp_log(BP_LOG_WARNING,
           "%.*s speaks of batches of this run that there are not (%llu times until now): it is not believed",
           BP_STR_ARGS(topic), (unsigned long long)disbelieved);
    deliver->said_disbelieved = disbelieved;
    deliver->say_disbelieved_again_us = now_us + BP_MINUTE;
}

void collect_deliver_message(CollectDeliver *deliver, BpStr topic, BpStr payload)
{
    MdlRun run;
    MdlPosition positions[MDL_POSITIONS_MAX];
    size_t count;
    int64_t from;
    BpError err;
    const int64_t now_us = loop_now_us(deliver->options.loop);
    if (home_assistant_heard(deliver->home, topic, payload))
        return;
    const bool is_want = topic.size >= 4 && memcmp(topic.data + topic.size - 4, "want", 4) == 0;
    if (is_want && mdl_want_decode(payload, &run, &from, &err) == BP_OK)
        outbox_want(deliver->outbox, &run, from);
    else if (!is_want && mdl_stored_decode(payload, &run, positions, &count, &err) == BP_OK)
        outbox_stored(deliver->outbox, &run, positions, count, now_us);
    else
        bp_log(BP_LOG_WARNING, "%.*s: %s", BP_STR_ARGS(topic), err.text);
    tell_disbelieved(deliver, topic, now_us);
    own_run_disown_if_forged(deliver->run, now_us);
    look_soon(deliver);
}

/* ---- beginning and ending ---- */

CollectDeliver *collect_deliver_new(const CollectDeliverOptions *options)
{
    CollectDeliver *deliver = calloc(1, sizeof *deliver);
    const size_t size = strlen(options->data_folder) + sizeof "/spool";
    char *folder = malloc(size);
    if (!deliver || !folder)
        abort();
    snprintf(folder, size, "%s/spool", options->data_folder);
    deliver->options = *options;
    snprintf(deliver->site, sizeof deliver->site, "%s", options->site);
    deliver->options.site = deliver->options.data_folder = deliver->options.home_prefix = NULL;
    deliver->folder = folder;
    deliver->spool = (Spool){&spool_files, folder};
    deliver->lock = NO_LOCK;
    const OutboxOptions outbox = {.owner = deliver, .send = send_batch};
    const PointStatesHooks states = {.owner = deliver, .name_point = name_point, .publish = publish_state};
    const HomeAssistantHooks home = {
        .owner = deliver, .name_point = name_point, .points_end = points_end, .publish = publish_state};
    deliver->home = home_assistant_new(deliver->site, options->home_prefix, &home);
    deliver->outbox = outbox_new(&outbox);
    deliver->states = states_new(deliver->site, &states);
    deliver->work = spool_work_new(options->loop, &deliver->spool, deliver->outbox, look_soon, deliver);
    deliver->run = own_run_new(options->loop, &deliver->spool, deliver->outbox, options->seed);
    collect_deliver_set(deliver, &options->settings);
    return deliver;
}

void collect_deliver_set(CollectDeliver *deliver, const CollectDeliverSettings *settings)
{
    deliver->options.settings = *settings;
    home_assistant_choose(deliver->home, settings->home);
    outbox_set_room(deliver->outbox, settings->memory_max, settings->disk_max);
}

static void tell_problem(void *context, const char *text)
{
    (void)context;
    bp_log(BP_LOG_WARNING, "%s", text);
}

BpStatus collect_deliver_open(CollectDeliver *deliver, BpError *err)
{
    const MdlRun name = mdl_run(deliver->options.seed);
    deliver->lock = spool_lock(deliver->folder, err);
    if (deliver->lock < 0)
        return err->status;
    BP_TRY(spool_recover(&deliver->spool, deliver->outbox, &name, tell_problem, NULL, err));
    own_run_begin(deliver->run);
    deliver->timer = loop_timer_new(deliver->options.loop, look, deliver);
    look_soon(deliver);
    return BP_OK;
}

/* Work that is under way is waited for; the rest is done here and now. */
static void put_away(CollectDeliver *deliver)
{
    loop_timer_free(deliver->timer);
    deliver->timer = NULL;
    while (spool_work_is_under_way(deliver->work) || own_run_is_writing(deliver->run))
        loop_run_once(deliver->options.loop, BP_SECOND);
    spool_work_finish(deliver->work);
    const size_t only_in_memory = outbox_only_in_memory(deliver->outbox),
                 waiting = outbox_counts(deliver->outbox).waiting;
    if (only_in_memory)
        bp_log(BP_LOG_ERROR,
               "%zu batches are lost: they were neither stored nor could they be written to the spool",
               only_in_memory);
    else
        own_run_end(deliver->run);
    if (waiting > only_in_memory)
        bp_log(BP_LOG_INFO, "%zu batches wait in the spool for the next run", waiting - only_in_memory);
}

void collect_deliver_free(CollectDeliver *deliver)
{
    if (!deliver)
        return;
    if (deliver->timer)
        put_away(deliver);
    if (deliver->lock != NO_LOCK)
        close(deliver->lock);
    own_run_free(deliver->run);
    spool_work_free(deliver->work);
    states_free(deliver->states);
    home_assistant_free(deliver->home);
    outbox_free(deliver->outbox);
    free(deliver->folder);
    free(deliver);
}

/* ---- what is stored ---- */

/* As segments have it: our own run may get another name, and begins at 1 again. */
typedef struct Look {
    const MdlRun *own;
    int64_t last;
    int64_t found; /* the largest of our own that waits */
    bool waits;    /* one up to `last`, or of an earlier run */
} Look;

static void look_at_item(void *context, const OutboxItem *item)
{
    Look *look_for = context;
    const bool is_own = strcmp(item->run->text, look_for->own->text) == 0;
    look_for->waits |= !is_own || item->n <= look_for->last;
    if (is_own && item->n > look_for->found)
        look_for->found = item->n;
}

int64_t collect_deliver_last(const CollectDeliver *deliver)
{
    Look look_for = {.own = &outbox_own(deliver->outbox)->name};
    outbox_each(deliver->outbox, look_at_item, &look_for);
    return look_for.found;
}

bool collect_deliver_is_stored(const CollectDeliver *deliver, int64_t last)
{
    Look look_for = {.own = &outbox_own(deliver->outbox)->name, .last = last};
    outbox_each(deliver->outbox, look_at_item, &look_for);
    return !look_for.waits;
}

OutboxCounts collect_deliver_counts(const CollectDeliver *deliver)
{
    return outbox_counts(deliver->outbox);
}
