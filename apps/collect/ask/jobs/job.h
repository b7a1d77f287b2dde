/* Jobs: the kinds of things that a device is asked for. A kind is a row of functions, and jobs.c has the
 * table of them in order of urgency. To ask for something new is to write such a row in a file of its own,
 * which knows no other kind, and to put it into that table.
 *
 * A job is one request under way. What a kind must remember until its answer comes is in job->own. */
#ifndef COLLECT_ASK_JOBS_JOB_H
#define COLLECT_ASK_JOBS_JOB_H

#include "apps/collect/ask/device/shared.h"

typedef struct CollectJobKind CollectJobKind;

typedef struct CollectJob {
    struct CollectJob *next_of_device, *next_free;
    const CollectJobKind *kind;
    CollectDevice *device; /* NULL: this one is free */
    uint32_t generation;   /* of its points when it was made */
    bool is_uncertain;     /* sent to a device that may not answer */
    uint8_t retries;       /* further tries after the first; `make` may lower them */
    int64_t sent_us;
    void *own; /* COLLECT_JOB_OWN octets */
} CollectJob;

enum { COLLECT_JOB_OWN = 1536 };

/* What follows from an answer. */
typedef enum CollectNext {
    COLLECT_JOB_ENDS,
    COLLECT_JOB_GOES_ON,  /* another request for the same job: `make` is called for it */
    COLLECT_NOBODY_THERE, /* it ends, and what waits for the device will not get its chance */
} CollectNext;

/* Why what waits for a device, or is under way to it, comes to nothing. */
typedef enum CollectGone {
    COLLECT_GONE_SILENT,     /* it does not answer, or another one does */
    COLLECT_GONE_NO_NETWORK, /* we are not on the network */
    COLLECT_GONE_EVICTED,    /* another one has its address */
    COLLECT_GONE_DISABLED,
    COLLECT_GONE_FORGOTTEN, /* it is about to be freed */
} CollectGone;

struct CollectJobKind {
    const char *name;
    size_t own_size;       /* octets of job->own that are zeroed when the job is made */
    bool may_repeat;       /* it may be sent again when no answer comes, as often as the settings say */
    bool is_probe;         /* its answer says who is there; that of other kinds, that the device is online */
    bool speaks_of_points; /* its answer is nobody's when the device has other points by then */
    uint8_t yields_after;  /* requests in a row, after which a less urgent kind goes first; 0: never */

    /* Whether there is something to ask for, and may it be sent now. */
    bool (*is_due)(const CollectDevice *device, int64_t now_us);

    /* When it is due next, where nothing else wakes the device then; INT64_MAX: never. NULL: its rounds do.
     */
    int64_t (*due_us)(const CollectDevice *device);

    /* How urgent it is among the devices of one trunk that wait for it: smaller is more urgent, INT64_MAX has
     * no hurry. NULL: it never has. */
    int64_t (*rank)(const CollectDevice *device);

    /* What is due would be asked for now: drops the first of it if it may not go out any more. True: it was
     * dropped, and what is due is to be looked at again. May be NULL. */
    bool (*drop)(CollectDevice *device);

    /* Writes the parameters of the request and returns its service. Nothing else may change but job->own and
     * job->retries: there may be no room to send it now. */
    uint8_t (*make)(CollectShared *shared, CollectJob *job, BpBuf *out, int64_t now_us);

    /* The request has gone out. */
    void (*sent)(CollectShared *shared, CollectJob *job, int64_t now_us);

    /* Takes the answer, or that there was none to any try. */
    CollectNext (*answered)(CollectShared *shared, CollectJob *job, const BacAnswer *answer, int64_t now_us);

    /* Its request was sent, and is forgotten: no answer will be taken. May be NULL. */
    void (*given_up)(CollectShared *shared, CollectJob *job, CollectGone why, int64_t now_us);

    /* It was to go on, and there was no room to send its next request. NULL where it never goes on. */
    void (*halted)(CollectShared *shared, CollectJob *job, int64_t now_us);

    /* What of this kind waits for its chance will not get it. May be NULL. */
    void (*gone)(CollectShared *shared, CollectDevice *device, CollectGone why, int64_t now_us);
};

/* There was no answer, nor to anything else that the device was asked meanwhile: silence may be its own. */
static inline bool collect_job_met_silence(const CollectJob *job, const BacAnswer *answer)
{
    return answer->outcome == BAC_SILENT && job->device->silence.answered_us <= job->sent_us;
}

#endif
