#include "apps/collect/deliver/recover.h"

#include "apps/collect/deliver/outbox/spill.h"

#include <stdio.h>

enum { PROBLEM_TEXT_MAX = 128 };

typedef struct Recovery {
    const Spool *spool;
    Outbox *outbox;
    void (*on_problem)(void *context, const char *text);
    void *context;
} Recovery;

static void recover_batch(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload)
{
    outbox_recover(context, run, n, segment, payload.size);
}

/* What a killed collector has written is relied on once it is synced. */
static BpStatus sync_and_read(const Recovery *recovery, int64_t segment, SpoolSize *ret_size, BpError *err)
{
    BP_TRY(spool_sync(recovery->spool, segment, err));
    return spool_read(recovery->spool, segment, recover_batch, recovery->outbox, ret_size, err);
}

static void recover_segment(const Recovery *recovery, int64_t segment)
{
    SpoolSize size;
    BpError err;
    char text[PROBLEM_TEXT_MAX];
    segments_note_used(outbox_segments(recovery->outbox), segment);
    if (sync_and_read(recovery, segment, &size, &err) != BP_OK) {
        recovery->on_problem(recovery->context, err.text);
        return;
    }
    if (size.octets == 0)
        (void)!spool_remove(recovery->spool, segment, &err); /* made, and never written to */
    segments_set(outbox_segments(recovery->outbox), segment, size.octets);
    if (size.damaged) {
        snprintf(text, sizeof text, "spool segment %lld has %zu octets that are no whole batch",
                 (long long)segment, size.damaged);
        recovery->on_problem(recovery->context, text);
    }
}

static void tell_left(const Recovery *recovery)
{
    char text[PROBLEM_TEXT_MAX];
    const size_t left = outbox_counts(recovery->outbox).left;
    if (left == 0)
        return;
    snprintf(text, sizeof text,
             "%zu batches in the spool are of more than %d runs: they wait for a later start", left,
             OUTBOX_RUNS_MAX);
    recovery->on_problem(recovery->context, text);
}

BpStatus spool_recover(const Spool *spool, Outbox *outbox, const MdlRun *own,
                       void (*on_problem)(void *context, const char *text), void *context, BpError *err)
{
    const Recovery recovery = {spool, outbox, on_problem, context};
    BpArena arena = {0};
    BpError problem;
    int64_t *segments;
    size_t count;
    BP_TRY(spool_list(spool, &arena, &segments, &count, err));
    for (size_t i = 0; i < count; i++)
        recover_segment(&recovery, segments[i]);
    bp_arena_done(&arena);
    if (spool_sync(spool, -1, &problem) != BP_OK)
        on_problem(context, problem.text);
    tell_left(&recovery);
    outbox_begin(outbox, own);
    return BP_OK;
}
