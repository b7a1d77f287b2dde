/* The site as the database has it: its settings, broker, devices and points, read again when they change, and
 * what the collector tells the database of its devices.
 *
 *   site.c          the connection, and what is read again (with lib/site's settings and broker)
 *   known.c         devices and points as they are at one instant
 *   devices.c       a device's row is a device of the poller
 *   moves.c         rows that say something else than the device, and strangers that may be known ones
 *   points.c        what is polled of a device, and what people call it
 *   store_scan.c    what was read out goes into the database; scan_json.c: as JSON
 *   states.c        the database is told how devices are
 *   learned_json.c  what was learned of a device, as the database keeps it */
#ifndef COLLECT_SITE_SITE_H
#define COLLECT_SITE_SITE_H

#include "apps/collect/ask/poll.h"
#include "apps/collect/site/points.h"
#include "config/config.h"
#include "io/loop/loop.h"
#include "io/mqtt/mqtt.h"
#include "io/pg/pg.h"

#include <jansson.h>

typedef struct CollectSite CollectSite;

typedef struct CollectSiteOptions {
    Loop *loop;
    CollectPoller *poller;
    const Cfg *file;       /* the settings of the file */
    int64_t started_at_us; /* wall clock */
    PgOptions *database;   /* how to connect; owner and hooks are the site's */

    void *owner;
    void (*on_settings)(void *owner);             /* they were read (again) */
    void (*on_known)(void *owner, bool is_first); /* and devices and points */
    void (*on_broker_connected)(void *owner);
    void (*on_message)(void *owner, const MqttMessage *message); /* from the broker */
    /* The device's row is gone, or it is another's: see collect_poll_remove, which this is to call. */
    void (*forget)(void *owner, CollectDevice *device);
    /* What was read out is stored; `failure` says why not, or is NULL. */
    void (*on_scan_stored)(void *owner, CollectDevice *device, const char *failure);
} CollectSiteOptions;

/* Connects, and reads all when it is connected. What the options point to outlives it, but for `database`. */
CollectSite *collect_site_new(const CollectSiteOptions *options);

/* Leaves the database and the broker, where what was published has a second to go out. Devices and points
 * stay known, settings do not; no hook is called any more. */
void collect_site_close(CollectSite *site);
void collect_site_free(CollectSite *site); /* NULL is fine */

/* The file's settings, and over them table setting. Stays where it is until collect_site_close. */
const Cfg *collect_site_cfg(const CollectSite *site);

/* NULL: there is no broker. Another after any turn of the loop. */
Mqtt *collect_site_mqtt(const CollectSite *site);

/* As site_broker_say_status. */
void collect_site_say_status(CollectSite *site, const char *state, json_t *more);

/* Devices or points were changed, and it is not known yet how. */
bool collect_site_is_behind(const CollectSite *site);

/* Inside on_known: how many points the database has less than when it was last there, which were polled
 * meanwhile (plan.h). */
size_t collect_site_missing_points(const CollectSite *site);

int32_t collect_site_end(const CollectSite *site); /* all points have smaller numbers */
/* What people call the point; NULL: it is not known. Until devices and points are read again. */
const CollectSitePoint *collect_site_point(const CollectSite *site, int32_t point_id);

/* Stores what was read out of the device, and who it is: a stranger may be one that is known, and has moved.
 */
void collect_site_store_scan(CollectSite *site, const CollectDevice *device, const CollectScan *scan);

/* The database is to know how the device is. */
void collect_site_tell_state(CollectSite *site, CollectDevice *device);
/* And what was learned of devices since it was told last. */
void collect_site_tell_learned(CollectSite *site);

void collect_site_check(const CollectSite *site); /* what must hold between two calls; linear in points */

#endif
