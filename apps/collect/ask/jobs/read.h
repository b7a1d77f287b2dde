/* Reading points: a batch of a round by ReadPropertyMultiple, or one point by ReadProperty, as the device
 * takes it (limits.h). */
#ifndef COLLECT_ASK_JOBS_READ_H
#define COLLECT_ASK_JOBS_READ_H

#include "apps/collect/ask/jobs/job.h"

extern const CollectJobKind collect_read;

#endif
