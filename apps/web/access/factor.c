/* The second factor: set up, confirmed by its first code, taken away by a code. */
#include "apps/web/access/parts.h"
#include "base/time.h"
#include "io/secret/one_time.h"
#include "io/sign/sign.h"

#include <stdio.h>
#include <string.h>

enum { RECOVERY_CODES = 10, CODE_MAX = 40 };

typedef struct Factor {
    Try given; /* first: the call's context while a code is tried */
    uint8_t secret[ONE_TIME_SECRET_SIZE];
    char hex[2 * ONE_TIME_SECRET_SIZE + 1];
    const char *typed;
    Code code;
    char recovery[RECOVERY_CODES][ONE_TIME_RECOVERY_SIZE];
    char digests[RECOVERY_CODES * SECRET_DIGEST_SIZE]; /* with commas between them */
    PgValue values[2];
} Factor;

static Factor *new_factor(Call *call)
{
    Factor *factor = bp_arena_take(call_arena(call), sizeof *factor);
    *factor = (Factor){.given.name = call_person(call)->name};
    call_set_context(call, factor);
    return factor;
}

/* ---- begin ---- */

static void on_begun(Call *call, const PgRows *rows)
{
    const Factor *factor = call_context(call);
    char text[ONE_TIME_SECRET_TEXT_SIZE], uri[256];
    if (!pg_get_bool(rows, 0, 0)) {
        call_problem(call, 409, "conflict",
                     "there is a second factor already: DELETE /api/v1/me/totp takes it away");
        return;
    }
    one_time_text(factor->secret, text);
    snprintf(uri, sizeof uri, "otpauth://totp/BacPipes:%s?secret=%s&issuer=BacPipes", call_person(call)->name,
             text);
    call_reply(call, 200, json_pack("{s:s, s:s}", "secret", text, "uri", uri));
}

void web_begin_totp(Call *call)
{
    if (!access_is_session(call))
        return;
    Factor *factor = new_factor(call);
    one_time_draw(factor->secret);
    factor->values[0] = pg_text(bp_str(sign_hex(factor->secret, sizeof factor->secret, factor->hex)));
    call_change(call, &(PgStep){SQL_WEB_TOTP_BEGIN, factor->values, 1}, 1, on_begun);
}

/* ---- confirm ---- */

static void on_confirmed(Call *call, const PgRows *rows)
{
    const Factor *factor = call_context(call);
    if (!pg_get_bool(rows, 0, 0)) {
        call_problem(call, 409, "conflict", "the second factor was confirmed before");
        return;
    }
    access_forget(call, call_person(call)->user_id);
    json_t *codes = json_array();
    for (size_t i = 0; i < RECOVERY_CODES; i++)
        json_array_append_new(codes, json_string(factor->recovery[i]));
    call_reply(call, 200, json_pack("{s:o}", "recovery_codes", codes));
}

static void draw_recovery(Factor *factor)
{
    char *at = factor->digests;
    for (size_t i = 0; i < RECOVERY_CODES; i++) {
        secret_digest(bp_str(one_time_recovery_draw(factor->recovery[i])), at);
        at += SECRET_DIGEST_SIZE - 1;
        *at++ = i + 1 < RECOVERY_CODES ? ',' : '\0';
    }
}

static void on_looked(Call *call, const PgRows *rows)
{
    Factor *factor = call_context(call);
    const bool is_begun = !pg_is_null(rows, 0, 0);
    if (!is_begun || pg_get_bool(rows, 0, 1)) {
        call_problem(call, 409, "conflict",
                     is_begun ? "the second factor was confirmed before"
                              : "POST /api/v1/me/totp comes first: it has the secret for the app");
        return;
    }
    const char *hex = bp_arena_text(call_arena(call), pg_get_text(rows, 0, 0));
    if (!try_code(call, hex, pg_get_integer(rows, 0, 2), factor->typed, &factor->code))
        return;
    if (factor->code.step.kind == PG_NULL) {
        call_problem(call, 401, "wrong-code", "the six digits that the app shows are needed");
        return;
    }
    draw_recovery(factor);
    factor->values[0] = factor->code.step;
    factor->values[1] = pg_text(bp_str(factor->digests));
    call_change(call, &(PgStep){SQL_WEB_TOTP_CONFIRM, factor->values, 2}, 1, on_confirmed);
}

static bool read_code(Call *call, Factor *factor)
{
    static const char *const names[] = {"code", NULL};
    return call_fields_are_known(call, call_body(call), "", names) &&
           call_field_text(call, "code", CALL_NEEDED, CODE_MAX, &factor->typed);
}

void web_confirm_totp(Call *call)
{
    Factor *factor = new_factor(call);
    if (access_is_session(call) && read_code(call, factor))
        call_change(call, &(PgStep){SQL_WEB_TOTP_LOOK, NULL, 0}, 1, on_looked);
}

/* ---- end: whoever got at a session alone must not be able to ---- */

static void on_ended(Call *call, const PgRows *rows)
{
    if (!pg_get_bool(rows, 0, 0)) {
        call_problem(call, 401, "wrong-code",
                     "the code is wrong, or was used before: the next one comes in "
                     "less than 30 s");
        return;
    }
    access_forget(call, call_person(call)->user_id);
    call_reply_empty(call, 204);
}

static void on_code(Call *call, Try *given)
{
    Factor *factor = (Factor *)given;
    if (!given->totp_secret) {
        call_problem(call, 409, "conflict", "there is no second factor");
        return;
    }
    if (!try_code(call, given->totp_secret, given->totp_step, factor->typed, &factor->code))
        return;
    factor->values[0] = factor->code.step;
    factor->values[1] = factor->code.digest;
    call_change(call, &(PgStep){SQL_WEB_TOTP_END, factor->values, 2}, 1, on_ended);
}

static void on_counted(Call *call, Try *given)
{
    try_count_code(call, given, ((Factor *)given)->typed, on_code);
}

void web_end_totp(Call *call)
{
    Factor *factor = new_factor(call);
    factor->given.next = on_counted;
    if (access_is_session(call) && read_code(call, factor))
        try_begin(call, &factor->given);
}
