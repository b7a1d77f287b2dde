#include "record/people.h"

#include <inttypes.h>
#include <string.h>

static const char *text_of(const json_t *body, const char *name)
{
    const char *text = json_string_value(json_object_get(body, name));
    return text ? text : "?";
}

/* "admin, operator at demo"; "nothing". */
static void add_grants(BpBuf *out, const json_t *grants)
{
    size_t i;
    json_t *grant;
    json_array_foreach (grants, i, grant) {
        const char *site = json_string_value(json_object_get(grant, "site")),
                   *group = json_string_value(json_object_get(grant, "group"));
        bp_buf_printf(out, "%s%.40s at %.100s", i ? ", " : "", text_of(grant, "role"),
                      site    ? site
                      : group ? group
                              : "all sites");
    }
    if (!json_array_size(grants))
        bp_buf_printf(out, "nothing");
}

static void say_login(const json_t *body, const char *who, BpBuf *out)
{
    bp_buf_printf(out, "%s logged in by %.60s", who, text_of(body, "how"));
}

static void say_logout(const json_t *body, const char *who, BpBuf *out)
{
    const json_t *sessions = json_object_get(body, "sessions");
    if (sessions)
        bp_buf_printf(out, "%s ended the sessions of user %.64s: %" JSON_INTEGER_FORMAT, who,
                      text_of(body, "user"), json_integer_value(sessions));
    else
        bp_buf_printf(out, "%s logged out", who);
}

static void say_add(const json_t *body, const char *who, BpBuf *out)
{
    const char *full_name = json_string_value(json_object_get(body, "full_name"));
    bp_buf_printf(out, "%s added user %.64s", who, text_of(body, "user"));
    if (full_name && *full_name)
        bp_buf_printf(out, " (%.200s)", full_name);
    bp_buf_printf(out, ", who may: ");
    add_grants(out, json_object_get(body, "grants"));
}

static void say_grant(const json_t *body, const char *who, BpBuf *out)
{
    bp_buf_printf(out, "%s gave user %.64s other roles: ", who, text_of(body, "user"));
    add_grants(out, json_object_get(body, "new"));
    bp_buf_printf(out, "; before: ");
    add_grants(out, json_object_get(body, "old"));
}

static void say_remove(const json_t *body, const char *who, BpBuf *out)
{
    bp_buf_printf(out, "%s removed user %.64s, who might: ", who, text_of(body, "user"));
    add_grants(out, json_object_get(body, "grants"));
}

static void add_change(const char *name, const json_t *value, BpBuf *out)
{
    if (strcmp(name, "enabled") == 0)
        bp_buf_printf(out, "%s", json_is_true(value) ? "let in again" : "shut out");
    else if (strcmp(name, "totp") == 0)
        bp_buf_printf(out, "without a second factor");
    else
        bp_buf_printf(out, "%.40s \"%.200s\"", strcmp(name, "full_name") == 0 ? "called" : name,
                      json_is_string(value) ? json_string_value(value) : "");
}

static void say_set(const json_t *body, const char *who, BpBuf *out)
{
    json_t *after = json_object_get(body, "new"), *value;
    const char *name, *between = ": ";
    bp_buf_printf(out, "%s changed user %.64s", who, text_of(body, "user"));
    json_object_foreach (after, name, value) {
        bp_buf_printf(out, "%s", between);
        add_change(name, value, out);
        between = ", ";
    }
}

static void say_link(const json_t *body, const char *who, BpBuf *out)
{
    bp_buf_printf(out, "%s made a link with which user %.64s chooses a password", who, text_of(body, "user"));
}

static void say_password(const json_t *body, const char *who, BpBuf *out)
{
    bp_buf_printf(out, "%s set the password of user %.64s", who, text_of(body, "user"));
}

static void say_factor_on(const json_t *body, const char *who, BpBuf *out)
{
    bp_buf_printf(out, "%s set up a second factor for user %.64s", who, text_of(body, "user"));
}

static void say_factor_off(const json_t *body, const char *who, BpBuf *out)
{
    bp_buf_printf(out, "%s took away the second factor of user %.64s", who, text_of(body, "user"));
}

static void say_token(const json_t *body, const char *who, BpBuf *out)
{
    size_t i;
    json_t *site;
    bp_buf_printf(out, "%s made token \"%.100s\" for user %.64s: at most %.40s", who, text_of(body, "token"),
                  text_of(body, "user"), text_of(body, "role"));
    json_array_foreach (json_object_get(body, "sites"), i, site)
        bp_buf_printf(out, "%s%.100s", i ? ", " : " at ",
                      json_is_string(site) ? json_string_value(site) : "?");
    bp_buf_printf(out, ", until %.10s", text_of(body, "expires_at"));
}

static void say_token_end(const json_t *body, const char *who, BpBuf *out)
{
    bp_buf_printf(out, "%s ended token \"%.100s\" of user %.64s", who, text_of(body, "token"),
                  text_of(body, "user"));
}

static const struct Op {
    const char *name;
    void (*say)(const json_t *body, const char *who, BpBuf *out);
} ops[] = {
    {"login", say_login},         {"logout", say_logout},     {"add", say_add},
    {"grant", say_grant},         {"remove", say_remove},     {"set", say_set},
    {"link", say_link},           {"password", say_password}, {"totp-on", say_factor_on},
    {"totp-off", say_factor_off}, {"token", say_token},       {"token-end", say_token_end},
};

bool record_say_person(const json_t *body, const char *who, BpBuf *out)
{
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (strcmp(ops[i].name, text_of(body, "op")) == 0) {
            ops[i].say(body, who && *who ? who : "somebody", out);
            return true;
        }
    return false;
}
