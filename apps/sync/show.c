/* bacpipes sync --status: the link for people and for scripts, from what the site's database knows of it. */
#include "apps/sync/sync.h"
#include "base/time.h"
#include "model/topic.h"
#include "say/exit.h"
#include "say/json.h"
#include "tool/site.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Columns of select_link.sql. */
enum {
    CENTRAL,
    HOST,
    PORT,
    STATE,
    SINCE_S,
    WHY,
    OCTETS_S,
    REPORTED_S,
    ENTRIES,
    OCTETS,
    OLDEST_AT,
    OLDEST_S,
    SENT,
    RECEIVED,
    RECENT,
    RECENT_DAYS,
    LEFT_S,
    MONTH_S
};

enum { ALL_IS_WELL, WARNING, BROKEN, UNKNOWN };

static const double REPORT_LATE_S = 45, WAITING_LONG_S = 600;

typedef struct Shown {
    bool has_joined, runs, is_over_budget;
    char central[300], state[16], why[BP_ERROR_TEXT_MAX];
    double since_s, octets_s, oldest_s;
    int64_t entries, octets, sent, received, forecast;
    BudgetFacts budget;
    int code;
} Shown;

static void judge(Shown *shown)
{
    shown->is_over_budget = budget_is_over(&shown->budget);
    shown->forecast = budget_forecast(&shown->budget);
    if (!shown->has_joined)
        shown->code = UNKNOWN;
    else if (!shown->runs)
        shown->code = BROKEN;
    else if (shown->oldest_s > WAITING_LONG_S || shown->is_over_budget ||
             strcmp(shown->state, "refused") == 0 ||
             (strcmp(shown->state, "sending") != 0 && shown->since_s > WAITING_LONG_S))
        shown->code = WARNING;
    else
        shown->code = ALL_IS_WELL;
}

static void take(void *context, const PgRows *rows, size_t row)
{
    Shown *shown = context;
    const BpStr host = pg_get_text(rows, row, HOST), called = pg_get_text(rows, row, CENTRAL),
                name = bp_str_equal(called, host) ? (BpStr){0} : called;
    shown->has_joined = !pg_is_null(rows, row, HOST);
    snprintf(shown->central, sizeof shown->central, "%.*s%s%.*s port %" PRId64, BP_STR_ARGS(name),
             name.size ? " at " : "", BP_STR_ARGS(host), pg_get_integer(rows, row, PORT));
    (void)bp_str_copy(pg_get_text(rows, row, STATE), shown->state, sizeof shown->state);
    (void)bp_str_copy(pg_get_text(rows, row, WHY), shown->why, sizeof shown->why);
    shown->since_s = pg_get_double(rows, row, SINCE_S);
    shown->octets_s = pg_get_double(rows, row, OCTETS_S);
    shown->runs = !pg_is_null(rows, row, STATE) && strcmp(shown->state, "stopped") != 0 &&
                  pg_get_double(rows, row, REPORTED_S) < REPORT_LATE_S;
    shown->entries = pg_get_integer(rows, row, ENTRIES);
    shown->octets = pg_get_integer(rows, row, OCTETS);
    shown->oldest_s = pg_is_null(rows, row, OLDEST_S) ? 0 : pg_get_double(rows, row, OLDEST_S);
    shown->sent = pg_get_integer(rows, row, SENT);
    shown->received = pg_get_integer(rows, row, RECEIVED);
    shown->budget.used = shown->sent + shown->received;
    shown->budget.recent = pg_get_integer(rows, row, RECENT);
    shown->budget.recent_days = pg_get_integer(rows, row, RECENT_DAYS);
    shown->budget.left_s = pg_get_double(rows, row, LEFT_S);
    shown->budget.month_s = pg_get_double(rows, row, MONTH_S);
}

static const char *octets(int64_t size, char ret_text[32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)size;
    size_t i = 0;
    for (; value >= 1024 && i + 1 < sizeof units / sizeof units[0]; i++)
        value /= 1024;
    snprintf(ret_text, 32, i && value < 10 ? "%.1f %s" : "%.0f %s", value, units[i]);
    return ret_text;
}

static const char *span(double seconds, char ret_text[BP_TIME_TEXT_MAX])
{
    return bp_interval_format((int64_t)(seconds * BP_SECOND), ret_text);
}

static void show(const Shown *shown)
{
    char text[BP_TIME_TEXT_MAX], size[32], other[32], third[32];
    if (!shown->has_joined) {
        printf("central     none: `bacpipes site join FILE` joins one\n");
        return;
    }
    printf("central     %s\n", shown->central);
    if (shown->runs)
        printf("state       %s for %s%s%s\n", shown->state, span(shown->since_s, text),
               *shown->why ? ": " : "", shown->why);
    else
        printf(
            "state       sync does not run: `bacpipes up` starts it, and log/sync.log says why it ended\n");
    if (shown->entries > 0)
        printf("waiting     %" PRId64 " entries of %s, the oldest for %s (%.1f h)\n", shown->entries,
               octets(shown->octets, size), span(shown->oldest_s, text), shown->oldest_s / 3600);
    else
        printf("waiting     nothing\n");
    printf("rate        %s/s, of the last minute\n", octets((int64_t)shown->octets_s, size));
    printf("this month  %s sent and %s received", octets(shown->sent, size), octets(shown->received, other));
    if (shown->budget.budget > 0)
        printf(", %.0f %% of %s", 100.0 * (double)shown->budget.used / (double)shown->budget.budget,
               octets(shown->budget.budget, third));
    printf("; about %s at its end%s\n", octets(shown->forecast, size),
           shown->is_over_budget ? ", which is more than sync.monthly_budget" : "");
}

static void show_json(const Shown *shown)
{
    const BudgetFacts *budget = &shown->budget;
    say_json_print(json_pack(
        "{s:o, s:s, s:o, s:s, s:{s:I, s:I, s:o, s:o}, s:o, s:{s:I, s:I, s:I, s:I, s:b}, s:i}", "central",
        shown->has_joined ? json_string(shown->central) : json_null(), "state",
        !shown->has_joined ? "none"
        : shown->runs      ? shown->state
                           : "stopped",
        "since_s", say_json_real(shown->since_s), "why", shown->why, "unsent", "entries",
        (json_int_t)shown->entries, "octets", (json_int_t)shown->octets, "oldest_s",
        say_json_real(shown->oldest_s), "hours", say_json_real(shown->oldest_s / 3600), "rate_octets_s",
        say_json_real(shown->octets_s), "month", "octets_sent", (json_int_t)shown->sent, "octets_received",
        (json_int_t)shown->received, "octets_budget", (json_int_t)budget->budget, "octets_forecast",
        (json_int_t)shown->forecast, "is_over", shown->is_over_budget, "code", shown->code));
}

/* A central sends to nobody. */
static BpStatus check_site(const Cfg *cfg, BpError *err)
{
    return strcmp(cfg->site, MDL_SITE_CENTRAL) != 0
               ? BP_OK
               : bp_fail(
                     err, BP_INVALID,
                     "%s is the folder of a central: how its sites send says `bacpipes sites`; a site's own "
                     "folder is named by --data",
                     cfg->data_folder);
}

int sync_show_status(const Cfg *cfg, bool is_json, BpArena *arena)
{
    BpError err;
    ToolSite site = {0};
    Shown shown = {0};
    BpStatus status = check_site(cfg, &err);
    if (status == BP_OK)
        status = tool_site_open(&site, cfg, NULL, arena, &err);
    if (status == BP_OK) {
        const PgValue value = tool_site_value(&site);
        status = site_database_ask(&site.database, SQL_SELECT_LINK, &value, 1, take, &shown, &err);
        shown.budget.budget = site.cfg.sync_monthly_budget;
    }
    if (status == BP_OK) {
        judge(&shown);
        if (is_json)
            show_json(&shown);
        else
            show(&shown);
    }
    tool_site_close(&site);
    return status == BP_OK ? shown.code : say_fail_with(UNKNOWN, "bacpipes sync", bp_str(err.text));
}
