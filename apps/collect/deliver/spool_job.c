#include "apps/collect/deliver/spool_job.h"

#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t APPEND_PAUSE_US = BP_SECOND, REMOVE_PAUSE_US = BP_MINUTE;
enum { READ_TRIES = 6, SEGMENTS_OF_A_SPOOL = 8, SMALLEST_SEGMENT = 16 * 1024 };

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

/* Room comes back a segment at a time, and a segment is read into memory at once. */
static size_t segment_octets(const Outbox *outbox)
{
    int64_t most = SPOOL_SEGMENT_OCTETS;
    if (outbox->disk_max / SEGMENTS_OF_A_SPOOL < most)
        most = outbox->disk_max / SEGMENTS_OF_A_SPOOL;
    if (outbox->memory_max / 2 < most)
        most = outbox->memory_max / 2;
    return most > SMALLEST_SEGMENT ? (size_t)most : SMALLEST_SEGMENT;
}

static SpoolJob *remove_job(const Outbox *outbox, int64_t now_us)
{
    const OutboxSegment *done = now_us >= outbox->remove_again_us ? outbox_done_segment(outbox) : NULL;
    return done ? make(SPOOL_REMOVE, done->number, done->octets) : NULL;
}

static bool fits(const Outbox *outbox, size_t octets, size_t more)
{
    return (int64_t)(octets + more) <= outbox->disk_max;
}

/* Into the segment that is open, or else into a new one. */
static SpoolJob *append_job(Outbox *outbox, int64_t before_us, size_t most)
{
    const OutboxSegment *last = outbox->is_open ? outbox_find_segment(outbox, outbox->last_segment) : NULL;
    if (!last || last->octets >= most) {
        outbox->last_segment++;
        outbox->is_open = true;
        last = NULL;
    }
    SpoolJob *job = make(SPOOL_APPEND, outbox->last_segment, last ? last->octets : 0);
    outbox_spill(outbox, before_us, most, &job->records);
    return job;
}

SpoolJob *spool_job_new(Outbox *outbox, int64_t before_us, bool is_sending, int64_t now_us)
{
    const size_t most = segment_octets(outbox);
    const size_t due = now_us >= outbox->append_again_us ? outbox_due(outbox, before_us, most) : 0;
    if (due) {
        while (!fits(outbox, outbox->on_disk - outbox->leaving_octets, due) && outbox_drop_segment(outbox))
            continue;
        /* A batch that is larger than the spool is written all the same, and dropped by the next. So are
         * those of a segment that is not relied on, which goes after that. */
        if (fits(outbox, outbox->on_disk, due) || outbox->done_count == 0)
            return append_job(outbox, before_us, most);
    }
    SpoolJob *job = remove_job(outbox, now_us);
    if (job || !is_sending || now_us < outbox->read_again_us)
        return job;
    const int64_t missing = outbox_missing(outbox);
    return missing >= 0 ? make(SPOOL_READ, missing, 0) : NULL;
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

static void end_append(const SpoolJob *job, Outbox *outbox, int64_t now_us)
{
    outbox_set_segment(outbox, job->segment, job->octets);
    if (job->status != BP_OK) {
        outbox->is_open = false; /* what its end looks like is the disk's secret */
        outbox->append_again_us = now_us + APPEND_PAUSE_US;
    }
    outbox_spilled(outbox, job->status == BP_OK ? job->segment : -1);
}

static void end_read(SpoolJob *job, Outbox *outbox, int64_t now_us)
{
    for (size_t i = 0; i < job->count; i++)
        outbox_load(outbox, &job->found[i].run, job->found[i].n, job->segment, job->found[i].payload);
    if (job->status == BP_UNAVAILABLE && ++outbox->read_failures < READ_TRIES) {
        outbox->read_again_us = now_us + (BP_SECOND << outbox->read_failures);
        return;
    }
    outbox->read_failures = 0;
    if (job->status != BP_OK || outbox_lacks(outbox, job->segment))
        job->given_up = outbox_distrust(outbox, job->segment);
    if (job->status == BP_NOT_FOUND)
        outbox_set_segment(outbox, job->segment, 0);
}

static void end_remove(const SpoolJob *job, Outbox *outbox, int64_t now_us)
{
    if (job->status == BP_OK)
        outbox_set_segment(outbox, job->segment, 0);
    else
        outbox->remove_again_us = now_us + REMOVE_PAUSE_US;
}

void spool_job_end(SpoolJob *job, Outbox *outbox, int64_t now_us)
{
    switch (job->kind) {
    case SPOOL_APPEND: end_append(job, outbox, now_us); break;
    case SPOOL_READ: end_read(job, outbox, now_us); break;
    case SPOOL_REMOVE: end_remove(job, outbox, now_us); break;
    }
#ifdef __SANITIZE_ADDRESS__
    outbox_check(outbox);
#endif
}

/* ---- at the start ---- */

static void recover(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload)
{
    outbox_recover(context, run, n, segment, payload.size);
}

BpStatus spool_recover(const Spool *spool, Outbox *outbox, const MdlRun *own,
                       void (*on_problem)(void *context, const char *text), void *context, BpError *err)
{
    BpArena arena = {0};
    int64_t *segments;
    size_t count;
    const BpStatus status = spool_list(spool, &arena, &segments, &count, err);
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        SpoolSize size;
        BpError problem;
        char text[128];
        if (segments[i] > outbox->last_segment)
            outbox->last_segment = segments[i];
        if (spool_sync(spool, segments[i], &problem) != BP_OK ||
            spool_read(spool, segments[i], recover, outbox, &size, &problem) != BP_OK) {
            on_problem(context, problem.text);
            continue;
        }
        if (size.octets == 0)
            (void)!spool_remove(spool, segments[i], &problem); /* made, and never written to */
        outbox_recover_segment(outbox, segments[i], size.octets);
        if (size.damaged) {
            snprintf(text, sizeof text, "spool segment %lld has %zu octets that are no whole batch",
                     (long long)segments[i], size.damaged);
            on_problem(context, text);
        }
    }
    bp_arena_done(&arena);
    BpError problem;
    if (status == BP_OK && spool_sync(spool, -1, &problem) != BP_OK)
        on_problem(context, problem.text);
    if (outbox->left) {
        char text[128];
        snprintf(text, sizeof text,
                 "%zu batches in the spool are of more than %d runs: they wait for a later start",
                 outbox->left, OUTBOX_RUNS_MAX);
        on_problem(context, text);
    }
    if (status == BP_OK)
        outbox_init(outbox, own);
    return status;
}
