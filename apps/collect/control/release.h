/* Ended holds are released: read, and where the slot shows what is ours, written and read back (holds.h says
 * when). */
#ifndef COLLECT_CONTROL_RELEASE_H
#define COLLECT_CONTROL_RELEASE_H

#include "apps/collect/control/kept.h"
#include "apps/collect/control/look.h"

typedef struct ControlReleases ControlReleases;

typedef struct ControlReleasesOptions {
    CollectPoller *poller;
    ControlKept *kept;
    void *owner;
    void (*now)(void *owner, ControlTime *ret_now);
    int64_t (*loop_now_us)(void *owner);
    /* A command and a release never meet at a point. False: one is under way, try later. */
    bool (*take_point)(void *owner, int32_t point_id);
    void (*give_point)(void *owner, int32_t point_id);
    bool (*may_write)(void *owner); /* asked right before a Null; NULL: always */
    void (*on_seen)(void *owner, int32_t point_id, const ControlSeen *seen); /* NULL is fine */
    void (*on_change)(void *owner); /* orders were given, or a hold ended or is due at another time */
} ControlReleasesOptions;

enum { CONTROL_RELEASES_MAX = 64, CONTROL_RELEASES_OF_A_DEVICE = 4 };

ControlReleases *control_releases_new(const ControlReleasesOptions *options);

/* Nothing is begun any more, and ends of orders mean nothing. */
void control_releases_close(ControlReleases *releases);
void control_releases_free(ControlReleases *releases); /* after the poller, which tells ends of orders */

/* Begins what is due. From the loop, not from inside the poller. */
void control_releases_advance(ControlReleases *releases);

bool control_releases_are_under_way(const ControlReleases *releases);

/* What the slot of a point shows, where it was the hold's very object that was seen. `why` is in `text`. */
enum { CONTROL_WHY_TEXT = 200 };
ControlShown control_shown_of(const ControlSeen *seen, int slot, const char *name,
                              char text[CONTROL_WHY_TEXT]);

#endif
