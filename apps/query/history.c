/* bacpipes history: what a point was, from the database: each reading, or spans of them for long times. */
#include "apps/query/point.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/number.h"
#include "say/table.h"
#include "say/when.h"
#include "tool/rows.h"

#include "apps/roles.h"
#include "base/time.h"
#include "say/begin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS_MAX = 100000, TEXT_MAX_OCTETS = 256 };

/* Longer times than these are shown in spans from the rollups. */
#define EACH_READING_MAX_US (6 * BP_HOUR)
#define BY_5MIN_MAX_US      (14 * BP_DAY)
/* A reading is 15 s old on average: spans of up to this time are made from readings, not rollups. */
#define SPANS_OF_READINGS_MAX_US (2 * BP_DAY)
/* Spans begin at whole multiples of their length from 2000-01-01 in UTC on, as the rollups do. */
#define SPAN_ORIGIN_US INT64_C(946684800000000)

static const char *since_text = "1h", *until_text, *site;
static int64_t every_us;
static bool csv, raw;

static const CfgOption options[] = {
    {"since", "TIME",
     "From then on: a time as it is shown, with its zone or of this machine's, or this long ago (2h, 7d). "
     "Default: 1h.",
     .text = &since_text},
    {"until", "TIME", "Up to then, said in the same way. Default: now.", .text = &until_text},
    {"every", "DURATION", "One row for each span of this length: smallest, mean, largest and last value.",
     .duration_us = &every_us},
    {"site", "SITE", "Whose point, where the database has several sites.", .text = &site},
    {"raw", NULL, "Each reading, however many there are.", .flag = &raw},
    {"csv", NULL, "Write CSV instead of a table.", .flag = &csv},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes history",
    .positionals = "POINT",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Shows what a point was. Without --every: each reading for up to 6 hours, 5-minute spans for "
               "up to 14 "
               "days, then hourly ones.",
    .options = options,
    .offers_json = true,
    .details =
        "POINT is a point_id or a name, or a part of a name that only one point has (`bacpipes points`).\n"
        "Spans begin at whole multiples of their length in UTC; values of quality bad count only as "
        "`bad`.\n" SAY_TIMES_HELP
        "Exit codes: 0 fine; 1 no such point, or no readings;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes history AHU-1/SAT\n"
                "bacpipes history 42 --since 24h --every 15min\n"
                "bacpipes history 42 --since '2026-11-01 00:00:00+08:00' --until 2026-11-08T00:00:00Z --csv",
};

typedef struct History {
    BpArena *arena;
    SiteDatabase database;
    QueryPoint point;
    int64_t from_us, until_us, every_us; /* every_us 0: each reading */
    SqlQuery query;
    const char *source;
    SayTable table;
    json_t *json; /* NULL: a table */
    size_t count;
    int64_t newest_us; /* 0: never read */
} History;

/* ---- which times ---- */

/* Readings where there are few or they must be; rollups where they are fine enough and quicker. */
static void choose_query(History *history)
{
    const int64_t length_us = history->until_us - history->from_us;
    history->every_us = every_us;
    if (!raw && !every_us && length_us > EACH_READING_MAX_US)
        history->every_us = length_us > BY_5MIN_MAX_US ? BP_HOUR : 5 * BP_MINUTE;
    const int64_t span_us = history->every_us;
    if (span_us == 0) {
        history->query = SQL_SELECT_HISTORY;
        history->source = "readings";
    } else if (span_us % BP_HOUR == 0 && length_us > BY_5MIN_MAX_US) {
        history->query = SQL_SELECT_HISTORY_HOURLY;
        history->source = "hourly";
    } else if (span_us % (5 * BP_MINUTE) == 0 && length_us > SPANS_OF_READINGS_MAX_US) {
        history->query = SQL_SELECT_HISTORY_5MIN;
        history->source = "5min";
    } else {
        history->query = SQL_SELECT_HISTORY_SPANS;
        history->source = "readings";
    }
    if (span_us) /* the first span whole */
        history->from_us -= ((history->from_us - SPAN_ORIGIN_US) % span_us + span_us) % span_us;
}

static BpStatus settle_times(History *history, BpError *err)
{
    const int64_t now_us = bp_wall_us();
    history->until_us = now_us;
    BP_TRY(say_when("since", since_text, now_us, &history->from_us, err));
    if (until_text)
        BP_TRY(say_when("until", until_text, now_us, &history->until_us, err));
    if (history->from_us >= history->until_us)
        return bp_fail(err, BP_INVALID, "--since is not before --until");
    if (every_us && every_us < BP_SECOND)
        return bp_fail(err, BP_INVALID, "--every is shorter than a second");
    if (every_us && raw)
        return bp_fail(err, BP_INVALID, "--raw and --every exclude each other");
    choose_query(history);
    return BP_OK;
}

/* ---- each reading ---- */

static const SayColumn reading_columns[] = {{"time"},
                                            {"value", .is_number = true},
                                            {"state", .may_be_cut = true},
                                            {"quality"},
                                            {"reason", .may_be_cut = true}};

static void add_number(SayTable *table, const PgRows *rows, size_t row, int column,
                       void (*show)(BpBuf *out, double number))
{
    char memory[TEXT_MAX_OCTETS];
    BpBuf out = bp_buf(memory, sizeof memory);
    if (!pg_is_null(rows, row, column))
        show(&out, pg_get_double(rows, row, column));
    say_table_add(table, bp_buf_text(&out));
}

/* CSV is for programs: in UTC. */
static void add_time(SayTable *table, const PgRows *rows, size_t row, int digits)
{
    char time[BP_TIME_TEXT_MAX];
    const int64_t at_us = pg_get_time_us(rows, row, 0);
    say_table_add(table, bp_str(csv ? bp_time_format(at_us, digits, time) : say_time(at_us, digits, time)));
}

static void add_reading(void *context, const PgRows *rows, size_t row)
{
    History *history = context;
    add_time(&history->table, rows, row, 3);
    add_number(&history->table, rows, row, 1, say_number);
    for (int column = 2; column <= 4; column++)
        say_table_add(&history->table, pg_get_text(rows, row, column));
    history->count++;
}

static void add_reading_json(void *context, const PgRows *rows, size_t row)
{
    History *history = context;
    static const char *const names[] = {"state", "quality", "reason"};
    json_t *reading = json_object();
    json_object_set_new(reading, "time", tool_time_json(rows, row, 0, 6));
    json_object_set_new(reading, "value", tool_real_json(rows, row, 1));
    for (int i = 0; i < 3; i++) {
        const BpStr text = pg_get_text(rows, row, 2 + i);
        if (text.size)
            json_object_set_new(reading, names[i], say_json_text(text));
    }
    json_array_append_new(history->json, reading);
    history->count++;
}

/* ---- spans ---- */

static const SayColumn span_columns[] = {{"time"},
                                         {"min", .is_number = true},
                                         {"mean", .is_number = true},
                                         {"max", .is_number = true},
                                         {"last", .is_number = true},
                                         {"readings", .is_number = true},
                                         {"bad", .is_number = true}};

static void add_span(void *context, const PgRows *rows, size_t row)
{
    History *history = context;
    add_time(&history->table, rows, row, history->every_us % BP_SECOND ? 3 : 0);
    for (int column = 1; column <= 4; column++)
        add_number(&history->table, rows, row, column, say_number_rounded);
    for (int column = 5; column <= 6; column++)
        say_table_addf(&history->table, "%" PRId64, pg_get_integer(rows, row, column));
    history->count++;
}

/* Nine digits are more than a mean of readings is worth, and spare the eye its rounding errors. */
static json_t *mean_json(const PgRows *rows, size_t row, int column)
{
    char text[64];
    snprintf(text, sizeof text, "%.9g", pg_get_double(rows, row, column));
    return pg_is_null(rows, row, column) ? json_null() : say_json_real(strtod(text, NULL));
}

static void add_span_json(void *context, const PgRows *rows, size_t row)
{
    History *history = context;
    json_t *span = json_object();
    json_object_set_new(span, "time", tool_time_json(rows, row, 0, 6));
    json_object_set_new(span, "min", tool_real_json(rows, row, 1));
    json_object_set_new(span, "mean", mean_json(rows, row, 2));
    json_object_set_new(span, "max", tool_real_json(rows, row, 3));
    json_object_set_new(span, "last", tool_real_json(rows, row, 4));
    json_object_set_new(span, "readings", json_integer(pg_get_integer(rows, row, 5)));
    json_object_set_new(span, "bad", json_integer(pg_get_integer(rows, row, 6)));
    json_array_append_new(history->json, span);
    history->count++;
}

static BpStatus read_rows(History *history, BpError *err)
{
    const QueryPoint *point = &history->point;
    PgValue values[6] = {pg_text(point->site_id), pg_integer(point->point_id), pg_time(history->from_us),
                         pg_time(history->until_us)};
    size_t count = 4;
    if (history->every_us)
        values[count++] = pg_integer(history->every_us);
    values[count++] = pg_integer(ROWS_MAX);
    void (*each)(void *, const PgRows *, size_t) = history->json
                                                       ? history->every_us ? add_span_json : add_reading_json
                                                   : history->every_us ? add_span
                                                                       : add_reading;
    return site_database_ask(&history->database, history->query, values, count, each, history, err);
}

static void note_newest(void *context, const PgRows *rows, size_t row)
{
    History *history = context;
    history->newest_us = pg_get_time_us(rows, row, 0);
}

static BpStatus read_newest(History *history, BpError *err)
{
    const QueryPoint *point = &history->point;
    const PgValue values[] = {pg_text(point->site_id), pg_integer(point->point_id)};
    return site_database_ask(&history->database, SQL_SELECT_NEWEST_READING, values, 2, note_newest, history,
                             err);
}

/* Rollups are made when their time is over: what is newer is only in the readings. */
static BpStatus read_history(History *history, BpError *err)
{
    BpStatus status = read_rows(history, err);
    if (status != BP_OK || history->count)
        return status;
    status = read_newest(history, err);
    const bool is_there = history->newest_us >= history->from_us && history->newest_us < history->until_us;
    if (status != BP_OK || !is_there || !history->every_us || history->query == SQL_SELECT_HISTORY_SPANS)
        return status;
    history->query = SQL_SELECT_HISTORY_SPANS;
    history->source = "readings";
    return read_rows(history, err);
}

/* ---- telling ---- */

static void tell_table(const History *history)
{
    char every[BP_TIME_TEXT_MAX];
    const QueryPoint *point = &history->point;
    const BpStr units = say_units(point->units);
    printf("%.*s (%.*s, %.*s)%s%.*s", BP_STR_ARGS(point->name), BP_STR_ARGS(point->device),
           BP_STR_ARGS(point->object), units.size ? " in " : "", BP_STR_ARGS(units));
    if (history->every_us)
        printf(", every %s", bp_interval_format(history->every_us, every));
    printf("%s", point->is_simulated ? ", simulated: nobody measured it" : "");
    if (point->past_share < 1)
        printf("; its past is being laid: %.0f %%", 100 * point->past_share);
    putchar('\n');
    say_table_print(&history->table, stdout, say_terminal_width(stdout));
}

static void tell_json(const History *history)
{
    const QueryPoint *point = &history->point;
    json_t *told =
        json_pack("{s:o, s:I, s:o, s:o, s:b, s:s}", "site_id", say_json_text(point->site_id), "point_id",
                  (json_int_t)point->point_id, "name", say_json_text(point->name), "units",
                  say_json_text(point->units), "simulated", point->is_simulated, "source", history->source);
    if (history->every_us)
        json_object_set_new(told, "every_s", say_json_real((double)history->every_us / BP_SECOND));
    json_object_set_new(told, history->every_us ? "spans" : "readings", json_incref(history->json));
    say_json_print(told);
}

static void tell_nothing(const History *history)
{
    char newest[BP_TIME_TEXT_MAX];
    const BpStr name = history->point.name;
    if (history->newest_us == 0)
        fprintf(stderr,
                "Nothing of %.*s is stored yet: is `bacpipes up` running, and does the device answer?\n",
                BP_STR_ARGS(name));
    else
        fprintf(stderr, "Nothing of %.*s is stored for that time: its newest reading is of %s.\n",
                BP_STR_ARGS(name), say_time(history->newest_us, 0, newest));
}

static int tell(const History *history)
{
    if (history->json)
        tell_json(history);
    else if (csv)
        say_table_print_csv(&history->table, stdout);
    else if (history->count)
        tell_table(history);
    if (history->count == 0)
        tell_nothing(history);
    else if (csv && history->point.is_simulated && fflush(stdout) == 0)
        fprintf(stderr, "The building is simulated: nobody measured these values.\n");
    if (history->count == ROWS_MAX)
        fprintf(stderr, "Only the first %d rows are shown: ask for less time, or --every.\n", ROWS_MAX);
    return history->count ? EX_OK : SAY_NOTHING;
}

static BpStatus ask(History *history, const Cfg *cfg, const char *wanted, BpError *err)
{
    BP_TRY(site_database_open(&history->database, cfg, history->arena, err));
    BP_TRY(query_point_find(&history->database, wanted, site, history->arena, &history->point, err));
    return read_history(history, err);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    History history = {.arena = arena, .json = arguments->json ? json_array() : NULL};
    BpStatus status = settle_times(&history, &err);
    if (history.every_us)
        say_table_init(&history.table, span_columns, sizeof span_columns / sizeof span_columns[0]);
    else
        say_table_init(&history.table, reading_columns, sizeof reading_columns / sizeof reading_columns[0]);
    if (status == BP_OK)
        status = ask(&history, cfg, arguments->positionals.items[0], &err);
    site_database_close(&history.database);
    const int code = status == BP_OK ? tell(&history) : say_fail(command.name, &err);
    say_table_done(&history.table);
    json_decref(history.json);
    return code;
}

int query_history_main(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
