#include "apps/collect/deliver/spool_job.h"

#include "apps/collect/deliver/outbox/spill.h"
#include "base/invariant.h"
#include "base/time.h"

#include <stdlib.h>

static const int64_t APPEND_PAUSE_US = BP_SECOND, REMOVE_PAUSE_US = BP_MINUTE;
enum { READ_TRIES = 6 };

static SpoolJob *make(SpoolJobKind kind, int64_t segment, size_t octets)
{
    SpoolJob *job = calloc(1, sizeof *job);
    if (!job)
        abort();
    *job = (SpoolJob){
        .kind = kind, .segment = segment, .octets = octets, .records = bp_buf_growing(INT64_C(1) << 31)};
    return job;
}

void spool_job_free(SpoolJob *job)
{
    if (!job)
        return;
    free(job->found);
    bp_arena_done(&job->arena);
    bp_buf_done(&job->records);
    free(job);
}

/* ---- what is next ---- */

static SpoolJob *remove_job(Outbox *outbox)
{
    const Segment *done = segments_first_done(outbox_segments(outbox));
    return done ? make(SPOOL_REMOVE, done->number, done->octets) : NULL;
}

static SpoolJob *read_job(const Outbox *outbox)
{
    const int64_t missing = outbox_missing(outbox);
    return missing >= 0 ? make(SPOOL_READ, missing, 0) : NULL;
}

static bool fits(const Outbox *outbox, size_t octets, size_t more)
{
    return (int64_t)(octets + more) <= outbox_disk_max(outbox);
}

/* Into the segment that is open, or else into a new one. NULL: nothing is due, or there is no room yet. */
static SpoolJob *append_job(Outbox *outbox, int64_t before_us)
{
    Segments *segments = outbox_segments(outbox);
    const size_t most = outbox_segment_octets(outbox), due = outbox_due(outbox, before_us, most);
    if (due == 0)
        return NULL;
    while (!fits(outbox, segments->octets - segments->leaving_octets, due) && outbox_give_up_segment(outbox))
        continue;
    /* A batch that is larger than the spool is written all the same, and given up for the next. So are those
     * of a segment that is not relied on, which goes after that. */
    if (!fits(outbox, segments->octets, due) && segments->done > 0)
        return NULL;
    int64_t number;
    const size_t octets = segments_open(segments, most, &number);
    SpoolJob *job = make(SPOOL_APPEND, number, octets);
    outbox_spill(outbox, before_us, most, &job->records);
    return job;
}

SpoolJob *spool_job_new(Outbox *outbox, const SpoolPauses *pauses, int64_t before_us, bool is_sending,
                        int64_t now_us)
{
    SpoolJob *job = now_us >= pauses->append_again_us ? append_job(outbox, before_us) : NULL;
    if (!job && now_us >= pauses->remove_again_us)
        job = remove_job(outbox);
    if (!job && is_sending && now_us >= pauses->read_again_us)
        job = read_job(outbox);
    return job;
}

/* ---- doing it ---- */

static void keep_found(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload)
{
    SpoolJob *job = context;
    (void)segment;
    if (job->count == job->capacity) {
        job->capacity = job->capacity ? job->capacity * 2 : 64;
        job->found = realloc(job->found, job->capacity * sizeof *job->found);
        if (!job->found)
            abort();
    }
    job->found[job->count++] = (SpoolFound){*run, n, {bp_arena_text(&job->arena, payload), payload.size}};
}

void spool_job_do(SpoolJob *job, const Spool *spool)
{
    SpoolSize size;
    switch (job->kind) {
    case SPOOL_APPEND:
        job->status = spool_append(spool, job->segment, bp_buf_text(&job->records), &job->octets, &job->err);
        break;
    case SPOOL_READ: job->status = spool_read(spool, job->segment, keep_found, job, &size, &job->err); break;
    case SPOOL_REMOVE: job->status = spool_remove(spool, job->segment, &job->err); break;
    }
}

/* ---- what has become of it ---- */

static void end_append(const SpoolJob *job, Outbox *outbox, SpoolPauses *pauses, int64_t now_us)
{
    Segments *segments = outbox_segments(outbox);
    segments_set(segments, job->segment, job->octets);
    if (job->status != BP_OK) {
        segments_close(segments, segments->last); /* what its end looks like is the disk's secret */
        pauses->append_again_us = now_us + APPEND_PAUSE_US;
    }
    outbox_spilled(outbox, job->status == BP_OK ? job->segment : -1);
}

static void end_read(SpoolJob *job, Outbox *outbox, SpoolPauses *pauses, int64_t now_us)
{
    for (size_t i = 0; i < job->count; i++)
        outbox_load(outbox, &job->found[i].run, job->found[i].n, job->segment, job->found[i].payload);
    if (job->status == BP_UNAVAILABLE && ++pauses->read_failures < READ_TRIES) {
        pauses->read_again_us = now_us + (BP_SECOND << pauses->read_failures);
        return;
    }
    pauses->read_failures = 0;
    if (job->status != BP_OK || outbox_lacks(outbox, job->segment))
        job->given_up = outbox_distrust(outbox, job->segment);
    if (job->status == BP_NOT_FOUND)
        segments_set(outbox_segments(outbox), job->segment, 0);
}

static void end_remove(const SpoolJob *job, Outbox *outbox, SpoolPauses *pauses, int64_t now_us)
{
    if (job->status == BP_OK)
        segments_set(outbox_segments(outbox), job->segment, 0);
    else
        pauses->remove_again_us = now_us + REMOVE_PAUSE_US;
}

void spool_job_end(SpoolJob *job, Outbox *outbox, SpoolPauses *pauses, int64_t now_us)
{
    switch (job->kind) {
    case SPOOL_APPEND: end_append(job, outbox, pauses, now_us); break;
    case SPOOL_READ: end_read(job, outbox, pauses, now_us); break;
    case SPOOL_REMOVE: end_remove(job, outbox, pauses, now_us); break;
    }
    BP_INVARIANT(outbox_check(outbox));
}
