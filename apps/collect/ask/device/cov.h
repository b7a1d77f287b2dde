/* Change of value: points whose devices tell it, where that is asked for and works (ASHRAE 135, clause 13.1).
 *
 * A subscription has a finite lifetime and is renewed long before its end. Its acknowledgement proves little:
 * what a device tells is verified by polling the point all the same, ten times more slowly. Where a poll
 * brings a value that should have been told, the device may have restarted: all of its subscriptions are
 * taken for lost, and made anew. Where that happens to the same point again, its subscription is given up for
 * an hour, or until the device restarts; the point is then polled at its interval.
 *
 * When the collector ends, subscriptions are cancelled (unsubscribe.c). Those that it left behind all the
 * same are renewed by its next run, which subscribes by the same name.
 *
 * What holds of each point's subscription is here; subscribe.c asks for them, notified.c takes what they
 * bring. */
#ifndef COLLECT_ASK_DEVICE_COV_H
#define COLLECT_ASK_DEVICE_COV_H

#include "apps/collect/ask/device/decode.h"
#include "apps/collect/ask/device/shared.h"

/* Plans subscriptions for the points that want one: at once, spread over a few seconds. */
void collect_cov_plan(CollectShared *shared, CollectDevice *device, int64_t now_us);

/* The same, as if none had been planned before. */
void collect_cov_plan_anew(CollectShared *shared, CollectDevice *device, int64_t now_us);

/* The device has restarted, or was away: what it knew of subscriptions is gone. */
void collect_cov_forget(CollectShared *shared, CollectDevice *device, int64_t now_us);

/* The device has said that it is there without being asked. False where it said so just now: that means
 * nothing.
 */
bool collect_cov_note_restart(CollectShared *shared, CollectDevice *device, int64_t now_us);

/* The point whose subscription is due, or NULL. */
CollectPoint *collect_cov_due(CollectDevice *device, int64_t now_us);

/* It has been asked for; and it was granted, until its lifetime ends, or not. */
void collect_cov_asked(CollectDevice *device, CollectPoint *point);
void collect_cov_granted(CollectShared *shared, CollectDevice *device, CollectPoint *point, int64_t now_us);
void collect_cov_refused(CollectShared *shared, CollectDevice *device, CollectPoint *point, int64_t now_us);

/* The first of its points that the device tells of; NULL: none. And it is asked to end that. */
CollectPoint *collect_cov_held(const CollectDevice *device);
void collect_cov_cancelled(CollectDevice *device);

/* True while the point's device tells of it, so that it need not be polled in a round that begins now. */
bool collect_cov_holds(const CollectPoint *point, int64_t now_us);

/* A poll brought this value: does it agree with what was told? */
void collect_cov_verify(CollectShared *shared, CollectDevice *device, CollectPoint *point,
                        const CollectSample *sample, int64_t now_us);

#endif
