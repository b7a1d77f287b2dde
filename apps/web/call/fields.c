/* What the body says, by its members' names. */
#include "apps/web/call/parts.h"

bool call_fields_are_known(Call *call, json_t *object, const char *where, const char *const *names)
{
    const char *key;
    json_t *value;
    json_object_foreach (object, key, value) {
        bool is_known = false;
        for (const char *const *name = names; *name && !is_known; name++)
            is_known = strcmp(key, *name) == 0;
        if (!is_known) { /* there may be 10,000 objects, which are as they should be */
            BpNearest nearest = bp_nearest(bp_str(key));
            for (const char *const *name = names; *name; name++)
                (void)bp_nearest_look(&nearest, *name);
            call_problem(call, 400, "bad-request", "%s%sthere is no field \"%.40s\" here%s%s", where,
                         *where ? ": " : "", key, nearest.name ? ": is it " : "",
                         nearest.name ? nearest.name : "");
            return false;
        }
    }
    return true;
}

/* Looks a member up. *ret_value is NULL where nothing is to be taken. False: it was answered. */
static bool find(Call *call, const char *name, CallNeed need, const json_t **ret_value)
{
    const json_t *value = json_object_get(call->body, name);
    *ret_value = value && !json_is_null(value) ? value : NULL;
    if (*ret_value || need == CALL_OPTIONAL)
        return true;
    call_problem(call, 400, "bad-request", "the field \"%s\" is needed", name);
    return false;
}

bool call_field_text(Call *call, const char *name, CallNeed need, size_t most, const char **ret_text)
{
    const json_t *value;
    if (!find(call, name, need, &value))
        return false;
    if (!value)
        return true;
    const size_t size = json_is_string(value) ? json_string_length(value) : most + 1;
    /* jansson takes "\u0000" for no JSON, so that a text ends where it ends. */
    if (size > most || (need == CALL_NEEDED && size == 0)) {
        call_problem(call, 400, "bad-request", "\"%s\" is to be a text of %s%zu octets at most", name,
                     need == CALL_NEEDED ? "1 to " : "", most);
        return false;
    }
    *ret_text = json_string_value(value);
    return true;
}

bool call_field_number(Call *call, const char *name, CallNeed need, int64_t least, int64_t most,
                       int64_t *ret_number)
{
    const json_t *value;
    if (!find(call, name, need, &value))
        return false;
    if (!value)
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < least || json_integer_value(value) > most) {
        call_problem(call, 400, "bad-request", "\"%s\" is to be a whole number from %lld to %lld", name,
                     (long long)least, (long long)most);
        return false;
    }
    *ret_number = json_integer_value(value);
    return true;
}

bool call_field_bool(Call *call, const char *name, CallNeed need, bool *ret_truth)
{
    const json_t *value;
    if (!find(call, name, need, &value))
        return false;
    if (!value)
        return true;
    if (!json_is_boolean(value)) {
        call_problem(call, 400, "bad-request", "\"%s\" is to be true or false", name);
        return false;
    }
    *ret_truth = json_is_true(value);
    return true;
}
