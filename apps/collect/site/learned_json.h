/* What was learned of a device (how much it can answer at once), as column device_status.learned keeps it:
 * limits that took timeouts to find are not looked for again after each restart. */
#ifndef COLLECT_SITE_LEARNED_JSON_H
#define COLLECT_SITE_LEARNED_JSON_H

#include "apps/collect/ask/device/device.h"

char *collect_learned_json(const CollectDevice *device); /* to be freed */
void collect_learned_recall(CollectDevice *device, BpStr text, int64_t now_us);

#endif
