#include "apps/collect/deliver/spool_work.h"

#include "apps/collect/deliver/spool_job.h"
#include "base/log.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>

struct SpoolWork {
    Loop *loop;
    const Spool *spool;
    Outbox *outbox;
    void *owner;
    void (*on_done)(void *owner);
    SpoolPauses pauses;
    SpoolJob *job;                       /* under way on the pool */
    bool cannot_write;                   /* and it was said */
    uint64_t unreadable, all_unreadable; /* batches: to be said, and since the start */
    int64_t say_read_again_us;
    bool has_no_room; /* and it was said */
    uint64_t said_given_up;
};

SpoolWork *spool_work_new(Loop *loop, const Spool *spool, Outbox *outbox, void (*on_done)(void *owner),
                          void *owner)
{
    SpoolWork *work = calloc(1, sizeof *work);
    if (!work)
        abort();
    *work = (SpoolWork){.loop = loop, .spool = spool, .outbox = outbox, .on_done = on_done, .owner = owner};
    return work;
}

void spool_work_free(SpoolWork *work)
{
    assert(!work || !work->job);
    free(work);
}

bool spool_work_is_under_way(const SpoolWork *work)
{
    return work->job;
}

/* ---- what has become of a job ---- */

/* What fails is said when it begins and when it ends. */
static void tell_append(SpoolWork *work, const SpoolJob *job)
{
    if (job->status == BP_OK && work->cannot_write)
        bp_log(BP_LOG_NOTICE, "the spool can be written again");
    if (job->status != BP_OK && !work->cannot_write)
        bp_log(BP_LOG_ERROR, "the spool cannot be written, batches wait in memory: %s", job->err.text);
    work->cannot_write = job->status != BP_OK;
}

static void tell_read(SpoolWork *work, const SpoolJob *job)
{
    const int64_t now_us = loop_now_us(work->loop);
    work->unreadable += job->given_up;
    work->all_unreadable += job->given_up;
    if ((job->status == BP_OK && !job->given_up) || now_us < work->say_read_again_us)
        return;
    work->say_read_again_us = now_us + BP_MINUTE;
    if (job->status != BP_OK)
        bp_log(BP_LOG_ERROR, "reading the spool: %s", job->err.text);
    if (work->unreadable)
        bp_log(BP_LOG_ERROR,
               "%llu batches were in the spool alone and cannot be read any more: they are given up, and "
               "those behind them are sent",
               (unsigned long long)work->unreadable);
    work->unreadable = 0;
}

static void end_job(SpoolWork *work, SpoolJob *job)
{
    spool_job_end(job, work->outbox, &work->pauses, loop_now_us(work->loop));
    switch (job->kind) {
    case SPOOL_APPEND: tell_append(work, job); break;
    case SPOOL_READ: tell_read(work, job); break;
    case SPOOL_REMOVE:
        if (job->status != BP_OK)
            bp_log(BP_LOG_ERROR, "removing what is stored from the spool: %s", job->err.text);
        break;
    }
    spool_job_free(job);
}

void spool_work_tell_given_up(SpoolWork *work)
{
    const OutboxCounts counts = outbox_counts(work->outbox);
    const uint64_t given_up = counts.given_up - work->all_unreadable;
    if (given_up > work->said_given_up && !work->has_no_room) {
        work->has_no_room = true;
        bp_log(BP_LOG_ERROR, "there is no room for more batches (%s): the oldest are given up from now on",
               work->cannot_write ? "the spool cannot be written" : "spool.size");
    }
    if (work->has_no_room && counts.waiting == 0) {
        work->has_no_room = false;
        bp_log(BP_LOG_ERROR, "%llu batches were given up; %llu of all until now are known to be lost",
               (unsigned long long)(given_up - work->said_given_up), (unsigned long long)counts.lost);
        work->said_given_up = given_up;
    }
}

/* ---- doing them ---- */

static void do_job(void *context)
{
    const SpoolWork *work = context; /* on the pool: its job and its spool, which stay what they are */
    spool_job_do(work->job, work->spool);
}

static void on_job_done(void *context)
{
    SpoolWork *work = context;
    SpoolJob *job = work->job;
    work->job = NULL;
    end_job(work, job);
    work->on_done(work->owner);
}

void spool_work_advance(SpoolWork *work, int64_t before_us, bool is_sending, int64_t now_us)
{
    if (work->job)
        return;
    work->job = spool_job_new(work->outbox, &work->pauses, before_us, is_sending, now_us);
    if (work->job)
        loop_work(work->loop, do_job, on_job_done, work);
}

void spool_work_finish(SpoolWork *work)
{
    SpoolJob *job;
    assert(!work->job);
    work->pauses.append_again_us = 0; /* a last try */
    while ((job = spool_job_new(work->outbox, &work->pauses, INT64_MAX, false, loop_now_us(work->loop))) !=
           NULL) {
        spool_job_do(job, work->spool);
        end_job(work, job);
    }
}
