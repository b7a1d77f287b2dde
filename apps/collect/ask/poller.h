/* The poller's contents: for poll.c and the files that carry out parts of poll.h (devices.c, points.c,
 * network.c, who.c, check.c, turn.c). Jobs do not know it. */
#ifndef COLLECT_ASK_POLLER_H
#define COLLECT_ASK_POLLER_H

#include "apps/collect/ask/jobs/jobs.h"
#include "apps/collect/ask/poll.h"
#include "apps/collect/ask/queues/seats.h"
#include "apps/collect/ask/queues/trunk.h"
#include "apps/collect/ask/queues/wake.h"

struct CollectPoller {
    CollectShared shared;
    CollectJobs jobs;
    CollectDevice *devices; /* devices.c */
    size_t device_count;
    bool is_cut_off; /* we are not on the network */
    CollectTrunks trunks;
    CollectSeats seats;
    CollectWake wake;
    uint32_t calls; /* of public functions, in builds that check invariants */
};

/* ---- devices.c ---- */

/* As collect_poll_add, in the midst of something else. */
BpStatus collect_devices_add(CollectPoller *poller, const BacAddress *address, uint32_t instance,
                             uint32_t max_apdu, bool read_multiple, CollectDevice **ret_device,
                             BpError *err) BP_CHECKED;

/* Nothing is under way to the device's address any more, and nothing goes there for it. The trunk that it
 * leaves to others, or NULL. */
CollectTrunk *collect_devices_leave_address(CollectPoller *poller, CollectDevice *device, CollectGone why,
                                            int64_t now_us);

/* The address, which is free, is the device's. */
void collect_devices_join_address(CollectPoller *poller, CollectDevice *device);

/* Frees all of them. */
void collect_devices_done(CollectPoller *poller);

/* ---- who.c ---- */

/* What a probe has brought to light. Returns the device that is at the address now. */
CollectDevice *collect_who_settle(CollectPoller *poller, CollectDevice *device, int64_t now_us);

/* ---- check.c ---- */

/* As collect_poll_check, but all only now and then, and `device` (unless NULL) each time. */
void collect_check_device(CollectPoller *poller, const CollectDevice *device);

#endif
