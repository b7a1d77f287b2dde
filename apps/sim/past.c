/* bacpipes past: lays the past of a simulated site while everything runs.
 *
 * The building is simulated in stretches, the newest first, each from some days before, when it no longer
 * matters how it began; the newest is, to the bit, what the building that is served was before it was.
 * Registers are then moved so that each stretch ends with what the next one begins with. */
#include "apps/roles.h"
#include "apps/sim/device/tags.h"
#include "apps/sim/run/past_pieces.h"
#include "base/log.h"
#include "base/time.h"
#include "model/topic.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/progress.h"
#include "site/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    STRETCHES_MAX = 1024,
    SPANS_MAX = 750000 /* of a record: 36 MB */,
    AHEAD_MAX = 3,
    POINTS_MANY = 1000,
    SITES_MAX = 64
};
static const int64_t FINE_US = 5 * BP_MINUTE, STEP_US = 5 * BP_SECOND, SHORTEST_BEAT_US = 15 * BP_SECOND,
                     LONGEST_FINE_US = 5 * BP_DAY, LONGEST_HOURLY_US = 36 * BP_DAY,
                     LOOK_AGAIN_US = BP_SECOND / 2, POINTS_PATIENCE_US = 10 * BP_MINUTE,
                     NO_MORE_US = 20 * BP_SECOND, POLLED_PATIENCE_US = 2 * BP_MINUTE, JOIN_MAX_US = BP_HOUR;

/* Simulated on a thread of its own. */
typedef struct Stretch {
    PastWish wish;
    PastRecord *record; /* NULL: not yet, or not any more */
    bool is_over;
} Stretch;

typedef struct Past {
    PastStore store;
    PastPlan plan;
    PastNumbers numbers;
    Stretch stretches[STRETCHES_MAX];
    size_t count, begun, ahead;
    int64_t beat_us, begun_us;
} Past;

/* ---- stretches ---- */

static void add_stretch(Past *past, const PastWish *wish, int64_t settle_us)
{
    if (past->count == STRETCHES_MAX)
        return;
    Stretch *stretch = &past->stretches[past->count];
    stretch->wish = *wish;
    stretch->wish.beat_us = past->beat_us;
    stretch->wish.site = past->plan.site;
    if (past->count++ > 0)
        stretch->wish.site.building.start_us = wish->from_us - settle_us;
}

static int64_t span_limit(const Past *past, int64_t width_us, int64_t most_us)
{
    const int64_t spans = (int64_t)(SPANS_MAX / past->plan.site.points),
                  limit_us = spans * width_us / BP_HOUR * BP_HOUR;
    return limit_us < BP_HOUR ? BP_HOUR : limit_us < most_us ? limit_us : most_us;
}

/* The first is that of the building that is served. Which they are depends on the plan alone, so that another
 * start has the same. */
static void find_stretches(Past *past)
{
    const PastPlan *plan = &past->plan;
    const int64_t settle_us = plan->site.points > POINTS_MANY ? 2 * BP_DAY : 4 * BP_DAY;
    int64_t edge_us = plan->until_us / BP_HOUR * BP_HOUR - BP_DAY;
    if (edge_us < plan->fine_goal_us)
        edge_us = plan->fine_goal_us;
    add_stretch(past,
                &(PastWish){.from_us = edge_us,
                            .until_us = plan->until_us,
                            .readings_us = plan->readings_goal_us,
                            .has_fine = true},
                0);
    while (edge_us > plan->hourly_goal_us) {
        const bool has_fine = edge_us > plan->fine_goal_us;
        const int64_t goal_us = has_fine ? plan->fine_goal_us : plan->hourly_goal_us,
                      length_us = has_fine ? span_limit(past, FINE_US, LONGEST_FINE_US)
                                           : span_limit(past, BP_HOUR, LONGEST_HOURLY_US);
        const int64_t from_us = edge_us - length_us > goal_us ? edge_us - length_us : goal_us;
        add_stretch(
            past,
            &(PastWish){
                .from_us = from_us, .until_us = edge_us, .readings_us = edge_us, .has_fine = has_fine},
            settle_us);
        edge_us = from_us;
    }
}

static size_t first_stretch(const Past *past)
{
    size_t i = 0;
    while (i < past->count && past->stretches[i].wish.from_us >= past->plan.counters_us)
        i++;
    return i;
}

static void simulate(void *job)
{
    Stretch *stretch = job;
    stretch->record = past_record_new(&stretch->wish);
}

static void on_simulated(void *job)
{
    Stretch *stretch = job;
    stretch->is_over = true;
}

/* So many as there are processors to spare are simulated ahead of the one that is laid. */
static void keep_simulating(Past *past, size_t current)
{
    for (; past->begun < past->count && past->begun <= current + past->ahead; past->begun++)
        loop_work(past->store.database.loop, simulate, on_simulated, &past->stretches[past->begun]);
}

static void wait_for(Past *past, const Stretch *stretch)
{
    while (!stretch->is_over)
        loop_run_once(past->store.database.loop, BP_SECOND);
}

/* ---- points and counters ---- */

static BpStatus look_at_points(Past *past, const PastRecord *record, BpError *err)
{
    PastNumbers numbers;
    BP_TRY(past_store_numbers(&past->store, record, past->plan.until_us, &numbers, err));
    past_numbers_done(&past->numbers);
    past->numbers = numbers;
    return BP_OK;
}

/* Until the collector has found them all, or finds no more. */
static BpStatus wait_for_points(Past *past, const PastRecord *record, BpError *err)
{
    Loop *loop = past->store.database.loop;
    const int64_t begun_us = loop_now_us(loop);
    int64_t grown_us = begun_us;
    for (size_t before = 0;;) {
        const int64_t now_us = loop_now_us(loop);
        BP_TRY(look_at_points(past, record, err));
        if (past->numbers.there > before)
            grown_us = now_us;
        before = past->numbers.there;
        if (before == record->count || (before && now_us - grown_us > NO_MORE_US))
            break;
        if (now_us - begun_us > POINTS_PATIENCE_US)
            return bp_fail(err, BP_NOT_FOUND,
                           "no point of the simulated building was found: does the collector run?");
        loop_run_once(loop, LOOK_AGAIN_US);
    }
    if (past->numbers.there < record->count)
        bp_log(BP_LOG_WARNING,
               "%zu of the building's %zu points are polled: the past is of these, and none is "
               "laid for others that are found later",
               past->numbers.there, record->count);
    return BP_OK;
}

/* What they mean, for programs that look for it. */
static BpStatus tag_points(Past *past, BpError *err)
{
    SimSiteOptions options = past->plan.site;
    options.building.settle_us = BP_MINUTE;
    SimRun *run = sim_run_new(&options);
    const SimSite *site = sim_run_site(run);
    json_t *tags = json_array();
    for (size_t i = 0, point = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++, point++)
            if (past->numbers.ids[point])
                json_array_append_new(tags, json_pack("{s:i, s:o}", "id", (int)past->numbers.ids[point],
                                                      "tags", sim_tags_json(&site->devices[i].objects[j])));
    const BpStatus status = past_store_tag(&past->store, tags, err);
    json_decref(tags);
    sim_run_free(run);
    return status;
}

/* Registers end with what they begin with in what is newer. Returns what they begin with here. */
static json_t *join_counters(PastRecord *record, const json_t *newer)
{
    json_t *counters = json_object();
    for (size_t i = 0; i < record->count; i++) {
        char name[PAST_COUNTER_NAME_MAX];
        if (!record->points[i].is_counter)
            continue;
        const json_t *at_end = json_object_get(newer, past_counter_name(&record->points[i], name));
        if (json_is_number(at_end))
            past_record_join(record, i, json_number_value(at_end));
        json_object_set_new(counters, name, json_real(record->points[i].at_start));
    }
    return counters;
}

/* ---- laying ---- */

static void tell(const Past *past, int64_t back_to_us)
{
    const PastPlan *plan = &past->plan;
    char day[BP_TIME_TEXT_MAX];
    const double weight_readings = (double)(plan->until_us - plan->readings_goal_us) / (double)past->beat_us,
                 weight_fine = (double)(plan->until_us - plan->fine_goal_us) / (double)FINE_US,
                 weight_hourly = (double)(plan->until_us - plan->hourly_goal_us) / (double)BP_HOUR,
                 done = (double)(plan->until_us - plan->readings_us) / (double)past->beat_us +
                        (double)(plan->until_us - plan->fine_us) / (double)FINE_US +
                        (double)(plan->until_us - plan->hourly_us) / (double)BP_HOUR;
    bp_time_format(back_to_us, 0, day);
    day[sizeof "2026-01-01" - 1] = '\0';
    bp_log(BP_LOG_INFO, "laid back to %s: %.0f %%", day,
           100 * done / (weight_readings + weight_fine + weight_hourly));
}

/* As soon as all points were polled, or none more is. */
static BpStatus try_join(Past *past, bool *ret_is_joined, BpError *err)
{
    PastPlan *plan = &past->plan;
    Loop *loop = past->store.database.loop;
    const Stretch *served = &past->stretches[0];
    *ret_is_joined = plan->is_joined;
    if (plan->is_joined)
        return BP_OK;
    Stretch *tail = calloc(1, sizeof *tail);
    if (!tail)
        abort();
    tail->wish = served->wish;
    tail->wish.from_us = plan->until_us / BP_HOUR * BP_HOUR;
    tail->wish.readings_us = plan->until_us;
    tail->wish.has_fine = false;
    if (past->numbers.polled < past->numbers.there &&
        loop_now_us(loop) - past->begun_us < POLLED_PATIENCE_US) {
        free(tail);
        return BP_OK;
    }
    const int64_t most_us = (int64_t)(150000 / plan->site.points) * past->beat_us,
                  limit_us = plan->until_us + (most_us < JOIN_MAX_US ? most_us : JOIN_MAX_US);
    tail->wish.until_us = past->numbers.last_us > limit_us || past->numbers.last_us <= plan->until_us
                              ? limit_us
                              : past->numbers.last_us;
    loop_work(loop, simulate, on_simulated, tail);
    wait_for(past, tail);
    const BpStatus status = past_lay_join(&past->store, plan, tail->record, &past->numbers, err);
    past_record_free(tail->record);
    free(tail);
    *ret_is_joined = plan->is_joined;
    return status;
}

static BpStatus look_and_join(Past *past, const PastRecord *record, bool *ret_is_joined, BpError *err)
{
    *ret_is_joined = past->plan.is_joined;
    if (*ret_is_joined)
        return BP_OK;
    BP_TRY(look_at_points(past, record, err));
    return try_join(past, ret_is_joined, err);
}

static BpStatus lay_stretch(Past *past, size_t i, json_t **known, BpError *err)
{
    Stretch *stretch = &past->stretches[i];
    keep_simulating(past, i);
    wait_for(past, stretch);
    json_t *counters = join_counters(stretch->record, *known);
    const BpStatus status =
        past_lay_record(&past->store, &past->plan, stretch->record, &past->numbers, counters, err);
    json_decref(*known);
    *known = counters;
    past_record_free(stretch->record);
    stretch->record = NULL;
    if (status == BP_OK)
        tell(past, stretch->wish.from_us);
    return status;
}

/* Whose points are those of all: nothing is recorded. */
static PastRecord *points_of(const Past *past)
{
    PastWish wish = {.site = past->plan.site, .beat_us = past->beat_us};
    wish.site.building.settle_us = BP_MINUTE;
    wish.from_us = wish.until_us = wish.readings_us = wish.site.building.start_us;
    return past_record_new(&wish);
}

static BpStatus lay_and_join(Past *past, const PastRecord *points, BpError *err)
{
    json_t *known = json_incref(past->store.counters);
    bool is_joined = past->plan.is_joined;
    BpStatus status = wait_for_points(past, points, err);
    if (status == BP_OK)
        status = tag_points(past, err);
    for (size_t i = first_stretch(past); i < past->count && status == BP_OK; i++) {
        status = lay_stretch(past, i, &known, err);
        if (status == BP_OK)
            status = look_and_join(past, points, &is_joined, err);
    }
    while (status == BP_OK && !is_joined) {
        loop_run_once(past->store.database.loop, LOOK_AGAIN_US);
        status = look_and_join(past, points, &is_joined, err);
    }
    json_decref(known);
    return status;
}

static BpStatus lay_all(Past *past, BpError *err)
{
    const size_t first = past->begun = first_stretch(past);
    keep_simulating(past, first);
    PastRecord *points = points_of(past);
    const BpStatus status = lay_and_join(past, points, err);
    past_record_free(points);
    for (size_t i = first; i < past->begun; i++) { /* what is under way cannot be called off */
        wait_for(past, &past->stretches[i]);
        past_record_free(past->stretches[i].record);
    }
    return status;
}

/* ---- the command ---- */

static int64_t beat_of(int64_t interval_us)
{
    const int64_t whole_us = interval_us / STEP_US * STEP_US;
    return whole_us < SHORTEST_BEAT_US ? SHORTEST_BEAT_US : whole_us > FINE_US ? FINE_US : whole_us;
}

static BpStatus work(Past *past, Cfg *cfg, BpArena *arena, BpError *err)
{
    SiteDatabase *database = &past->store.database;
    BP_TRY(site_database_open(database, cfg, arena, err));
    BP_TRY(site_database_check_site(database, cfg->site, err));
    BP_TRY(past_store_plan(&past->store, &past->plan, err));
    if (past->plan.is_finished) {
        bp_log(BP_LOG_INFO, "the past of site %s is laid already", cfg->site);
        return BP_OK;
    }
    BP_TRY(site_settings_read(database, &(SiteSettingsWish){0}, arena, cfg, err));
    past->beat_us = beat_of(cfg->poll_interval);
    past->begun_us = loop_now_us(database->loop);
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    past->ahead = processors <= 2 ? 1 : processors > AHEAD_MAX ? AHEAD_MAX : 2;
    find_stretches(past);
    BP_TRY(lay_all(past, err));
    char took[BP_TIME_TEXT_MAX];
    bp_log(BP_LOG_INFO, "all of it is laid, in %s",
           bp_interval_format(loop_now_us(database->loop) - past->begun_us, took));
    return BP_OK;
}

static BpStatus lay_site(const char *site, const Cfg *cfg, BpError *err)
{
    BpArena arena = {0};
    Past *past = calloc(1, sizeof *past);
    if (!past)
        abort();
    Cfg own = *cfg; /* table setting of the site is read over it */
    own.site = past->store.site = site;
    const BpStatus status = work(past, &own, &arena, err);
    past_numbers_done(&past->numbers);
    past_store_done(&past->store);
    free(past);
    bp_arena_done(&arena);
    return status;
}

/* ---- at a central ---- */

typedef struct Sites {
    const char *items[SITES_MAX];
    size_t count;
    BpArena *arena;
} Sites;

static void on_site(void *context, const PgRows *rows, size_t row)
{
    Sites *sites = context;
    if (sites->count < SITES_MAX)
        sites->items[sites->count++] = bp_arena_text(sites->arena, pg_get_text(rows, row, 0));
}

/* Of each site that has one, one after the other. What cannot be laid now keeps no other from it. */
static BpStatus lay_sites(const Cfg *cfg, BpArena *arena, BpError *err)
{
    SiteDatabase database;
    Sites sites = {.arena = arena};
    BpStatus status = site_database_open(&database, cfg, arena, err);
    if (status == BP_OK)
        status = site_database_ask(&database, SQL_SELECT_PASTS, NULL, 0, on_site, &sites, err);
    site_database_close(&database);
    for (size_t i = 0; i < sites.count; i++) {
        BpError why;
        bp_log(BP_LOG_INFO, "the past of site %s", sites.items[i]);
        const BpStatus one = lay_site(sites.items[i], cfg, &why);
        if (one == BP_OK)
            continue;
        bp_log(BP_LOG_WARNING, "site %s: %s", sites.items[i], why.text);
        *err = why;
        status = one;
    }
    return status;
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    (void)arguments;
    BpError err;
    (void)setpriority(PRIO_PROCESS, 0, 5); /* whoever collects goes first */
    const bool is_central = strcmp(cfg->site, MDL_SITE_CENTRAL) == 0;
    const BpStatus status = is_central ? lay_sites(cfg, arena, &err) : lay_site(cfg->site, cfg, &err);
    return status == BP_OK          ? EX_OK
           : status == BP_NOT_FOUND ? say_fail_with(SAY_NOTHING, "bacpipes past", bp_str(err.text))
                                    : say_fail("bacpipes past", &err);
}

int sim_past_main(int argc, char **argv)
{
    static const CfgCommand command = {
        .name = "bacpipes past",
        .summary =
            "Lays the past of a simulated site: a year of hourly rollups, 30 days of 5-minute ones and "
            "a day of readings, made by the same building, the newest first. `bacpipes up --simulate` "
            "starts it. At a central: the rollups of its simulated sites.",
        .details =
            "Only a site that is simulated has one, and only if it had no history; what is there is never "
            "changed. Killed at any time, it goes on where it was. More than 500 points have as many rows, "
            "and so a shorter past.\n"
            "Exit codes: 0 all of it is laid; 1 the site has none;\n" SAY_EXIT_OF_DATABASE,
        .examples = "bacpipes past --data ./var",
    };
    return say_run(&command, argc, argv, run);
}
