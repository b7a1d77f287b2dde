/* The devices of a poller: taken in, found, and forgotten. */
#include "apps/collect/ask/device/plan.h"
#include "apps/collect/ask/device/readings.h"
#include "apps/collect/ask/jobs/orders.h"
#include "apps/collect/ask/turn.h"
#include "base/invariant.h"

#include <stdlib.h>

/* ---- all of them ---- */

static void put(CollectPoller *poller, CollectDevice *device)
{
    device->next = poller->devices;
    device->link = &poller->devices;
    if (device->next)
        device->next->link = &device->next;
    poller->devices = device;
    poller->device_count++;
    collect_instances_put(&poller->shared.instances, device);
}

static void remove_device(CollectPoller *poller, CollectDevice *device)
{
    *device->link = device->next;
    if (device->next)
        device->next->link = device->link;
    poller->device_count--;
    collect_instances_remove(device);
}

CollectDevice *collect_poll_find(const CollectPoller *poller, const BacAddress *address)
{
    BacPeer *peer = bac_client_find(&poller->jobs.client, address);
    return peer ? (CollectDevice *)((char *)peer - offsetof(CollectDevice, peer)) : NULL;
}

CollectDevice *collect_poll_find_instance(const CollectPoller *poller, uint32_t instance,
                                          const CollectDevice *than)
{
    return collect_instances_find(&poller->shared.instances, instance, than);
}

void collect_poll_set_instance(CollectPoller *poller, CollectDevice *device, uint32_t instance)
{
    collect_instances_remove(device);
    device->instance = instance;
    collect_instances_put(&poller->shared.instances, device);
}

size_t collect_poll_count(const CollectPoller *poller)
{
    return poller->device_count;
}

CollectDevice *collect_poll_devices(const CollectPoller *poller)
{
    return poller->devices;
}

/* ---- their addresses ---- */

void collect_devices_join_address(CollectPoller *poller, CollectDevice *device)
{
    if (bac_client_add(&poller->jobs.client, &device->peer, NULL) != BP_OK)
        abort(); /* the address is free */
    collect_trunks_join(&poller->trunks, device);
}

CollectTrunk *collect_devices_leave_address(CollectPoller *poller, CollectDevice *device, CollectGone why,
                                            int64_t now_us)
{
    if (device->is_evicted)
        return NULL;
    bac_client_remove(&poller->jobs.client, &device->peer);
    for (const CollectJob *job = device->under_way.first; job; job = job->next_of_device)
        collect_trunk_ended(device, job->is_uncertain);
    collect_jobs_give_up(&poller->jobs, &poller->shared, device, why, now_us);
    CollectTrunk *trunk = collect_trunks_leave(&poller->trunks, device);
    collect_turn_leave(poller, device);
    return trunk;
}

/* ---- they come ---- */

static CollectDevice *new_device(const BacAddress *address, uint32_t instance, uint32_t max_apdu,
                                 bool read_multiple)
{
    CollectDevice *device = calloc(1, sizeof *device);
    if (!device)
        abort();
    device->instance = instance;
    device->enabled = true;
    device->limits = collect_limits(max_apdu, read_multiple);
    device->peer.address = *address;
    device->peer.max_apdu = device->limits.request_octets;
    device->reason = "";
    device->silence.answered_us = INT64_MIN;
    device->cov.restarted_us = INT64_MIN;
    device->awaited.heap_index = COLLECT_NOT_WOKEN;
    device->scanned_us = INT64_MIN;
    device->awaited.due_us = INT64_MAX;
    device->turn.held_until_us = device->on.leaves_us = INT64_MAX;
    device->cov.due_us = INT64_MAX;
    device->found = device->identity.claim.instance = BAC_INSTANCE_WILDCARD;
    device->identity.recheck_us = INT64_MAX;
    device->identity.checked_us = device->cov.lost_us = INT64_MIN;
    return device;
}

BpStatus collect_devices_add(CollectPoller *poller, const BacAddress *address, uint32_t instance,
                             uint32_t max_apdu, bool read_multiple, CollectDevice **ret_device, BpError *err)
{
    CollectDevice *device = new_device(address, instance, max_apdu, read_multiple);
    const BpStatus status = bac_client_add(&poller->jobs.client, &device->peer, err);
    if (status != BP_OK) {
        free(device);
        return status;
    }
    collect_trunks_join(&poller->trunks, device);
    put(poller, device);
    if (poller->is_cut_off) {
        device->is_cut_off = true;
        device->reason = COLLECT_NO_NETWORK;
    }
    *ret_device = device;
    return BP_OK;
}

BpStatus collect_poll_add(CollectPoller *poller, const BacAddress *address, uint32_t instance,
                          uint32_t max_apdu, bool read_multiple, CollectDevice **ret_device, BpError *err)
{
    BP_TRY(collect_devices_add(poller, address, instance, max_apdu, read_multiple, ret_device, err));
    BP_INVARIANT(collect_check_device(poller, *ret_device));
    return BP_OK;
}

CollectDevice *collect_poll_add_evicted(CollectPoller *poller, const BacAddress *address, uint32_t instance)
{
    CollectDevice *device = new_device(address, instance, BAC_APDU_MIN, true);
    device->is_evicted = true;
    device->state = COLLECT_REPLACED;
    device->reason = "replaced";
    device->is_cut_off = poller->is_cut_off;
    put(poller, device);
    BP_INVARIANT(collect_check_device(poller, device));
    return device;
}

void collect_poll_readmit(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    if (!device->is_evicted || collect_poll_find(poller, &device->peer.address))
        return;
    device->is_evicted = false;
    collect_devices_join_address(poller, device);
    collect_turn_look_at(poller, device, now_us);
    collect_turn_serve(poller, now_us);
    BP_INVARIANT(collect_check_device(poller, device));
}

/* ---- they go ---- */

static CollectTrunk *take_out(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    collect_orders_close(device);
    collect_readings_end(&poller->shared, device);
    CollectTrunk *trunk = collect_devices_leave_address(poller, device, COLLECT_GONE_FORGOTTEN, now_us);
    collect_jobs_gone(&poller->shared, device, COLLECT_GONE_FORGOTTEN, now_us);
    collect_wake_set(&poller->wake, device, INT64_MAX);
    remove_device(poller, device);
    collect_plan_forget_rounds(device);
    collect_readings_done(device);
    free(device->points);
    free(device);
    return trunk;
}

void collect_poll_remove(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    CollectTrunk *trunk = take_out(poller, device, now_us);
    collect_turn_pass_on(poller, trunk, now_us);
    collect_turn_serve(poller, now_us);
    BP_INVARIANT(collect_check_device(poller, NULL));
}

void collect_devices_done(CollectPoller *poller)
{
    while (poller->devices)
        (void)take_out(poller, poller->devices, 0);
}
