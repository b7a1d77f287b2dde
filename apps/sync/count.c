/* Once a minute: what the link has cost since, what waits here, and whether the month's budget holds. */
#include "apps/sync/sync.h"
#include "base/log.h"
#include "base/time.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Columns of link_backlog.sql. */
enum { ENTRIES, OCTETS, OLDEST_AT, SENT, RECEIVED, RECENT, RECENT_DAYS, LEFT_S, MONTH_S };

static const int64_t EVERY_US = BP_MINUTE;

#define ALARM "sync.budget"

void sync_count(Sync *sync)
{
    const PgOctets now = pg_octets(sync->central);
    const int64_t sent = now.sent - sync->counted.sent, received = now.received - sync->counted.received;
    if ((sent <= 0 && received <= 0) || !site_alone_is_held(sync->alone))
        return; /* it is counted when there is somebody to tell */
    sync->counted = now;
    const PgValue values[] = {pg_text(sync->site_id), pg_integer(sent), pg_integer(received)};
    pg_request(sync->local, SQL_LINK_COUNT, values, 3, NULL, NULL);
}

static void look_at_budget(Sync *sync)
{
    const bool is_over = budget_is_over(&sync->budget);
    if (sync->over_budget == (is_over ? 1 : -1))
        return;
    sync->over_budget = is_over ? 1 : -1;
    char text[256];
    const int64_t mb = 1024 * 1024;
    snprintf(text, sizeof text,
             "the link to central has used %" PRId64 " MB this month and will have used %" PRId64
             " MB at its end; sync.monthly_budget is %" PRId64 " MB",
             sync->budget.used / mb, budget_forecast(&sync->budget) / mb, sync->budget.budget / mb);
    const PgValue values[] = {pg_text(sync->site_id), pg_text(bp_str(ALARM)), pg_text(bp_str(text))};
    if (is_over)
        bp_log(BP_LOG_WARNING, "%s", text);
    pg_request(sync->local, is_over ? SQL_RAISE_LINK_ALARM : SQL_RETURN_LINK_ALARM, values, is_over ? 3 : 2,
               NULL, NULL);
}

static void on_backlog(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Sync *sync = context;
    if (status != BP_OK) {
        if (status != BP_UNAVAILABLE)
            bp_log(BP_LOG_ERROR, "what waits for central: %s", err->text);
        return;
    }
    sync->unsent_entries = pg_get_integer(rows, 0, ENTRIES);
    sync->unsent_octets = pg_get_integer(rows, 0, OCTETS);
    sync->oldest_unsent_us = pg_is_null(rows, 0, OLDEST_AT) ? 0 : pg_get_time_us(rows, 0, OLDEST_AT);
    sync->budget = (BudgetFacts){.used = pg_get_integer(rows, 0, SENT) + pg_get_integer(rows, 0, RECEIVED),
                                 .recent = pg_get_integer(rows, 0, RECENT),
                                 .recent_days = pg_get_integer(rows, 0, RECENT_DAYS),
                                 .left_s = pg_get_double(rows, 0, LEFT_S),
                                 .month_s = pg_get_double(rows, 0, MONTH_S),
                                 .budget = sync->cfg->sync_monthly_budget};
    look_at_budget(sync);
    sync_send_health(sync);
}

void sync_minute(void *owner)
{
    Sync *sync = owner;
    loop_timer_set(sync->minute, loop_now_us(sync->loop) + EVERY_US);
    if (!site_alone_is_held(sync->alone))
        return;
    sync_count(sync);
    const PgValue site = pg_text(sync->site_id);
    pg_request(sync->local, SQL_LINK_BACKLOG, &site, 1, on_backlog, sync);
}

const char *sync_health(const Sync *sync, BpArena *arena)
{
    char oldest[BP_TIME_TEXT_MAX];
    /* It is said each minute of the year: what is not said is 0. */
    json_auto_t *health =
        json_pack("{s:i, s:s, s:I, s:I}", "v", 1, "program", BACPIPES_VERSION, "octets_month",
                  (json_int_t)sync->budget.used, "octets_budget", (json_int_t)sync->budget.budget);
    if (sync->unsent_entries > 0) {
        json_object_set_new(health, "unsent_entries", json_integer(sync->unsent_entries));
        json_object_set_new(health, "unsent_octets", json_integer(sync->unsent_octets));
    }
    if (sync->oldest_unsent_us)
        json_object_set_new(health, "oldest_unsent_at",
                            json_string(bp_time_format(sync->oldest_unsent_us, 0, oldest)));
    char *text = json_dumps(health, JSON_COMPACT);
    if (!text)
        abort();
    const char *kept = bp_arena_text(arena, bp_str(text));
    free(text);
    return kept;
}
