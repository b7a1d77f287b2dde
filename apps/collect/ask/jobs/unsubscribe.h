/* Unsubscribing: a device is asked to tell of a point no more (cov.h), before the collector ends. */
#ifndef COLLECT_ASK_JOBS_UNSUBSCRIBE_H
#define COLLECT_ASK_JOBS_UNSUBSCRIBE_H

#include "apps/collect/ask/jobs/job.h"

extern const CollectJobKind collect_unsubscribe;

/* It is asked that, or is to be. */
bool collect_unsubscribe_is_left(const CollectDevice *device);

#endif
