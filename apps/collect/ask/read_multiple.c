#include "apps/collect/ask/batch.h"
#include "apps/collect/ask/identity.h"
#include "apps/collect/ask/state.h"

enum { NAME_OCTETS = 5 }; /* an Object_Identifier with its tag */

void collect_batch_make_multiple(const CollectDevice *device, CollectBatch *batch, BpBuf *out)
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
    if (batch->is_named && !collect_identity_is_own(device, &walk)) {
        device->identity.is_misnamed = true;
        collect_state_suspect(device, now_us);
    }
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

CollectNext collect_batch_take_multiple(CollectShared *shared, CollectJob *job, const BacAnswer *answer,
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
