#include "apps/web/control/ask_json.h"

#include "base/time.h"

#include <stdlib.h>
#include <string.h>

static BpStatus fail(AskProblem *problem, const char *field, const char *what)
{
    problem->field = field;
    return bp_fail(&problem->err, BP_INVALID, "%s", what);
}

static void put(json_t *object, const char *name, json_t *value)
{
    if (!value || json_object_set_new(object, name, value) != 0)
        abort();
}

static BpStatus check_names(json_t *object, const char *const *names, const char *where, AskProblem *problem)
{
    const char *name;
    json_t *value;
    json_object_foreach (object, name, value) {
        size_t i = 0;
        while (names[i] && strcmp(names[i], name) != 0)
            i++;
        if (names[i])
            continue;
        char shown[64];
        (void)bp_str_copy(bp_str(name), shown, sizeof shown);
        problem->field = NULL;
        return bp_fail(&problem->err, BP_INVALID, "%s has no field \"%s\"", where,
                       strlen(name) < sizeof shown ? name : "of such a long name");
    }
    return BP_OK;
}

/* ---- fields ---- */

static BpStatus take_point(json_t *object, json_t *request, AskProblem *problem)
{
    const json_t *point = json_object_get(object, "point");
    const json_int_t number = json_integer_value(point);
    if (!json_is_integer(point) || number < 1 || number > INT32_MAX)
        return fail(problem, "point", "point is the number of a point, as in GET /sites/{site}/points");
    put(request, "point_id", json_integer(number));
    return BP_OK;
}

static BpStatus take_priority(json_t *object, json_t *request, bool is_needed, AskProblem *problem)
{
    const json_t *priority = json_object_get(object, "priority");
    if (!is_needed && (!priority || json_is_null(priority)))
        return BP_OK;
    if (!json_is_integer(priority) || json_integer_value(priority) < 1 || json_integer_value(priority) > 16)
        return fail(problem, "priority", "priority is a whole number from 1 (the highest) to 16");
    put(request, "priority", json_integer(json_integer_value(priority)));
    return BP_OK;
}

static BpStatus take_text(json_t *object, const char *name, size_t most, const char *what, json_t *request,
                          AskProblem *problem)
{
    json_t *text = json_object_get(object, name);
    if (!text || json_is_null(text))
        return BP_OK;
    if (!json_is_string(text) || json_string_length(text) > most ||
        strlen(json_string_value(text)) != json_string_length(text))
        return fail(problem, name, what);
    put(request, name, json_incref(text));
    return BP_OK;
}

static BpStatus take_time(json_t *object, const char *name, json_t *request, AskProblem *problem)
{
    int64_t at_us;
    char text[BP_TIME_TEXT_MAX];
    const json_t *time = json_object_get(object, name);
    if (!time || json_is_null(time))
        return BP_OK;
    if (!json_is_string(time) ||
        bp_time_parse((BpStr){json_string_value(time), json_string_length(time)}, &at_us, NULL) != BP_OK) {
        problem->field = name;
        return bp_fail(&problem->err, BP_INVALID, "%s is a time such as \"2026-11-27T14:00:00+08:00\"", name);
    }
    put(request, name, json_string(bp_time_format(at_us, 6, text)));
    return BP_OK;
}

static BpStatus take_restore(json_t *object, json_t *request, AskProblem *problem)
{
    const json_t *restore = json_object_get(object, "restore");
    if (!restore || json_is_null(restore))
        return BP_OK;
    if (!json_is_boolean(restore))
        return fail(problem, "restore", "restore is true or false");
    put(request, "restore", json_boolean(json_is_true(restore)));
    return BP_OK;
}

/* A value or a state, or null in place of a value: let go. */
static BpStatus take_value(json_t *object, json_t *request, AskProblem *problem)
{
    json_t *value = json_object_get(object, "value");
    const json_t *state = json_object_get(object, "state");
    const bool has_state = state && !json_is_null(state);
    if (!value && !has_state)
        return fail(problem, "value",
                    "a command has a value (null lets go of the slot), or a state by its name");
    if (value && !json_is_null(value) && !json_is_number(value))
        return fail(problem, "value",
                    "value is a number, or null to let go; the name of a state is \"state\"");
    if (has_state && value && !json_is_null(value))
        return fail(problem, "state", "a value and a state are one too many");
    const bool is_release = !has_state && json_is_null(value);
    put(request, "command_type", json_string(is_release ? "release_priority" : "write_value"));
    if (!is_release && !has_state)
        put(request, "value", json_incref(value));
    return take_text(object, "state", 800, "state is the name of a state, 200 letters at most", request,
                     problem);
}

static BpStatus take_release_after(json_t *object, json_t *request, AskProblem *problem)
{
    json_t *after = json_object_get(object, "release_after_s");
    if (!after || json_is_null(after))
        return BP_OK;
    if (!json_is_number(after) || json_number_value(after) <= 0 || json_number_value(after) > 1e9)
        return fail(problem, "release_after_s",
                    "release_after_s is for how many seconds the value is to stand: 1 or more, or null for "
                    "no end");
    put(request, "release_after", json_incref(after));
    return BP_OK;
}

/* ---- what the header promises ---- */

static BpStatus read_command(json_t *body, json_t *request, AskProblem *problem)
{
    BP_TRY(take_point(body, request, problem));
    BP_TRY(take_value(body, request, problem));
    BP_TRY(take_priority(body, request, false, problem));
    BP_TRY(take_release_after(body, request, problem));
    BP_TRY(take_time(body, "execute_at", request, problem));
    BP_TRY(take_time(body, "expires_at", request, problem));
    BP_TRY(take_text(body, "reason", ASK_REASON_MAX, "reason is a text of 1000 octets at most", request,
                     problem));
    return take_restore(body, request, problem);
}

BpStatus ask_command_read(json_t *body, bool is_alias, json_t **ret_request, AskProblem *problem)
{
    static const char *const names[] = {"point",      "value",      "state",  "priority", "release_after_s",
                                        "execute_at", "expires_at", "reason", "restore",  NULL};
    static const char *const alias_names[] = {"site",     "point",           "value",      "state",
                                              "priority", "release_after_s", "execute_at", "expires_at",
                                              "reason",   "restore",         NULL};
    if (!json_is_object(body))
        return fail(problem, NULL, "a command is a JSON object");
    BP_TRY(check_names(body, is_alias ? alias_names : names, "a command", problem));
    json_auto_t *request = json_object();
    BP_TRY(read_command(body, request, problem));
    *ret_request = json_incref(request);
    return BP_OK;
}

static BpStatus read_release(json_t *item, const json_t *reason, json_t *request, AskProblem *problem)
{
    static const char *const names[] = {"point", "priority", "restore", NULL};
    if (!json_is_object(item))
        return fail(problem, "items", "items are objects such as {\"point\": 41, \"priority\": 8}");
    BP_TRY(check_names(item, names, "an item", problem));
    BP_TRY(take_point(item, request, problem));
    BP_TRY(take_priority(item, request, true, problem));
    put(request, "command_type", json_string("release_priority"));
    if (reason)
        put(request, "reason", json_incref((json_t *)(uintptr_t)reason));
    return take_restore(item, request, problem);
}

BpStatus ask_releases_read(json_t *body, json_t **ret_requests, AskProblem *problem)
{
    static const char *const names[] = {"items", "reason", NULL};
    json_auto_t *texts = json_object(), *requests = json_array();
    size_t i;
    json_t *item;
    if (!json_is_object(body))
        return fail(problem, NULL, "a release is a JSON object");
    BP_TRY(check_names(body, names, "a release", problem));
    const json_t *items = json_object_get(body, "items");
    if (!json_is_array(items) || json_array_size(items) < 1 || json_array_size(items) > ASK_RELEASES_MAX)
        return fail(problem, "items", "items are 1 to 500 objects such as {\"point\": 41, \"priority\": 8}");
    BP_TRY(
        take_text(body, "reason", ASK_REASON_MAX, "reason is a text of 1000 octets at most", texts, problem));
    json_array_foreach (items, i, item) {
        json_t *request = json_object();
        if (json_array_append_new(requests, request) != 0)
            abort();
        BP_TRY(read_release(item, json_object_get(texts, "reason"), request, problem));
    }
    *ret_requests = json_incref(requests);
    return BP_OK;
}

BpStatus ask_job_read(json_t *body, const char **ret_kind, json_t **ret_request, AskProblem *problem)
{
    enum { FIRST_NUMBER = 2 };
    static const char *const names[] = {"kind", "points", "low", "high", "device", NULL};
    if (!json_is_object(body))
        return fail(problem, NULL, "a job is a JSON object");
    BP_TRY(check_names(body, names, "a job", problem));
    const json_t *kind = json_object_get(body, "kind");
    json_t *points = json_object_get(body, "points");
    if (!json_is_string(kind) || json_string_length(kind) > 40 ||
        strlen(json_string_value(kind)) != json_string_length(kind))
        return fail(problem, "kind",
                    "kind says what is to be done: read-slots, read-point, discover, doctor or prove-audit");
    if (points && !json_is_array(points))
        return fail(problem, "points", "points is a list of numbers of points");
    for (size_t i = FIRST_NUMBER; names[i]; i++)
        if (json_object_get(body, names[i]) && !json_is_integer(json_object_get(body, names[i])))
            return fail(problem, names[i],
                        "it is a whole number: low and high are instances, device is one of GET "
                        "/sites/{site}/devices");
    *ret_kind = json_string_value(kind);
    *ret_request = json_object();
    for (size_t i = FIRST_NUMBER; names[i]; i++)
        if (json_object_get(body, names[i]))
            put(*ret_request, names[i], json_incref(json_object_get(body, names[i])));
    if (points)
        put(*ret_request, "points", json_incref(points));
    return BP_OK;
}

bool ask_key_is_one(BpStr key)
{
    for (size_t i = 0; i < key.size; i++)
        if (key.data[i] <= ' ' || key.data[i] > '~')
            return false;
    return key.size >= 1 && key.size <= ASK_KEY_MAX;
}

bool ask_id_is_one(BpStr id)
{
    enum { UUID_LETTERS = 36 };
    if (id.size != UUID_LETTERS)
        return false;
    for (size_t i = 0; i < id.size; i++) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? id.data[i] != '-' : !strchr("0123456789abcdefABCDEF", id.data[i]) || !id.data[i])
            return false;
    }
    return true;
}
