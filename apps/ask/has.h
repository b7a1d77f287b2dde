/* Who has an object, by its name or identifier (Who-Has). */
#ifndef ASK_HAS_H
#define ASK_HAS_H

#include "bacnet/service/who_is.h"
#include "node/device.h"
#include "node/targets.h"

/* Asks everybody and each target, lists who answers within `wait_us`, and returns the exit code. `text` is an
 * object like ai,3, else a name. */
int ask_has(Node *node, const BacWhoIs *limits, const NodeTargets *targets, const char *text, int64_t wait_us,
            bool json);

#endif
