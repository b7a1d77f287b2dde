/* Probing: is the device there, and is it itself? One small request, before anything else is asked of a
 * device that was never heard of, fell silent, or is spoken of by somebody (identity.h). */
#ifndef COLLECT_ASK_JOBS_PROBE_H
#define COLLECT_ASK_JOBS_PROBE_H

#include "apps/collect/ask/jobs/job.h"

extern const CollectJobKind collect_probe;

/* Nothing but a probe may be sent now: one is under way, or due, or the device is away. */
bool collect_probe_comes_first(const CollectDevice *device, int64_t now_us);

/* It has never said that it is there: where anything is to be asked of it, it is asked that before. */
bool collect_probe_is_missing(const CollectDevice *device);

#endif
