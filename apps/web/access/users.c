/* Users and their roles, for who manages them; what each role may, for all. */
#include "apps/web/access/parts.h"

#include "say/json.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    NAME_MAX_OCTETS = 100,
    FULL_NAME_MAX = 800 /* 200 letters */,
    SITE_MAX = 63,
    GROUP_MAX = 100,
    ROLE_MAX = 20
};

/* What a statement needs, which must live until it has been answered. */
static PgValue *keep_values(Call *call, const PgValue *values, size_t count)
{
    PgValue *kept = bp_arena_take(call_arena(call), count * sizeof *kept);
    for (size_t i = 0; i < count; i++)
        kept[i] = values[i];
    return kept;
}

static void change(Call *call, SqlQuery query, const PgValue *values, size_t count, CallRows next)
{
    call_change(call, &(PgStep){query, keep_values(call, values, count), count}, 1, next);
}

/* Users have numbers of 32 bits. */
static bool user_number(Call *call, int64_t *ret_user)
{
    if (!call_path_number(call, "user", ret_user))
        return false;
    if (*ret_user <= INT32_MAX)
        return true;
    call_problem(call, 404, "not-found", "there is no user of that number");
    return false;
}

static PgValue json_value(Call *call, json_t *json)
{
    if (!json)
        return pg_null();
    char *text = json_dumps(json, JSON_COMPACT | say_json_digits(json) | JSON_ENCODE_ANY);
    const PgValue value = pg_text(bp_str(bp_arena_text(call_arena(call), bp_str(text))));
    free(text);
    return value;
}

static PgValue text_value(const char *text)
{
    return text ? pg_text(bp_str(text)) : pg_null();
}

static json_t *load(const PgRows *rows)
{
    const BpStr text = pg_get_text(rows, 0, 0);
    return pg_row_count(rows) && !pg_is_null(rows, 0, 0) ? json_loadb(text.data, text.size, 0, NULL) : NULL;
}

/* Nothing that is remembered of whom it was about counts any more. */
static void forget(Call *call)
{
    int64_t user = 0;
    BpStr text = call_path_text(call, "user");
    char digits[24];
    if (bp_str_copy(text, digits, sizeof digits))
        user = strtoll(digits, NULL, 10);
    access_forget(call, user);
}

/* ---- users ---- */

static void on_list(Call *call, const PgRows *rows)
{
    call_reply(call, 200, json_pack("{s:o?}", "items", load(rows)));
}

void web_list_users(Call *call)
{
    change(call, SQL_WEB_USERS, NULL, 0, on_list);
}

static void reply_user(Call *call, const PgRows *rows, int status)
{
    json_t *user = load(rows);
    if (!user) {
        call_problem(call, 404, "not-found", "there is no such user");
        return;
    }
    call_set_etag(call, "%s", json_string_value(json_object_get(user, "version")));
    call_reply(call, status, user);
}

static void on_user(Call *call, const PgRows *rows)
{
    reply_user(call, rows, 200);
}

void web_get_user(Call *call)
{
    int64_t user;
    if (user_number(call, &user))
        change(call, SQL_WEB_USER, (PgValue[]){pg_integer(user)}, 1, on_user);
}

static void on_added(Call *call, const PgRows *rows)
{
    json_auto_t *user = load(rows);
    char location[64];
    snprintf(location, sizeof location, "/api/v1/users/%lld",
             (long long)json_integer_value(json_object_get(user, "id")));
    call_set_field(call, "Location", bp_str(location));
    reply_user(call, rows, 201);
}

void web_add_user(Call *call)
{
    static const char *const names[] = {"name", "full_name", "grants", NULL};
    const char *name = NULL, *full_name = "";
    if (!call_fields_are_known(call, call_body(call), "", names) ||
        !call_field_text(call, "name", CALL_NEEDED, NAME_MAX_OCTETS, &name) ||
        !call_field_text(call, "full_name", CALL_OPTIONAL, FULL_NAME_MAX, &full_name))
        return;
    const PgValue values[] = {text_value(name), text_value(full_name),
                              json_value(call, json_object_get(call_body(call), "grants"))};
    change(call, SQL_WEB_USER_ADD, values, 3, on_added);
}

static void on_edited(Call *call, const PgRows *rows)
{
    json_auto_t *user = load(rows);
    forget(call);
    if (!json_object_get(user, "problem")) {
        reply_user(call, rows, 200);
        return;
    }
    call_problem_with(
        call, 412, "changed", json_pack("{s:O}", "current", json_object_get(user, "current")),
        "somebody has changed this user meanwhile: look at it as it is now, and send its version "
        "in If-Match");
}

/* The version that If-Match has; "*" is any, and data of the result is NULL. False: it was answered. */
static bool read_version(Call *call, BpStr *ret_version)
{
    const BpStr header = bp_str_trim(call_header(call, HTTPD_IF_MATCH));
    *ret_version = (BpStr){0};
    if (bp_str_equal(header, bp_str("*")))
        return true;
    if (header.size >= 3 && header.data[0] == '"' && header.data[header.size - 1] == '"') {
        *ret_version = (BpStr){header.data + 1, header.size - 2};
        return true;
    }
    call_problem(call, 428, "version-needed",
                 "send If-Match with the version of the user that you saw, as If-Match: \"3\"");
    return false;
}

void web_edit_user(Call *call)
{
    static const char *const names[] = {"full_name", "enabled", "totp", NULL};
    int64_t user;
    BpStr version;
    const char *full_name = NULL;
    bool is_enabled, has_totp = false;
    if (!user_number(call, &user) || !call_fields_are_known(call, call_body(call), "", names) ||
        !call_field_text(call, "full_name", CALL_OPTIONAL, FULL_NAME_MAX, &full_name) ||
        !call_field_bool(call, "enabled", CALL_OPTIONAL, &is_enabled) ||
        !call_field_bool(call, "totp", CALL_OPTIONAL, &has_totp) || !read_version(call, &version))
        return;
    if (has_totp) {
        call_problem(call, 400, "bad-request",
                     "\"totp\" can be taken away (false): only its owner sets one up");
        return;
    }
    const PgValue values[] = {pg_integer(user), json_value(call, call_body(call)),
                              version.data ? pg_text(version) : pg_null()};
    change(call, SQL_WEB_USER_SET, values, 3, on_edited);
}

static void on_removed(Call *call, const PgRows *rows)
{
    forget(call);
    if (pg_get_bool(rows, 0, 0))
        call_reply_empty(call, 204);
    else
        call_problem(call, 404, "not-found", "there is no such user");
}

void web_remove_user(Call *call)
{
    int64_t user;
    if (user_number(call, &user))
        change(call, SQL_WEB_USER_REMOVE, (PgValue[]){pg_integer(user)}, 1, on_removed);
}

/* ---- roles ---- */

static void on_granted(Call *call, const PgRows *rows)
{
    forget(call);
    reply_user(call, rows, 200);
}

void web_grant_role(Call *call)
{
    static const char *const names[] = {"site", "group", "role", NULL};
    int64_t user;
    const char *site = NULL, *group = NULL, *role = NULL;
    if (!user_number(call, &user) || !call_fields_are_known(call, call_body(call), "", names) ||
        !call_field_text(call, "site", CALL_OPTIONAL, SITE_MAX, &site) ||
        !call_field_text(call, "group", CALL_OPTIONAL, GROUP_MAX, &group) ||
        !call_field_text(call, "role", CALL_NEEDED, ROLE_MAX, &role))
        return;
    const PgValue values[] = {pg_integer(user), text_value(site), text_value(role), text_value(group)};
    change(call, SQL_WEB_GRANT, values, 4, on_granted);
}

void web_take_role(Call *call)
{
    static const char *const names[] = {"site", "group", NULL};
    int64_t user;
    if (!user_number(call, &user) || !call_query_is_known(call, names))
        return;
    const BpStr site = call_query_text(call, "site"), group = call_query_text(call, "group");
    const PgValue values[] = {pg_integer(user), site.data ? pg_text(site) : pg_null(), pg_null(),
                              group.data ? pg_text(group) : pg_null()};
    change(call, SQL_WEB_GRANT, values, 4, on_granted);
}

/* ---- links and sessions ---- */

static void on_link(Call *call, const PgRows *rows)
{
    const char *secret = call_context(call);
    char link[SECRET_TEXT_SIZE + sizeof "/link#"];
    if (pg_is_null(rows, 0, 0)) {
        call_problem(call, 404, "not-found", "there is no such user");
        return;
    }
    snprintf(link, sizeof link, "/link#%s", secret);
    const BpStr until = pg_get_text(rows, 0, 0);
    call_reply(call, 201, json_pack("{s:s, s:s%}", "link", link, "expires_at", until.data, until.size));
}

void web_make_link(Call *call)
{
    int64_t user;
    char *secret = bp_arena_take(call_arena(call), SECRET_TEXT_SIZE);
    char *digest = bp_arena_take(call_arena(call), SECRET_DIGEST_SIZE);
    if (!user_number(call, &user))
        return;
    secret_digest(bp_str(secret_draw(secret)), digest);
    call_set_context(call, secret);
    change(call, SQL_WEB_LINK_ADD, (PgValue[]){pg_integer(user), text_value(digest)}, 2, on_link);
}

static void on_sessions_ended(Call *call, const PgRows *rows)
{
    forget(call);
    if (pg_is_null(rows, 0, 0))
        call_problem(call, 404, "not-found", "there is no such user");
    else
        call_reply_empty(call, 204);
}

void web_end_user_sessions(Call *call)
{
    int64_t user;
    if (user_number(call, &user))
        change(call, SQL_WEB_SESSIONS_END, (PgValue[]){pg_integer(user)}, 1, on_sessions_ended);
}

/* ---- what the roles may ---- */

void web_list_rights(Call *call)
{
    json_t *roles = json_array(), *rights = json_array();
    for (Role role = ROLE_VIEWER; role < ROLE_COUNT; role++)
        json_array_append_new(roles, json_string(role_name(role)));
    for (size_t i = 0; i < RIGHT_COUNT; i++)
        json_array_append_new(rights,
                              json_pack("{s:s, s:s, s:s}", "name", right_rows[i].name, "role",
                                        role_name(right_rows[i].role), "meaning", right_rows[i].meaning));
    call_reply(call, 200, json_pack("{s:o, s:o}", "roles", roles, "rights", rights));
}
