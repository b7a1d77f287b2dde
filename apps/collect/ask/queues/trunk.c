#include "apps/collect/ask/queues/trunk.h"

#include "apps/collect/ask/jobs/jobs.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>

enum {
    LEAVE_S = 1,     /* after a request to a device that does not answer */
    AGED_TURNS = 64, /* of others: who has had none for so long goes first, lest a full trunk starve it */
};

static bool has_room(const CollectTrunk *trunk, const CollectShare *share)
{
    return trunk->taken < share->window;
}

/* Smaller where the device is more urgent. */
static int64_t rank(const CollectDevice *device)
{
    return device->on.trunk->turns - device->on.turn >= AGED_TURNS ? 0 : collect_jobs_rank(device);
}

static bool goes_before(const CollectDevice *a, const CollectDevice *b)
{
    const int64_t rank_a = rank(a), rank_b = rank(b);
    return rank_a != rank_b ? rank_a < rank_b : a->on.turn < b->on.turn;
}

static CollectDevice *first_held(const CollectTrunk *trunk)
{
    CollectDevice *first = NULL;
    if (trunk->held == 0)
        return NULL;
    for (CollectDevice *device = trunk->members; device; device = device->on.next)
        if (device->on.is_held && (!first || goes_before(device, first)))
            first = device;
    return first;
}

static void hold(CollectDevice *device)
{
    if (!device->on.is_held)
        device->on.trunk->held++;
    device->on.is_held = true;
}

void collect_trunk_let_go(CollectDevice *device)
{
    if (device->on.is_held)
        device->on.trunk->held--;
    device->on.is_held = false;
}

bool collect_trunk_may_send(CollectDevice *device, const CollectShare *share, int64_t now_us,
                            int64_t *ret_until_us)
{
    CollectTrunk *trunk = device->on.trunk;
    *ret_until_us = INT64_MAX;
    if (!trunk)
        return true;
    const CollectDevice *other = first_held(trunk);
    if (!has_room(trunk, share) || (other && other != device && goes_before(other, device))) {
        hold(device);
        return false;
    }
    if (now_us < trunk->free_at_us) {
        hold(device);
        *ret_until_us = trunk->free_at_us;
        return false;
    }
    collect_trunk_let_go(device);
    return true;
}

void collect_trunk_sent(CollectDevice *device, const CollectShare *share, bool uncertain, int64_t now_us)
{
    CollectTrunk *trunk = device->on.trunk;
    if (!trunk)
        return;
    trunk->taken++;
    if (uncertain)
        device->on.leaves_us = now_us + LEAVE_S * BP_SECOND;
    device->on.turn = ++trunk->turns;
    const int64_t gap_us = share->rate ? BP_SECOND / share->rate : 0;
    trunk->free_at_us = (trunk->free_at_us > now_us - gap_us ? trunk->free_at_us : now_us) + gap_us;
}

void collect_trunk_ended(CollectDevice *device, bool uncertain)
{
    CollectTrunk *trunk = device->on.trunk;
    if (!trunk)
        return;
    trunk->taken -= !uncertain || device->on.leaves_us != INT64_MAX;
    if (uncertain)
        device->on.leaves_us = INT64_MAX;
}

void collect_trunk_leave_late(CollectDevice *device, int64_t now_us)
{
    if (now_us < device->on.leaves_us)
        return;
    device->on.trunk->taken--;
    device->on.leaves_us = INT64_MAX;
}

CollectDevice *collect_trunk_pick(CollectTrunk *trunk, const CollectShare *share)
{
    CollectDevice *device = has_room(trunk, share) ? first_held(trunk) : NULL;
    if (device)
        collect_trunk_let_go(device);
    return device;
}

void collect_trunk_pause(CollectTrunk *trunk, int64_t until_us)
{
    trunk->free_at_us = until_us;
}

/* ---- who is on which ---- */

CollectTrunk *collect_trunks_find(const CollectTrunks *trunks, const BacAddress *address)
{
    BacAddress key = *address;
    key.remote = (BacStation){.network = address->remote.network};
    CollectTrunk *trunk = trunks->first;
    while (trunk && !bac_address_equal(&trunk->address, &key))
        trunk = trunk->next;
    return trunk;
}

static CollectTrunk *find_or_make(CollectTrunks *trunks, const BacAddress *address)
{
    CollectTrunk *trunk = collect_trunks_find(trunks, address);
    if (trunk)
        return trunk;
    trunk = calloc(1, sizeof *trunk);
    if (!trunk)
        abort();
    trunk->address = *address;
    trunk->address.remote = (BacStation){.network = address->remote.network};
    trunk->next = trunks->first;
    trunks->first = trunk;
    return trunk;
}

void collect_trunks_join(CollectTrunks *trunks, CollectDevice *device)
{
    if (!device->peer.address.remote.network)
        return;
    device->on.trunk = find_or_make(trunks, &device->peer.address);
    device->on.next = device->on.trunk->members;
    device->on.trunk->members = device;
}

CollectTrunk *collect_trunks_leave(CollectTrunks *trunks, CollectDevice *device)
{
    CollectTrunk *trunk = device->on.trunk;
    if (!trunk)
        return NULL;
    collect_trunk_let_go(device);
    CollectDevice **link = &trunk->members;
    while (*link != device)
        link = &(*link)->on.next;
    *link = device->on.next;
    device->on.trunk = NULL;
    if (trunk->members)
        return trunk;
    CollectTrunk **trunk_link = &trunks->first;
    while (*trunk_link != trunk)
        trunk_link = &(*trunk_link)->next;
    *trunk_link = trunk->next;
    free(trunk);
    return NULL;
}

static void check(const CollectTrunk *trunk)
{
    size_t held = 0, taken = 0;
    for (const CollectDevice *device = trunk->members; device; device = device->on.next) {
        assert(device->on.trunk == trunk && !device->is_evicted);
        held += device->on.is_held;
        size_t uncertain = 0;
        for (const CollectJob *job = device->under_way.first; job; job = job->next_of_device) {
            uncertain += job->is_uncertain;
            taken += !job->is_uncertain || device->on.leaves_us != INT64_MAX;
        }
        assert(uncertain <= 1 && (uncertain == 1 || device->on.leaves_us == INT64_MAX));
    }
    assert(held == trunk->held && taken == trunk->taken);
    assert(trunk->members);
}

void collect_trunks_check(const CollectTrunks *trunks)
{
    for (const CollectTrunk *trunk = trunks->first; trunk; trunk = trunk->next)
        check(trunk);
}
