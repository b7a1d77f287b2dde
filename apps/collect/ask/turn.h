/* A device's turn: when it is asked. It waits to be woken (wake.h), then for a seat (seats.h), then for its
 * trunk (trunk.h), and is asked what its window lets through (pace.h). */
#ifndef COLLECT_ASK_TURN_H
#define COLLECT_ASK_TURN_H

#include "apps/collect/ask/poller.h"

/* After anything happened to the device: it goes on, or asks for a seat, of the kind that it now needs. */
void collect_turn_look_at(CollectPoller *poller, CollectDevice *device, int64_t now_us);

/* There may be room on the trunk (or NULL): whoever waits for it goes on. */
void collect_turn_pass_on(CollectPoller *poller, CollectTrunk *trunk, int64_t now_us);

/* Devices that wait for a seat sit down where one is free, and are asked. */
void collect_turn_serve(CollectPoller *poller, int64_t now_us);

/* Takes an answer, or that there was none; returns the device that it is about. */
CollectDevice *collect_turn_take(CollectPoller *poller, const BacAnswer *answer, int64_t now_us);

/* It is not asked any more: it has no seat, and waits for nothing. */
void collect_turn_leave(CollectPoller *poller, CollectDevice *device);

/* The device is woken when it wants to be. */
void collect_turn_set_wake(CollectPoller *poller, CollectDevice *device);

#endif
