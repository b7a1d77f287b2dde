#include "apps/collect/ask/jobs/subscribe.h"

#include "apps/collect/ask/device/cov.h"
#include "apps/collect/ask/device/state.h"
#include "bacnet/service/cov.h"

/* A device with hundreds of them is read all the same. */
enum { YIELDS_AFTER = 1 };

typedef struct Subscription {
    uint32_t point; /* index of the device's points */
} Subscription;

static CollectPoint *point_of(const CollectJob *job)
{
    const Subscription *subscription = job->own;
    return &job->device->points[subscription->point];
}

static bool is_due(const CollectDevice *device, int64_t now_us)
{
    return now_us >= device->cov.due_us;
}

static int64_t due_us(const CollectDevice *device)
{
    return device->cov.due_us;
}

static uint8_t make(CollectShared *shared, CollectJob *job, BpBuf *out, int64_t now_us)
{
    Subscription *subscription = job->own;
    const CollectPoint *point = collect_cov_due(job->device, now_us);
    subscription->point = (uint32_t)(point - job->device->points);
    const BacSubscribeCov subscribe = {.process = shared->process,
                                       .object = point->object,
                                       .is_confirmed = shared->settings.cov_confirmed,
                                       .lifetime_s = shared->settings.cov_lifetime_s};
    bac_subscribe_cov_encode(out, &subscribe);
    return BAC_SERVICE_CONFIRMED_SUBSCRIBE_COV;
}

static void sent(CollectShared *shared, CollectJob *job, int64_t now_us)
{
    (void)shared, (void)now_us;
    collect_cov_asked(job->device, point_of(job));
}

static CollectNext answered(CollectShared *shared, CollectJob *job, const BacAnswer *answer, int64_t now_us)
{
    if (answer->outcome == BAC_ANSWERED)
        collect_cov_granted(shared, job->device, point_of(job), now_us);
    else
        collect_cov_refused(shared, job->device, point_of(job), now_us);
    if (collect_job_met_silence(job, answer))
        collect_state_doubt(job->device, 1, 0);
    return COLLECT_JOB_ENDS;
}

const CollectJobKind collect_subscribe = {.name = "subscribe",
                                          .own_size = sizeof(Subscription),
                                          .may_repeat = true,
                                          .speaks_of_points = true,
                                          .yields_after = YIELDS_AFTER,
                                          .is_due = is_due,
                                          .due_us = due_us,
                                          .make = make,
                                          .sent = sent,
                                          .answered = answered};
