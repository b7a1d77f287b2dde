#include "apps/collect/control/answer_json.h"

#include "base/time.h"
#include "say/json.h"

#include <stdio.h>
#include <string.h>

enum { /* columns of both statements; the last four of the second alone */
       ID,
       STATUS,
       VERDICT,
       RULE,
       TEXT,
       POINT_ID,
       POINT,
       TYPE,
       VALUE,
       PRIORITY,
       EXPIRES_AT,
       KEY,
       STATE,
       EXECUTE_AT,
       SLOTS,
       HELD_BY,
       HELD_VALUE,
       SHOWN_VALUE,
};

json_t *control_answer(const char *status, const char *rule, const char *text, const char *key)
{
    json_t *answer = json_pack("{s:i, s:s}", "v", 1, "status", status);
    if (rule)
        json_object_set_new(answer, "rule", json_string(rule));
    json_object_set_new(answer, "text", say_json_text(bp_str(text)));
    if (key)
        json_object_set_new(answer, "idempotency_key", json_string(key));
    return answer;
}

/* What is null is left out. */
static void put_text(json_t *answer, const char *key, const PgRows *rows, size_t row, int column)
{
    if (!pg_is_null(rows, row, column))
        json_object_set_new(answer, key, say_json_text(pg_get_text(rows, row, column)));
}

static void put_integer(json_t *answer, const char *key, const PgRows *rows, size_t row, int column)
{
    if (!pg_is_null(rows, row, column))
        json_object_set_new(answer, key, json_integer(pg_get_integer(rows, row, column)));
}

static void put_real(json_t *answer, const char *key, const PgRows *rows, size_t row, int column)
{
    if (!pg_is_null(rows, row, column))
        json_object_set_new(answer, key, say_json_real(pg_get_double(rows, row, column)));
}

/* Of a row without a sentence of its own: it is under way. */
static void put_sentence(json_t *answer, const PgRows *rows, size_t row)
{
    char text[160], when[BP_TIME_TEXT_MAX], end[BP_TIME_TEXT_MAX];
    if (!pg_is_null(rows, row, TEXT)) {
        put_text(answer, "text", rows, row, TEXT);
        return;
    }
    bp_time_format(pg_get_time_us(rows, row, EXPIRES_AT), 0, end);
    if (bp_str_equal(pg_get_text(rows, row, STATUS), bp_str("executing")))
        snprintf(text, sizeof text, "it is being carried out");
    else if (pg_is_null(rows, row, EXECUTE_AT))
        snprintf(text, sizeof text, "accepted: it is carried out by %s, or never", end);
    else
        snprintf(text, sizeof text, "accepted: it is carried out at %s, or until %s, or never",
                 bp_time_format(pg_get_time_us(rows, row, EXECUTE_AT), 0, when), end);
    json_object_set_new(answer, "text", json_string(text));
}

static void put_seen(json_t *answer, const PgRows *rows, size_t row)
{
    const BpStr slots = pg_get_text(rows, row, SLOTS);
    json_t *read = slots.size ? json_loadb(slots.data, slots.size, 0, NULL) : NULL;
    if (read)
        json_object_set_new(answer, "slots", read);
    put_integer(answer, "held_by", rows, row, HELD_BY);
    put_real(answer, "held_value", rows, row, HELD_VALUE);
    put_real(answer, "shown_value", rows, row, SHOWN_VALUE);
}

json_t *control_answer_row(const PgRows *rows, size_t row, bool has_ended)
{
    json_t *answer = json_pack("{s:i}", "v", 1);
    put_text(answer, "id", rows, row, ID);
    if (pg_is_null(rows, row, STATUS)) { /* the database was put back to before it was asked */
        json_object_set_new(answer, "status", json_string("unknown"));
        json_object_set_new(
            answer, "text",
            json_string("the database does not know this command any more: it was put back, and "
                        "whether the command was carried out is not known"));
        return answer;
    }
    put_text(answer, "status", rows, row, STATUS);
    put_text(answer, "verdict", rows, row, VERDICT);
    put_text(answer, "rule", rows, row, RULE);
    put_sentence(answer, rows, row);
    put_integer(answer, "point_id", rows, row, POINT_ID);
    put_text(answer, "point", rows, row, POINT);
    put_text(answer, "command_type", rows, row, TYPE);
    put_real(answer, "value", rows, row, VALUE);
    put_text(answer, "state", rows, row, STATE);
    put_integer(answer, "priority", rows, row, PRIORITY);
    if (has_ended)
        put_seen(answer, rows, row);
    put_text(answer, "idempotency_key", rows, row, KEY);
    return answer;
}
