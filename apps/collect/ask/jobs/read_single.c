#include "apps/collect/ask/device/state.h"
#include "apps/collect/ask/jobs/batch.h"
#include "bacnet/service/read_property.h"
#include "base/time.h"

enum { FLAGS_EVERY_S = 60 }; /* status flags of a point that is read by ReadProperty */

void collect_batch_begin_single(const CollectDevice *device, CollectBatch *batch)
{
    batch->is_multiple = false;
    batch->asking = COLLECT_VALUE;
    batch->sample = (CollectSample){.flags = device->points[batch->points[0]].flags};
}

static uint32_t asked_property(const CollectPoint *point, CollectWish asking)
{
    switch (asking) {
    case COLLECT_FLAGS: return BAC_PROP_STATUS_FLAGS;
    case COLLECT_RELIABILITY: return BAC_PROP_RELIABILITY;
    default: return point->property;
    }
}

void collect_batch_make_single(const CollectDevice *device, const CollectBatch *batch, BpBuf *out)
{
    const CollectPoint *point = &device->points[batch->points[0]];
    const BacReference reference = collect_point_reference(point, asked_property(point, batch->asking));
    bac_read_property_encode(out, &reference);
}

/* What is to be asked of a point after `asking`, or 0. */
static CollectWish next_wish(const CollectPoint *point, const CollectSample *sample, CollectWish asking,
                             int64_t now_us)
{
    const unsigned wishes = collect_batch_wishes(point);
    if (asking == COLLECT_VALUE && wishes & COLLECT_FLAGS && !sample->problem &&
        (point->flags_at_us == 0 || now_us - point->flags_at_us >= FLAGS_EVERY_S * BP_SECOND))
        return COLLECT_FLAGS;
    if (asking != COLLECT_RELIABILITY && sample->flags & 1U << BAC_FLAG_FAULT && !sample->problem)
        return COLLECT_RELIABILITY;
    return 0;
}

static void take_result(CollectDevice *device, CollectBatch *batch, const BacAnswer *answer, int64_t now_us)
{
    CollectPoint *point = &device->points[batch->points[0]];
    BacReadResult result = {.reference = collect_point_reference(point, asked_property(point, batch->asking)),
                            .refusal = answer->refusal};
    BpCursor body = answer->body;
    BacReference reference;
    if (answer->outcome == BAC_ANSWERED &&
        bac_read_property_ack_decode(&body, &reference, &result.value, NULL) != BP_OK)
        result.value = bp_cursor(NULL, 0);
    if (point->refusals == 0 && collect_decode_is_unknown_object(result.refusal))
        collect_state_suspect(device, now_us); /* is it another device that has no such object? */
    collect_batch_take_result(point, &batch->sample, &result, &device->readings.reasons, now_us);
    if (batch->asking == COLLECT_FLAGS)
        point->flags_at_us = now_us;
}

CollectNext collect_batch_take_single(CollectShared *shared, CollectJob *job, const BacAnswer *answer,
                                      int64_t now_us)
{
    CollectDevice *device = job->device;
    CollectBatch *batch = job->own;
    CollectPoint *point = &device->points[batch->points[0]];
    const bool is_silent = answer->outcome == BAC_SILENT;
    if (is_silent && batch->asking == COLLECT_VALUE)
        batch->sample.problem = "timeout";
    else if (!is_silent)
        take_result(device, batch, answer, now_us);
    const CollectWish next = is_silent ? 0 : next_wish(point, &batch->sample, batch->asking, now_us);
    if (next) {
        batch->asking = next;
        return COLLECT_JOB_GOES_ON;
    }
    collect_batch_end_point(shared, device, point, &batch->sample, now_us);
    collect_rounds_settle(shared, device, batch, now_us);
    if (collect_job_met_silence(job, answer))
        collect_state_doubt(device, 1, 0);
    return COLLECT_JOB_ENDS;
}
