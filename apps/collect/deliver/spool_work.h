/* Has the spool's jobs (spool_job.h) done beside the loop, one at a time, and says what fails. */
#ifndef COLLECT_DELIVER_SPOOL_WORK_H
#define COLLECT_DELIVER_SPOOL_WORK_H

#include "apps/collect/deliver/outbox/outbox.h"
#include "apps/collect/deliver/spool/spool.h"
#include "io/loop/loop.h"

typedef struct SpoolWork SpoolWork;

/* `on_done`: a job has been done, and there may be another; spool_work_advance sees to that. `loop`, `spool`
 * and `outbox` stay the caller's. */
SpoolWork *spool_work_new(Loop *loop, const Spool *spool, Outbox *outbox, void (*on_done)(void *owner),
                          void *owner);
void spool_work_free(SpoolWork *work); /* nothing is under way */

/* Begins the next job, unless one is under way: what was read before `before_us` goes to the spool. */
void spool_work_advance(SpoolWork *work, int64_t before_us, bool is_sending, int64_t now_us);
bool spool_work_is_under_way(const SpoolWork *work);

/* At the end: everything that is not stored is written and what is done removed, here and now. */
void spool_work_finish(SpoolWork *work);

/* Says what was given up for want of room: when that begins, and with the figures when all has gone. */
void spool_work_tell_given_up(SpoolWork *work);

#endif
