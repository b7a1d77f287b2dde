/* Who is where (identity.h): what follows when another device answers at an address, or one has a name that
 * others have, too. */
#include "apps/collect/ask/device/state.h"
#include "apps/collect/ask/turn.h"
#include "base/invariant.h"
#include "base/time.h"

#include <stdlib.h>

enum { RENAME_S = 10 }; /* between probes of a stranger, before its new name is believed */

static void doubt(CollectPoller *poller, CollectDevice *device, const CollectClaim *claim, int64_t now_us)
{
    if (!device->enabled || device->is_evicted)
        return;
    if (claim) {
        device->identity.claim = *claim;
        if (claim->instance != device->instance && !collect_device_is_away(device))
            device->identity.is_suspect = true;
    }
    collect_state_recheck(device, now_us);
    collect_turn_look_at(poller, device, now_us);
    collect_turn_serve(poller, now_us);
}

void collect_poll_doubt(CollectPoller *poller, CollectDevice *device, const CollectClaim *claim,
                        int64_t now_us)
{
    doubt(poller, device, claim, now_us);
    BP_INVARIANT(collect_check_device(poller, device));
}

/* What it says while it is asked whether it is there is no answer, and may come when the answer is lost. */
static bool is_worth_asking(const CollectDevice *device, const CollectClaim *claim)
{
    return claim->instance != device->instance || collect_device_is_away(device) ||
           device->silence.is_doubted || device->identity.probing ||
           (device->state == COLLECT_UNKNOWN && device->wants_scan);
}

void collect_poll_heard(CollectPoller *poller, CollectDevice *device, const CollectClaim *claim,
                        bool is_unasked, int64_t now_us)
{
    if (is_worth_asking(device, claim))
        doubt(poller, device, claim, now_us);
    if (is_unasked && claim->instance == device->instance && !collect_device_is_away(device))
        collect_poll_restarted(poller, device, now_us);
    BP_INVARIANT(collect_check_device(poller, device));
}

/* It loses its address, and what was asked of it there. The one who follows is on the same trunk. */
static void evict(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    (void)collect_devices_leave_address(poller, device, COLLECT_GONE_EVICTED, now_us);
    collect_state_evict(device);
    collect_jobs_gone(&poller->shared, device, COLLECT_GONE_EVICTED, now_us);
}

/* Somebody else answers at the address of a device. */
static CollectDevice *replace(CollectPoller *poller, CollectDevice *gone, int64_t now_us)
{
    const bool was_claimed = gone->identity.claim.instance == gone->found;
    const uint32_t max_apdu = was_claimed ? gone->identity.claim.max_apdu : gone->limits.request_octets;
    CollectDevice *device;
    evict(poller, gone, now_us);
    if (collect_devices_add(poller, &gone->peer.address, gone->found, max_apdu, true, &device, NULL) != BP_OK)
        abort(); /* the address is free now */
    gone->found = BAC_INSTANCE_WILDCARD;
    collect_state_want_probe(device); /* let it say so itself */
    device->said_apdu = (uint16_t)(max_apdu < UINT16_MAX ? max_apdu : UINT16_MAX);
    device->said_segmentation = was_claimed ? gone->identity.claim.segmentation : BAC_NO_SEGMENTATION;
    poller->shared.telling++;
    poller->shared.hooks.on_found(poller->shared.hooks.owner, device, gone);
    poller->shared.telling--;
    collect_turn_look_at(poller, gone, now_us);
    return device;
}

/* Those in the database that have the name of one that is not: are they still where they were? */
static void ask_namesakes(CollectPoller *poller, const CollectDevice *device, int64_t now_us)
{
    const CollectInstances *instances = &poller->shared.instances;
    for (CollectDevice *other = NULL; (other = collect_instances_next(instances, device->instance, other));)
        if (other != device && other->device_id)
            doubt(poller, other, NULL, now_us);
}

CollectNamesake collect_poll_namesake(const CollectPoller *poller, const CollectDevice *device,
                                      const CollectDevice **ret_namesake)
{
    const CollectDevice *only = NULL;
    const CollectInstances *instances = &poller->shared.instances;
    for (const CollectDevice *other = NULL;
         (other = collect_instances_next(instances, device->instance, other));) {
        if (other == device || !other->device_id)
            continue;
        *ret_namesake = other;
        if (only || !other->enabled)
            return COLLECT_NAMESAKE_THERE;
        only = other;
    }
    if (!only)
        return COLLECT_NO_NAMESAKE;
    if (!only->is_evicted && only->identity.checked_us < device->identity.checked_us)
        return COLLECT_NAMESAKE_ASKED;
    return collect_device_is_away(only) ? COLLECT_NAMESAKE_GONE : COLLECT_NAMESAKE_THERE;
}

CollectDevice *collect_who_settle(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    const bool is_stranger = device->device_id == 0;
    if (device->found != BAC_INSTANCE_WILDCARD && !is_stranger)
        return replace(poller, device, now_us);
    if (is_stranger && device->found != BAC_INSTANCE_WILDCARD &&
        (device->identity.renamed_us == 0 || now_us - device->identity.renamed_us > RENAME_S * BP_SECOND)) {
        collect_poll_set_instance(poller, device, device->found);
        device->identity.renamed_us = now_us;
        device->state = COLLECT_UNKNOWN;
        collect_state_want_probe(device);
    }
    device->found = BAC_INSTANCE_WILDCARD;
    if (is_stranger && device->identity.checked_us == now_us && device->state == COLLECT_ONLINE)
        ask_namesakes(poller, device, now_us);
    return device;
}
