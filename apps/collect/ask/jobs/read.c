#include "apps/collect/ask/jobs/read.h"

#include "apps/collect/ask/device/cov.h"
#include "apps/collect/ask/device/identity.h"
#include "apps/collect/ask/device/state.h"
#include "apps/collect/ask/jobs/batch.h"
#include "base/time.h"

#include <assert.h>

enum {
    YIELDS_AFTER = 16,  /* requests, where something waits behind them and there is no end to them */
    REST_FIRST_S = 60,  /* until a point with a lasting error is asked for again; doubled each time */
    REST_DOUBLINGS = 6, /* up to about an hour */
    NAME_OCTETS = 5,    /* an Object_Identifier with its tag */
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

/* ---- by ReadPropertyMultiple ---- */

/* Fills the batch from its round's queue, as far as a request and its answer fit. */
static void make_multiple(const CollectDevice *device, CollectBatch *batch, BpBuf *out)
{
    const CollectRound *round = batch->round;
    uint32_t most = round->count - round->head;
    if (most > COLLECT_BATCH_MAX)
        most = COLLECT_BATCH_MAX;
    if (round->careful_count > 0 && most > round->careful_max)
        most = round->careful_max;
    CollectRoom room = collect_plan_room(&device->limits);
    BacReference references[1 + COLLECT_BATCH_MAX * COLLECT_WISHES];
    size_t count = 0;
    batch->is_named = collect_identity_is_named(device);
    if (batch->is_named) { /* the first one always fits */
        references[count] = collect_identity_name(device);
        (void)collect_plan_add(&room, &references[count++], NAME_OCTETS);
    }
    while (batch->count < most) {
        const uint32_t number = round->queue[round->head + batch->count];
        const CollectPoint *point = &device->points[number];
        const unsigned wishes = collect_batch_wishes(point);
        if (!collect_plan_add_point(&room, point, wishes))
            break;
        count += collect_plan_references(point, wishes, &references[count]);
        batch->points[batch->count] = number;
        batch->wishes[batch->count++] = (uint8_t)wishes;
    }
    batch->answer_octets = room.answer_octets;
    bac_read_multiple_encode(out, references, count);
}

/* The client has made sure that the answer has what was asked, in the order asked. */
static void take_results(CollectShared *shared, CollectDevice *device, CollectBatch *batch, BpCursor body,
                         int64_t now_us)
{
    BacReadMultiple walk = {.in = body};
    device->limits.multiple_proven = true;
    if (batch->is_named && !collect_identity_is_own(device, &walk))
        collect_state_misnamed(device, now_us);
    for (uint32_t i = 0; i < batch->count; i++) {
        CollectPoint *point = &device->points[batch->points[i]];
        CollectSample sample = {.problem = "no-answer"};
        for (unsigned wishes = batch->wishes[i]; wishes; wishes &= wishes - 1) {
            BacReadResult result;
            if (bac_read_multiple_ack_next(&walk, &result, NULL) != BP_OK)
                break;
            collect_batch_take_result(point, &sample, &result, &device->readings.reasons, now_us);
        }
        collect_batch_end_point(shared, device, point, &sample, now_us);
    }
    collect_rounds_settle(shared, device, batch, now_us);
}

/* A batch that was refused as a whole: less is asked for, or its point alone. */
static CollectNext take_refusal(CollectDevice *device, CollectBatch *batch, BacRefusal refusal,
                                int64_t now_us)
{
    if (batch->is_named && collect_decode_is_unknown_object(refusal))
        collect_state_suspect(device, now_us); /* of the points, or of the device itself? */
    const CollectRemedy remedy =
        collect_limits_refused(&device->limits, refusal, batch->count, batch->answer_octets, now_us);
    if (remedy != COLLECT_IS_ERROR) {
        collect_rounds_put_back(device, batch, batch->count / 2);
        return COLLECT_JOB_ENDS;
    }
    collect_batch_begin_single(device, batch);
    return COLLECT_JOB_GOES_ON;
}

static CollectNext take_multiple(CollectShared *shared, CollectJob *job, const BacAnswer *answer,
                                 int64_t now_us)
{
    CollectDevice *device = job->device;
    CollectBatch *batch = job->own;
    switch (answer->outcome) {
    case BAC_ANSWERED: take_results(shared, device, batch, answer->body, now_us); return COLLECT_JOB_ENDS;
    case BAC_REFUSED: return take_refusal(device, batch, answer->refusal, now_us);
    default: break;
    }
    collect_rounds_put_back(device, batch, batch->count / 2);
    if (!collect_job_met_silence(job, answer))
        (void)collect_limits_unanswered(&device->limits, batch->count, batch->answer_octets, now_us);
    else if (!device->silence.is_doubted)
        collect_state_doubt(device, batch->count, batch->answer_octets);
    return COLLECT_JOB_ENDS;
}

/* ---- the job ---- */

static_assert(sizeof(CollectBatch) <= COLLECT_JOB_OWN, "a batch has its place in a job");

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
        make_multiple(device, batch, out);
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
    return batch->is_multiple ? take_multiple(shared, job, answer, now_us)
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
                                     .own_size = offsetof(CollectBatch, points),
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
