/* What a site's broker says. What it keeps for newcomers, each point's state, is there at once; from then on
 * each reading is. Both tell the same, and what is older than what is known is passed over. */
#include "apps/web/live/room.h"
#include "base/log.h"
#include "base/time.h"
#include "model/batch.h"
#include "model/topic.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const roles[] = {"collect", "ingest"};
enum { ROLES = sizeof roles / sizeof roles[0] };
enum { STATE_OCTETS_MAX = 64 * 1024, REASON_MAX = 256 };

struct LiveHearer {
    LiveSite *site;
    SiteBroker *broker;
    BpArena arena; /* of one message */
    bool is_connected;
    const char *states[ROLES]; /* of the programs, as they were told; NULL: not yet */
};

/* What is from the future would be believed for ever, since all that follows is older. */
static const int64_t FUTURE_US = BP_HOUR;

static void take(LiveHearer *hearer, int64_t id, const StoreValue *value)
{
    if (value->at_us <= 0 || value->at_us > bp_wall_us() + FUTURE_US)
        return;
    if (live_values_set(hearer->site->values, id, value))
        live_wake(hearer->site->live);
}

static void take_batch(LiveHearer *hearer, BpStr payload)
{
    MdlBatch batch;
    bool has_position;
    if (payload.size > MDL_BATCH_OCTETS_MAX ||
        mdl_batch_decode(payload, &hearer->arena, &batch, &has_position, NULL) != BP_OK)
        return; /* ingest puts it aside, and says so */
    for (size_t i = 0; i < batch.count; i++) {
        const MdlReading *reading = &batch.readings[i];
        char reason[REASON_MAX];
        (void)bp_str_copy(reading->reason, reason, sizeof reason);
        take(hearer, reading->point_id,
             &(StoreValue){.value = reading->value,
                           .at_us = reading->at_us,
                           .has_value = reading->has_value,
                           .quality = reading->quality,
                           .reason = reason});
    }
}

static bool read_quality(const char *name, MdlQuality *ret_quality)
{
    for (MdlQuality quality = MDL_GOOD; name && quality <= MDL_BAD; quality++)
        if (strcmp(name, mdl_quality_name(quality)) == 0) {
            *ret_quality = quality;
            return true;
        }
    return false;
}

static void take_state(LiveHearer *hearer, BpStr payload)
{
    if (payload.size > STATE_OCTETS_MAX)
        return;
    json_auto_t *state = json_loadb(payload.data, payload.size, JSON_REJECT_DUPLICATES, NULL);
    const json_t *value = json_object_get(state, "value");
    const char *at = json_string_value(json_object_get(state, "at"));
    const char *reason = json_string_value(json_object_get(state, "reason"));
    StoreValue now = {
        .value = json_number_value(value), .has_value = json_is_number(value), .reason = reason};
    if (!at || bp_time_parse(bp_str(at), &now.at_us, NULL) != BP_OK ||
        !read_quality(json_string_value(json_object_get(state, "quality")), &now.quality))
        return;
    char short_reason[REASON_MAX];
    (void)bp_str_copy(bp_str(reason ? reason : ""), short_reason, sizeof short_reason);
    now.reason = short_reason;
    take(hearer, json_integer_value(json_object_get(state, "point")), &now);
}

/* Whoever may publish there can say anything: what is no word of ours is "unknown". They say it every 10 s;
 * it is news where it is another word. */
static void take_status(LiveHearer *hearer, size_t role, BpStr payload)
{
    static const char *const states[] = {"online", "offline"};
    if (payload.size > STATE_OCTETS_MAX)
        return;
    json_auto_t *status = json_loadb(payload.data, payload.size, JSON_REJECT_DUPLICATES, NULL);
    const char *said = json_string_value(json_object_get(status, "state")), *state = "unknown";
    for (size_t i = 0; said && i < sizeof states / sizeof states[0]; i++)
        if (strcmp(said, states[i]) == 0)
            state = states[i];
    if (hearer->states[role] && strcmp(hearer->states[role], state) == 0)
        return;
    hearer->states[role] = state;
    store_set_role(hearer->site->live->web->store, live_values_site(hearer->site->values),
                   bp_str(roles[role]), bp_str(state));
    hearer->site->has_other_roles = true;
    live_wake(hearer->site->live);
}

/* ---- the broker ---- */

static void on_message(void *owner, const MqttMessage *message)
{
    LiveHearer *hearer = owner;
    const char *site = hearer->site->id;
    char topic[MDL_TOPIC_MAX], rest[64];
    if (bp_str_equal(message->topic, bp_str(mdl_topic(site, "readings", topic)))) {
        take_batch(hearer, message->payload);
        bp_arena_reset(&hearer->arena);
        return;
    }
    for (size_t i = 0; i < ROLES; i++) {
        snprintf(rest, sizeof rest, "%s/status", roles[i]);
        if (bp_str_equal(message->topic, bp_str(mdl_topic(site, rest, topic)))) {
            take_status(hearer, i, message->payload);
            return;
        }
    }
    if (message->payload.size) /* none: the point has been withdrawn */
        take_state(hearer, message->payload);
}

static void say_broker(LiveHearer *hearer, bool is_connected)
{
    hearer->is_connected = is_connected;
    hearer->site->live->web->has_broker = is_connected;
    hearer->site->has_other_roles = true;
    live_wake(hearer->site->live);
}

static void on_connected(void *owner)
{
    LiveHearer *hearer = owner;
    Mqtt *mqtt = site_broker_mqtt(hearer->broker);
    const char *site = hearer->site->id;
    char topic[MDL_TOPIC_MAX];
    for (size_t i = 0; i < ROLES; i++) {
        char rest[64];
        snprintf(rest, sizeof rest, "%s/status", roles[i]);
        mqtt_subscribe(mqtt, mdl_topic(site, rest, topic), 1);
    }
    mqtt_subscribe(mqtt, mdl_topic(site, "readings", topic), 0); /* what is lost, the next one replaces */
    mqtt_subscribe(mqtt, mdl_topic(site, "points/+/+/state", topic), 1);
    site_broker_say_status(hearer->broker, "online", NULL);
    say_broker(hearer, true);
}

static void on_lost(void *owner, const BpError *why)
{
    LiveHearer *hearer = owner;
    if (hearer->is_connected)
        bp_log(BP_LOG_WARNING, "%s; values stay as they were until the broker is back", why->text);
    say_broker(hearer, false);
}

LiveHearer *live_hearer_new(LiveSite *site)
{
    LiveHearer *hearer = calloc(1, sizeof *hearer);
    if (!hearer)
        abort();
    hearer->site = site;
    hearer->broker = site_broker_new(&(SiteBrokerOptions){.loop = site->live->web->loop,
                                                          .pg = site->live->pg,
                                                          .site = site->id,
                                                          .role = "web",
                                                          .started_at_us = site->live->web->started_at_us,
                                                          .without = "values are not live",
                                                          .owner = hearer,
                                                          .on_connected = on_connected,
                                                          .on_lost = on_lost,
                                                          .on_message = on_message});
    return hearer;
}

void live_hearer_leave(LiveHearer *hearer)
{
    site_broker_say_status(hearer->broker, "offline", NULL);
    site_broker_free(hearer->broker, BP_SECOND);
    hearer->broker = NULL;
}

void live_hearer_free(LiveHearer *hearer)
{
    if (hearer->broker)
        live_hearer_leave(hearer);
    bp_arena_done(&hearer->arena);
    free(hearer);
}

void live_hearer_database_connected(LiveHearer *hearer)
{
    site_broker_database_connected(hearer->broker);
}

void live_hearer_changed(LiveHearer *hearer)
{
    site_broker_changed(hearer->broker);
}

bool live_hearer_is_connected(const LiveHearer *hearer)
{
    return hearer->is_connected;
}
