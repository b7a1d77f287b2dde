#include "apps/collect/ask/device/cov.h"
#include "apps/collect/ask/device/identity.h"
#include "apps/collect/ask/device/notified.h"
#include "apps/collect/ask/device/rounds.h"
#include "apps/collect/ask/device/state.h"
#include "apps/collect/ask/jobs/orders.h"
#include "apps/collect/ask/jobs/read_out.h"
#include "apps/collect/ask/jobs/unsubscribe.h"
#include "apps/collect/ask/turn.h"
#include "base/invariant.h"
#include "base/time.h"

#include <stdlib.h>

enum {
    COV_LIFETIME_S = 600,
    UNNAMED_S = 60,    /* between probes of a device whose answers do not say whose they are */
    PROCESS_BITS = 22, /* of the name of our subscriptions: some devices take no more */
};

/* ---- making one ---- */

CollectPoller *collect_poll_new(const CollectPollHooks *hooks, const CollectPollSettings *settings,
                                uint64_t seed)
{
    CollectPoller *poller = calloc(1, sizeof *poller);
    if (!poller)
        abort();
    CollectShared *shared = &poller->shared;
    shared->hooks = *hooks;
    shared->random = bp_random(seed);
    shared->process =
        settings->cov_process ? settings->cov_process : (uint32_t)bp_random_u64(&shared->random);
    shared->process &= (1U << PROCESS_BITS) - 1;
    collect_instances_init(&shared->instances);
    collect_poll_set(poller, settings);
    collect_jobs_init(&poller->jobs, shared);
    return poller;
}

void collect_poll_free(CollectPoller *poller)
{
    if (!poller)
        return;
    BP_INVARIANT(collect_poll_check(poller));
    collect_devices_done(poller);
    collect_wake_done(&poller->wake);
    collect_instances_done(&poller->shared.instances);
    collect_jobs_done(&poller->jobs);
    free(poller);
}

void collect_poll_set(CollectPoller *poller, const CollectPollSettings *settings)
{
    poller->shared.settings = *settings;
    if (settings->cov_lifetime_s == 0)
        poller->shared.settings.cov_lifetime_s = COV_LIFETIME_S;
}

void collect_poll_set_wall(CollectPoller *poller, int64_t now_us, int64_t wall_us)
{
    poller->shared.wall_offset_us = wall_us - now_us;
}

/* ---- driving it ---- */

static void take_answer(CollectPoller *poller, const BacAnswer *answer, int64_t now_us)
{
    CollectDevice *device = collect_turn_take(poller, answer, now_us);
    device = collect_who_settle(poller, device, now_us);
    collect_turn_look_at(poller, device, now_us);
    collect_turn_pass_on(poller, device->on.trunk, now_us);
    BP_INVARIANT(collect_check_device(poller, device));
}

bool collect_poll_receive(CollectPoller *poller, const BacDatagram *datagram, int64_t now_us)
{
    BacAnswer answer;
    if (collect_notified_is_one(datagram)) {
        CollectDevice *device = collect_poll_find(poller, &datagram->from);
        if (collect_notified_take(&poller->shared, device, datagram, now_us))
            return true;
    }
    if (!bac_client_receive(&poller->jobs.client, datagram, now_us, &answer))
        return false;
    take_answer(poller, &answer, now_us);
    collect_turn_serve(poller, now_us);
    return true;
}

static void begin_rounds(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    collect_limits_relax(&device->limits, device->peer.max_apdu, now_us);
    if (device->state == COLLECT_ONLINE && device->instance != BAC_INSTANCE_WILDCARD &&
        !collect_identity_is_named(device) && now_us - device->identity.probed_us >= UNNAMED_S * BP_SECOND)
        collect_state_recheck(device, now_us);
    collect_rounds_begin(&poller->shared, device, now_us);
}

static void wake(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    const bool is_asked = !device->is_evicted && !device->is_cut_off;
    if (device->enabled && !is_asked && now_us >= device->silence.probe_due_us)
        collect_state_tell_unasked(&poller->shared, device, now_us);
    if (device->enabled && is_asked && !collect_device_is_away(device))
        begin_rounds(poller, device, now_us);
    collect_trunk_leave_late(device, now_us);
    collect_wake_set(&poller->wake, device, INT64_MAX);
    collect_turn_look_at(poller, device, now_us);
    collect_turn_pass_on(poller, device->on.trunk, now_us);
    BP_INVARIANT(collect_check_device(poller, device));
}

void collect_poll_advance(CollectPoller *poller, int64_t now_us)
{
    BacAnswer answer;
    while (bac_client_expire(&poller->jobs.client, now_us, &answer))
        take_answer(poller, &answer, now_us);
    CollectDevice *device;
    while ((device = collect_wake_first(&poller->wake)) && device->awaited.due_us <= now_us)
        wake(poller, device, now_us);
    collect_turn_serve(poller, now_us);
    BP_INVARIANT(collect_check_device(poller, NULL));
}

int64_t collect_poll_next_due_us(const CollectPoller *poller)
{
    const CollectDevice *device = collect_wake_first(&poller->wake);
    const int64_t client_us = bac_client_next_due_us(&poller->jobs.client);
    return device && device->awaited.due_us < client_us ? device->awaited.due_us : client_us;
}

/* ---- what is asked ---- */

static void look_at(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    collect_turn_look_at(poller, device, now_us);
    collect_turn_serve(poller, now_us);
    BP_INVARIANT(collect_check_device(poller, device));
}

void collect_poll_enable(CollectPoller *poller, CollectDevice *device, bool enabled, int64_t now_us)
{
    device->enabled = enabled;
    if (!enabled)
        collect_jobs_gone(&poller->shared, device, COLLECT_GONE_DISABLED, now_us);
    look_at(poller, device, now_us);
}

void collect_poll_probe(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    collect_state_want_probe(device);
    look_at(poller, device, now_us);
}

void collect_poll_scan(CollectPoller *poller, CollectDevice *device, CollectScan *scan, int64_t now_us)
{
    collect_read_out_begin(device, scan);
    look_at(poller, device, now_us);
}

/* Nothing is sent now, since this may be called in the midst of what ended another order. */
void collect_poll_order(CollectPoller *poller, CollectDevice *device, const CollectOrderRequest *request,
                        int64_t now_us)
{
    if (collect_orders_put(device, request) && device->turn.seat != COLLECT_WAITING)
        collect_wake_set(&poller->wake, device, now_us);
}

void collect_poll_restarted(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    if (!collect_cov_note_restart(&poller->shared, device, now_us))
        return;
    look_at(poller, device, now_us);
}

void collect_poll_take_leave(CollectPoller *poller, int64_t now_us)
{
    for (CollectDevice *device = poller->devices; device; device = device->next)
        device->is_taking_leave = true;
    for (CollectDevice *device = poller->devices; device; device = device->next)
        collect_turn_look_at(poller, device, now_us);
    collect_turn_serve(poller, now_us);
    BP_INVARIANT(collect_poll_check(poller));
}

bool collect_poll_has_taken_leave(const CollectPoller *poller)
{
    for (const CollectDevice *device = poller->devices; device; device = device->next)
        if (device->enabled && !device->is_cut_off && collect_unsubscribe_is_left(device))
            return false;
    return true;
}

void collect_poll_pause(CollectPoller *poller, const BacAddress *network, int64_t until_us, int64_t now_us)
{
    CollectTrunk *trunk = collect_trunks_find(&poller->trunks, network);
    if (!trunk)
        return; /* anybody may say that anything is busy */
    collect_trunk_pause(trunk, until_us);
    collect_turn_pass_on(poller, trunk, now_us);
    collect_turn_serve(poller, now_us);
    BP_INVARIANT(collect_check_device(poller, NULL));
}

/* ---- figures ---- */

const CollectPollCounts *collect_poll_counts(const CollectPoller *poller)
{
    return &poller->shared.counts;
}

const BacClientCounts *collect_poll_client_counts(const CollectPoller *poller)
{
    return &poller->jobs.client.counts;
}

void collect_poll_take_extremes(CollectPoller *poller)
{
    poller->shared.counts.lateness_max_us = 0;
    poller->shared.counts.round_max_us = 0;
}

int64_t collect_poll_first_reading_us(const CollectPoller *poller)
{
    int64_t first_us = INT64_MAX;
    for (const CollectDevice *device = poller->devices; device; device = device->next)
        if (device->readings.count > 0 && device->readings.first_us < first_us)
            first_us = device->readings.first_us;
    return first_us;
}
