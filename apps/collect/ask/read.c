#include "apps/collect/ask/read.h"

#include "apps/collect/ask/batch.h"
#include "apps/collect/ask/cov.h"
#include "base/time.h"

enum {
    YIELDS_AFTER = 16,  /* requests, where something waits behind them and there is no end to them */
    REST_FIRST_S = 60,  /* until a point with a lasting error is asked for again; doubled each time */
    REST_DOUBLINGS = 6, /* up to about an hour */
};

/* ---- what is said of a point ---- */

unsigned collect_batch_wishes(const CollectPoint *point)
{
    /* Status flags speak of the present value. */
    if (point->property != BAC_PROP_PRESENT_VALUE || point->has_no_flags)
        return COLLECT_VALUE;
    return point->flags & 1U << BAC_FLAG_FAULT ? COLLECT_VALUE | COLLECT_FLAGS | COLLECT_RELIABILITY
                                               : COLLECT_VALUE | COLLECT_FLAGS;
}

/* Errors that the next round would meet again. */
static bool is_lasting(BacRefusal refusal)
{
    return refusal.kind == BAC_REFUSED_ERROR &&
           (refusal.code == BAC_CODE_UNKNOWN_OBJECT || refusal.code == BAC_CODE_UNKNOWN_PROPERTY ||
            refusal.code == BAC_CODE_READ_ACCESS_DENIED);
}

static void note_refusal(CollectPoint *point, BacRefusal refusal, int64_t now_us)
{
    if (!is_lasting(refusal))
        return;
    point->rests_until_us = now_us + ((int64_t)REST_FIRST_S * BP_SECOND << point->refusals);
    if (point->refusals < REST_DOUBLINGS)
        point->refusals++;
}

void collect_batch_take_result(CollectPoint *point, CollectSample *sample, const BacReadResult *result,
                               BpArena *reasons, int64_t now_us)
{
    const bool is_error = result->refusal.kind != BAC_NOT_REFUSED;
    if (result->reference.property == point->property) {
        if (!is_error)
            collect_decode_value(result->value, point, sample);
        else
            sample->problem = collect_decode_refusal(result->refusal, reasons);
        if (is_error)
            note_refusal(point, result->refusal, now_us);
    } else if (result->reference.property == BAC_PROP_STATUS_FLAGS) {
        if (!is_error)
            sample->flags = collect_decode_flags(result->value);
        point->has_no_flags = is_error && result->refusal.kind == BAC_REFUSED_ERROR &&
                              result->refusal.code == BAC_CODE_UNKNOWN_PROPERTY;
    } else if (!is_error) {
        sample->reliability =
            (uint16_t)collect_decode_enumerated(result->value, BAC_RELIABILITY_NO_FAULT_DETECTED);
    }
}

void collect_batch_end_point(CollectShared *shared, CollectDevice *device, CollectPoint *point,
                             const CollectSample *sample, int64_t now_us)
{
    collect_cov_verify(shared, device, point, sample, now_us);
    collect_readings_take(shared, device, point, sample, now_us);
}

/* ---- the job ---- */

static bool is_due(const CollectDevice *device, int64_t now_us)
{
    (void)now_us;
    return collect_rounds_next(device) != NULL;
}

static int64_t rank(const CollectDevice *device)
{
    const CollectRound *round = collect_rounds_next(device);
    return round ? round->interval_us : INT64_MAX;
}

/* The points of a new batch are chosen; one that goes on keeps its only one. */
static uint8_t make(CollectShared *shared, CollectJob *job, BpBuf *out, int64_t now_us)
{
    (void)shared, (void)now_us;
    CollectBatch *batch = job->own;
    const CollectDevice *device = job->device;
    if (!batch->is_under_way) {
        batch->round = collect_rounds_next(device);
        batch->is_multiple = device->limits.read_multiple;
    }
    if (batch->is_multiple) {
        collect_batch_make_multiple(device, batch, out);
        return BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE;
    }
    if (!batch->is_under_way) {
        batch->points[0] = batch->round->queue[batch->round->head];
        batch->count = 1;
        collect_batch_begin_single(device, batch);
    }
    collect_batch_make_single(device, batch, out);
    return BAC_SERVICE_CONFIRMED_READ_PROPERTY;
}

static void sent(CollectShared *shared, CollectJob *job, int64_t now_us)
{
    CollectBatch *batch = job->own;
    if (!batch->is_under_way)
        collect_rounds_sent(shared, job->device, batch, now_us);
}

static CollectNext answered(CollectShared *shared, CollectJob *job, const BacAnswer *answer, int64_t now_us)
{
    const CollectBatch *batch = job->own;
    return batch->is_multiple ? collect_batch_take_multiple(shared, job, answer, now_us)
                              : collect_batch_take_single(shared, job, answer, now_us);
}

static void given_up(CollectShared *shared, CollectJob *job, CollectGone why, int64_t now_us)
{
    (void)shared, (void)why, (void)now_us;
    CollectBatch *batch = job->own;
    collect_rounds_put_back(job->device, batch, batch->count);
}

/* Of a point that has its value the rest is done without. */
static void halted(CollectShared *shared, CollectJob *job, int64_t now_us)
{
    CollectDevice *device = job->device;
    CollectBatch *batch = job->own;
    if (batch->asking == COLLECT_VALUE) {
        collect_rounds_put_back(device, batch, 1);
        return;
    }
    collect_batch_end_point(shared, device, &device->points[batch->points[0]], &batch->sample, now_us);
    collect_rounds_settle(shared, device, batch, now_us);
}

const CollectJobKind collect_read = {.name = "read",
                                     .own_size = sizeof(CollectBatch),
                                     .may_repeat = true,
                                     .speaks_of_points = true,
                                     .yields_after = YIELDS_AFTER,
                                     .is_due = is_due,
                                     .rank = rank,
                                     .make = make,
                                     .sent = sent,
                                     .answered = answered,
                                     .given_up = given_up,
                                     .halted = halted};
