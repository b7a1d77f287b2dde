#include "apps/control/outcome.h"

#include "base/time.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/progress.h"
#include "say/when.h"
#include "tool/rows.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Columns of select_outcomes.sql. */
enum {
    ID,
    STATUS,
    VERDICT,
    RULE,
    TEXT,
    TYPE,
    VALUE,
    PRIORITY,
    VALUE_BEFORE,
    SLOTS,
    HELD_BY,
    HELD_VALUE,
    SHOWN_VALUE,
    CREATED_AT,
    EXECUTE_AT,
    EXPIRES_AT,
    EXECUTED_AT,
    COMPLETED_AT,
    RELEASE_AT,
    CREATED_BY,
    REASON,
    STEP,
    SITE,
    IS_HANDED_OVER,
};

/* Read-back may go on for control.verify_within, 5 s as it is delivered, behind the last moment of sending.
 */
enum { SENTENCE_MAX = 200 };
static const int64_t LOOK_EVERY_US = 100 * BP_MS, AFTER_EXPIRY_US = 70 * BP_SECOND,
                     UNTAKEN_US = 10 * BP_SECOND;

/* ---- what the database says ---- */

static json_t *time_of(const PgRows *rows, size_t row, int column)
{
    return tool_time_json(rows, row, column, 3);
}

static json_t *slots_of(const PgRows *rows, size_t row)
{
    const BpStr text = pg_get_text(rows, row, SLOTS);
    json_t *slots = pg_is_null(rows, row, SLOTS) ? NULL : json_loadb(text.data, text.size, 0, NULL);
    return slots ? slots : json_null();
}

static json_t *json_of(const ControlRequest *request, const PgRows *rows, size_t row)
{
    static const struct {
        const char *key;
        int column;
        json_t *(*make)(const PgRows *rows, size_t row, int column);
    } fields[] = {{"id", ID, tool_text_json},
                  {"status", STATUS, tool_text_json},
                  {"verdict", VERDICT, tool_text_json},
                  {"rule", RULE, tool_text_json},
                  {"text", TEXT, tool_text_json},
                  {"command_type", TYPE, tool_text_json},
                  {"value", VALUE, tool_real_json},
                  {"priority", PRIORITY, tool_integer_json},
                  {"value_before", VALUE_BEFORE, tool_real_json},
                  {"held_by", HELD_BY, tool_integer_json},
                  {"held_value", HELD_VALUE, tool_real_json},
                  {"shown_value", SHOWN_VALUE, tool_real_json},
                  {"created_at", CREATED_AT, time_of},
                  {"execute_at", EXECUTE_AT, time_of},
                  {"expires_at", EXPIRES_AT, time_of},
                  {"executed_at", EXECUTED_AT, time_of},
                  {"completed_at", COMPLETED_AT, time_of},
                  {"release_at", RELEASE_AT, time_of},
                  {"created_by", CREATED_BY, tool_text_json},
                  {"reason", REASON, tool_text_json}};
    json_t *json = json_pack("{s:I, s:o}", "point_id", (json_int_t)request->target.point_id, "point",
                             say_json_text_or_empty(bp_str(request->target.label)));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        json_object_set_new(json, fields[i].key, fields[i].make(rows, row, fields[i].column));
    json_object_set_new(json, "slots", slots_of(rows, row));
    if (!pg_is_null(rows, row, STEP))
        json_object_set_new(json, "step", tool_text_json(rows, row, STEP));
    return json;
}

/* ---- waiting ---- */

typedef struct Waiting {
    SiteDatabase *database;
    BpArena *arena;
    ControlOutcome *outcomes;
    size_t count, open, pending;
    int64_t last_expiry_us; /* of those that are open */
    const char *step;       /* of one of them, where the site is elsewhere; else empty */
    bool is_told_to_stop;
} Waiting;

static bool is_pending(const ControlOutcome *outcome)
{
    return strcmp(outcome->status, "pending") == 0;
}

/* Nothing takes it up any more, though nobody may have said so in its row yet. What a site elsewhere has been
 * given only the site knows. */
static bool is_over_unsaid(const ControlOutcome *outcome)
{
    return is_pending(outcome) && !outcome->is_handed_over && outcome->expires_us &&
           bp_wall_us() > outcome->expires_us;
}

static bool is_open(const ControlOutcome *outcome)
{
    return (is_pending(outcome) && !is_over_unsaid(outcome)) || strcmp(outcome->status, "executing") == 0;
}

/* Several requests may have the same row, where they have the same key. */
static void take(void *context, const PgRows *rows, size_t row)
{
    Waiting *waiting = context;
    for (size_t i = 0; i < waiting->count; i++) {
        ControlOutcome *outcome = &waiting->outcomes[i];
        if (!bp_str_equal(pg_get_text(rows, row, ID), bp_str(outcome->request->id)))
            continue;
        json_decref(outcome->json);
        outcome->json = json_of(outcome->request, rows, row);
        outcome->status = bp_arena_text(waiting->arena, pg_get_text(rows, row, STATUS));
        outcome->verdict = bp_arena_text(waiting->arena, pg_get_text(rows, row, VERDICT));
        outcome->rule = bp_arena_text(waiting->arena, pg_get_text(rows, row, RULE));
        outcome->text = bp_arena_text(waiting->arena, pg_get_text(rows, row, TEXT));
        outcome->step = bp_arena_text(waiting->arena, pg_get_text(rows, row, STEP));
        outcome->is_handed_over = pg_get_bool(rows, row, IS_HANDED_OVER);
        outcome->site = bp_arena_text(waiting->arena, pg_get_text(rows, row, SITE));
        outcome->is_release = bp_str_equal(pg_get_text(rows, row, TYPE), bp_str("release_priority"));
        outcome->has_release_at = !pg_is_null(rows, row, RELEASE_AT);
        outcome->release_at_us = pg_get_time_us(rows, row, RELEASE_AT);
        outcome->execute_at_us =
            pg_is_null(rows, row, EXECUTE_AT) ? 0 : pg_get_time_us(rows, row, EXECUTE_AT);
        outcome->expires_us = pg_get_time_us(rows, row, EXPIRES_AT);
        if (!is_open(outcome))
            continue;
        waiting->open++;
        waiting->step = outcome->step;
        waiting->pending += is_pending(outcome);
        if (outcome->expires_us > waiting->last_expiry_us)
            waiting->last_expiry_us = outcome->expires_us;
    }
}

static BpStatus look(Waiting *waiting, BpError *err)
{
    BpBuf ids = bp_buf_growing(64 * waiting->count);
    for (size_t i = 0; i < waiting->count; i++)
        bp_buf_printf(&ids, "%s%s", i ? "," : "{", waiting->outcomes[i].request->id);
    bp_buf_printf(&ids, "}");
    const PgValue values[] = {pg_text(bp_buf_text(&ids))};
    waiting->open = waiting->pending = 0;
    waiting->last_expiry_us = 0;
    waiting->step = "";
    const BpStatus status =
        site_database_ask(waiting->database, SQL_SELECT_OUTCOMES, values, 1, take, waiting, err);
    bp_buf_done(&ids);
    return status;
}

static void on_signal(void *owner, int number)
{
    Waiting *waiting = owner;
    (void)number;
    waiting->is_told_to_stop = true;
}

static void on_time(void *owner)
{
    (void)owner; /* it ends a turn of the loop */
}

static BpStatus wait_until_ended(Waiting *waiting, BpError *err)
{
    Loop *loop = waiting->database->loop;
    LoopTimer *timer = loop_timer_new(loop, on_time, NULL);
    const int64_t begun_us = loop_now_us(loop);
    BpStatus status;
    while ((status = look(waiting, err)) == BP_OK && waiting->open && !waiting->is_told_to_stop) {
        const int64_t now_us = loop_now_us(loop);
        if (waiting->pending == waiting->count && now_us - begun_us > UNTAKEN_US)
            break; /* nobody takes them up */
        if (bp_wall_us() > waiting->last_expiry_us + AFTER_EXPIRY_US)
            break;
        if (*waiting->step)
            say_progress("%s, %.0f s", waiting->step, (double)(now_us - begun_us) / BP_SECOND);
        else
            say_progress(waiting->pending ? "asked; waiting for the collector, %.0f s"
                                          : "written; reading back, %.0f s",
                         (double)(now_us - begun_us) / BP_SECOND);
        loop_timer_set(timer, now_us + LOOK_EVERY_US);
        loop_run_once(loop, LOOK_EVERY_US);
    }
    say_progress_end();
    loop_timer_free(timer);
    return status;
}

static Waiting begin(SiteDatabase *database, const ControlRequest *requests, size_t count, BpArena *arena,
                     bool is_waited_for, ControlOutcome *ret_outcomes)
{
    for (size_t i = 0; i < count; i++)
        ret_outcomes[i] = (ControlOutcome){.request = &requests[i],
                                           .id = requests[i].id,
                                           .status = "pending",
                                           .verdict = "",
                                           .rule = "",
                                           .text = "",
                                           .step = "",
                                           .was_waited_for = is_waited_for};
    return (Waiting){.database = database, .arena = arena, .outcomes = ret_outcomes, .count = count};
}

BpStatus control_outcomes_wait(SiteDatabase *database, const ControlRequest *requests, size_t count,
                               BpArena *arena, ControlOutcome *ret_outcomes, BpError *err)
{
    Waiting waiting = begin(database, requests, count, arena, true, ret_outcomes);
    LoopSignal *interrupt = loop_signal_new(database->loop, SIGINT, on_signal, &waiting);
    const BpStatus status = wait_until_ended(&waiting, err);
    loop_signal_free(interrupt);
    return status;
}

BpStatus control_outcomes_look(SiteDatabase *database, const ControlRequest *requests, size_t count,
                               BpArena *arena, ControlOutcome *ret_outcomes, BpError *err)
{
    Waiting waiting = begin(database, requests, count, arena, false, ret_outcomes);
    return look(&waiting, err);
}

void control_outcomes_done(ControlOutcome *outcomes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_decref(outcomes[i].json);
}

/* ---- telling ---- */

/* What happens next, which the sentence of the end does not say. */
static void tell_next(const ControlOutcome *outcome)
{
    char time[BP_TIME_TEXT_MAX];
    const bool stays = strcmp(outcome->verdict, "held") == 0 && !outcome->is_release;
    if (is_open(outcome) && *outcome->step)
        printf("It may be carried out until %s: `bacpipes commands --site %s --id %s` shows how it ends, "
               "--cancel "
               "takes it back.\n",
               say_time(outcome->expires_us, 0, time), outcome->site, outcome->id);
    else if (is_open(outcome))
        printf(
            "It may be carried out until %s: `bacpipes commands --id %s` shows how it ends, --cancel takes "
            "it back.\n",
            say_time(outcome->expires_us, 0, time), outcome->id);
    else if (outcome->has_release_at)
        printf("It is released at %s.\n", say_time(outcome->release_at_us, 0, time));
    else if (stays)
        printf("It stays until somebody releases it.\n");
}

static const char *sentence(const ControlOutcome *outcome, char ret_text[SENTENCE_MAX])
{
    char time[BP_TIME_TEXT_MAX];
    if (*outcome->text)
        return outcome->text;
    if (is_over_unsaid(outcome))
        return *outcome->step ? "it expired before its site fetched it, and nothing was written"
                              : "it expired, and nothing was written: is the collector running? `bacpipes "
                                "status` says";
    if (!is_pending(outcome))
        return outcome->status;
    if (outcome->execute_at_us > bp_wall_us()) {
        snprintf(ret_text, SENTENCE_MAX, "asked for, for %s", say_time(outcome->execute_at_us, 0, time));
        return ret_text;
    }
    if (*outcome->step)
        return outcome->step;
    return outcome->was_waited_for
               ? "asked for, and not taken up yet: is the collector running? `bacpipes status` says"
               : "asked for";
}

static void tell(const ControlOutcome *outcome)
{
    char memory[SENTENCE_MAX];
    const char *text = sentence(outcome, memory);
    const bool names_itself =
        strncmp(text, outcome->request->target.label, strlen(outcome->request->target.label)) == 0;
    printf("%s%s%s%s\n", names_itself ? "" : outcome->request->target.label, names_itself ? "" : ": ", text,
           *text && text[strlen(text) - 1] == '.' ? "" : ".");
    tell_next(outcome);
}

void control_outcomes_tell(const ControlOutcome *outcomes, size_t count, bool as_json)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        if (!as_json)
            tell(&outcomes[i]);
        else
            json_array_append(array, outcomes[i].json);
    if (as_json)
        say_json_print(json_incref(count == 1 ? json_array_get(array, 0) : array));
    json_decref(array);
}

static int code_of(const ControlOutcome *outcome)
{
    const char *status = outcome->status, *verdict = outcome->verdict;
    return strcmp(status, "completed") == 0                                    ? EX_OK
           : strcmp(status, "refused") == 0                                    ? EX_NOPERM
           : is_open(outcome) && !outcome->was_waited_for                      ? EX_OK
           : is_open(outcome)                                                  ? EX_UNAVAILABLE
           : strcmp(status, "failed") == 0 && strcmp(verdict, "not-sent") != 0 ? SAY_NOTHING
                                                                               : EX_TEMPFAIL;
}

int control_outcomes_code(const ControlOutcome *outcomes, size_t count)
{
    static const int worst_first[] = {EX_NOPERM, EX_UNAVAILABLE, EX_TEMPFAIL, SAY_NOTHING};
    for (size_t code = 0; code < sizeof worst_first / sizeof worst_first[0]; code++)
        for (size_t i = 0; i < count; i++)
            if (code_of(&outcomes[i]) == worst_first[code])
                return worst_first[code];
    return EX_OK;
}
