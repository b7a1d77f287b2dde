/* Devices and points of the site, read together so that they are as they are at one instant, and again when
 * they change. */
#ifndef COLLECT_SITE_KNOWN_H
#define COLLECT_SITE_KNOWN_H

#include "apps/collect/site/keep.h"
#include "apps/collect/site/points.h"
#include "apps/collect/site/states.h"
#include "config/config.h"
#include "io/loop/loop.h"

typedef struct CollectKnown CollectKnown;

typedef struct CollectKnownOptions {
    Loop *loop;
    Pg *pg;
    CollectPoller *poller;
    const Cfg *cfg;
    CollectStates *states; /* new devices are told */
    void *owner;
    void (*forget)(void *owner, CollectDevice *device); /* as in site.h, like: */
    void (*on_known)(void *owner, bool is_first);
    CollectKeep *keep; /* is given what was read; NULL: nobody is */
} CollectKnownOptions;

CollectKnown *collect_known_new(const CollectKnownOptions *options); /* what they point to outlives it */
void collect_known_close(
    CollectKnown *known); /* reads nothing any more; before `pg` is reconnected or freed */
void collect_known_free(CollectKnown *known);

/* The connection is new, or gone. */
void collect_known_connected(CollectKnown *known);
void collect_known_lost(CollectKnown *known);
void collect_known_changed(CollectKnown *known); /* somebody says so */

/* Rows that were read before, by another run: they stand until the tables are read. */
void collect_known_recall(CollectKnown *known, const PgRows *rows);

bool collect_known_is_loaded(const CollectKnown *known); /* read at least once, or recalled */
/* Inside on_known: how many points that were recalled the database does not have any more, now that it is
 * there. */
size_t collect_known_missing(const CollectKnown *known);
bool collect_known_is_behind(const CollectKnown *known); /* changed, and it is not known yet how */
bool collect_known_is_reading(const CollectKnown *known);
int32_t collect_known_points_end(const CollectKnown *known); /* all points have smaller numbers */
const CollectSitePoint *collect_known_point(const CollectKnown *known, int32_t point_id);

/* Asserts that what the poller asks of each device are points of this device. */
void collect_known_check(const CollectKnown *known);

#endif
