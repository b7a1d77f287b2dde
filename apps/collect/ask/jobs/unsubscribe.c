#include "apps/collect/ask/jobs/unsubscribe.h"

#include "apps/collect/ask/device/cov.h"
#include "apps/collect/ask/device/state.h"
#include "bacnet/service/cov.h"

/* Nobody waits for one that may not answer: its subscriptions end by themselves. */
static bool is_due(const CollectDevice *device, int64_t now_us)
{
    (void)now_us;
    return device->is_taking_leave && !collect_device_is_uncertain(device) && collect_cov_held(device);
}

static uint8_t make(CollectShared *shared, CollectJob *job, BpBuf *out, int64_t now_us)
{
    (void)now_us;
    const BacSubscribeCov subscribe = {
        .process = shared->process, .object = collect_cov_held(job->device)->object, .is_cancelled = true};
    bac_subscribe_cov_encode(out, &subscribe);
    return BAC_SERVICE_CONFIRMED_SUBSCRIBE_COV;
}

static void sent(CollectShared *shared, CollectJob *job, int64_t now_us)
{
    (void)shared, (void)now_us;
    collect_cov_cancelled(job->device);
    job->device->cov.leaving++;
}

/* A device that does not know the subscription any more is as good as one that has ended it. */
static CollectNext answered(CollectShared *shared, CollectJob *job, const BacAnswer *answer, int64_t now_us)
{
    (void)now_us;
    job->device->cov.leaving--;
    shared->counts.cov_cancelled += answer->outcome == BAC_ANSWERED;
    if (collect_job_met_silence(job, answer))
        collect_state_doubt(job->device, 1, 0);
    return COLLECT_JOB_ENDS;
}

static void given_up(CollectShared *shared, CollectJob *job, CollectGone why, int64_t now_us)
{
    (void)shared, (void)why, (void)now_us;
    job->device->cov.leaving--;
}

bool collect_unsubscribe_is_left(const CollectDevice *device)
{
    return device->cov.leaving > 0 || is_due(device, INT64_MAX);
}

const CollectJobKind collect_unsubscribe = {.name = "unsubscribe",
                                            .is_due = is_due,
                                            .make = make,
                                            .sent = sent,
                                            .answered = answered,
                                            .given_up = given_up};
