/* Who has an object, by its name or identifier (Who-Has). */
#ifndef TOOLS_HAS_H
#define TOOLS_HAS_H

#include "apps/tools/device.h"

/* Asks everybody and each target, lists who answers within `wait_us`, and returns the exit code. `text` is an
 * object like ai,3, else a name. */
int tools_has(ToolsNode *node, const BacWhoIs *limits, const ToolsTargets *targets, const char *text,
              int64_t wait_us, bool json);

#endif
