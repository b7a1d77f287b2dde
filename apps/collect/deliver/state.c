#include "apps/collect/deliver/state.h"

#include "base/invariant.h"
#include "base/log.h"
#include "base/time.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t STATE_EVERY_US = 10 * BP_MINUTE;
enum { FIRST_CAPACITY = 256 };

/* What was last published of a point, and as which: all that its topic is made of. */
typedef struct State {
    int64_t at_us;
    double value;
    bool has_value, is_published;
    MdlQuality quality;
    int32_t device_id;
    BacObjectId object;
    char *property; /* NULL: "" */
} State;

struct PointStates {
    PointStatesHooks hooks;
    char site[MDL_SITE_ID_MAX + 1];
    State *items; /* by point_id */
    size_t count;
    size_t published; /* of them */
};

static const char *property_of(const State *state)
{
    return state->property ? state->property : "";
}

/* The state of a point, with room made for it. */
static State *find_or_add(PointStates *states, int32_t point_id)
{
    if ((size_t)point_id >= states->count) {
        size_t count = states->count ? states->count : FIRST_CAPACITY;
        while (count <= (size_t)point_id)
            count *= 2;
        states->items = realloc(states->items, count * sizeof *states->items);
        if (!states->items)
            abort();
        memset(states->items + states->count, 0, (count - states->count) * sizeof *states->items);
        states->count = count;
    }
    return &states->items[point_id];
}

static bool has_changed(const State *state, const MdlReading *reading)
{
    return !state->is_published || state->has_value != reading->has_value ||
           state->quality != reading->quality || (reading->has_value && state->value != reading->value) ||
           reading->at_us - state->at_us >= STATE_EVERY_US;
}

/* ---- going out ---- */

static char *state_topic(const char *site, int32_t device_id, BacObjectId object, const char *property,
                         char ret_topic[MDL_TOPIC_MAX])
{
    char text[BAC_REFERENCE_TEXT_MAX];
    bac_object_format(object, text);
    if (*property) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, ",%s", property);
    }
    return mdl_state_topic(site, device_id, text, ret_topic);
}

char *states_topic(const char *site, const CollectPointName *name, char ret_topic[MDL_TOPIC_MAX])
{
    return state_topic(site, name->device_id, name->object, name->property, ret_topic);
}

/* The text of a multi-state value, which counts from 1, or of another, from 0. */
static const char *value_text(const CollectPointName *name, const MdlReading *reading)
{
    const double index = reading->value - (bac_object_is_multi_state(name->object.type) ? 1 : 0);
    return reading->has_value && index >= 0 && index < (double)name->state_count ? name->states[(size_t)index]
                                                                                 : NULL;
}

/* To be freed; NULL: a name is no UTF-8. */
static char *state_json(const CollectPointName *name, const MdlReading *reading)
{
    char at[BP_TIME_TEXT_MAX];
    json_auto_t *state =
        json_pack("{s:i, s:i, s:o, s:s, s:s, s:s, s:s}", "v", 1, "point", reading->point_id, "value",
                  reading->has_value ? json_real(reading->value) : json_null(), "quality",
                  mdl_quality_name(reading->quality), "at", bp_time_format(reading->at_us, 3, at), "name",
                  name->name, "units", name->units);
    const char *text = value_text(name, reading);
    if (text)
        json_object_set_new(state, "text", json_string(text));
    if (reading->quality != MDL_GOOD)
        json_object_set_new(state, "reason", json_stringn(reading->reason.data, reading->reason.size));
    return json_dumps(state, JSON_COMPACT | JSON_REAL_PRECISION(15));
}

static void note_published(PointStates *states, State *state, const CollectPointName *name,
                           const MdlReading *reading)
{
    states->published += !state->is_published;
    if (strcmp(property_of(state), name->property) != 0) {
        free(state->property);
        state->property = *name->property ? strdup(name->property) : NULL;
    }
    state->is_published = true;
    state->device_id = name->device_id;
    state->object = name->object;
    state->has_value = reading->has_value;
    state->value = reading->value;
    state->quality = reading->quality;
    state->at_us = reading->at_us;
}

static void publish_one(PointStates *states, State *state, const CollectPointName *name,
                        const MdlReading *reading)
{
    char topic[MDL_TOPIC_MAX];
    BpError err;
    char *json = state_json(name, reading);
    if (!json)
        return;
    states_topic(states->site, name, topic);
    if (states->hooks.publish(states->hooks.owner, topic, bp_str(json), &err) == BP_OK)
        note_published(states, state, name, reading); /* else it still differs at the next reading */
    free(json);
}

void states_publish(PointStates *states, const MdlReading *readings, size_t count)
{
    CollectPointName name;
    for (size_t i = 0; i < count; i++)
        if (states->hooks.name_point(states->hooks.owner, readings[i].point_id, &name)) {
            State *state = find_or_add(states, readings[i].point_id);
            if (has_changed(state, &readings[i]))
                publish_one(states, state, &name, &readings[i]);
        }
    BP_INVARIANT(states_check(states));
}

/* ---- and back ---- */

static bool is_of(const State *state, const CollectPointName *name)
{
    return state->device_id == name->device_id && bac_object_equal(state->object, name->object) &&
           strcmp(property_of(state), name->property) == 0;
}

void states_withdraw(PointStates *states)
{
    CollectPointName name;
    char topic[MDL_TOPIC_MAX];
    BpError err;
    for (size_t i = 0; states->published && i < states->count; i++) {
        State *state = &states->items[i];
        if (!state->is_published ||
            (states->hooks.name_point(states->hooks.owner, (int32_t)i, &name) && is_of(state, &name)))
            continue;
        state_topic(states->site, state->device_id, state->object, property_of(state), topic);
        if (states->hooks.publish(states->hooks.owner, topic, bp_str(""), &err) == BP_FULL)
            bp_log(BP_LOG_WARNING, "withdrawing %s: %s", topic, err.text);
        state->is_published = false;
        states->published--;
    }
    BP_INVARIANT(states_check(states));
}

void states_forget(PointStates *states)
{
    for (size_t i = 0; i < states->count; i++)
        states->items[i].is_published = false;
    states->published = 0;
    BP_INVARIANT(states_check(states));
}

void states_check(const PointStates *states)
{
    size_t published = 0;
    for (size_t i = 0; i < states->count; i++) {
        const State *state = &states->items[i];
        published += state->is_published;
        assert(!state->is_published || state->device_id > 0);
        assert(!state->property || *state->property);
    }
    assert(published == states->published);
}

PointStates *states_new(const char *site, const PointStatesHooks *hooks)
{
    PointStates *states = calloc(1, sizeof *states);
    if (!states)
        abort();
    states->hooks = *hooks;
    snprintf(states->site, sizeof states->site, "%s", site);
    return states;
}

void states_free(PointStates *states)
{
    if (!states)
        return;
    for (size_t i = 0; i < states->count; i++)
        free(states->items[i].property);
    free(states->items);
    free(states);
}
