#include "apps/control/request.h"

#include "base/parse.h"
#include "base/time.h"
#include "say/when.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_PRIORITY = 8, OBJECT_WORDS = 2 };

/* What a number is, and what a state's name, is the gate's to say of a number that the point does not take.
 */
static bool put_value(json_t *json, const char *text)
{
    double number;
    if (strcmp(text, "null") == 0 || strcmp(text, "Null") == 0)
        return json_object_set_new(json, "command_type", json_string("release_priority")) == 0;
    if (bp_parse_double(bp_str(text), &number, NULL) == BP_OK && isfinite(number))
        return json_object_set_new(json, "value", json_real(number)) == 0;
    return json_object_set_new(json, "state", json_string(text)) == 0;
}

static void put_time(json_t *json, const char *key, int64_t at_us)
{
    char text[BP_TIME_TEXT_MAX];
    json_object_set_new(json, key, json_string(bp_time_format(at_us, 6, text)));
}

/* The instant that --at says: a time, or +2h from now. What is past would be carried out at once, which
 * nobody means who gives a time. */
static BpStatus read_at(const char *text, int64_t now_us, int64_t *ret_us, BpError *err)
{
    int64_t ahead_us, at_us;
    if (bp_parse_duration_us(bp_str(text), &ahead_us, NULL) == BP_OK)
        return bp_fail(err, BP_INVALID, "--at %s: +%s is from now on, as is 2026-11-27 18:00", text, text);
    if (text[0] == '+') {
        if (bp_parse_duration_us(bp_str(text + 1), &ahead_us, err) != BP_OK)
            return bp_within(err, "--at");
        at_us = now_us + ahead_us;
    } else if (say_when("at", text, now_us, &at_us, NULL) != BP_OK) {
        return bp_fail(
            err, BP_INVALID,
            "--at \"%s\" is neither a time such as 2026-11-27 18:00 nor one from now on such as +2h", text);
    }
    if (at_us < now_us)
        return bp_fail(err, BP_INVALID, "--at %s is past: leave it out to write now", text);
    *ret_us = at_us;
    return BP_OK;
}

static BpStatus put_times(json_t *json, const ControlWish *wish, BpError *err)
{
    const int64_t now_us = bp_wall_us();
    int64_t at_us = now_us;
    if (wish->at) {
        BP_TRY(read_at(wish->at, now_us, &at_us, err));
        put_time(json, "execute_at", at_us);
    }
    if (wish->expires_us)
        put_time(json, "expires_at", at_us + wish->expires_us);
    if (wish->hold_us)
        json_object_set_new(json, "release_after", json_real((double)wish->hold_us / BP_SECOND));
    return BP_OK;
}

/* A release without a slot is of the one that we hold. */
static BpStatus choose_priority(const ControlWish *wish, const ControlTarget *target, int64_t *ret_priority,
                                BpError *err)
{
    int64_t held;
    *ret_priority = wish->priority ? wish->priority : USUAL_PRIORITY;
    if (!wish->releases || wish->priority || target->holds == 0)
        return BP_OK;
    if (target->holds > 1)
        return bp_fail(err, BP_INVALID, "%s is held in slots %s: --priority says which to release",
                       target->label, target->held);
    if (bp_parse_i64(bp_str(target->held), 1, 16, &held, NULL) == BP_OK)
        *ret_priority = held;
    return BP_OK;
}

static BpStatus make(ControlRequest *request, const Cfg *cfg, const ControlWish *wish, BpError *err)
{
    int64_t priority;
    BP_TRY(choose_priority(wish, &request->target, &priority, err));
    json_t *json = json_pack("{s:s, s:I, s:s, s:I, s:s*, s:s*}", "site_id", cfg->site, "point_id",
                             (json_int_t)request->target.point_id, "command_type",
                             wish->releases ? "release_priority" : "write_value", "priority",
                             (json_int_t)priority, "reason", wish->reason, "idempotency_key", wish->key);
    if (!json)
        return bp_fail(err, BP_INVALID, "--reason and --key are text in UTF-8");
    request->json = json;
    if (wish->restore)
        json_object_set_new(json, "restore", json_true());
    if (request->value_text && !put_value(json, request->value_text))
        return bp_fail(err, BP_INVALID, "a value is a number, a state's name in UTF-8, or null");
    return put_times(json, wish, err);
}

/* With a device in front the words are odd in number, or even for a release of one object. */
static BpStatus has_device(const CfgTexts *words, bool releases, bool *ret_has_device, BpError *err)
{
    if (releases && words->count > OBJECT_WORDS)
        return bp_fail(err, BP_INVALID, "%s is one too many: release one at a time",
                       words->items[OBJECT_WORDS]);
    *ret_has_device = releases ? words->count == OBJECT_WORDS : words->count % 2 == 1;
    if (!releases && *ret_has_device && words->count == 1)
        return bp_fail(err, BP_INVALID, "%s has no value: each point has one behind it", words->items[0]);
    return BP_OK;
}

BpStatus control_requests_make(SiteDatabase *database, const Cfg *cfg, const ControlWish *wish,
                               const CfgTexts *words, BpArena *arena, ControlRequest *ret_requests,
                               size_t *ret_count, BpError *err)
{
    bool is_of_device = false;
    *ret_count = 0;
    BP_TRY(has_device(words, wish->releases, &is_of_device, err));
    const char *device = is_of_device ? words->items[0] : NULL;
    for (size_t i = is_of_device; i < words->count; i += wish->releases ? 1 : 2) {
        if (*ret_count == CONTROL_REQUESTS_MAX)
            return bp_fail(err, BP_INVALID, "that is too much at once: %d points at most",
                           CONTROL_REQUESTS_MAX);
        ControlRequest *request = &ret_requests[(*ret_count)++];
        *request = (ControlRequest){.value_text = wish->releases ? NULL : words->items[i + 1]};
        BP_TRY(control_target_find(database, cfg, device, words->items[i], arena, &request->target, err));
        BP_TRY(make(request, cfg, wish, err));
    }
    return BP_OK;
}

void control_requests_done(ControlRequest *requests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_decref(requests[i].json);
}

/* ---- asking ---- */

typedef struct Asked {
    ControlRequest *request;
    bool is_kept;
} Asked;

static void take_id(void *context, const PgRows *rows, size_t row)
{
    Asked *asked = context;
    bp_str_copy(pg_get_text(rows, row, 0), asked->request->id, sizeof asked->request->id);
    asked->is_kept = true;
}

BpStatus control_request_ask(SiteDatabase *database, ControlRequest *request, BpError *err)
{
    Asked asked = {.request = request};
    char *text = json_dumps(request->json, JSON_COMPACT);
    const PgValue values[] = {pg_text(bp_str(text ? text : "{}"))};
    const BpStatus status = site_database_ask(database, SQL_ASK_COMMAND, values, 1, take_id, &asked, err);
    free(text);
    if (status == BP_OK && !asked.is_kept)
        return bp_fail(err, BP_REFUSED, "%s: refused, and not kept: there were 60 refusals within a minute",
                       request->target.label);
    return status;
}
