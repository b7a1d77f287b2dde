/* The network behind a router, which its devices share: they are given their turns so that it never gets more
 * at once than its share, whoever it is for and whatever is asked.
 *
 * A request to a device that may not be there takes the trunk until it is answered, and not longer than a
 * second: an MS/TP router waits 0.3 s for an answer (Treply_timeout, ASHRAE 135, clause 9.5.3), and the
 * slowest that were measured came within 0.2 s. What the client still waits for then is under way nowhere.
 * Each further try takes a turn of its own. */
#ifndef COLLECT_ASK_QUEUES_TRUNK_H
#define COLLECT_ASK_QUEUES_TRUNK_H

#include "apps/collect/ask/device/settings.h"

/* A network behind a router. An MS/TP trunk carries one request at a time, whoever it is for, and what is
 * sent beyond that waits in the router or is dropped there. */
struct CollectTrunk {
    BacAddress address; /* the router's, with the network's number and no MAC */
    CollectTrunk *next;
    CollectDevice *members;
    uint16_t taken;     /* by requests under way */
    int64_t free_at_us; /* no request goes out before: the budget */
    uint64_t turns;     /* taken by its devices so far */
    size_t held;        /* devices that wait for the trunk */
};

typedef struct CollectTrunks {
    CollectTrunk *first;
} CollectTrunks;

/* The trunk of an address behind a router, or of its network; NULL: no device is behind it. */
CollectTrunk *collect_trunks_find(const CollectTrunks *trunks, const BacAddress *address);

/* The device is on the trunk that its address names, if it names one; or no more. The last one takes the
 * trunk with it, since anybody may speak of any network; returns the one that is left to others, or NULL. */
void collect_trunks_join(CollectTrunks *trunks, CollectDevice *device);
CollectTrunk *collect_trunks_leave(CollectTrunks *trunks, CollectDevice *device);

/* No request goes out before. */
void collect_trunk_pause(CollectTrunk *trunk, int64_t until_us);

/* What each trunk counts is what its devices have under way, and wait for. */
void collect_trunks_check(const CollectTrunks *trunks);

/* Whether the device may send now. Otherwise it is held: *ret_until_us says when to ask again, INT64_MAX for
 * when collect_trunk_pick says so. */
bool collect_trunk_may_send(CollectDevice *device, const CollectShare *share, int64_t now_us,
                            int64_t *ret_until_us);

/* A request has gone out, or come to its end, as one of those that may not be answered or not. */
void collect_trunk_sent(CollectDevice *device, const CollectShare *share, bool uncertain, int64_t now_us);
void collect_trunk_ended(CollectDevice *device, bool uncertain);

/* One that may not be answered, and was not for too long, leaves the trunk to others; device->on.leaves_us
 * says when that is due. */
void collect_trunk_leave_late(CollectDevice *device, int64_t now_us);

/* The held device whose turn it is, no longer held; NULL: none is held, or there is no room for it. */
CollectDevice *collect_trunk_pick(CollectTrunk *trunk, const CollectShare *share);

void collect_trunk_let_go(CollectDevice *device); /* it is not held any more */

#endif
