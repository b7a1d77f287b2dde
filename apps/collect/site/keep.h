/* Keeps the plan (plan.h) on disk while it changes, and brings it back. */
#ifndef COLLECT_SITE_KEEP_H
#define COLLECT_SITE_KEEP_H

#include "apps/collect/site/plan.h"
#include "io/loop/loop.h"

typedef struct CollectKeep CollectKeep;

/* In `<folder>/plan`. The texts outlive it. */
CollectKeep *collect_keep_new(Loop *loop, const char *folder, const char *site);

/* Writes what is not written yet. */
void collect_keep_free(CollectKeep *keep); /* NULL is fine */

/* The database has said this. It is written a second later, where it is news, and half a minute after the
 * last time at the soonest. */
void collect_keep_settings(CollectKeep *keep, const PgRows *settings);
void collect_keep_known(CollectKeep *keep, const PgRows *known);

/* What it said when it was last there: as collect_plan_read. */
BpStatus collect_keep_recall(const CollectKeep *keep, CollectPlan *ret_plan, BpError *err) BP_CHECKED;

#endif
