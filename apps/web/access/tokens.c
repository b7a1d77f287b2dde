/* Tokens, with which programs speak for a user. */
#include "apps/web/access/cookie.h"
#include "apps/web/access/parts.h"

#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_OCTETS = 400 /* 100 letters */, ROLE_MAX = 20, TIME_MAX = 40, SHOWN = 7 /* "bp_7Qf2" */ };

typedef struct Making {
    char token[sizeof COOKIE_TOKEN_PREFIX + SECRET_TEXT_SIZE];
    char digest[SECRET_DIGEST_SIZE], shown[SHOWN + 1];
    PgValue values[6];
} Making;

static json_t *load(const PgRows *rows)
{
    const BpStr text = pg_get_text(rows, 0, 0);
    return pg_row_count(rows) && !pg_is_null(rows, 0, 0) ? json_loadb(text.data, text.size, 0, NULL) : NULL;
}

static void on_tokens(Call *call, const PgRows *rows)
{
    call_reply(call, 200, json_pack("{s:o?}", "items", load(rows)));
}

void web_list_tokens(Call *call)
{
    PgValue *all = bp_arena_take(call_arena(call), sizeof *all);
    *all = pg_bool(person_may(call_person(call), NULL, RIGHT_MANAGE_USERS));
    call_change(call, &(PgStep){SQL_WEB_TOKENS, all, 1}, 1, on_tokens);
}

static void on_made(Call *call, const PgRows *rows)
{
    const Making *making = call_context(call);
    json_t *token = load(rows);
    json_object_set_new(token, "token", json_string(making->token));
    call_reply(call, 201, token);
}

void web_add_token(Call *call)
{
    static const char *const names[] = {"name", "role", "sites", "expires_at", NULL};
    const char *name = NULL, *role = NULL, *until = NULL;
    char secret[SECRET_TEXT_SIZE];
    int64_t until_us;
    if (!access_is_session(call) || !call_fields_are_known(call, call_body(call), "", names) ||
        !call_field_text(call, "name", CALL_NEEDED, NAME_MAX_OCTETS, &name) ||
        !call_field_text(call, "role", CALL_NEEDED, ROLE_MAX, &role) ||
        !call_field_text(call, "expires_at", CALL_NEEDED, TIME_MAX, &until))
        return;
    if (bp_time_parse(bp_str(until), &until_us, NULL) != BP_OK) {
        call_problem(call, 400, "bad-request",
                     "\"expires_at\" is to be a time, as 2027-01-31T00:00:00Z: two years from now at most");
        return;
    }
    json_t *sites = json_object_get(call_body(call), "sites");
    size_t i;
    json_t *site;
    bool are_texts = !sites || json_is_null(sites) || json_is_array(sites);
    json_array_foreach (sites, i, site)
        are_texts = are_texts && json_is_string(site);
    if (!are_texts) {
        call_problem(call, 400, "bad-request", "\"sites\" is to be a list of sites' names, or null for all");
        return;
    }
    Making *making = bp_arena_take(call_arena(call), sizeof *making);
    snprintf(making->token, sizeof making->token, "%s%s", COOKIE_TOKEN_PREFIX, secret_draw(secret));
    snprintf(making->shown, sizeof making->shown, "%.*s", SHOWN, making->token);
    secret_digest(bp_str(making->token), making->digest);
    PgValue wanted = pg_null();
    if (json_is_array(sites)) {
        char *text = json_dumps(sites, JSON_COMPACT);
        wanted = pg_text(bp_str(bp_arena_text(call_arena(call), bp_str(text))));
        free(text);
    }
    making->values[0] = pg_text(bp_str(name));
    making->values[1] = pg_text(bp_str(making->digest));
    making->values[2] = pg_text(bp_str(making->shown));
    making->values[3] = pg_text(bp_str(role));
    making->values[4] = wanted;
    making->values[5] = pg_time(until_us);
    call_set_context(call, making);
    call_change(call, &(PgStep){SQL_WEB_TOKEN_ADD, making->values, 6}, 1, on_made);
}

static void on_ended(Call *call, const PgRows *rows)
{
    if (!pg_get_bool(rows, 0, 0)) {
        call_problem(call, 404, "not-found", "there is no such token of yours");
        return;
    }
    access_forget(call, 0); /* whoever's it was */
    call_reply_empty(call, 204);
}

void web_end_token(Call *call)
{
    int64_t token;
    if (!call_path_number(call, "token", &token))
        return;
    PgValue *value = bp_arena_take(call_arena(call), sizeof *value);
    *value = pg_integer(token);
    call_change(call, &(PgStep){SQL_WEB_TOKEN_REMOVE, value, 1}, 1, on_ended);
}
