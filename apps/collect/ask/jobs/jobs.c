#include "apps/collect/ask/jobs/jobs.h"

#include "apps/collect/ask/device/state.h"
#include "apps/collect/ask/jobs/orders.h"
#include "apps/collect/ask/jobs/probe.h"
#include "apps/collect/ask/jobs/read.h"
#include "apps/collect/ask/jobs/read_out.h"
#include "apps/collect/ask/jobs/subscribe.h"
#include "apps/collect/ask/jobs/unsubscribe.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 4096,        /* of addresses; a power of two */
    ASSEMBLIES = 4,        /* segmented answers come with object lists, and few scans run at once */
    SEGMENT_TIMEOUT_S = 2, /* the usual APDU_Segment_Timeout */
};

/* The most urgent first. */
static const CollectJobKind *const kinds[] = {
    &collect_probe, &collect_unsubscribe,   &collect_order_urgent, &collect_subscribe,
    &collect_read,  &collect_order_patient, &collect_read_out,
};
enum { PROBE = 0, UNSUBSCRIBE = 1, KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- which is next ---- */

static bool is_due_behind(const CollectDevice *device, size_t i, int64_t now_us)
{
    for (i++; i < KINDS; i++)
        if (kinds[i]->is_due(device, now_us))
            return true;
    return false;
}

/* The kind that is asked for next, as an index of `kinds`; KINDS: none. */
static size_t choose(const CollectDevice *device, int64_t now_us)
{
    if (!device->enabled || device->is_cut_off)
        return KINDS;
    if (device->is_taking_leave)
        return collect_unsubscribe.is_due(device, now_us) ? UNSUBSCRIBE : KINDS;
    if (collect_probe_comes_first(device, now_us))
        return collect_probe.is_due(device, now_us) ? PROBE : KINDS;
    for (size_t i = PROBE + 1; i < KINDS; i++) {
        if (!kinds[i]->is_due(device, now_us))
            continue;
        if (collect_probe_is_missing(device))
            return PROBE;
        if (!kinds[i]->yields_after || device->under_way.passed < kinds[i]->yields_after ||
            !is_due_behind(device, i, now_us))
            return i;
    }
    return KINDS;
}

/* A kind that yields is chosen while another waits behind it, or that other one is. */
static void note_chosen(CollectDevice *device, size_t chosen, int64_t now_us)
{
    if (kinds[chosen]->yields_after) {
        device->under_way.passed += is_due_behind(device, chosen, now_us);
        return;
    }
    for (size_t i = 0; i < chosen; i++)
        if (kinds[i]->yields_after)
            device->under_way.passed = 0;
}

bool collect_jobs_has_more(const CollectDevice *device, int64_t now_us)
{
    return choose(device, now_us) != KINDS;
}

int64_t collect_jobs_due_us(const CollectDevice *device)
{
    int64_t due_us = INT64_MAX;
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i]->due_us && kinds[i]->due_us(device) < due_us)
            due_us = kinds[i]->due_us(device);
    return due_us;
}

int64_t collect_jobs_rank(const CollectDevice *device)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < KINDS; i++) {
        const int64_t rank = kinds[i]->rank ? kinds[i]->rank(device) : INT64_MAX;
        least = rank < least ? rank : least;
    }
    return least;
}

/* ---- jobs under way ---- */

static CollectJob *new_job(CollectJobs *jobs, CollectDevice *device, const CollectJobKind *kind)
{
    CollectJob *job = jobs->free;
    assert(kind->own_size <= COLLECT_JOB_OWN);
    if (job)
        jobs->free = job->next_free;
    else if (jobs->used < COLLECT_TRANSACTIONS_MAX)
        job = &jobs->all[jobs->used++];
    else
        return NULL;
    void *own = &jobs->own[(size_t)(job - jobs->all) * COLLECT_JOB_OWN];
    memset(own, 0, kind->own_size);
    *job = (CollectJob){.kind = kind,
                        .device = device,
                        .generation = device->rounds.generation,
                        .own = own,
                        .next_of_device = device->under_way.first};
    device->under_way.first = job;
    return job;
}

static void free_job(CollectJobs *jobs, CollectJob *job)
{
    CollectJob **link = &job->device->under_way.first;
    while (*link != job)
        link = &(*link)->next_of_device;
    *link = job->next_of_device;
    *job = (CollectJob){.next_free = jobs->free};
    jobs->free = job;
}

/* False: there is no room. */
static bool send(CollectJobs *jobs, CollectShared *shared, CollectJob *job, int64_t now_us)
{
    CollectDevice *device = job->device;
    uint8_t memory[BAC_REQUEST_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    job->is_uncertain = collect_device_is_uncertain(device);
    /* A trunk is left to others between two tries (trunk.h). */
    const bool may_repeat = job->kind->may_repeat && !(device->on.trunk && job->is_uncertain);
    job->retries = may_repeat ? shared->settings.retries : 0;
    const uint8_t service = job->kind->make(shared, job, &out, now_us);
    assert(!out.failed);
    const BacRequest request = {.service = service,
                                .parameters = bp_buf_text(&out),
                                .timeout_us =
                                    collect_pace_timeout_us(&device->pace, shared->settings.timeout_us),
                                .retries = job->retries,
                                .context = job};
    const BpStatus status = bac_client_request(&jobs->client, &device->peer, &request, now_us, NULL);
    /* Longer than the peer takes it cannot be: all who make requests keep to limits that are the peer's. */
    assert(status == BP_OK || status == BP_FULL);
    if (status != BP_OK)
        return false;
    job->sent_us = now_us;
    job->kind->sent(shared, job, now_us);
    return true;
}

CollectAsked collect_jobs_ask(CollectJobs *jobs, CollectShared *shared, CollectDevice *device, int64_t now_us,
                              const CollectJob **ret_job)
{
    size_t chosen;
    do
        chosen = choose(device, now_us);
    while (chosen != KINDS && kinds[chosen]->drop && kinds[chosen]->drop(device));
    if (chosen == KINDS)
        return COLLECT_NOTHING_TO_ASK;
    note_chosen(device, chosen, now_us);
    CollectJob *job = new_job(jobs, device, kinds[chosen]);
    if (!job)
        return COLLECT_NO_ROOM;
    if (!send(jobs, shared, job, now_us)) {
        free_job(jobs, job);
        return COLLECT_NO_ROOM;
    }
    *ret_job = job;
    return COLLECT_ASKED;
}

static bool is_nobodys(const CollectJob *job)
{
    return job->kind->speaks_of_points && job->generation != job->device->rounds.generation;
}

const CollectJob *collect_jobs_take(CollectJobs *jobs, CollectShared *shared, const BacAnswer *answer,
                                    int64_t now_us)
{
    CollectJob *job = answer->context;
    CollectDevice *device = job->device;
    if (answer->outcome != BAC_SILENT)
        collect_state_answered(shared, device, now_us);
    if (answer->outcome != BAC_SILENT && !job->kind->is_probe && !collect_device_is_away(device))
        collect_state_alive(shared, device, now_us);
    const CollectNext next =
        is_nobodys(job) ? COLLECT_JOB_ENDS : job->kind->answered(shared, job, answer, now_us);
    if (next == COLLECT_JOB_GOES_ON) {
        if (send(jobs, shared, job, now_us))
            return job;
        job->kind->halted(shared, job, now_us);
    }
    free_job(jobs, job);
    if (next == COLLECT_NOBODY_THERE)
        collect_jobs_gone(shared, device, COLLECT_GONE_SILENT, now_us);
    return NULL;
}

void collect_jobs_give_up(CollectJobs *jobs, CollectShared *shared, CollectDevice *device, CollectGone why,
                          int64_t now_us)
{
    for (CollectJob *job; (job = device->under_way.first);) {
        if (job->kind->given_up && !is_nobodys(job))
            job->kind->given_up(shared, job, why, now_us);
        free_job(jobs, job);
    }
}

void collect_jobs_gone(CollectShared *shared, CollectDevice *device, CollectGone why, int64_t now_us)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i]->gone)
            kinds[i]->gone(shared, device, why, now_us);
}

/* ---- making them ---- */

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory)
        abort();
    return memory;
}

void collect_jobs_init(CollectJobs *jobs, CollectShared *shared)
{
    *jobs = (CollectJobs){.transactions = allocate(COLLECT_TRANSACTIONS_MAX, sizeof *jobs->transactions),
                          .dues = allocate(COLLECT_TRANSACTIONS_MAX, sizeof *jobs->dues),
                          .buckets = allocate(BUCKETS, sizeof(BacPeer *)),
                          .assemblies = allocate(ASSEMBLIES, sizeof *jobs->assemblies),
                          .all = allocate(COLLECT_TRANSACTIONS_MAX, sizeof *jobs->all),
                          .own = allocate(COLLECT_TRANSACTIONS_MAX, COLLECT_JOB_OWN)};
    const BacClientOptions options = {.owner = shared->hooks.owner,
                                      .send = shared->hooks.send,
                                      .transactions = jobs->transactions,
                                      .heap = jobs->dues,
                                      .transaction_count = COLLECT_TRANSACTIONS_MAX,
                                      .buckets = jobs->buckets,
                                      .bucket_count = BUCKETS,
                                      .assemblies = jobs->assemblies,
                                      .assembly_count = ASSEMBLIES,
                                      .segment_timeout_us = SEGMENT_TIMEOUT_S * BP_SECOND,
                                      .rest_us = shared->settings.rest_us,
                                      .seed = bp_random_u64(&shared->random)};
    bac_client_init(&jobs->client, &options);
}

void collect_jobs_done(CollectJobs *jobs)
{
    free(jobs->transactions);
    free(jobs->dues);
    free(jobs->buckets);
    free(jobs->assemblies);
    free(jobs->all);
    free(jobs->own);
    *jobs = (CollectJobs){0};
}

size_t collect_jobs_check(const CollectDevice *device)
{
    size_t count = 0, orders = 0, read_outs = 0, probes = 0;
    for (const CollectJob *job = device->under_way.first; job; job = job->next_of_device, count++) {
        assert(job->device == device);
        orders += job->kind == &collect_order_urgent || job->kind == &collect_order_patient;
        read_outs += job->kind == &collect_read_out;
        probes += job->kind == &collect_probe;
    }
    assert(count == device->peer.outstanding);
    assert(probes == device->identity.probing && read_outs == device->read_out.waits);
    collect_orders_check(device, orders);
    return count;
}

size_t collect_jobs_count_free(const CollectJobs *jobs)
{
    size_t count = 0;
    for (const CollectJob *job = jobs->free; job; job = job->next_free, count++)
        assert(!job->device && count < jobs->used);
    return count;
}
