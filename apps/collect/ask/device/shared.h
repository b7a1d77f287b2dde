/* What all of asking shares, whatever is asked: it belongs to the poller, and jobs count, tell and draw lots
 * through it. For the files of this folder alone. */
#ifndef COLLECT_ASK_DEVICE_SHARED_H
#define COLLECT_ASK_DEVICE_SHARED_H

#include "apps/collect/ask/device/instances.h"
#include "apps/collect/ask/device/settings.h"
#include "base/random.h"

typedef struct CollectShared {
    CollectPollHooks hooks;
    CollectPollSettings settings;
    CollectPollCounts counts;
    CollectInstances instances;
    BpRandom random;
    int64_t wall_offset_us; /* wall clock less monotonic */
    uint32_t process;       /* of our subscriptions */
    uint32_t telling;       /* hooks that are being called: somebody is in the midst of something */
} CollectShared;

#endif
