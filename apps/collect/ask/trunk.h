/* How much at once: a device's window and timeout, learned from its answers, and the network behind a router,
 * which its devices share. */
#ifndef COLLECT_ASK_TRUNK_H
#define COLLECT_ASK_TRUNK_H

#include "apps/collect/ask/device.h"

/* A network behind a router. An MS/TP trunk carries one request at a time, whoever it is for, and what is
 * sent beyond that waits in the router or is dropped there. */
struct CollectTrunk {
    BacAddress address; /* the router's, with the network's number and no MAC */
    CollectTrunk *next;
    CollectDevice *members;
    uint16_t steady;    /* requests under way to devices that answer */
    uint16_t uncertain; /* and to such as may not: they hold up nobody but one another */
    int64_t free_at_us; /* no request goes out before: the budget */
    uint64_t turns;     /* taken by its devices so far */
    size_t held;        /* devices that wait for the trunk */
};

typedef struct CollectShare {
    uint16_t window; /* requests under way at once on a trunk, to devices that answer */
    uint32_t rate;   /* requests a second on a trunk, at most */
} CollectShare;

/* Whether the device may send now. Otherwise it is held: *ret_until_us says when to ask again, INT64_MAX for
 * when collect_trunk_pick says so. */
bool collect_trunk_may_send(CollectDevice *device, const CollectShare *share, int64_t now_us,
                            int64_t *ret_until_us);

/* A request has gone out, or come to its end, as one of those that may not be answered or not. */
void collect_trunk_sent(CollectDevice *device, const CollectShare *share, bool uncertain, int64_t now_us);
void collect_trunk_ended(CollectDevice *device, bool uncertain);

/* The held device whose turn it is, no longer held, of those that may not answer or of the others; NULL: none
 * is held, or there is no room for it. */
CollectDevice *collect_trunk_pick(CollectTrunk *trunk, const CollectShare *share, bool uncertain);

void collect_trunk_let_go(CollectDevice *device); /* it is not held any more */

/* ---- a device's own pace ---- */

/* Takes an answer's time into the round trip. `first_sent_us`: of its first try. */
void collect_pace_answered(CollectPace *pace, const BacAnswer *answer, int64_t first_sent_us, int64_t now_us);
void collect_pace_silent(CollectPace *pace);

/* How long to wait for an answer: the round trip and four times its variation (RFC 6298), 1 to 10 s, doubled
 * with each silence in a row; `otherwise` until there has been an answer. */
int64_t collect_pace_timeout_us(const CollectPace *pace, int64_t otherwise);

/* Requests that may be under way at once: one, and more where `most` allows and the device has kept up. */
uint16_t collect_pace_window(const CollectPace *pace, uint16_t most);

/* A whole window was answered while there was more to ask; it was too much. */
void collect_pace_widen(CollectPace *pace, uint16_t most, int64_t now_us);
void collect_pace_narrow(CollectPace *pace, int64_t now_us);

#endif
