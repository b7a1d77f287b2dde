/* Our own network: while we are not on it, no device is asked, and none is blamed. */
#include "apps/collect/ask/device/state.h"
#include "apps/collect/ask/turn.h"
#include "base/invariant.h"

/* What is under way is forgotten, which is none of the device's doing. */
static void cut_off(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    CollectShared *shared = &poller->shared;
    if (device->is_evicted)
        return;
    (void)collect_devices_leave_address(poller, device, COLLECT_GONE_NO_NETWORK, now_us);
    collect_devices_join_address(poller, device);
    collect_state_cut_off(shared, device, COLLECT_NO_NETWORK, now_us);
    collect_jobs_gone(shared, device, COLLECT_GONE_NO_NETWORK, now_us);
    if (device->enabled)
        collect_state_tell_unasked(shared, device, now_us);
    collect_turn_set_wake(poller, device);
}

void collect_poll_leave(CollectPoller *poller, int64_t now_us)
{
    if (poller->is_cut_off)
        return;
    poller->is_cut_off = true;
    for (CollectDevice *device = poller->devices; device; device = device->next)
        device->is_cut_off = true;
    for (CollectDevice *device = poller->devices; device; device = device->next)
        cut_off(poller, device, now_us);
    BP_INVARIANT(collect_poll_check(poller));
}

void collect_poll_join(CollectPoller *poller, int64_t now_us)
{
    const bool was_cut_off = poller->is_cut_off;
    poller->is_cut_off = false;
    for (CollectDevice *device = poller->devices; device; device = device->next) {
        device->is_cut_off = false;
        if (was_cut_off && !device->is_evicted)
            collect_state_join(&poller->shared, device, now_us);
        else if (!device->is_evicted && collect_device_is_away(device))
            collect_state_hurry_probe(device, now_us);
    }
    for (CollectDevice *device = poller->devices; device; device = device->next)
        collect_turn_look_at(poller, device, now_us);
    collect_turn_serve(poller, now_us);
    BP_INVARIANT(collect_poll_check(poller));
}
