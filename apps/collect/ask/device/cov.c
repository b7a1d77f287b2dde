#include "apps/collect/ask/device/cov.h"

#include "base/time.h"

#include <math.h>

enum {
    VERIFY_ROUNDS = 10,   /* a point that is told is polled each so many rounds, */
    VERIFY_MAX_S = 300,   /* or after this time at the latest */
    SPREAD_S = 5,         /* subscriptions of one device begin within */
    GIVE_UP_S = 3600,     /* until one that failed is tried again */
    FAILURES_MAX = 2,     /* in a row, before that */
    RESTART_AGAIN_S = 10, /* a restart that is said again within is the same one */
};

static void note_due(CollectDevice *device, const CollectPoint *point)
{
    if (point->cov_due_us < device->cov.due_us)
        device->cov.due_us = point->cov_due_us;
}

static void find_due(CollectDevice *device)
{
    device->cov.due_us = INT64_MAX;
    for (size_t i = 0; i < device->point_count; i++)
        note_due(device, &device->points[i]);
}

static int64_t spread_us(CollectShared *shared)
{
    return (int64_t)(bp_random_unit(&shared->random) * SPREAD_S * BP_SECOND);
}

void collect_cov_plan(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    for (size_t i = 0; i < device->point_count; i++) {
        CollectPoint *point = &device->points[i];
        const bool wants = point->cov && point->property == BAC_PROP_PRESENT_VALUE;
        if (!wants) {
            point->cov_due_us = INT64_MAX;
            point->cov_until_us = INT64_MIN;
        } else if (point->cov_due_us == 0 || point->cov_due_us == INT64_MAX) {
            point->cov_due_us = now_us + spread_us(shared);
            point->cov_until_us = INT64_MIN;
        }
    }
    find_due(device);
}

void collect_cov_plan_anew(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    for (size_t i = 0; i < device->point_count; i++)
        device->points[i].cov_due_us = 0; /* not planned */
    collect_cov_plan(shared, device, now_us);
}

void collect_cov_forget(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    for (size_t i = 0; i < device->point_count; i++) {
        CollectPoint *point = &device->points[i];
        if (!point->cov || point->cov_due_us == INT64_MAX)
            continue;                    /* not wanted, or asked for just now */
        point->cov_until_us = INT64_MIN; /* one that was given up may be taken now, too */
        point->cov_due_us = now_us + spread_us(shared);
    }
    find_due(device);
}

bool collect_cov_note_restart(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    CollectCov *cov = &device->cov;
    if (cov->restarted_us != INT64_MIN && now_us - cov->restarted_us < RESTART_AGAIN_S * BP_SECOND)
        return false;
    cov->restarted_us = now_us;
    collect_cov_forget(shared, device, now_us);
    return true;
}

CollectPoint *collect_cov_due(CollectDevice *device, int64_t now_us)
{
    CollectPoint *due = NULL;
    if (now_us < device->cov.due_us)
        return NULL;
    for (size_t i = 0; i < device->point_count; i++)
        if (device->points[i].cov_due_us <= now_us &&
            (!due || device->points[i].cov_due_us < due->cov_due_us))
            due = &device->points[i];
    return due;
}

void collect_cov_asked(CollectDevice *device, CollectPoint *point)
{
    point->cov_due_us = INT64_MAX; /* until there is an answer */
    find_due(device);
}

static void give_up(CollectShared *shared, CollectPoint *point, int64_t now_us)
{
    point->cov_failures = 0;
    point->cov_until_us = INT64_MIN;
    point->cov_due_us = now_us + GIVE_UP_S * BP_SECOND + spread_us(shared);
    shared->counts.cov_given_up++;
}

void collect_cov_granted(CollectShared *shared, CollectDevice *device, CollectPoint *point, int64_t now_us)
{
    const int64_t lifetime_us = (int64_t)shared->settings.cov_lifetime_s * BP_SECOND;
    const double part = 0.5 + 0.3 * bp_random_unit(&shared->random);
    if (point->cov_until_us == INT64_MIN) {
        point->cov_began_us = now_us;
        point->was_told = false;
    }
    point->cov_until_us = now_us + lifetime_us;
    device->cov.ended = 0;
    point->cov_due_us = now_us + (int64_t)((double)lifetime_us * part);
    shared->counts.cov_subscribed++;
    find_due(device);
}

void collect_cov_refused(CollectShared *shared, CollectDevice *device, CollectPoint *point, int64_t now_us)
{
    give_up(shared, point, now_us);
    find_due(device);
}

CollectPoint *collect_cov_held(const CollectDevice *device)
{
    for (size_t i = device->cov.ended; i < device->point_count; i++)
        if (device->points[i].cov_until_us != INT64_MIN && device->points[i].cov)
            return &device->points[i];
    return NULL;
}

void collect_cov_cancelled(CollectDevice *device)
{
    CollectPoint *point = collect_cov_held(device);
    point->cov_until_us = INT64_MIN;
    point->cov_due_us = INT64_MAX;
    device->cov.ended = (size_t)(point - device->points) + 1;
}

bool collect_cov_holds(const CollectPoint *point, int64_t now_us)
{
    if (now_us >= point->cov_until_us || point->polled_at_us == 0)
        return false;
    int64_t verify_us = VERIFY_ROUNDS * point->interval_us;
    if (verify_us > VERIFY_MAX_S * BP_SECOND)
        verify_us = VERIFY_MAX_S * BP_SECOND;
    /* A round comes a little early now and then, as seen from the answer of the last. */
    return now_us - point->polled_at_us < verify_us - point->interval_us / 2;
}

/* Once in their lifetime's half at most: one whose device never tells it costs the others no more. */
static void take_all_for_lost(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    const int64_t half_us = (int64_t)shared->settings.cov_lifetime_s * BP_SECOND / 2;
    if (device->cov.lost_us != INT64_MIN && now_us - device->cov.lost_us < half_us)
        return;
    device->cov.lost_us = now_us;
    collect_cov_forget(shared, device, now_us);
}

void collect_cov_verify(CollectShared *shared, CollectDevice *device, CollectPoint *point,
                        const CollectSample *sample, int64_t now_us)
{
    const bool holds = now_us < point->cov_until_us && now_us - point->cov_began_us > BP_SECOND;
    const double increment = point->cov_increment > 0 ? (double)point->cov_increment : 1e-6;
    point->polled_at_us = now_us;
    if (!holds || sample->problem)
        return;
    /* The first notification comes with the subscription (13.14.2). */
    if (point->was_told && fabs(sample->number - point->told) < increment) {
        point->cov_failures = 0;
        return;
    }
    shared->counts.cov_missed++;
    take_all_for_lost(shared, device, now_us); /* it may have restarted */
    if (++point->cov_failures >= FAILURES_MAX) {
        give_up(shared, point, now_us);
    } else {
        point->cov_until_us = INT64_MIN;
        point->cov_due_us = now_us;
    }
    find_due(device);
}
