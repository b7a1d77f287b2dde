/* Points of the site by their number: what people call them. What is polled of them goes to the poller. */
#ifndef COLLECT_SITE_POINTS_H
#define COLLECT_SITE_POINTS_H

#include "apps/collect/ask/poll.h"
#include "io/pg/pg.h"

/* What a device says of itself; texts that may be empty. */
typedef struct CollectSiteDevice {
    const char *name, *vendor, *model, *version;
} CollectSiteDevice;

/* What people call a point. */
typedef struct CollectSitePoint {
    bool is_known;
    bool is_polled, is_tagged; /* the tag: homeAssistant */
    const CollectSiteDevice *device;
    int32_t device_id;
    BacObjectId object;
    const char *property;     /* "" for present-value */
    const char *name, *units; /* units: their symbol */
    const char **states;
    size_t state_count;
} CollectSitePoint;

typedef struct CollectSitePoints CollectSitePoints;

CollectSitePoints *collect_site_points_new(CollectPoller *poller);
void collect_site_points_free(CollectSitePoints *points);

/* The points of rows of select_collect_known, from `row` on, behind those of their devices, which are all
 * there are: those that were known before are forgotten, and each device of the poller is asked for its own.
 */
void collect_site_points_set(CollectSitePoints *points, const PgRows *rows, size_t row, int64_t now_us);

/* How many points are known that none of these rows speaks of: as the same number of the same
 * object of the same device. */
size_t collect_site_points_missing(const CollectSitePoints *points, const PgRows *rows, size_t row);

int32_t collect_site_points_end(const CollectSitePoints *points); /* all have smaller numbers */

/* NULL: it is not known. */
const CollectSitePoint *collect_site_points_find(const CollectSitePoints *points, int32_t point_id);

/* As collect_known_check. */
void collect_site_points_check(const CollectSitePoints *points);

#endif
