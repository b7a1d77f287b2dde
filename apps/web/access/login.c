/* To log in, by a password or a one-time link; to be told who one is; to log out. */
#include "apps/web/access/identity.h"
#include "apps/web/access/parts.h"

#include <string.h>

enum { PASSWORD_MAX = 1000, NAME_MAX_OCTETS = 200, CODE_MAX = 40, LINK_MAX = 200 };

/* Somebody is let in: what their browser will be known by is drawn here, never what it brought. */
typedef struct Entry {
    char session[SECRET_TEXT_SIZE], browser[SECRET_TEXT_SIZE];
    char digest[SECRET_DIGEST_SIZE], former[SECRET_DIGEST_SIZE];
    char browser_digest[SECRET_DIGEST_SIZE], browser_was[SECRET_DIGEST_SIZE];
} Entry;

static PgValue digest_value(const char *digest)
{
    return *digest ? pg_text(bp_str(digest)) : pg_null();
}

static void draw(Call *call, Entry *entry)
{
    browser_marks(call, entry->former, entry->browser_was);
    secret_digest(bp_str(secret_draw(entry->session)), entry->digest);
    secret_digest(bp_str(secret_draw(entry->browser)), entry->browser_digest);
}

static void reply_session(Call *call, BpStr json, const char *csrf)
{
    json_t *session = identity_session_json(json, csrf, call_web(call)->cfg->web_second_factor);
    if (session)
        call_reply(call, 200, session);
    else
        call_problem(call, 500, "failed", "the database tells of a session in words of another version");
}

static void let_in(Call *call, const Entry *entry, const PgRows *rows)
{
    access_forget(call, 0); /* the session that was there before is none any more */
    session_set_cookies(call, entry->session, entry->browser);
    reply_session(call, pg_get_text(rows, 0, 0), identity_csrf(bp_str(entry->session), call_arena(call)));
}

/* ---- by a password ---- */

typedef struct Login {
    Try given; /* first: the call's context while it is tried */
    const char *typed;
    Code code;
    Entry entry;
} Login;

static void on_session(Call *call, const PgRows *rows)
{
    const Login *login = call_context(call);
    if (pg_is_null(rows, 0,
                   0)) /* somebody was quicker with the same code, or the user has just been shut out */
        call_problem(call, 401, "wrong-code",
                     "the code is wrong, or was used before: the next one comes in "
                     "less than 30 s");
    else
        let_in(call, &login->entry, rows);
}

static void on_code(Call *call, Try *given)
{
    Login *login = (Login *)given;
    Entry *entry = &login->entry;
    login->code = (Code){.step = pg_null(), .digest = pg_null()};
    if (given->totp_secret &&
        !try_code(call, given->totp_secret, given->totp_step, login->typed, &login->code))
        return;
    draw(call, entry);
    const PgValue values[] = {pg_integer(given->user_id),
                              login->code.step,
                              login->code.digest,
                              pg_text(bp_str(entry->digest)),
                              digest_value(entry->former),
                              digest_value(entry->browser_was),
                              pg_text(bp_str(entry->browser_digest)),
                              pg_text(bp_str(call_address(call))),
                              pg_text(call_header(call, HTTPD_USER_AGENT))};
    call_ask(call, SQL_WEB_LOGIN_END, values, sizeof values / sizeof values[0], on_session);
}

static void on_password(Call *call, Try *given)
{
    try_count_code(call, given, ((Login *)given)->typed, on_code);
}

void web_log_in(Call *call)
{
    static const char *const names[] = {"name", "password", "code", NULL};
    Login *login = bp_arena_take(call_arena(call), sizeof *login);
    *login = (Login){.given.next = on_password};
    if (call_fields_are_known(call, call_body(call), "", names) &&
        call_field_text(call, "name", CALL_NEEDED, NAME_MAX_OCTETS, &login->given.name) &&
        call_field_text(call, "password", CALL_NEEDED, PASSWORD_MAX, &login->given.password) &&
        call_field_text(call, "code", CALL_OPTIONAL, CODE_MAX, &login->typed))
        try_begin(call, &login->given);
}

/* ---- by a one-time link ---- */

typedef struct LinkUse {
    const char *secret, *password, *typed;
    char link[SECRET_DIGEST_SIZE];
    const char *name, *totp_secret; /* as the database has them; NULL: none */
    int64_t totp_step;
    PgValue counted[2];
    Code code;
    Entry entry;
} LinkUse;

static void refuse_link(Call *call)
{
    call_problem(call, 401, "link-used",
                 "the link was used, is older than 15 minutes, or was never given: ask an administrator for "
                 "another, or run bacpipes user link");
}

static void on_linked(Call *call, const PgRows *rows)
{
    const LinkUse *use = call_context(call);
    const BpStr json = pg_get_text(rows, 0, 0);
    json_auto_t *answer = json_loadb(json.data, json.size, 0, NULL);
    if (pg_is_null(rows, 0, 0))
        refuse_link(call);
    else if (json_object_get(answer, "problem"))
        call_problem(call, 401, "wrong-code",
                     "the code is wrong, or was used before: the next one comes in "
                     "less than 30 s");
    else
        let_in(call, &use->entry, rows);
}

static void on_link_hashed(Call *call, const char *hash)
{
    LinkUse *use = call_context(call);
    Entry *entry = &use->entry;
    draw(call, entry);
    const PgValue values[] = {pg_text(bp_str(use->link)),
                              pg_text(bp_str(hash)),
                              use->code.step,
                              use->code.digest,
                              pg_text(bp_str(entry->digest)),
                              digest_value(entry->former),
                              pg_text(bp_str(entry->browser_digest)),
                              pg_text(bp_str(call_address(call))),
                              pg_text(call_header(call, HTTPD_USER_AGENT))};
    call_ask(call, SQL_WEB_LINK_USE, values, sizeof values / sizeof values[0], on_linked);
}

static void try_link(Call *call, LinkUse *use)
{
    if (!use->totp_secret || try_code(call, use->totp_secret, use->totp_step, use->typed, &use->code))
        try_new_password(call, use->password, use->name, on_link_hashed);
}

static void on_link_counted(Call *call, const PgRows *rows)
{
    if (pg_is_null(rows, 0, 0))
        refuse_link(call);
    else if (!try_has_to_wait(call, pg_get_integer(rows, 0, 0), "codes"))
        try_link(call, call_context(call));
}

static void on_link(Call *call, const PgRows *rows)
{
    LinkUse *use = call_context(call);
    if (!pg_row_count(rows) || pg_is_null(rows, 0, 0)) {
        refuse_link(call);
        return;
    }
    use->name = bp_arena_text(call_arena(call), pg_get_text(rows, 0, 0));
    use->totp_secret =
        pg_is_null(rows, 0, 1) ? NULL : bp_arena_text(call_arena(call), pg_get_text(rows, 0, 1));
    use->totp_step = pg_get_integer(rows, 0, 2);
    /* A password that is none costs no try of a code. */
    if (!try_is_fit(call, use->password, use->name))
        return;
    if (!use->totp_secret || !use->typed || !*use->typed) {
        try_link(call, use);
        return;
    }
    use->counted[0] = pg_text(bp_str(use->link));
    use->counted[1] = pg_text(bp_str(call_address(call)));
    call_ask(call, SQL_WEB_LINK_TRY, use->counted, 2, on_link_counted);
}

void web_use_link(Call *call)
{
    static const char *const names[] = {"secret", "password", "code", NULL};
    LinkUse *use = bp_arena_take(call_arena(call), sizeof *use);
    *use = (LinkUse){.code = {.step = pg_null(), .digest = pg_null()}};
    if (!call_fields_are_known(call, call_body(call), "", names) ||
        !call_field_text(call, "secret", CALL_NEEDED, LINK_MAX, &use->secret) ||
        !call_field_text(call, "password", CALL_NEEDED, PASSWORD_MAX, &use->password) ||
        !call_field_text(call, "code", CALL_OPTIONAL, CODE_MAX, &use->typed))
        return;
    secret_digest(bp_str(use->secret), use->link);
    call_set_context(call, use);
    const PgValue values[] = {pg_text(bp_str(use->link))};
    call_ask(call, SQL_WEB_LINK_LOOK, values, 1, on_link);
}

/* ---- who am I ---- */

static void on_told(Call *call, const PgRows *rows)
{
    if (pg_is_null(rows, 0, 0))
        call_problem(call, 401, "not-logged-in", "the session has ended: log in by POST /api/v1/session");
    else
        reply_session(call, pg_get_text(rows, 0, 0), call_person(call)->csrf);
}

void web_get_session(Call *call)
{
    const PgValue values[] = {pg_text(bp_str(call_person(call)->credential)), pg_bool(true)};
    call_ask(call, SQL_WEB_IDENTIFY, values, 2, on_told);
}

static void on_logged_out(Call *call, const PgRows *rows)
{
    (void)rows;
    access_forget(call, call_person(call)->user_id);
    session_set_cookies(call, NULL, NULL);
    call_reply_empty(call, 204);
}

void web_log_out(Call *call)
{
    const PgValue values[] = {pg_text(bp_str(call_person(call)->session))};
    if (access_is_session(call))
        call_change(call, &(PgStep){SQL_WEB_LOGOUT, values, 1}, 1, on_logged_out);
}
