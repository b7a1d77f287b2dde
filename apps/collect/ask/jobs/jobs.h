/* All kinds of jobs, in order of urgency: what a device is asked next, and what follows from its answers. */
#ifndef COLLECT_ASK_JOBS_JOBS_H
#define COLLECT_ASK_JOBS_JOBS_H

#include "apps/collect/ask/jobs/job.h"

enum { COLLECT_TRANSACTIONS_MAX = 1024 }; /* requests under way to all devices together */

typedef struct CollectJobs {
    BacClient client;
    BacTransaction *transactions;
    BacDue *dues;
    BacPeer **buckets;
    BacAssembly *assemblies;
    CollectJob *all, *free;
    uint8_t *own; /* of each job */
    size_t used;  /* jobs used so far, so that memory is not touched before it is needed */
} CollectJobs;

typedef enum CollectAsked {
    COLLECT_ASKED,
    COLLECT_NOTHING_TO_ASK,
    COLLECT_NO_ROOM, /* no transaction or invoke ID is free now */
    COLLECT_HELD,    /* its trunk is taken; see collect_trunk_may_send */
} CollectAsked;

void collect_jobs_init(CollectJobs *jobs, CollectShared *shared);
void collect_jobs_done(CollectJobs *jobs);

/* Whether there is something to ask the device now, but for its window. */
bool collect_jobs_has_more(const CollectDevice *device, int64_t now_us);

/* When the first of its jobs is due that nothing else wakes it for; INT64_MAX: none is. */
int64_t collect_jobs_due_us(const CollectDevice *device);

/* How urgent that is among the devices of a trunk: smaller is more urgent. */
int64_t collect_jobs_rank(const CollectDevice *device);

/* Sends the most urgent request, if there is room for it: *ret_job is under way then. */
CollectAsked collect_jobs_ask(CollectJobs *jobs, CollectShared *shared, CollectDevice *device, int64_t now_us,
                              const CollectJob **ret_job);

/* Carries out what an answer means. The job, if it goes on with another request, else NULL. */
const CollectJob *collect_jobs_take(CollectJobs *jobs, CollectShared *shared, const BacAnswer *answer,
                                    int64_t now_us);

/* Gives up what is under way to the device: the client forgets its requests. */
void collect_jobs_give_up(CollectJobs *jobs, CollectShared *shared, CollectDevice *device, CollectGone why,
                          int64_t now_us);

/* Gives up what waits for the device. */
void collect_jobs_gone(CollectShared *shared, CollectDevice *device, CollectGone why, int64_t now_us);

/* The device's jobs are those that the client waits for; returns how many they are. */
size_t collect_jobs_check(const CollectDevice *device);

/* Jobs that were used and are free. */
size_t collect_jobs_count_free(const CollectJobs *jobs);

#endif
