/* Whether a device is there: online, offline, replaced, or not known. What makes it so, and what follows for
 * its readings, rounds and subscriptions.
 *
 * Silence alone says little: was the request too much for the device, or is it away? It is in doubt then, and
 * a probe decides (probe.c). */
#ifndef COLLECT_ASK_DEVICE_STATE_H
#define COLLECT_ASK_DEVICE_STATE_H

#include "apps/collect/ask/device/shared.h"

/* Something was answered: now, and where that was no probe, the device is online. */
void collect_state_answered(CollectShared *shared, CollectDevice *device, int64_t now_us);
void collect_state_alive(CollectShared *shared, CollectDevice *device, int64_t now_us);

/* It is asked whether it is there, before anything else. */
void collect_state_want_probe(CollectDevice *device);

/* The same, where it is away: not when that was planned, but now. */
void collect_state_hurry_probe(CollectDevice *device, int64_t now_us);

/* A request that was sent then got no answer to any try, and nothing was answered since: `count` points,
 * whose answer would have had so many octets (0: it was no batch). */
void collect_state_doubt(CollectDevice *device, uint32_t count, size_t answer_octets);

/* A probe has decided. */
void collect_state_end_doubt(CollectDevice *device, int64_t now_us);

/* The device is asked who it is, as soon as it was not asked just now. */
void collect_state_recheck(CollectDevice *device, int64_t now_us);

/* Another device may be at the address: it is asked that, and readings wait for the device's own word. */
void collect_state_suspect(CollectDevice *device, int64_t now_us);

/* The same: an answer to points named another one, or none. */
void collect_state_misnamed(CollectDevice *device, int64_t now_us);

/* Nobody answers (COLLECT_OFFLINE), or somebody else (COLLECT_REPLACED). */
void collect_state_go_away(CollectShared *shared, CollectDevice *device, CollectState state,
                           const char *reason, int64_t now_us);

/* What should have been read of a device that is not asked, since it has no address any more or we are not on
 * the network, is bad readings, now and then. */
void collect_state_tell_unasked(CollectShared *shared, CollectDevice *device, int64_t now_us);

/* We have left the network, or are back on it. What was asked is forgotten by then. */
void collect_state_cut_off(CollectShared *shared, CollectDevice *device, const char *reason, int64_t now_us);
void collect_state_join(CollectShared *shared, CollectDevice *device, int64_t now_us);

/* Another device has its address from now on: nothing is asked of this one. */
void collect_state_evict(CollectDevice *device);

#endif
