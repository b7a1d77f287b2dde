/* At the start: what earlier runs have left in the spool. */
#ifndef COLLECT_DELIVER_RECOVER_H
#define COLLECT_DELIVER_RECOVER_H

#include "apps/collect/deliver/outbox/outbox.h"
#include "apps/collect/deliver/spool/spool.h"

/* Recovers it into a new outbox, and begins the own run. A segment that cannot be read now is left for the
 * next start, and a damaged one gives what it has: `on_problem` says so. Otherwise the folder cannot be used,
 * and nothing has begun. */
BpStatus spool_recover(const Spool *spool, Outbox *outbox, const MdlRun *own,
                       void (*on_problem)(void *context, const char *text), void *context,
                       BpError *err) BP_CHECKED;

#endif
