/* What the two ways to ask for a batch of points share: ReadPropertyMultiple (read.c), and ReadProperty for
 * one alone (read_single.c). */
#ifndef COLLECT_ASK_JOBS_BATCH_H
#define COLLECT_ASK_JOBS_BATCH_H

#include "apps/collect/ask/device/rounds.h"
#include "apps/collect/ask/jobs/job.h"
#include "bacnet/service/read_multiple.h"

/* The only point of a batch, of which value, flags and reliability are read one after the other. */
void collect_batch_begin_single(const CollectDevice *device, CollectBatch *batch);
void collect_batch_make_single(const CollectDevice *device, const CollectBatch *batch, BpBuf *out);
CollectNext collect_batch_take_single(CollectShared *shared, CollectJob *job, const BacAnswer *answer,
                                      int64_t now_us);

/* The point has been read, as far as it could be, and is compared with what its device tells. */
void collect_batch_end_point(CollectShared *shared, CollectDevice *device, CollectPoint *point,
                             const CollectSample *sample, int64_t now_us);

/* Takes what was said of one property of the point. */
void collect_batch_take_result(CollectPoint *point, CollectSample *sample, const BacReadResult *result,
                               BpArena *reasons, int64_t now_us);

/* What is read of a point: CollectWish. */
unsigned collect_batch_wishes(const CollectPoint *point);

#endif
