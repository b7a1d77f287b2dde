/* POST of commands: what is asked for, or only judged. */
#include "apps/web/control/command_json.h"
#include "apps/web/control/control.h"
#include "apps/web/control/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTCOME, RULE, TEXT, COMMAND, VALUE = COMMAND, PRIORITY, RELEASE_AT, IN_THE_WAY };

static void on_asked(Call *call, const PgRows *rows)
{
    char location[256];
    if (control_tell_outcome(call, rows, 0, OUTCOME))
        return;
    json_t *command = command_json(rows, 0, COMMAND);
    snprintf(location, sizeof location, "/api/v1/sites/%s/commands/%s",
             json_string_value(json_object_get(command, "site")),
             json_string_value(json_object_get(command, "id")));
    call_set_field(call, "Location", bp_str(bp_arena_text(call_arena(call), bp_str(location))));
    call_reply(call, 202, command);
}

/* What will happen, as a sentence: the interface has its own words for it. */
static const char *forecast(const json_t *in_the_way)
{
    return json_array_size(in_the_way) > 0
               ? "It would be written, and has no effect while a higher slot has a value."
               : "It would be written, and take effect.";
}

static void on_judged(Call *call, const PgRows *rows)
{
    static const RowField fields[] = {
        {NULL, ROW_TEXT},          {"rule", ROW_TEXT},       {"text", ROW_TEXT},      {"value", ROW_REAL},
        {"priority", ROW_INTEGER}, {"release_at", ROW_TIME}, {"in_the_way", ROW_JSON}};
    const BpStr outcome = pg_get_text(rows, 0, OUTCOME);
    const bool is_allowed = bp_str_equal(outcome, bp_str("allowed"));
    if (bp_str_equal(outcome, bp_str("unknown"))) {
        (void)control_tell_outcome(call, rows, 0, OUTCOME);
        return;
    }
    json_t *judged = row_json(rows, 0, OUTCOME, fields, sizeof fields / sizeof fields[0]);
    json_object_set_new(judged, "allowed", json_boolean(is_allowed));
    if (is_allowed)
        json_object_set_new(judged, "text", json_string(forecast(json_object_get(judged, "in_the_way"))));
    else
        json_object_set_new(judged, "release_at", json_null());
    call_reply(call, 200, judged);
}

static void ask(Call *call, const char *site, json_t *request, bool is_dry)
{
    BpStr key;
    json_object_set_new(request, "site_id", json_string(site));
    if (!control_key(call, &key))
        return;
    if (key.size)
        json_object_set_new(request, "idempotency_key", json_stringn(key.data, key.size));
    PgValue *values = bp_arena_take(call_arena(call), sizeof *values);
    values[0] = control_json_value(call, request);
    const PgStep step = {is_dry ? SQL_CHECK_WEB_COMMAND : SQL_ASK_WEB_COMMAND, values, 1};
    call_change(call, &step, 1, is_dry ? on_judged : on_asked);
}

void web_ask_command(Call *call)
{
    static const char *const parameters[] = {"dry_run", NULL};
    bool is_dry;
    json_auto_t *request = NULL;
    AskProblem problem = {0};
    if (!call_query_is_known(call, parameters) || !call_query_bool(call, "dry_run", false, &is_dry))
        return;
    if (ask_command_read(call_body(call), false, &request, &problem) != BP_OK) {
        control_tell_problem(call, &problem);
        return;
    }
    ask(call, call_site(call), request, is_dry);
}

/* The one site at which the person may command, where the body names none. */
static const char *only_site(const Person *person)
{
    const char *site = NULL;
    for (size_t i = 0; i < person->grant_count; i++) {
        if (!person_may(person, person->grants[i].site, RIGHT_COMMAND))
            continue;
        if (site)
            return NULL;
        site = person->grants[i].site;
    }
    return site;
}

void web_bacnet_write(Call *call)
{
    json_auto_t *request = NULL;
    AskProblem problem = {0};
    const json_t *said = json_object_get(call_body(call), "site");
    if (ask_command_read(call_body(call), true, &request, &problem) != BP_OK) {
        control_tell_problem(call, &problem);
        return;
    }
    const char *site = said ? json_string_value(said) : only_site(call_person(call));
    if (!site)
        call_problem_with(call, 400, "bad-request", json_pack("{s:s}", "field", "site"),
                          said ? "site is the site_id of a site"
                               : "which site? Say \"site\", since there are several");
    else if (!person_may(call_person(call), site, RIGHT_VIEW))
        call_problem(call, 404, "not-found", "there is no site \"%.63s\"", site);
    else if (!person_may(call_person(call), site, RIGHT_COMMAND))
        call_problem_with(call, 403, "not-allowed", json_pack("{s:s}", "right", "command"),
                          "%s may not write at %s: that is an operator's", call_person(call)->name, site);
    else
        ask(call, site, request, false);
}
