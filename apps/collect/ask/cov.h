/* Change of value: points whose devices tell it, where that is asked for and works (ASHRAE 135, clause 13.1).
 *
 * A subscription has a finite lifetime and is renewed long before its end. Its acknowledgement proves little:
 * what a device tells is verified by polling the point all the same, ten times more slowly. Where a poll
 * brings a value that should have been told, the subscription is made anew, and given up for an hour when
 * that happens again; the point is then polled at its interval. For poll.c and ask.c. */
#ifndef COLLECT_ASK_COV_H
#define COLLECT_ASK_COV_H

#include "apps/collect/ask/job.h"

/* Plans subscriptions for the points that want one: at once, spread over a few seconds. */
void collect_subscribe_plan(CollectPoller *poller, CollectDevice *device, int64_t now_us);

/* The device has restarted, or was away: what it knew of subscriptions is gone. */
void collect_subscribe_forget(CollectPoller *poller, CollectDevice *device, int64_t now_us);

/* The point whose subscription is due, or NULL. */
CollectPoint *collect_subscribe_due(CollectDevice *device, int64_t now_us);

/* Writes the request's parameters. */
void collect_subscribe_write(const CollectPoller *poller, const CollectPoint *point, BpBuf *out);

void collect_subscribe_asked(CollectDevice *device, CollectPoint *point);
void collect_subscribe_taken(CollectPoller *poller, CollectDevice *device, CollectPoint *point,
                             const BacAnswer *answer, int64_t now_us);

/* True while the point's device tells of it, so that it need not be polled in a round that begins now. */
bool collect_subscribe_holds(const CollectPoint *point, int64_t now_us);

/* A poll brought this value: does it agree with what was told? */
void collect_subscribe_verify(CollectPoller *poller, CollectDevice *device, CollectPoint *point,
                              const CollectSample *sample, int64_t now_us);

/* Takes a datagram: true if it is a notification. Confirmed ones are answered. */
bool collect_subscribe_take(CollectPoller *poller, const BacDatagram *datagram, int64_t now_us);

#endif
