/* Sites that join a central: their join files, and their end. The file has a key that is drawn here, told
 * once and kept nowhere; who signs is `bacpipes central`. */
#include "apps/web/control/control.h"
#include "apps/web/points/load.h"
#include "apps/web/points/store.h"
#include "base/time.h"
#include "config/hosts.h"
#include "io/tls/request.h"
#include "link/join_file.h"
#include "link/link.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KEY_ROOM = 8192,
    TRIES_MAX = 75,
    NAME_MAX_LETTERS = 200,
    SITE_MAX_LETTERS = 63,
    LOOK_EVERY_US = 200 * 1000
};

typedef struct Invite {
    const char *key;
    PgValue id;
    int tries;
} Invite;

/* The database's sentences are for people: what they say is no fault of ours. */
static void on_refused(Call *call, BpStatus status, const BpError *err)
{
    if (status == BP_UNAVAILABLE || status == BP_TIMEOUT || status == BP_FULL)
        call_problem(call, 503, "database-away", "the database is away: try again in some seconds");
    else if (status == BP_FORBIDDEN)
        call_problem(call, 403, "not-allowed", "%s", err->text);
    else
        call_problem(call, status == BP_INVALID ? 422 : 409, status == BP_INVALID ? "invalid" : "conflict",
                     "%s", err->text);
}

/* False: this is no central, and it was answered so. */
static bool is_central(Call *call)
{
    if (store_is_central(call_web(call)->store))
        return true;
    call_problem(call, 409, "conflict",
                 "this is a site, and no central: sites join one that `bacpipes up --central` runs");
    return false;
}

/* The site of the address, which is elsewhere; false: it is not, and it was answered so. */
static bool is_elsewhere(Call *call)
{
    const StoreSite *site = store_site(call_web(call)->store, bp_str(call_site(call)));
    if (site && site->is_remote)
        return true;
    call_problem(call, 409, "conflict",
                 "site \"%s\" is here: those that joined this central can be changed so", call_site(call));
    return false;
}

/* `query` of the site and, where there is one, a word more, for who may. */
static void change(Call *call, SqlQuery query, const PgValue *given, size_t count, CallRows next)
{
    PgValue *values = bp_arena_take(call_arena(call), count * sizeof *values);
    memcpy(values, given, count * sizeof *values);
    PgStep *steps = bp_arena_take(call_arena(call), 2 * sizeof *steps);
    steps[0] = (PgStep){SQL_WEB_MUST_MANAGE_SITES, NULL, 0};
    steps[1] = (PgStep){query, values, count};
    call_on_refused(call, on_refused);
    call_change(call, steps, 2, next);
}

/* ---- join files ---- */

static const char *text_of(const json_t *invited, const char *name)
{
    const char *text = json_string_value(json_object_get(invited, name));
    return text ? text : "";
}

static void reply(Call *call, const Invite *invite, const json_t *invited)
{
    BpError err;
    LinkJoinFile file = {.site_id = text_of(invited, "site_id"),
                         .name = text_of(invited, "name"),
                         .central = text_of(invited, "central"),
                         .host = text_of(invited, "host"),
                         .number = json_integer_value(json_object_get(invited, "number")),
                         .port = json_integer_value(json_object_get(invited, "port")),
                         .authorities = text_of(invited, "authorities"),
                         .certificate = text_of(invited, "certificate"),
                         .key = invite->key};
    if (bp_time_parse(bp_str(text_of(invited, "until")), &file.until_us, &err) != BP_OK) {
        call_problem(call, 409, "conflict", "the join file was withdrawn while it was made");
        return;
    }
    load_again(call_web(call)->load);
    BpBuf out = bp_buf(bp_arena_take(call_arena(call), LINK_JOIN_FILE_MAX), LINK_JOIN_FILE_MAX);
    if (link_join_file_write(&file, &out, &err) != BP_OK) {
        call_problem(call, 409, "conflict", "the join file was not made: %s", err.text);
        return;
    }
    const BpStr contents = bp_buf_text(&out);
    call_reply(call, 201,
               json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:b, s:s%}", "site", file.site_id, "name", file.name,
                         "number", (json_int_t)file.number, "until", text_of(invited, "until"), "central",
                         file.central, "host", file.host, "this_machine_alone", cfg_is_loopback(file.host),
                         "file", contents.data, contents.size));
}

static void look(Call *call);

static void on_looked(Call *call, const PgRows *rows)
{
    enum { IS_OVER, REFUSED, INVITED };
    Invite *invite = call_context(call);
    if (pg_row_count(rows) == 0) {
        call_problem(call, 409, "conflict", "the join file was withdrawn while it was made");
    } else if (!pg_is_null(rows, 0, REFUSED)) {
        call_problem(call, 409, "conflict", "%.*s", BP_STR_ARGS(pg_get_text(rows, 0, REFUSED)));
    } else if (pg_get_bool(rows, 0, IS_OVER)) {
        const BpStr text = pg_get_text(rows, 0, INVITED);
        json_auto_t *invited = json_loadb(text.data, text.size, 0, NULL);
        reply(call, invite, invited);
    } else if (++invite->tries < TRIES_MAX) {
        look(call);
    } else {
        call_problem(call, 503, "database-away", "nobody signs it: is `bacpipes central` running?");
    }
}

static void on_waited(Call *call, void *job)
{
    const Invite *invite = job;
    call_ask(call, SQL_SELECT_WEB_INVITED, &invite->id, 1, on_looked);
}

static void wait_a_little(void *job)
{
    (void)job;
    usleep(LOOK_EVERY_US);
}

/* Who signs takes about a second. */
static void look(Call *call)
{
    call_work(call, wait_a_little, on_waited, call_context(call));
}

static void on_invited(Call *call, const PgRows *rows)
{
    Invite *invite = call_context(call);
    invite->id = pg_text(bp_str(bp_arena_text(call_arena(call), pg_get_text(rows, 0, 0))));
    look(call);
}

static void ask_for_it(Call *call, const char *site, const char *name, bool is_again)
{
    Invite *invite = bp_arena_take(call_arena(call), sizeof *invite);
    BpBuf key = bp_buf(bp_arena_take(call_arena(call), KEY_ROOM), KEY_ROOM - 1),
          request = bp_buf(bp_arena_take(call_arena(call), KEY_ROOM), KEY_ROOM);
    tls_request_draw(LINK_JOIN_USER, &key, &request);
    invite->key = bp_arena_text(call_arena(call), bp_buf_text(&key));
    call_set_context(call, invite);
    const PgValue values[] = {pg_text(bp_str(site)), pg_text(bp_str(name)), pg_text(bp_buf_text(&request)),
                              pg_bool(is_again)};
    change(call, SQL_INVITE_SITE, values, 4, on_invited);
}

void web_add_site(Call *call)
{
    static const char *const names[] = {"site", "name", NULL};
    const char *site, *name = "";
    if (call_fields_are_known(call, call_body(call), "", names) &&
        call_field_text(call, "site", CALL_NEEDED, SITE_MAX_LETTERS, &site) &&
        call_field_text(call, "name", CALL_OPTIONAL, NAME_MAX_LETTERS, &name) && is_central(call))
        ask_for_it(call, site, name, false);
}

void web_invite_site(Call *call)
{
    if (is_elsewhere(call))
        ask_for_it(call, call_site(call), "", true);
}

/* ---- what they are called, and their end ---- */

static void on_done(Call *call, const PgRows *rows)
{
    (void)rows;
    load_again(call_web(call)->load);
    call_reply_empty(call, 204);
}

void web_rename_site(Call *call)
{
    static const char *const names[] = {"name", "groups", NULL};
    const char *name = NULL;
    const json_t *groups = json_object_get(call_body(call), "groups");
    if (!call_fields_are_known(call, call_body(call), "", names) ||
        !call_field_text(call, "name", CALL_OPTIONAL, NAME_MAX_LETTERS, &name))
        return;
    if (groups && !json_is_array(groups)) {
        call_problem_with(call, 422, "invalid", json_pack("{s:s}", "field", "groups"),
                          "groups are a list of names");
        return;
    }
    if (!is_elsewhere(call))
        return;
    char *said = groups ? json_dumps(groups, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    const PgValue values[] = {pg_text(bp_str(call_site(call))), name ? pg_text(bp_str(name)) : pg_null(),
                              said ? pg_text(bp_str(bp_arena_text(call_arena(call), bp_str(said))))
                                   : pg_null()};
    free(said);
    change(call, SQL_WEB_EDIT_SITE, values, 3, on_done);
}

void web_remove_site(Call *call)
{
    static const char *const names[] = {"retire", NULL};
    bool is_end;
    if (!call_query_is_known(call, names) || !call_query_bool(call, "retire", false, &is_end) ||
        !is_elsewhere(call))
        return;
    const PgValue values[] = {pg_text(bp_str(call_site(call))), pg_text(bp_str("in the web"))};
    change(call, is_end ? SQL_RETIRE_SITE : SQL_REVOKE_SITE, values, is_end ? 1 : 2, on_done);
}
