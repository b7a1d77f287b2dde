#include "tool/change.h"

#include "base/time.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/progress.h"
#include "tool/rows.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { OUTCOME, TEXT, WAS_HANDED_OVER }; /* columns of select_change.sql */

static const int64_t LOOK_EVERY_US = 200 * BP_MS, PATIENCE_US = 15 * BP_SECOND;

typedef struct Waiting {
    ToolChange *change;
    BpArena *arena;
    bool is_told_to_stop;
} Waiting;

static void take(void *context, const PgRows *rows, size_t row)
{
    Waiting *waiting = context;
    ToolChange *change = waiting->change;
    change->was_handed_over = pg_get_bool(rows, row, WAS_HANDED_OVER);
    if (pg_is_null(rows, row, OUTCOME))
        return;
    change->outcome = tool_text_kept(waiting->arena, rows, row, OUTCOME).data;
    change->text = tool_text_kept(waiting->arena, rows, row, TEXT).data;
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

BpStatus tool_change_wait(SiteDatabase *database, ToolChange *change, BpArena *arena, BpError *err)
{
    Waiting waiting = {.change = change, .arena = arena};
    Loop *loop = database->loop;
    LoopTimer *timer = loop_timer_new(loop, on_time, NULL);
    LoopSignal *interrupt = loop_signal_new(loop, SIGINT, on_signal, &waiting);
    const PgValue id = pg_text(bp_str(change->id));
    const int64_t begun_us = loop_now_us(loop);
    BpStatus status;
    while ((status = site_database_ask(database, SQL_SELECT_CHANGE, &id, 1, take, &waiting, err)) == BP_OK &&
           !change->outcome && !waiting.is_told_to_stop && loop_now_us(loop) - begun_us < PATIENCE_US) {
        say_progress("%s, %.0f s",
                     change->was_handed_over ? "handed over; the site has not answered yet"
                                             : "waiting for the site",
                     (double)(loop_now_us(loop) - begun_us) / BP_SECOND);
        loop_timer_set(timer, loop_now_us(loop) + LOOK_EVERY_US);
        loop_run_once(loop, LOOK_EVERY_US);
    }
    say_progress_end();
    loop_signal_free(interrupt);
    loop_timer_free(timer);
    return status;
}

static const char *meaning(const char *outcome)
{
    static const struct {
        const char *outcome, *said;
    } meanings[] = {{"changed", "it is so now"},
                    {"same", "it was so already"},
                    {"stale", "nothing is changed"},
                    {"refused", "the site refuses"},
                    {"failed", "the site could not do it"},
                    {"unknown", "nobody knows whether it is so"},
                    {"cancelled", "it was taken back"}};
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strcmp(meanings[i].outcome, outcome) == 0)
            return meanings[i].said;
    return outcome;
}

void tool_change_tell(const char *site, const ToolChange *change)
{
    if (!*change->id)
        return;
    if (!change->outcome)
        printf("Site %s: %s. It is carried out when the site gets it, and then seen here; change %s.\n", site,
               change->was_handed_over ? "handed over, no answer yet" : "waiting for the site", change->id);
    else
        printf("Site %s: %s%s%s.\n", site, meaning(change->outcome), *change->text ? ": " : "", change->text);
}

int tool_change_code(const ToolChange *change)
{
    if (!*change->id)
        return EX_OK;
    if (!change->outcome)
        return EX_UNAVAILABLE;
    if (strcmp(change->outcome, "changed") == 0 || strcmp(change->outcome, "same") == 0)
        return EX_OK;
    return strcmp(change->outcome, "refused") == 0 ? EX_NOPERM : EX_TEMPFAIL;
}

json_t *tool_change_json(const ToolChange *change)
{
    return json_pack("{s:s, s:s?, s:o}", "change_id", change->id, "outcome", change->outcome, "text",
                     say_json_text_or_empty(bp_str(change->text ? change->text : "")));
}
