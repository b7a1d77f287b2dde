#include "apps/sim/run/past_store.h"

#include "apps/sim/device/wanted.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t AWAY_PATIENCE_US = 10 * BP_MINUTE, TRIES_AGAIN_US = 5 * BP_SECOND;

/* ---- the plan ---- */

/* Columns of select_past.sql. */
enum {
    SINCE,
    UNTIL,
    READINGS_GOAL,
    FINE_GOAL,
    HOURLY_GOAL,
    READINGS_FROM,
    FINE_FROM,
    HOURLY_FROM,
    IS_JOINED,
    IS_FINISHED,
    COUNTERS_AT,
    COUNTERS,
    MADE_OF,
    ROWS,
    SHARE,
};

typedef struct Reading {
    PastStore *store;
    PastPlan *plan;
    bool is_there;
    BpError wrong;
} Reading;

static void read_building(Reading *reading, BpStr text)
{
    SimWanted wanted = SIM_WANTED;
    json_int_t points = wanted.points, seed = wanted.seed;
    json_auto_t *made_of = json_loadb(text.data, text.size, 0, NULL);
    if (json_unpack(made_of, "{s:I, s?I, s?s, s?s}", "points", &points, "seed", &seed, "climate",
                    &wanted.climate, "control", &wanted.control) != 0 ||
        points < 1 || points > SIM_POINTS_MAX || seed < 0) {
        bp_fail(&reading->wrong, BP_INVALID,
                "past.made_of does not say which building it is, as {\"points\": 500, \"seed\": 1} does");
        return;
    }
    wanted.points = points;
    wanted.seed = seed;
    wanted.without_flaws = true;
    SimSiteOptions *site = &reading->plan->site;
    (void)sim_wanted_read(&wanted, site->building.start_us, site, &reading->wrong);
}

static void on_plan(void *context, const PgRows *rows, size_t row)
{
    Reading *reading = context;
    PastPlan *plan = reading->plan;
    reading->is_there = true;
    *plan =
        (PastPlan){.site.building.start_us = pg_get_time_us(rows, row, SINCE),
                   .until_us = pg_get_time_us(rows, row, UNTIL),
                   .readings_goal_us = pg_get_time_us(rows, row, READINGS_GOAL),
                   .fine_goal_us = pg_get_time_us(rows, row, FINE_GOAL),
                   .hourly_goal_us = pg_get_time_us(rows, row, HOURLY_GOAL),
                   .readings_us = pg_get_time_us(rows, row, READINGS_FROM),
                   .fine_us = pg_get_time_us(rows, row, FINE_FROM),
                   .hourly_us = pg_get_time_us(rows, row, HOURLY_FROM),
                   .is_joined = pg_get_bool(rows, row, IS_JOINED),
                   .is_finished = pg_get_bool(rows, row, IS_FINISHED),
                   .counters_us = pg_is_null(rows, row, COUNTERS_AT) ? INT64_MAX
                                                                     : pg_get_time_us(rows, row, COUNTERS_AT),
                   .rows = pg_get_integer(rows, row, ROWS),
                   .share = pg_get_double(rows, row, SHARE)};
    read_building(reading, pg_get_text(rows, row, MADE_OF));
    const BpStr counters = pg_get_text(rows, row, COUNTERS);
    json_decref(reading->store->counters);
    reading->store->counters = json_loadb(counters.data, counters.size, 0, NULL);
}

BpStatus past_store_plan(PastStore *store, PastPlan *ret_plan, BpError *err)
{
    const PgValue site = pg_text(bp_str(store->site));
    Reading reading = {.store = store, .plan = ret_plan};
    BP_TRY(site_database_ask(&store->database, SQL_SELECT_PAST, &site, 1, on_plan, &reading, err));
    if (!reading.is_there)
        return bp_fail(err, BP_NOT_FOUND,
                       "site %s has no past to lay: only a simulated site has one, if it had no history when "
                       "it was begun",
                       store->site);
    if (reading.wrong.status != BP_OK) {
        *err = reading.wrong;
        return reading.wrong.status;
    }
    return BP_OK;
}

void past_store_done(PastStore *store)
{
    json_decref(store->counters);
    site_database_close(&store->database);
    *store = (PastStore){0};
}

/* ---- numbers of points ---- */

typedef struct Numbering {
    const PastRecord *record;
    const PastPoint **sorted;
    PastNumbers *numbers;
} Numbering;

static int by_object(const void *a, const void *b)
{
    const PastPoint *x = *(const PastPoint *const *)a, *y = *(const PastPoint *const *)b;
    if (x->device != y->device)
        return x->device > y->device ? 1 : -1;
    if (x->object.type != y->object.type)
        return x->object.type > y->object.type ? 1 : -1;
    return (x->object.instance > y->object.instance) - (x->object.instance < y->object.instance);
}

static void on_point(void *context, const PgRows *rows, size_t row)
{
    const Numbering *numbering = context;
    PastNumbers *numbers = numbering->numbers;
    PastPoint wanted = {.device = (uint32_t)pg_get_integer(rows, row, 1)};
    const PastPoint *key = &wanted;
    if (bac_object_parse(pg_get_text(rows, row, 2), &wanted.object, NULL) != BP_OK)
        return;
    const PastPoint **found =
        bsearch(&key, numbering->sorted, numbering->record->count, sizeof(PastPoint *), by_object);
    if (!found)
        return;
    const size_t i = (size_t)(*found - numbering->record->points);
    numbers->there += numbers->ids[i] == 0;
    numbers->ids[i] = (int32_t)pg_get_integer(rows, row, 0);
    if (pg_is_null(rows, row, 3))
        return;
    numbers->polled++;
    numbers->polled_us[i] = pg_get_time_us(rows, row, 3);
    if (numbers->polled_us[i] > numbers->last_us)
        numbers->last_us = numbers->polled_us[i];
}

BpStatus past_store_numbers(PastStore *store, const PastRecord *record, int64_t until_us,
                            PastNumbers *ret_numbers, BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(store->site)), pg_time(until_us)};
    PastNumbers numbers = {.ids = calloc(record->count + 1, sizeof *numbers.ids),
                           .polled_us = calloc(record->count + 1, sizeof *numbers.polled_us)};
    const PastPoint **sorted = calloc(record->count + 1, sizeof(PastPoint *));
    if (!numbers.ids || !numbers.polled_us || !sorted)
        abort();
    for (size_t i = 0; i < record->count; i++)
        sorted[i] = &record->points[i];
    qsort(sorted, record->count, sizeof(PastPoint *), by_object);
    Numbering numbering = {record, sorted, &numbers};
    const BpStatus status =
        site_database_ask(&store->database, SQL_SELECT_PAST_POINTS, values, 2, on_point, &numbering, err);
    free(sorted);
    if (status == BP_OK)
        *ret_numbers = numbers;
    else
        past_numbers_done(&numbers);
    return status;
}

BpStatus past_store_tag(PastStore *store, const json_t *tags, BpError *err)
{
    char *text = json_dumps(tags, JSON_COMPACT);
    if (!text)
        abort();
    const PgValue values[] = {pg_text(bp_str(store->site)), pg_text(bp_str(text))};
    const BpStatus status = site_database_ask(&store->database, SQL_TAG_POINTS, values, 2, NULL, NULL, err);
    free(text);
    return status;
}

void past_numbers_done(PastNumbers *numbers)
{
    free(numbers->ids);
    free(numbers->polled_us);
    *numbers = (PastNumbers){0};
}

char *past_counter_name(const PastPoint *point, char ret_name[PAST_COUNTER_NAME_MAX])
{
    char object[BAC_REFERENCE_TEXT_MAX];
    snprintf(ret_name, PAST_COUNTER_NAME_MAX, "%" PRIu32 " %s", point->device,
             bac_object_format(point->object, object));
    return ret_name;
}

/* ---- pieces ---- */

static BpStatus lay(PastStore *store, const PastPiece *piece, BpError *err)
{
    static const char *const kinds[] = {
        [PAST_READINGS] = "readings", [PAST_FINE] = "5min", [PAST_HOURLY] = "hourly", [PAST_JOIN] = "join"};
    char at[BP_TIME_TEXT_MAX];
    json_auto_t *told =
        piece->counters
            ? json_pack("{s:s, s:O}", "at", bp_time_format(piece->counters ? piece->from_us : 0, 0, at),
                        "values", piece->counters)
            : NULL;
    char *text = told ? json_dumps(told, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    const PgValue values[] = {pg_text(bp_str(store->site)), pg_text(bp_str(kinds[piece->kind])),
                              pg_time(piece->from_us), pg_time(piece->until_us),
                              text ? pg_text(bp_str(text)) : pg_null()};
    const PgStep step = {SQL_LAY_PAST, values, 5};
    const BpStatus status = pg_wait_copy(store->database.pg, SQL_COPY_PAST, piece->octets, &step, 1, err);
    free(text);
    return status;
}

static bool is_laid(const PastPiece *piece, const PastPlan *plan)
{
    switch (piece->kind) {
    case PAST_READINGS: return plan->readings_us <= piece->from_us;
    case PAST_FINE: return plan->fine_us <= piece->from_us;
    case PAST_HOURLY: return plan->hourly_us <= piece->from_us;
    default: return plan->is_joined;
    }
}

/* A full disk is as full a moment later. */
static void rest(Loop *loop)
{
    const int64_t until_us = loop_now_us(loop) + TRIES_AGAIN_US;
    while (loop_now_us(loop) < until_us)
        loop_run_once(loop, until_us - loop_now_us(loop));
}

BpStatus past_store_lay(PastStore *store, const PastPiece *piece, BpError *err)
{
    for (;;) {
        PastPlan plan;
        BpError lost;
        const BpStatus status = lay(store, piece, err);
        if (status != BP_UNAVAILABLE)
            return status;
        bp_log(BP_LOG_WARNING, "the database went away, or has no room: %s; trying again in a while",
               err->text);
        rest(store->database.loop);
        do {
            BP_TRY(pg_wait_connected(store->database.pg, AWAY_PATIENCE_US, err));
        } while (past_store_plan(store, &plan, &lost) == BP_UNAVAILABLE);
        if (is_laid(piece, &plan)) /* it had come through */
            return BP_OK;
    }
}
