#include "apps/collect/deliver/home_assistant.h"

#include "apps/collect/deliver/home_assistant_json.h"
#include "base/parse.h"
#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* At a time: so many are told, and so many looked at. Called five times a second, a site of 50,000 points is
 * told in two minutes, and what waits for the broker stays far below its room. */
enum { TOLD_MAX = 100, LOOKED_AT_MAX = 20000, FIRST_CAPACITY = 256, POINT_ID_MAX = 1000 * 1000 };
enum { UNKNOWN_CONTENTS = 1 }; /* a hash that no message has: the broker has one of another run */

/* What the broker has of a point. */
typedef struct Told {
    uint64_t hash; /* of all that the message is made of; 0: it has none */
    bool is_binary;
} Told;

struct HomeAssistant {
    HomeAssistantHooks hooks;
    char site[MDL_SITE_ID_MAX + 1], prefix[MDL_SITE_ID_MAX + 1], pattern[MDL_TOPIC_MAX];
    HomeChoice choice;
    bool is_known; /* which points there are */
    Told *items;   /* by point_id */
    int32_t count;
    int32_t next; /* to be looked at */
};

static const char *const components[] = {"sensor", "binary_sensor"};

static Told *find_or_add(HomeAssistant *home, int32_t point_id)
{
    if (point_id >= home->count) {
        int32_t count = home->count ? home->count : FIRST_CAPACITY;
        while (count <= point_id)
            count *= 2;
        home->items = realloc(home->items, (size_t)count * sizeof *home->items);
        if (!home->items)
            abort();
        memset(home->items + home->count, 0, (size_t)(count - home->count) * sizeof *home->items);
        home->count = count;
    }
    return &home->items[point_id];
}

static void look_from(HomeAssistant *home, int32_t point_id)
{
    if (point_id < home->next)
        home->next = point_id;
}

/* ---- one point ---- */

static void config_topic(const HomeAssistant *home, int32_t point_id, bool is_binary,
                         char ret_topic[MDL_TOPIC_MAX])
{
    snprintf(ret_topic, MDL_TOPIC_MAX, "%s/%s/bacpipes_%s/%d/config", home->prefix, components[is_binary],
             home->site, (int)point_id);
}

static bool is_chosen(const HomeAssistant *home, int32_t point_id, CollectPointName *ret_name)
{
    return home->choice != HOME_NONE && home->hooks.name_point(home->hooks.owner, point_id, ret_name) &&
           ret_name->is_polled && (home->choice == HOME_ALL || ret_name->is_tagged);
}

static uint64_t hash_text(const char *text, uint64_t start)
{
    return bp_hash(text, strlen(text) + 1, start);
}

static uint64_t hash_of(const CollectPointName *name)
{
    const int64_t numbers[] = {name->device_id, name->object.type, name->object.instance,
                               (int64_t)name->state_count};
    uint64_t hash = bp_hash(numbers, sizeof numbers, 0);
    hash = hash_text(name->units, hash_text(name->name, hash_text(name->property, hash)));
    for (size_t i = 0; i < name->state_count; i++)
        hash = hash_text(name->states[i], hash);
    if (name->device.name) {
        hash = hash_text(name->device.vendor, hash_text(name->device.name, hash));
        hash = hash_text(name->device.version, hash_text(name->device.model, hash));
    }
    return hash > UNKNOWN_CONTENTS ? hash : hash + 2;
}

static BpStatus withdraw(HomeAssistant *home, int32_t point_id, Told *told)
{
    char topic[MDL_TOPIC_MAX];
    BpError err;
    config_topic(home, point_id, told->is_binary, topic);
    BP_TRY(home->hooks.publish(home->hooks.owner, topic, bp_str(""), &err));
    told->hash = 0;
    return BP_OK;
}

static BpStatus tell(HomeAssistant *home, int32_t point_id, const CollectPointName *name, uint64_t hash)
{
    char topic[MDL_TOPIC_MAX], state[MDL_TOPIC_MAX];
    BpError err;
    Told *told = find_or_add(home, point_id);
    const bool is_binary = strcmp(home_assistant_component(name), components[1]) == 0;
    if (told->hash && told->is_binary != is_binary)
        BP_TRY(withdraw(home, point_id, told));
    states_topic(home->site, name, state);
    char *json = home_assistant_json(home->site, point_id, name, state);
    if (!json)
        return BP_OK;
    config_topic(home, point_id, is_binary, topic);
    const BpStatus status = home->hooks.publish(home->hooks.owner, topic, bp_str(json), &err);
    free(json);
    if (status == BP_OK)
        *told = (Told){.hash = hash, .is_binary = is_binary};
    return status;
}

/* Whether something went out; anything but BP_OK: the broker takes nothing now. */
static BpStatus look(HomeAssistant *home, int32_t point_id, bool *ret_told)
{
    CollectPointName name;
    Told *told = point_id < home->count ? &home->items[point_id] : NULL;
    *ret_told = true;
    if (is_chosen(home, point_id, &name)) {
        const uint64_t hash = hash_of(&name);
        if (!told || told->hash != hash)
            return tell(home, point_id, &name, hash);
    } else if (told && told->hash) {
        return withdraw(home, point_id, told);
    }
    *ret_told = false;
    return BP_OK;
}

/* ---- all of them ---- */

void home_assistant_advance(HomeAssistant *home)
{
    if (!home->is_known)
        return;
    const int32_t known = home->hooks.points_end(home->hooks.owner);
    const int32_t end = known > home->count ? known : home->count;
    for (int told = 0, seen = 0; home->next < end && told < TOLD_MAX && seen < LOOKED_AT_MAX; seen++) {
        bool has_told;
        if (look(home, home->next, &has_told) != BP_OK)
            return; /* the same again */
        told += has_told;
        home->next++;
    }
}

void home_assistant_choose(HomeAssistant *home, HomeChoice choice)
{
    if (home->choice != choice)
        look_from(home, 0);
    home->choice = choice;
}

void home_assistant_points_changed(HomeAssistant *home)
{
    home->is_known = true;
    look_from(home, 0);
}

void home_assistant_forget(HomeAssistant *home)
{
    for (int32_t i = 0; i < home->count; i++)
        home->items[i].hash = 0;
    look_from(home, 0);
}

/* ---- what the broker has ---- */

const char *home_assistant_pattern(const HomeAssistant *home)
{
    return home->pattern;
}

/* "homeassistant/sensor/bacpipes_macau/17/config". */
static bool read_topic(const HomeAssistant *home, BpStr topic, int32_t *ret_point_id, bool *ret_is_binary)
{
    char wanted[MDL_TOPIC_MAX];
    int64_t point_id;
    BpStr parts[5], rest = topic;
    for (size_t i = 0; i < 5; i++)
        parts[i] = bp_str_cut(rest, '/', &rest);
    if (rest.data || bp_parse_i64(parts[3], 0, POINT_ID_MAX, &point_id, NULL) != BP_OK)
        return false;
    *ret_point_id = (int32_t)point_id;
    *ret_is_binary = bp_str_equal(parts[1], bp_str(components[1]));
    config_topic(home, *ret_point_id, *ret_is_binary, wanted);
    return bp_str_equal(topic, bp_str(wanted));
}

bool home_assistant_heard(HomeAssistant *home, BpStr topic, BpStr payload)
{
    int32_t point_id;
    bool is_binary;
    const size_t prefix = strlen(home->prefix);
    if (topic.size <= prefix || memcmp(topic.data, home->prefix, prefix) != 0 || topic.data[prefix] != '/')
        return false;
    if (!read_topic(home, topic, &point_id, &is_binary))
        return topic.size > 7 && memcmp(topic.data + topic.size - 7, "/config", 7) == 0; /* not made by us */
    if (payload.size == 0)
        return true;
    Told *told = find_or_add(home, point_id);
    if (told->hash && told->is_binary == is_binary)
        return true; /* our own, or one that is looked at anyway */
    if (told->hash) {
        Told other = {.hash = UNKNOWN_CONTENTS, .is_binary = is_binary};
        (void)!withdraw(home, point_id, &other);
        return true;
    }
    *told = (Told){.hash = UNKNOWN_CONTENTS, .is_binary = is_binary};
    look_from(home, point_id);
    return true;
}

/* ---- beginning and ending ---- */

HomeAssistant *home_assistant_new(const char *site, const char *prefix, const HomeAssistantHooks *hooks)
{
    HomeAssistant *home = calloc(1, sizeof *home);
    if (!home)
        abort();
    home->hooks = *hooks;
    snprintf(home->site, sizeof home->site, "%s", site);
    snprintf(home->prefix, sizeof home->prefix, "%s", prefix);
    snprintf(home->pattern, sizeof home->pattern, "%s/+/bacpipes_%s/+/config", home->prefix, home->site);
    return home;
}

void home_assistant_free(HomeAssistant *home)
{
    if (!home)
        return;
    free(home->items);
    free(home);
}
