#include "apps/collect/ask/device/rounds.h"
#include "apps/collect/ask/poller.h"

#include <assert.h>

enum { ALL_EACH = 64 }; /* calls of public functions */

static void check_device(const CollectPoller *poller, const CollectDevice *device)
{
    const CollectTurn *turn = &device->turn;
    const bool has_address = !device->is_evicted;
    assert(*device->link == device && (!device->next || device->next->link == &device->next));
    assert(device->is_cut_off == poller->is_cut_off);
    assert(bac_client_find(&poller->jobs.client, &device->peer.address) != &device->peer || has_address);
    assert(!has_address || bac_client_find(&poller->jobs.client, &device->peer.address) == &device->peer);
    assert((device->on.trunk != NULL) == (has_address && device->peer.address.remote.network != 0));
    assert(!device->on.is_held || device->on.trunk);
    (void)collect_jobs_check(device);
    collect_rounds_check(device);
    assert(device->readings.count <= device->point_count);
    /* Who sits is being asked, and who has something under way sits, but for one whose kind of seat changed.
     */
    assert(turn->seat != COLLECT_ACTIVE || device->peer.outstanding > 0);
    assert(turn->seat == COLLECT_IDLE || has_address);
    assert(!device->is_cut_off || (turn->seat == COLLECT_IDLE && device->peer.outstanding == 0));
    /* The heap has those that have an instant, and each below one that is no later. */
    const CollectAwaited *awaited = &device->awaited;
    assert((awaited->heap_index == COLLECT_NOT_WOKEN) == (awaited->due_us == INT64_MAX));
    assert(turn->seat != COLLECT_WAITING || awaited->due_us == device->on.leaves_us);
    if (awaited->heap_index == COLLECT_NOT_WOKEN)
        return;
    assert(awaited->heap_index < poller->wake.count);
    assert(poller->wake.devices[awaited->heap_index] == device);
    if (awaited->heap_index > 0)
        assert(poller->wake.devices[(awaited->heap_index - 1) / 2]->awaited.due_us <= awaited->due_us);
}

void collect_poll_check(const CollectPoller *poller)
{
    size_t count = 0, woken = 0, under_way = 0, sitting[2] = {0}, waiting[2] = {0};
    for (const CollectDevice *device = poller->devices; device; device = device->next, count++) {
        check_device(poller, device);
        sitting[device->turn.seat_is_uncertain] += device->turn.seat == COLLECT_ACTIVE;
        waiting[device->turn.seat_is_uncertain] += device->turn.seat == COLLECT_WAITING;
        woken += device->awaited.heap_index != COLLECT_NOT_WOKEN;
        under_way += device->peer.outstanding;
    }
    assert(count == poller->device_count && woken == poller->wake.count);
    assert(count == collect_instances_check(&poller->shared.instances));
    assert(under_way <= COLLECT_TRANSACTIONS_MAX);
    assert(poller->jobs.used == under_way + collect_jobs_count_free(&poller->jobs));
    collect_seats_check(&poller->seats, sitting, waiting);
    collect_trunks_check(&poller->trunks);
}

void collect_check_device(CollectPoller *poller, const CollectDevice *device)
{
    if (poller->shared.telling > 0)
        return; /* who was told calls us, and whoever told is not done */
    if (++poller->calls % ALL_EACH == 0)
        collect_poll_check(poller);
    else if (device)
        check_device(poller, device);
}
