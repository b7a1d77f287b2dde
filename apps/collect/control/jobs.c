#include "apps/collect/control/jobs.h"

#include "apps/collect/control/job.h"
#include "apps/collect/control/look.h"
#include "apps/collect/control/properties.h"
#include "apps/collect/control/slots_json.h"
#include "base/log.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t TELL_EVERY_US = 500 * BP_MS, TELL_ERRAND_US = BP_SECOND, LOOK_EVERY_US = 10 * BP_SECOND;

enum {
    SEEN_MAX = 200, /* slots that the database is not told of yet: more are not stored, only told */
    URGENT_MAX = 4, /* of so few points somebody waits */
};

typedef struct Look {
    struct ControlJobs *of;
    ControlJob *job; /* NULL: nobody waits for it any more */
    size_t place;
    int32_t device_id;
    bool is_under_way;
    ControlLook look;
    ControlProperties properties;
} Look;

struct ControlJobs {
    ControlJobsOptions options;
    LoopTimer *turn;
    bool is_on, has_begun, is_closed;
    bool is_asking, wants_look;
    int64_t look_us, told_us;

    ControlJob *first; /* in the order in which they came */
    size_t count;
    Look looks[CONTROL_JOBS_LOOKS];
    ControlSlotsSeen *seen;
    size_t seen_count;

    ControlJob *telling; /* the database is being told of it */
    bool is_ending;      /* and that it ended */
};

static void soon(ControlJobs *jobs)
{
    if (jobs->turn)
        loop_timer_set(jobs->turn, loop_now_us(jobs->options.loop));
}

/* ---- a job's life ---- */

static const ControlErrand *errand_of(const ControlJobs *jobs, const ControlJob *job)
{
    return &jobs->options.errands[job->kind - CONTROL_DISCOVER];
}

static void end_errand(const ControlJobs *jobs, ControlJob *job)
{
    if (job->was_begun)
        errand_of(jobs, job)->end(errand_of(jobs, job)->owner);
    job->was_begun = false;
}

static void forget(ControlJobs *jobs, ControlJob *job)
{
    ControlJob **link = &jobs->first;
    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
    end_errand(jobs, job);
    jobs->count--;
    for (size_t i = 0; i < CONTROL_JOBS_LOOKS; i++)
        if (jobs->looks[i].job == job)
            jobs->looks[i].job = NULL;
    control_job_free(job);
}

/* The last of those that were taken, or a new one behind them. */
static ControlJob *job_of(ControlJobs *jobs, BpStr id, ControlJobKind kind)
{
    ControlJob **link = &jobs->first;
    while (*link && !bp_str_equal(bp_str((*link)->id), id))
        link = &(*link)->next;
    if (!*link) {
        *link = control_job_new(id, kind);
        jobs->count++;
    }
    return *link;
}

/* ---- taking them up ---- */

enum { ID, KIND, POINT, DEVICE, DEVICE_INSTANCE, TYPE, INSTANCE, PROPERTY, NAME, LOW, HIGH };

static ControlJobPoint read_point(const PgRows *rows, size_t row)
{
    char text[BAC_REFERENCE_TEXT_MAX];
    ControlJobPoint point = {.point_id = (int32_t)pg_get_integer(rows, row, POINT),
                             .device_id = (int32_t)pg_get_integer(rows, row, DEVICE),
                             .instance = (uint32_t)pg_get_integer(rows, row, DEVICE_INSTANCE)};
    snprintf(text, sizeof text, "%.*s,%lld", BP_STR_ARGS(pg_get_text(rows, row, TYPE)),
             (long long)pg_get_integer(rows, row, INSTANCE));
    (void)bp_str_copy(pg_get_text(rows, row, NAME), point.name, sizeof point.name);
    point.is_known =
        bac_object_parse(bp_str(text), &point.object, NULL) == BP_OK &&
        bac_words_parse(&bac_properties, pg_get_text(rows, row, PROPERTY), &point.property, NULL) == BP_OK;
    return point;
}

static ControlErrandWish read_wish(const PgRows *rows, size_t row)
{
    return (ControlErrandWish){.has_range = !pg_is_null(rows, row, LOW),
                               .low = (uint32_t)pg_get_integer(rows, row, LOW),
                               .high = (uint32_t)pg_get_integer(rows, row, HIGH),
                               .device_id = (int32_t)pg_get_integer(rows, row, DEVICE)};
}

static void take_row(ControlJobs *jobs, const PgRows *rows, size_t row)
{
    static BpLogKind unknown;
    ControlJobKind kind;
    if (!control_job_kind_parse(pg_get_text(rows, row, KIND), &kind)) {
        bp_log_some(&unknown, loop_now_us(jobs->options.loop), BP_LOG_ERROR,
                    "jobs: nothing is known here of kind %.*s: is the database newer than the collector?",
                    BP_STR_ARGS(pg_get_text(rows, row, KIND)));
        return;
    }
    ControlJob *job = job_of(jobs, pg_get_text(rows, row, ID), kind);
    if (control_job_is_errand(job)) {
        job->wish = read_wish(rows, row);
        return;
    }
    const ControlJobPoint point = read_point(rows, row);
    control_job_add(job, &point);
}

static void say_failed(const ControlJobs *jobs, BpStatus status, const BpError *err)
{
    static BpLogKind failed;
    if (status != BP_UNAVAILABLE && status != BP_CANCELLED)
        bp_log_some(&failed, loop_now_us(jobs->options.loop), BP_LOG_ERROR,
                    "jobs: %s; has `bacpipes migrate` been run?", err->text);
}

static void on_taken(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlJobs *jobs = context;
    jobs->is_asking = false;
    if (status != BP_OK) {
        say_failed(jobs, status, err);
        return;
    }
    for (size_t row = 0; row < pg_row_count(rows) && !jobs->is_closed; row++)
        take_row(jobs, rows, row);
    soon(jobs);
}

static void take(ControlJobs *jobs)
{
    const PgValue values[] = {pg_text(bp_str(jobs->options.site)),
                              pg_integer((int64_t)(CONTROL_JOBS_MAX - jobs->count))};
    jobs->wants_look = false;
    jobs->is_asking = true;
    pg_request(jobs->options.pg, SQL_TAKE_JOBS, values, 2, on_taken, jobs);
}

/* ---- reading ---- */

static void on_outcome(Look *look, json_t *outcome)
{
    ControlJobs *jobs = look->of;
    look->is_under_way = false;
    if (look->job)
        control_job_take(look->job, look->place, outcome);
    else
        json_decref(outcome);
    look->job = NULL;
    soon(jobs);
}

static void keep_seen(ControlJobs *jobs, const ControlJobPoint *point, const ControlSeen *seen, int64_t at_us)
{
    if (seen->sight == CONTROL_SEEN && seen->slots.known == UINT16_MAX && jobs->seen_count < SEEN_MAX &&
        control_job_is_named_so(point, seen))
        jobs->seen[jobs->seen_count++] =
            (ControlSlotsSeen){.point_id = point->point_id, .at_us = at_us, .slots = seen->slots};
}

static void on_seen(void *context, const ControlSeen *seen)
{
    Look *look = context;
    const int64_t at_us = bp_wall_us();
    json_t *outcome = NULL;
    if (look->job) {
        const ControlJobPoint *point = &look->job->points[look->place];
        keep_seen(look->of, point, seen, at_us);
        outcome = control_job_slots_json(point, seen, at_us);
    }
    on_outcome(look, outcome);
}

static void on_read(void *context, const ControlSeen *seen, json_t *properties)
{
    Look *look = context;
    json_t *outcome = NULL;
    if (look->job)
        outcome =
            control_job_properties_json(&look->job->points[look->place], seen, properties, bp_wall_us());
    on_outcome(look, outcome);
}

static CollectDevice *device_of(const ControlJobs *jobs, const ControlJobPoint *point)
{
    CollectDevice *device = collect_poll_find_instance(jobs->options.poller, point->instance, NULL);
    return device && device->device_id == point->device_id ? device : NULL;
}

static void begin(ControlJobs *jobs, Look *look, ControlJob *job, size_t place)
{
    const ControlJobPoint *point = &job->points[place];
    CollectDevice *device = device_of(jobs, point);
    const int64_t now_us = loop_now_us(jobs->options.loop);
    const bool is_urgent = job->count <= URGENT_MAX;
    job->is_begun[place] = true;
    job->begun++;
    if (!device || !point->is_known) {
        control_job_take(job, place,
                         control_job_problem_json(point,
                                                  device ? "its object is of no kind that is known"
                                                         : "the collector does not know the device (yet)",
                                                  bp_wall_us()));
        return;
    }
    look->of = jobs;
    look->job = job;
    look->place = place;
    look->device_id = point->device_id;
    look->is_under_way = true;
    if (job->kind == CONTROL_READ_SLOTS)
        control_look(&look->look, &(ControlLookRequest){.poller = jobs->options.poller,
                                                        .device = device,
                                                        .object = point->object,
                                                        .property = point->property,
                                                        .slot = 8,
                                                        .is_urgent = is_urgent,
                                                        .now_us = now_us,
                                                        .context = look,
                                                        .on_seen = on_seen});
    else
        control_properties(&look->properties, &(ControlPropertiesRequest){.poller = jobs->options.poller,
                                                                          .device = device,
                                                                          .object = point->object,
                                                                          .is_urgent = is_urgent,
                                                                          .now_us = now_us,
                                                                          .context = look,
                                                                          .on_read = on_read});
    jobs->options.on_orders(jobs->options.owner);
}

static Look *free_look(ControlJobs *jobs)
{
    for (size_t i = 0; i < CONTROL_JOBS_LOOKS; i++)
        if (!jobs->looks[i].is_under_way)
            return &jobs->looks[i];
    return NULL;
}

static bool is_asked(const ControlJobs *jobs, int32_t device_id)
{
    for (size_t i = 0; i < CONTROL_JOBS_LOOKS; i++)
        if (jobs->looks[i].is_under_way && jobs->looks[i].device_id == device_id)
            return true;
    return false;
}

static void read_on(ControlJobs *jobs)
{
    for (ControlJob *job = jobs->first; job; job = job->next)
        for (size_t place = 0; place < job->count && job->begun < job->count && !job->is_over; place++) {
            Look *look = free_look(jobs);
            if (!look)
                return;
            if (!job->is_begun[place] && !is_asked(jobs, job->points[place].device_id))
                begin(jobs, look, job, place);
        }
}

/* ---- errands ---- */

/* One that nobody waits for any more, and that the database has not told us of yet. */
static bool is_another_on(const ControlJobs *jobs, const ControlJob *job)
{
    for (const ControlJob *other = jobs->first; other; other = other->next)
        if (other != job && other->kind == job->kind && other->was_begun)
            return true;
    return false;
}

static void begin_errand(ControlJobs *jobs, ControlJob *job)
{
    BpError err = {0};
    const ControlErrand *errand = errand_of(jobs, job);
    job->was_begun = errand->begin(errand->owner, &job->wish, &err) == BP_OK;
    if (!job->was_begun)
        control_job_take_state(job, &(ControlErrandState){.is_over = true, .problem = err.text});
}

static void run_errands(ControlJobs *jobs)
{
    for (ControlJob *job = jobs->first; job; job = job->next) {
        if (!control_job_is_errand(job) || job->has_ended)
            continue;
        if (!job->was_begun && !is_another_on(jobs, job))
            begin_errand(jobs, job);
        if (job->was_begun) {
            const ControlErrandState state = errand_of(jobs, job)->look(errand_of(jobs, job)->owner);
            control_job_take_state(job, &state);
        }
        if (job->has_ended)
            end_errand(jobs, job);
    }
}

/* ---- telling ---- */

static void on_told(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlJobs *jobs = context;
    ControlJob *job = jobs->telling;
    jobs->telling = NULL;
    if (jobs->is_closed || !job)
        return;
    if (status != BP_OK)
        say_failed(jobs, status, err);
    if (status == BP_UNAVAILABLE)
        job->told = 0; /* once more, when it is back */
    else if (jobs->is_ending || status != BP_OK || !pg_get_bool(rows, 0, 0))
        forget(jobs, job);
    soon(jobs);
}

static void store_seen(ControlJobs *jobs)
{
    if (jobs->seen_count == 0)
        return;
    char *text = control_slots_json(jobs->seen, jobs->seen_count);
    const PgValue values[] = {pg_text(bp_str(jobs->options.site)), pg_text(bp_str(text))};
    pg_request(jobs->options.pg, SQL_STORE_OVERRIDES, values, 2, NULL, NULL);
    free(text);
    jobs->seen_count = 0;
}

static void tell(ControlJobs *jobs, ControlJob *job, int64_t now_us)
{
    char *result = control_job_result(job);
    store_seen(jobs);
    jobs->telling = job;
    jobs->told_us = job->told_us = now_us;
    jobs->is_ending = control_job_has_ended(job);
    job->told = job->ended;
    if (jobs->is_ending) {
        const PgValue values[] = {
            pg_text(bp_str(job->id)), pg_text(bp_str(*job->problem ? "failed" : "completed")),
            pg_text(bp_str(result)), *job->problem ? pg_text(bp_str(job->problem)) : pg_null()};
        pg_request(jobs->options.pg, SQL_END_JOB, values, 4, on_told, jobs);
    } else {
        const PgValue values[] = {pg_text(bp_str(job->id)), pg_double(control_job_progress(job)),
                                  pg_text(bp_str(result))};
        pg_request(jobs->options.pg, SQL_TELL_JOB, values, 3, on_told, jobs);
    }
    free(result);
}

/* An errand is told of even where nothing is new: whether anybody still waits is heard by that. */
static bool is_to_be_told(const ControlJob *job, int64_t now_us)
{
    return control_job_is_errand(job) ? job->was_begun && now_us >= job->told_us + TELL_ERRAND_US
                                      : job->ended > job->told;
}

/* What has ended is told at once, how far the others are now and then: one at a time. */
static void tell_next(ControlJobs *jobs, int64_t now_us)
{
    for (ControlJob *job = jobs->first; job && !jobs->telling; job = job->next)
        if (control_job_has_ended(job))
            tell(jobs, job, now_us);
    if (now_us < jobs->told_us + TELL_EVERY_US)
        return;
    for (ControlJob *job = jobs->first; job && !jobs->telling; job = job->next)
        if (is_to_be_told(job, now_us))
            tell(jobs, job, now_us);
}

static void advance(void *owner)
{
    ControlJobs *jobs = owner;
    const int64_t now_us = loop_now_us(jobs->options.loop);
    if (!jobs->is_on)
        return;
    if (now_us >= jobs->look_us) {
        jobs->wants_look = true;
        jobs->look_us = now_us + LOOK_EVERY_US;
    }
    if (jobs->wants_look && !jobs->is_asking && jobs->count < CONTROL_JOBS_MAX)
        take(jobs);
    read_on(jobs);
    run_errands(jobs);
    if (!jobs->telling)
        tell_next(jobs, now_us);
    const int64_t next_us = jobs->count > 0 ? now_us + TELL_EVERY_US : jobs->look_us;
    loop_timer_set(jobs->turn, next_us < jobs->look_us ? next_us : jobs->look_us);
}

/* ---- what jobs.h promises ---- */

ControlJobs *control_jobs_new(const ControlJobsOptions *options)
{
    ControlJobs *jobs = calloc(1, sizeof *jobs);
    ControlSlotsSeen *seen = calloc(SEEN_MAX, sizeof *seen);
    if (!jobs || !seen)
        abort();
    jobs->options = *options;
    jobs->seen = seen;
    jobs->turn = loop_timer_new(options->loop, advance, jobs);
    return jobs;
}

void control_jobs_close(ControlJobs *jobs)
{
    if (jobs->is_closed)
        return;
    jobs->is_closed = true;
    jobs->is_on = false;
    loop_timer_free(jobs->turn);
    jobs->turn = NULL;
    while (jobs->first)
        forget(jobs, jobs->first);
}

void control_jobs_free(ControlJobs *jobs)
{
    if (!jobs)
        return;
    control_jobs_close(jobs);
    for (size_t i = 0; i < CONTROL_JOBS_LOOKS; i++)
        control_properties_done(&jobs->looks[i].properties);
    free(jobs->seen);
    free(jobs);
}

/* What this process has taken up goes on when the database comes back: only what another had has failed. */
void control_jobs_begin(ControlJobs *jobs)
{
    const PgValue site = pg_text(bp_str(jobs->options.site));
    if (!jobs->has_begun)
        pg_request(jobs->options.pg, SQL_BEGIN_JOBS, &site, 1, NULL, NULL);
    jobs->has_begun = true;
    jobs->is_on = true;
    jobs->look_us = 0;
    soon(jobs);
}

void control_jobs_pause(ControlJobs *jobs)
{
    jobs->is_on = false;
    if (jobs->turn)
        loop_timer_clear(jobs->turn);
}

void control_jobs_look(ControlJobs *jobs)
{
    jobs->wants_look = true;
    if (jobs->is_on)
        soon(jobs);
}
