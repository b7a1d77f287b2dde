#include "apps/web/control/parts.h"

#include "say/json.h"

#include <stdlib.h>
#include <string.h>

void control_tell_problem(Call *call, const AskProblem *problem)
{
    json_t *more = problem->field ? json_pack("{s:s}", "field", problem->field) : NULL;
    call_problem_with(call, 400, "bad-request", more, "%s", problem->err.text);
}

PgValue control_json_value(Call *call, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | say_json_digits(json));
    if (!text)
        abort();
    const PgValue value = pg_text(bp_str(bp_arena_text(call_arena(call), bp_str(text))));
    free(text);
    return value;
}

bool control_id(Call *call, const char *name, PgValue *ret_id)
{
    const BpStr id = call_path_text(call, name);
    if (!ask_id_is_one(id)) {
        call_problem(call, 404, "not-found", "there is no such %s: its id is a UUID", name);
        return false;
    }
    *ret_id = pg_text(id);
    return true;
}

bool control_key(Call *call, BpStr *ret_key)
{
    *ret_key = call_header(call, HTTPD_IDEMPOTENCY_KEY);
    if (ret_key->size == 0 || ask_key_is_one(*ret_key))
        return true;
    call_problem(call, 400, "bad-request", "Idempotency-Key has 1 to %d printable letters without blanks",
                 ASK_KEY_MAX);
    return false;
}

static json_t *rule_json(const PgRows *rows, size_t row, int column)
{
    const BpStr rule = pg_get_text(rows, row, column);
    return json_pack("{s:s%}", "rule", rule.data, rule.size);
}

bool control_tell_outcome(Call *call, const PgRows *rows, size_t row, int first)
{
    const BpStr outcome = pg_get_text(rows, row, first), text = pg_get_text(rows, row, first + 2);
    if (bp_str_equal(outcome, bp_str("refused"))) {
        call_problem_with(call, 422, "refused", rule_json(rows, row, first + 1), "%.*s", BP_STR_ARGS(text));
    } else if (bp_str_equal(outcome, bp_str("forbidden"))) {
        json_t *more = rule_json(rows, row, first + 1);
        json_object_set_new(more, "right", json_string("command_freely"));
        call_problem_with(call, 403, "not-allowed", more, "%.*s", BP_STR_ARGS(text));
    } else if (bp_str_equal(outcome, bp_str("key-used"))) {
        call_problem(call, 409, "conflict", "%.*s", BP_STR_ARGS(text));
    } else if (bp_str_equal(outcome, bp_str("unknown"))) {
        call_problem(call, 404, "not-found", "%.*s", BP_STR_ARGS(text));
    } else if (bp_str_equal(outcome, bp_str("flooded"))) {
        call_set_field(call, "Retry-After", bp_str("60"));
        call_problem(call, 429, "too-many-requests", "%.*s", BP_STR_ARGS(text));
    } else {
        return false;
    }
    return true;
}
