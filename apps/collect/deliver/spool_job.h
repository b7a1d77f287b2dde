/* What is to be done on disk for an outbox, one thing at a time: made from it on the loop, done on the pool,
 * and told to it on the loop again. In between the outbox goes on; a job has everything that it needs. */
#ifndef COLLECT_DELIVER_SPOOL_JOB_H
#define COLLECT_DELIVER_SPOOL_JOB_H

#include "apps/collect/deliver/outbox/outbox.h"
#include "apps/collect/deliver/spool/spool.h"

typedef enum SpoolJobKind { SPOOL_APPEND, SPOOL_READ, SPOOL_REMOVE } SpoolJobKind;

typedef struct SpoolFound {
    MdlRun run;
    int64_t n;
    BpStr payload;
} SpoolFound;

typedef struct SpoolJob {
    SpoolJobKind kind;
    int64_t segment;
    size_t octets;   /* of the segment */
    BpBuf records;   /* to be appended */
    BpStatus status; /* of what was done, with its reason */
    BpError err;
    SpoolFound *found; /* what was read, in the arena */
    size_t count, capacity;
    BpArena arena;
    size_t given_up; /* by spool_job_end: batches that could not be read */
} SpoolJob;

/* What failed rests: not before these (monotonic) instants. One for each outbox, zero at first; 0: at once.
 */
typedef struct SpoolPauses {
    int64_t append_again_us, remove_again_us, read_again_us;
    int read_failures; /* in a row */
} SpoolPauses;

/* The next thing to do, or NULL: append what was read before `before_us` and is in memory alone; remove a
 * segment that is done; read one, when `is_sending` and the next batch to be sent is in it. What failed
 * rests: 1 s after an append, 60 s after a removal; reading is tried six times in a minute, then what cannot
 * be read is given up. Should the spool become too large, its oldest segment is given up first; a damaged one
 * is copied before it goes, and is in excess for as long. */
SpoolJob *spool_job_new(Outbox *outbox, const SpoolPauses *pauses, int64_t before_us, bool is_sending,
                        int64_t now_us);

/* Waits for the disk; touches nothing but the job. */
void spool_job_do(SpoolJob *job, const Spool *spool);

/* Tells the outbox. status, err and given_up can be looked at until it is freed. */
void spool_job_end(SpoolJob *job, Outbox *outbox, SpoolPauses *pauses, int64_t now_us);
void spool_job_free(SpoolJob *job);

#endif
