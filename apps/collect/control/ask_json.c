#include "apps/collect/control/ask_json.h"

#include "bacnet/wire/object.h"
#include "base/parse.h"
#include "base/time.h"
#include "say/json.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 200, REASON_MAX = 1000, POINT_ID_MAX = INT32_MAX };

static const int64_t RELEASE_AFTER_MAX_US = 3660 * BP_DAY;

/* One command while it is read: `request` becomes what command_ask is given. */
typedef struct Reading {
    ControlAsk *ask;
    const char *site;
    json_t *from, *request;
    BpArena *arena;
    BpError *err;
} Reading;

static const char *const keys[] = {
    "v",        "site",          "point",      "point_id",   "device", "object",  "value",           "state",
    "priority", "release_after", "execute_at", "expires_at", "reason", "restore", "idempotency_key", "id"};
enum { KEYS = sizeof keys / sizeof keys[0] };

/* ---- words ---- */

/* Letters, not octets: continuation octets are not counted (RFC 3629). */
static size_t letters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

/* What stands there, for a sentence: cut, and on one line. */
static const char *shown(const Reading *reading, json_t *value)
{
    char cut[60], whole[64];
    char *text = json_dumps(value, JSON_COMPACT | say_json_digits(value) | JSON_ENCODE_ANY);
    const bool is_whole = bp_str_copy(bp_str(text ? text : "?"), cut, sizeof cut);
    free(text);
    snprintf(whole, sizeof whole, "%s%s", cut, is_whole ? "" : "...");
    return bp_arena_text(reading->arena, bp_str(whole));
}

static BpStatus wrong(const Reading *reading, const char *key, const json_t *value, const char *right)
{
    return bp_fail(reading->err, BP_INVALID, "\"%s\" is %s: it is %s", key, shown(reading, value), right);
}

static BpStatus refuse_key(const Reading *reading, const char *key)
{
    char cut[64];
    (void)bp_str_copy(bp_str(key), cut, sizeof cut);
    BpNearest nearest = bp_nearest(bp_str(cut));
    for (size_t i = 0; i < KEYS; i++)
        bp_nearest_look(&nearest, keys[i]);
    return nearest.name ? bp_fail(reading->err, BP_INVALID,
                                  "there is no \"%s\" in a command: did you mean \"%s\"?", cut, nearest.name)
                        : bp_fail(reading->err, BP_INVALID,
                                  "there is no \"%s\" in a command: it has point, value or state, priority, "
                                  "release_after, execute_at, expires_at, reason, idempotency_key",
                                  cut);
}

/* ---- its parts ---- */

/* NULL where it is not given. A null is not given either, but for the value's. */
static const json_t *given(const Reading *reading, const char *key)
{
    const json_t *value = json_object_get(reading->from, key);
    return json_is_null(value) ? NULL : value;
}

/* A text of 1 to `most` letters, in the arena; NULL where it is not given. */
static BpStatus take_text(const Reading *reading, const char *key, size_t most, const char **ret_text)
{
    char right[64];
    const json_t *value = given(reading, key);
    *ret_text = NULL;
    if (!value)
        return BP_OK;
    snprintf(right, sizeof right, "a text of 1 to %zu letters", most);
    if (!json_is_string(value) || json_string_length(value) == 0 || letters(json_string_value(value)) > most)
        return wrong(reading, key, value, right);
    *ret_text = bp_arena_text(reading->arena, bp_str(json_string_value(value)));
    return BP_OK;
}

static BpStatus pass_text(const Reading *reading, const char *key, size_t most)
{
    const char *text;
    BP_TRY(take_text(reading, key, most, &text));
    if (text)
        json_object_set_new(reading->request, key, json_string(text));
    return BP_OK;
}

static BpStatus pass_time(const Reading *reading, const char *key)
{
    char right[BP_TIME_TEXT_MAX];
    int64_t instant_us;
    const json_t *value = given(reading, key);
    if (!value)
        return BP_OK;
    if (!json_is_string(value) || bp_time_parse(bp_str(json_string_value(value)), &instant_us, NULL) != BP_OK)
        return wrong(reading, key, value, "a time with its zone, such as \"2026-11-27T14:00:00+08:00\"");
    json_object_set_new(reading->request, key, json_string(bp_time_format(instant_us, 6, right)));
    return BP_OK;
}

static BpStatus pass_priority(const Reading *reading)
{
    const json_t *value = given(reading, "priority");
    if (!value)
        return BP_OK;
    if (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > 16)
        return wrong(reading, "priority", value, "a whole number, 1 (highest) to 16");
    json_object_set_new(reading->request, "priority", json_integer(json_integer_value(value)));
    return BP_OK;
}

static BpStatus pass_release_after(const Reading *reading)
{
    int64_t after_us = 0;
    const json_t *value = given(reading, "release_after");
    if (!value)
        return BP_OK;
    const double seconds = json_number_value(value); /* 0 of a text */
    if (seconds > 0 && seconds <= (double)RELEASE_AFTER_MAX_US / (double)BP_SECOND)
        after_us = (int64_t)(seconds * (double)BP_SECOND);
    else if (json_is_string(value) &&
             bp_parse_duration_us(bp_str(json_string_value(value)), &after_us, NULL) != BP_OK)
        after_us = 0;
    if (after_us < BP_SECOND || after_us > RELEASE_AFTER_MAX_US)
        return wrong(
            reading, "release_after", value,
            "a span such as \"90min\", \"2h\" or \"1h30min\", or seconds as a number: from 1 s to 3660 days");
    json_object_set_new(reading->request, "release_after", json_real((double)after_us / (double)BP_SECOND));
    return BP_OK;
}

static BpStatus pass_restore(const Reading *reading, bool is_release)
{
    const json_t *value = given(reading, "restore");
    if (!value)
        return BP_OK;
    if (!json_is_boolean(value))
        return wrong(reading, "restore", value, "true or false");
    if (!is_release)
        return bp_fail(reading->err, BP_INVALID,
                       "\"restore\" is of a release: it stands beside \"value\": null alone");
    json_object_set_new(reading->request, "restore", json_boolean(json_is_true(value)));
    return BP_OK;
}

/* What is to be written: a number, the name of a state, or null to let go. */
static BpStatus pass_value(const Reading *reading)
{
    json_t *value = json_object_get(reading->from, "value");
    const bool has_state = given(reading, "state") != NULL;
    if (value && has_state)
        return bp_fail(reading->err, BP_INVALID, "\"value\" and \"state\" are both given: say one");
    if (!value && !has_state)
        return bp_fail(
            reading->err, BP_INVALID,
            "nothing says what to write: \"value\" (a number; null lets go) or \"state\" (its name)");
    if (value && !json_is_null(value) && !(json_is_number(value) && isfinite(json_number_value(value))))
        return wrong(reading, "value", value,
                     "a number, or null to let go; the name of a state is \"state\"");
    const bool is_release = json_is_null(value);
    json_object_set_new(reading->request, "command_type",
                        json_string(is_release ? "release_priority" : "write_value"));
    if (value && !is_release)
        json_object_set(reading->request, "value", value);
    if (is_release && given(reading, "release_after"))
        return bp_fail(reading->err, BP_INVALID,
                       "\"release_after\" is of a value: \"value\": null lets go at once");
    BP_TRY(pass_restore(reading, is_release));
    return pass_text(reading, "state", TEXT_MAX);
}

static BpStatus take_device(const Reading *reading)
{
    const json_t *device = given(reading, "device");
    BacObjectId object;
    char text[32], name[BAC_REFERENCE_TEXT_MAX];
    BP_TRY(take_text(reading, "object", TEXT_MAX, &reading->ask->object));
    if (bac_object_parse(bp_str(reading->ask->object), &object, NULL) != BP_OK)
        return wrong(reading, "object", given(reading, "object"),
                     "a type and an instance, such as \"analog-value,3\"");
    reading->ask->object = bp_arena_text(reading->arena, bp_str(bac_object_format(object, name)));
    if (!json_is_integer(device))
        return take_text(reading, "device", TEXT_MAX, &reading->ask->device);
    snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(device));
    reading->ask->device = bp_arena_text(reading->arena, bp_str(text));
    return BP_OK;
}

static BpStatus take_point(const Reading *reading)
{
    const json_t *number = given(reading, "point_id");
    const bool has_device = given(reading, "device") != NULL, has_object = given(reading, "object") != NULL;
    if ((given(reading, "point") != NULL) + (number != NULL) + (has_device || has_object) != 1 ||
        has_device != has_object)
        return bp_fail(
            reading->err, BP_INVALID,
            "which point? Say one of \"point\" (its name), \"point_id\" (its number), or \"device\" with "
            "\"object\"");
    if (has_device)
        return take_device(reading);
    if (!number)
        return take_text(reading, "point", 2 * TEXT_MAX, &reading->ask->point);
    if (!json_is_integer(number) || json_integer_value(number) < 1 ||
        json_integer_value(number) > POINT_ID_MAX)
        return wrong(reading, "point_id", number, "the number of a point");
    reading->ask->point_id = (int32_t)json_integer_value(number);
    return BP_OK;
}

static BpStatus check_site(const Reading *reading)
{
    const json_t *site = given(reading, "site"), *version = given(reading, "v");
    if (version && !(json_is_integer(version) && json_integer_value(version) == 1))
        return wrong(reading, "v", version, "1, or left out");
    if (site && !(json_is_string(site) && strcmp(json_string_value(site), reading->site) == 0))
        return bp_fail(reading->err, BP_INVALID, "\"site\" is %s, and this is site \"%s\"",
                       shown(reading, site), reading->site);
    return BP_OK;
}

/* ---- a command ---- */

static BpStatus take_key(const Reading *reading)
{
    const char *id;
    BP_TRY(take_text(reading, "idempotency_key", TEXT_MAX, &reading->ask->key));
    BP_TRY(take_text(reading, "id", TEXT_MAX, &id));
    if (id && reading->ask->key)
        return bp_fail(reading->err, BP_INVALID, "\"id\" and \"idempotency_key\" are the same: say one");
    reading->ask->key = id ? id : reading->ask->key;
    if (reading->ask->key)
        json_object_set_new(reading->request, "idempotency_key", json_string(reading->ask->key));
    return BP_OK;
}

static BpStatus read_one(const Reading *reading)
{
    const char *key;
    json_t *value;
    if (!json_is_object(reading->from))
        return bp_fail(reading->err, BP_INVALID,
                       "a command is a JSON object such as "
                       "{\"point\": \"AHU-1/SAT-C\", \"value\": 21.5}: this is %s",
                       shown(reading, reading->from));
    BP_TRY(take_key(reading)); /* at first, so that each refusal has it */
    json_object_foreach (reading->from, key, value) {
        size_t i = 0;
        while (i < KEYS && strcmp(keys[i], key) != 0)
            i++;
        if (i == KEYS)
            return refuse_key(reading, key);
    }
    BP_TRY(check_site(reading));
    BP_TRY(take_point(reading));
    BP_TRY(pass_value(reading));
    BP_TRY(pass_priority(reading));
    BP_TRY(pass_release_after(reading));
    BP_TRY(pass_time(reading, "execute_at"));
    BP_TRY(pass_time(reading, "expires_at"));
    return pass_text(reading, "reason", REASON_MAX);
}

static void read_into(ControlAsk *ret_ask, json_t *from, const char *site, BpArena *arena)
{
    *ret_ask = (ControlAsk){0};
    json_auto_t *request = json_object();
    const Reading reading = {.ask = ret_ask,
                             .site = site,
                             .from = from,
                             .request = request,
                             .arena = arena,
                             .err = &ret_ask->wrong};
    ret_ask->status = read_one(&reading);
    char *text =
        ret_ask->status == BP_OK ? json_dumps(request, JSON_COMPACT | say_json_digits(request)) : NULL;
    ret_ask->request = text ? bp_arena_text(arena, bp_str(text)) : NULL;
    free(text);
}

BpStatus control_asks_read(BpStr payload, const char *site, BpArena *arena, ControlAsks *ret_asks,
                           BpError *err)
{
    json_error_t problem;
    if (payload.size > CONTROL_PAYLOAD_MAX)
        return bp_fail(err, BP_INVALID, "%zu octets are too many for a message of commands: %d at most",
                       payload.size, CONTROL_PAYLOAD_MAX);
    json_auto_t *root =
        json_loadb(payload.data ? payload.data : "", payload.size, JSON_REJECT_DUPLICATES, &problem);
    if (!root)
        return bp_fail(err, BP_INVALID, "this is no JSON of commands: %s, at octet %d", problem.text,
                       problem.position);
    ret_asks->is_list = json_is_array(root);
    ret_asks->count = ret_asks->is_list ? json_array_size(root) : 1;
    if (ret_asks->count == 0 || ret_asks->count > CONTROL_ASKS_MAX)
        return bp_fail(err, BP_INVALID,
                       "a list has 1 to %d commands, and this has %zu: none of them was taken",
                       CONTROL_ASKS_MAX, ret_asks->count);
    for (size_t i = 0; i < ret_asks->count; i++)
        read_into(&ret_asks->items[i], ret_asks->is_list ? json_array_get(root, i) : root, site, arena);
    return BP_OK;
}
