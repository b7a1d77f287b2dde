/* Subscribing: a point's device is asked to tell its changes (cov.h). */
#ifndef COLLECT_ASK_JOBS_SUBSCRIBE_H
#define COLLECT_ASK_JOBS_SUBSCRIBE_H

#include "apps/collect/ask/jobs/job.h"

extern const CollectJobKind collect_subscribe;

#endif
