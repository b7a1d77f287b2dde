/* What control keeps outside the database, joined: the file, the holds and their releases, and the database
 * that is told of them. For a command it is two calls: before its datagram (control_keep_claim), and when its
 * end is known (control_keep_settle). */
#ifndef COLLECT_CONTROL_KEEP_H
#define COLLECT_CONTROL_KEEP_H

#include "apps/collect/ask/poll.h"
#include "apps/collect/control/log.h"
#include "apps/collect/control/seen.h"
#include "io/pg/pg.h"

typedef struct ControlKeep ControlKeep;

typedef struct ControlKeepOptions {
    Loop *loop;
    CollectPoller *poller;
    Pg *pg;
    const char *site, *data_folder;
    void *owner;
    bool (*take_point)(void *owner, int32_t point_id); /* as in release.h */
    void (*give_point)(void *owner, int32_t point_id);
    int32_t (*points_end)(void *owner);                  /* as in life.h */
    void (*on_open)(void *owner);                        /* commands may be claimed from now on */
    bool (*is_untold)(void *owner, const char *command); /* as in life.h */
    void (*on_seen)(void *owner, int32_t point_id, const ControlSeen *seen); /* what a release has read */
    void (*on_orders)(void *owner); /* given to the poller, not from inside it */
} ControlKeepOptions;

ControlKeep *control_keep_new(const ControlKeepOptions *options);

/* After the connection and before the loop: what is to be on disk is. */
void control_keep_close(ControlKeep *keep);
void control_keep_free(ControlKeep *keep); /* after the poller; NULL is fine */

/* Nothing is released while it is frozen. */
void control_keep_set(ControlKeep *keep, bool is_frozen);

/* The connection holds the site's lock; or it is lost. */
void control_keep_alone(ControlKeep *keep);
void control_keep_lost(ControlKeep *keep);

/* The database has answered whether it is the one that we know. Nothing is claimed before. */
bool control_keep_is_open(const ControlKeep *keep);

/* Commands were claimed together, the journal standing at `place` (its ends are filled in here). `holds` are
 * those that will hold a slot, and may be none. `on_kept` is called from the loop, never from in here: NULL:
 * all of it is on disk, and the commands may be written; else they must not, and their holds are settled
 * already. */
void control_keep_claim(ControlKeep *keep, const ControlHold *holds, size_t count, const ControlPlace *place,
                        ControlOnKept on_kept, void *context);

/* As control_holds_settle, for each command whose end is known, also those found executing. */
void control_keep_settle(ControlKeep *keep, int32_t point_id, uint8_t slot, const char *command,
                         ControlOutcome outcome, const ControlShown *shown);

/* The time of the file's last record from before this run, by the wall clock; 0: it had none. */
int64_t control_keep_known_wall_us(const ControlKeep *keep);

/* The device has come back. */
void control_keep_wake(ControlKeep *keep, uint32_t device_instance);

/* Now, by the clocks that holds go by. */
void control_keep_now(ControlTime *ret_now);

#endif
