/* One's own account: how the interface looks, the password, where one is logged in. */
#include "apps/web/access/identity.h"
#include "apps/web/access/parts.h"

#include <stdlib.h>
#include <string.h>

enum { PASSWORD_MAX = 1000 };

bool access_is_session(Call *call)
{
    const bool is_session = !call_person(call)->token;
    if (!is_session)
        call_problem(call, 403, "not-allowed", "a token does not do this: log in");
    return is_session;
}

void access_reply_json(Call *call, const PgRows *rows, int status, const char *what)
{
    if (!pg_row_count(rows) || pg_is_null(rows, 0, 0))
        call_problem(call, 404, "not-found", "there is no such %s", what);
    else
        call_reply_text(call, status, "application/json", pg_get_text(rows, 0, 0));
}

/* ---- the account ---- */

static void on_me(Call *call, const PgRows *rows)
{
    const BpStr text = pg_get_text(rows, 0, 0);
    json_t *me = json_loadb(text.data, text.size, 0, NULL);
    const char *second_factor = call_web(call)->cfg->web_second_factor;
    Role least;
    bool must = false;
    if (role_read(bp_str(second_factor), &least)) {
        const Person *person = call_person(call);
        must = person->everywhere >= least;
        for (size_t i = 0; i < person->grant_count; i++)
            must = must || person->grants[i].role >= least;
    }
    json_object_set_new(me, "must_totp", json_boolean(must));
    call_reply(call, 200, me);
}

void web_get_me(Call *call)
{
    call_change(call, &(PgStep){SQL_WEB_ME, NULL, 0}, 1, on_me);
}

static bool is_one_of(Call *call, const char *name, const char *value, const char *const *choices)
{
    bool is_there = !value;
    for (const char *const *choice = choices; !is_there && *choice; choice++)
        is_there = strcmp(value, *choice) == 0;
    if (!is_there)
        call_problem(call, 400, "bad-request",
                     "\"%s\" is to be one of those that openapi.yaml has: \"%.20s\" is none", name, value);
    return is_there;
}

static void on_me_set(Call *call, const PgRows *rows)
{
    access_forget(call, call_person(call)->user_id);
    on_me(call, rows);
}

void web_edit_me(Call *call)
{
    static const char *const names[] = {"language", "theme", "motion", NULL};
    static const char *const languages[] = {"en", "zh-Hant", "pt", NULL};
    static const char *const themes[] = {"system", "light", "dark", NULL};
    static const char *const motions[] = {"system", "full", "reduced", NULL};
    const char *language = NULL, *theme = NULL, *motion = NULL;
    enum { LONGEST = 20 };
    if (!access_is_session(call) || !call_fields_are_known(call, call_body(call), "", names) ||
        !call_field_text(call, "language", CALL_OPTIONAL, LONGEST, &language) ||
        !call_field_text(call, "theme", CALL_OPTIONAL, LONGEST, &theme) ||
        !call_field_text(call, "motion", CALL_OPTIONAL, LONGEST, &motion) ||
        !is_one_of(call, "language", language, languages) || !is_one_of(call, "theme", theme, themes) ||
        !is_one_of(call, "motion", motion, motions))
        return;
    char *text = json_dumps(call_body(call), JSON_COMPACT);
    PgValue *value = bp_arena_take(call_arena(call), sizeof *value);
    *value = pg_text(bp_str(bp_arena_text(call_arena(call), bp_str(text))));
    free(text);
    call_change(call, &(PgStep){SQL_WEB_ME_SET, value, 1}, 1, on_me_set);
}

/* ---- the password ---- */

typedef struct PasswordChange {
    Try given; /* first: the call's context while the former is tried */
    const char *fresh;
    PgValue hash;
} PasswordChange;

static void on_password_set(Call *call, const PgRows *rows)
{
    (void)rows;
    access_forget(call, call_person(call)->user_id);
    call_reply_empty(call, 204);
}

static void on_hash(Call *call, const char *hash)
{
    PasswordChange *change = call_context(call);
    change->hash = pg_text(bp_str(hash));
    call_change(call, &(PgStep){SQL_WEB_MY_PASSWORD, &change->hash, 1}, 1, on_password_set);
}

static void on_old_password(Call *call, Try *given)
{
    const PasswordChange *change = (const PasswordChange *)given;
    try_new_password(call, change->fresh, given->name, on_hash);
}

void web_change_my_password(Call *call)
{
    static const char *const names[] = {"old", "new", NULL};
    PasswordChange *change = bp_arena_take(call_arena(call), sizeof *change);
    *change = (PasswordChange){.given = {.name = call_person(call)->name, .next = on_old_password}};
    if (access_is_session(call) && call_fields_are_known(call, call_body(call), "", names) &&
        call_field_text(call, "old", CALL_NEEDED, PASSWORD_MAX, &change->given.password) &&
        call_field_text(call, "new", CALL_NEEDED, PASSWORD_MAX, &change->fresh))
        try_begin(call, &change->given);
}

/* ---- sessions ---- */

static void on_sessions(Call *call, const PgRows *rows)
{
    const BpStr text = pg_get_text(rows, 0, 0);
    call_reply(call, 200, json_pack("{s:o}", "items", json_loadb(text.data, text.size, 0, NULL)));
}

void web_list_my_sessions(Call *call)
{
    call_change(call, &(PgStep){SQL_WEB_MY_SESSIONS, NULL, 0}, 1, on_sessions);
}

static void on_ended(Call *call, const PgRows *rows)
{
    if (!pg_get_bool(rows, 0, 0)) {
        call_problem(call, 404, "not-found", "there is no such session of yours, or it has ended");
        return;
    }
    access_forget(call, call_person(call)->user_id);
    call_reply_empty(call, 204);
}

void web_end_my_session(Call *call)
{
    int64_t session;
    if (!access_is_session(call) || !call_path_number(call, "session", &session))
        return;
    PgValue *value = bp_arena_take(call_arena(call), sizeof *value);
    *value = pg_integer(session);
    call_change(call, &(PgStep){SQL_WEB_LOGOUT, value, 1}, 1, on_ended);
}
