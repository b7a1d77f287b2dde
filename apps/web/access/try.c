/* Passwords and codes that somebody tries: each is counted before it is looked at, and each takes the same
 * time. */
#include "apps/web/access/parts.h"

#include "base/time.h"
#include "io/secret/one_time.h"
#include "io/sign/sign.h"

#include <stdio.h>
#include <string.h>

/* Columns of web_login_begin.sql. */
enum { USER, PASSWORD, TOTP_SECRET, TOTP_STEP, WAIT, IS_KNOWN };

static const char *text_or_null(Call *call, const PgRows *rows, int column)
{
    return pg_is_null(rows, 0, column) ? NULL : bp_arena_text(call_arena(call), pg_get_text(rows, 0, column));
}

static void on_checked(void *context, bool is_right, const char *hash)
{
    Call *call = context;
    (void)hash;
    if (!call_waited(call))
        return;
    Try *given = call_context(call);
    if (is_right && given->user_id)
        given->next(call, given);
    else
        call_problem(call, 401, "wrong-credentials", "name or password is wrong");
}

static void refuse_crowd(Call *call)
{
    call_set_field(call, "Retry-After", bp_str("2"));
    call_problem(call, 429, "too-many-requests", "many people log in just now: try again in some seconds");
}

bool try_has_to_wait(Call *call, int64_t wait_s, const char *what)
{
    char seconds[24];
    if (wait_s <= 0)
        return false;
    snprintf(seconds, sizeof seconds, "%lld", (long long)wait_s);
    call_set_field(call, "Retry-After", bp_str(seconds));
    call_problem(call, 429, "too-many-tries", "several %s were wrong: the next is looked at in %s s", what,
                 seconds);
    return true;
}

static void on_user(Call *call, const PgRows *rows)
{
    Try *given = call_context(call);
    if (try_has_to_wait(call, pg_get_integer(rows, 0, WAIT), "tries from here"))
        return;
    given->user_id = pg_get_integer(rows, 0, USER);
    given->hash = text_or_null(call, rows, PASSWORD);
    given->totp_secret = text_or_null(call, rows, TOTP_SECRET);
    given->totp_step = pg_get_integer(rows, 0, TOTP_STEP);
    if (!given->password) {
        given->next(call, given);
        return;
    }
    const bool is_known = call_person(call) || pg_get_bool(rows, 0, IS_KNOWN);
    call_wait(call);
    if (!secret_check(access_hasher(call), is_known ? SECRET_KNOWN : SECRET_STRANGER, bp_str(given->password),
                      given->hash, on_checked, call) &&
        call_waited(call))
        refuse_crowd(call);
}

void try_begin(Call *call, Try *given)
{
    char session[SECRET_DIGEST_SIZE];
    char *browser = bp_arena_take(call_arena(call), SECRET_DIGEST_SIZE);
    browser_marks(call, session, browser);
    const PgValue values[] = {pg_text(bp_str(given->name)), pg_text(bp_str(call_address(call))),
                              *browser ? pg_text(bp_str(browser)) : pg_null()};
    call_set_context(call, given);
    call_ask(call, SQL_WEB_LOGIN_BEGIN, values, sizeof values / sizeof values[0], on_user);
}

/* ---- codes ---- */

static void on_code_counted(Call *call, const PgRows *rows)
{
    Try *given = call_context(call);
    if (!try_has_to_wait(call, pg_get_integer(rows, 0, 0), "codes"))
        given->next_code(call, given);
}

void try_count_code(Call *call, Try *given, const char *typed, void (*next)(Call *call, Try *given))
{
    if (!given->totp_secret || !typed || !*typed) {
        next(call, given);
        return;
    }
    given->next_code = next;
    PgValue *user = bp_arena_take(call_arena(call), sizeof *user);
    *user = pg_integer(given->user_id);
    call_ask(call, SQL_WEB_CODE_TRY, user, 1, on_code_counted);
}

bool try_code(Call *call, const char *totp_secret, int64_t totp_step, const char *typed, Code *ret_code)
{
    uint8_t secret[ONE_TIME_SECRET_SIZE];
    char recovery[ONE_TIME_RECOVERY_SIZE];
    int64_t step;
    bool is_right = false;
    *ret_code = (Code){.step = pg_null(), .digest = pg_null()};
    if (!typed || !*typed) {
        call_problem(call, 401, "code-needed",
                     "the password is right; a code of the app is needed, too, or a recovery code");
        return false;
    }
    if (sign_from_hex(bp_str(totp_secret), secret, sizeof secret) &&
        one_time_check(secret, bp_str(typed), bp_wall_us() / BP_SECOND, totp_step, &step)) {
        ret_code->step = pg_integer(step);
        is_right = true;
    } else if (one_time_recovery_read(bp_str(typed), recovery)) {
        secret_digest(bp_str(recovery), ret_code->recovery); /* whether it is one the database says */
        ret_code->digest = pg_text(bp_str(ret_code->recovery));
        is_right = true;
    }
    secret_wipe(secret, sizeof secret);
    if (!is_right)
        call_problem(call, 401, "wrong-code",
                     "the code is wrong, or was used before: the next one comes in "
                     "less than 30 s");
    return is_right;
}

/* ---- new passwords ---- */

typedef struct Making {
    void (*next)(Call *call, const char *hash);
    void *context; /* the call's before */
} Making;

static void on_hashed(void *context, bool is_right, const char *hash)
{
    Call *call = context;
    (void)is_right;
    if (!call_waited(call))
        return;
    const Making *making = call_context(call);
    call_set_context(call, making->context);
    if (*hash)
        making->next(call, bp_arena_text(call_arena(call), bp_str(hash)));
    else
        call_problem(call, 500, "failed", "there is not enough memory to keep a password");
}

bool try_is_fit(Call *call, const char *password, const char *name)
{
    char problem[SECRET_PASSWORD_PROBLEM_MAX];
    const bool is_fit = secret_password_is_fit(bp_str(password), bp_str(name), problem);
    if (!is_fit)
        call_problem_with(call, 422, "invalid", json_pack("{s:s}", "name", name), "%s", problem);
    return is_fit;
}

void try_new_password(Call *call, const char *password, const char *name,
                      void (*next)(Call *call, const char *hash))
{
    if (!try_is_fit(call, password, name))
        return;
    Making *making = bp_arena_take(call_arena(call), sizeof *making);
    *making = (Making){next, call_context(call)};
    call_set_context(call, making);
    call_wait(call);
    if (!secret_hash(access_hasher(call), bp_str(password), on_hashed, call) && call_waited(call))
        refuse_crowd(call);
}
