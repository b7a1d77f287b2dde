#include "apps/collect/site/keep.h"

#include "base/log.h"
#include "base/random.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t SOON_US = BP_SECOND, PAUSE_US = 30 * BP_SECOND;

struct CollectKeep {
    Loop *loop;
    const char *site;
    char path[4096];
    LoopTimer *timer;
    BpBuf settings, known; /* rows; empty: not said yet */
    uint64_t kept;         /* hash of both, as they were written last */
    int64_t write_again_us;
    bool is_late; /* the timer is set */
    struct Job *job;
};

/* A writing under way, which may outlive the loop. */
typedef struct Job {
    CollectKeep *keep; /* NULL: it is gone */
    BpBuf octets;
    char path[4096];
    BpStatus status;
    BpError err;
} Job;

static uint64_t hash_of(const CollectKeep *keep)
{
    return bp_hash(keep->known.data, keep->known.size, bp_hash(keep->settings.data, keep->settings.size, 0));
}

static bool has_news(const CollectKeep *keep)
{
    return keep->settings.size > 0 && keep->known.size > 0 && hash_of(keep) != keep->kept;
}

static Job *new_job(CollectKeep *keep)
{
    Job *job = calloc(1, sizeof *job);
    if (!job)
        abort();
    job->keep = keep;
    job->octets = bp_buf_growing(COLLECT_PLAN_OCTETS_MAX);
    memcpy(job->path, keep->path, sizeof job->path);
    collect_plan_encode(&job->octets, bp_str(keep->site), bp_wall_us(), bp_buf_text(&keep->settings),
                        bp_buf_text(&keep->known));
    return job;
}

static void do_write(void *context)
{
    Job *job = context;
    job->status = job->octets.failed
                      ? bp_fail(&job->err, BP_FULL, "%s: there is more than a plan holds", job->path)
                      : collect_plan_write(job->path, bp_buf_text(&job->octets), &job->err);
}

static void free_job(Job *job)
{
    bp_buf_done(&job->octets);
    free(job);
}

static void write_later(CollectKeep *keep);

static void on_written(void *context)
{
    static BpLogKind failed;
    Job *job = context;
    CollectKeep *keep = job->keep;
    if (keep && job->status != BP_OK) {
        keep->kept = 0;
        bp_log_some(&failed, loop_now_us(keep->loop), BP_LOG_WARNING,
                    "what is polled cannot be written down for a start without the database: %s",
                    job->err.text);
    }
    free_job(job);
    if (!keep)
        return;
    keep->job = NULL;
    write_later(keep);
}

static void write_now(void *owner)
{
    CollectKeep *keep = owner;
    keep->is_late = false;
    if (keep->job || !has_news(keep))
        return;
    keep->kept = hash_of(keep);
    keep->write_again_us = loop_now_us(keep->loop) + PAUSE_US;
    keep->job = new_job(keep);
    loop_work(keep->loop, do_write, on_written, keep->job);
}

static void write_later(CollectKeep *keep)
{
    const int64_t soon_us = loop_now_us(keep->loop) + SOON_US;
    if (keep->is_late || keep->job || !has_news(keep))
        return;
    keep->is_late = true;
    loop_timer_set(keep->timer, keep->write_again_us > soon_us ? keep->write_again_us : soon_us);
}

void collect_keep_settings(CollectKeep *keep, const PgRows *settings)
{
    bp_buf_clear(&keep->settings);
    pg_rows_encode(&keep->settings, settings);
    write_later(keep);
}

void collect_keep_known(CollectKeep *keep, const PgRows *known)
{
    bp_buf_clear(&keep->known);
    pg_rows_encode(&keep->known, known);
    write_later(keep);
}

BpStatus collect_keep_recall(const CollectKeep *keep, CollectPlan *ret_plan, BpError *err)
{
    return collect_plan_read(keep->path, bp_str(keep->site), ret_plan, err);
}

CollectKeep *collect_keep_new(Loop *loop, const char *folder, const char *site)
{
    CollectKeep *keep = calloc(1, sizeof *keep);
    if (!keep)
        abort();
    keep->loop = loop;
    keep->site = site;
    keep->settings = keep->known = bp_buf_growing(COLLECT_PLAN_OCTETS_MAX);
    snprintf(keep->path, sizeof keep->path, "%s/plan", folder);
    keep->timer = loop_timer_new(loop, write_now, keep);
    return keep;
}

/* A writing that hangs keeps nobody: it goes on without us. */
void collect_keep_free(CollectKeep *keep)
{
    if (!keep)
        return;
    loop_timer_free(keep->timer);
    if (keep->job) {
        keep->job->keep = NULL;
    } else if (has_news(keep)) {
        Job *job = new_job(keep);
        do_write(job);
        free_job(job);
    }
    bp_buf_done(&keep->settings);
    bp_buf_done(&keep->known);
    free(keep);
}
