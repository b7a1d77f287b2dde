#include "apps/collect/ask/turn.h"

#include "apps/collect/ask/device/rounds.h"
#include "base/time.h"

enum { NO_ROOM_MS = 100 }; /* until a device tries again that found no transaction free */

/* ---- when it is woken ---- */

static int64_t next_wish_us(const CollectDevice *device)
{
    const int64_t recheck_us = device->identity.recheck_us, probe_us = device->silence.probe_due_us;
    if (!device->enabled)
        return INT64_MAX;
    if (collect_device_is_away(device))
        return recheck_us < probe_us ? recheck_us : probe_us;
    return collect_rounds_due_us(device);
}

/* When it may go on. */
static int64_t goes_on_us(const CollectDevice *device)
{
    const int64_t held_until_us = device->turn.held_until_us, recheck_us = device->identity.recheck_us;
    const bool is_away = collect_device_is_away(device);
    if (device->identity.probing || device->turn.seat == COLLECT_WAITING)
        return INT64_MAX;
    if (device->is_cut_off)
        return device->enabled ? device->silence.probe_due_us : INT64_MAX;
    /* Cancellations follow each other's answers; all else that is due is not asked for any more. */
    if (device->is_taking_leave)
        return held_until_us;
    if (device->on.is_held && is_away)
        return held_until_us; /* the probe is due, and waits for the trunk */
    if (device->peer.outstanding > 0 && is_away)
        return INT64_MAX; /* the probe goes out when that has come to its end */
    int64_t wish_us = next_wish_us(device);
    /* A job or a recheck that is due and cannot be sent goes out with the next turn, whatever brings
     * that about. */
    const bool may_send =
        device->enabled && device->peer.outstanding == 0 && !device->on.is_held && held_until_us == INT64_MAX;
    const int64_t job_us = collect_jobs_due_us(device);
    if (may_send && job_us < wish_us && !is_away)
        wish_us = job_us;
    if (may_send && recheck_us < wish_us && !device->is_evicted)
        wish_us = recheck_us;
    return wish_us < held_until_us ? wish_us : held_until_us;
}

/* And where it waits, others may go on in its place. */
static int64_t wake_us(const CollectDevice *device)
{
    const int64_t goes_us = goes_on_us(device), leaves_us = device->on.leaves_us;
    return goes_us < leaves_us ? goes_us : leaves_us;
}

void collect_turn_set_wake(CollectPoller *poller, CollectDevice *device)
{
    collect_wake_set(&poller->wake, device, wake_us(device));
}

void collect_turn_leave(CollectPoller *poller, CollectDevice *device)
{
    collect_seats_leave(&poller->seats, device);
    device->turn.held_until_us = INT64_MAX;
}

/* ---- what it is asked ---- */

static CollectAsked ask(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    const CollectShare *share = &poller->shared.settings.trunk;
    const CollectJob *job;
    /* Whoever has nothing to ask takes nobody's place on a trunk. */
    if (device->on.trunk && !collect_jobs_has_more(device, now_us))
        return COLLECT_NOTHING_TO_ASK;
    if (!collect_trunk_may_send(device, share, now_us, &device->turn.held_until_us))
        return COLLECT_HELD;
    const CollectAsked asked = collect_jobs_ask(&poller->jobs, &poller->shared, device, now_us, &job);
    if (asked == COLLECT_ASKED)
        collect_trunk_sent(device, share, job->is_uncertain, now_us);
    return asked;
}

/* Sends what the window and the trunk let through. */
static void take_turn(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    const uint16_t most = poller->shared.settings.window;
    const uint16_t window =
        collect_device_is_uncertain(device) ? 1 : collect_pace_window(&device->pace, most);
    CollectAsked asked = COLLECT_ASKED;
    device->turn.held_until_us = INT64_MAX;
    while (device->peer.outstanding < window && asked == COLLECT_ASKED)
        asked = ask(poller, device, now_us);
    if (asked == COLLECT_NO_ROOM)
        device->turn.held_until_us = now_us + NO_ROOM_MS * BP_MS;
    if (device->peer.outstanding == 0)
        collect_seats_leave(&poller->seats, device);
    collect_turn_set_wake(poller, device);
}

void collect_turn_serve(CollectPoller *poller, int64_t now_us)
{
    CollectDevice *device;
    while ((device = collect_seats_call(&poller->seats, poller->shared.settings.devices)))
        take_turn(poller, device, now_us);
}

void collect_turn_look_at(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    const CollectTurn *turn = &device->turn;
    if (turn->seat != COLLECT_IDLE && turn->seat_is_uncertain != collect_device_is_uncertain(device))
        collect_seats_leave(&poller->seats, device);
    if (turn->seat == COLLECT_ACTIVE)
        take_turn(poller, device, now_us);
    else if (turn->seat == COLLECT_IDLE && collect_jobs_has_more(device, now_us))
        collect_seats_queue(&poller->seats, device);
    if (turn->seat != COLLECT_ACTIVE)
        collect_turn_set_wake(poller, device);
    if (device->on.is_held && !collect_jobs_has_more(device, now_us)) {
        collect_trunk_let_go(device); /* and with it those that let it go before them */
        collect_turn_pass_on(poller, device->on.trunk, now_us);
    }
}

void collect_turn_pass_on(CollectPoller *poller, CollectTrunk *trunk, int64_t now_us)
{
    const CollectPollSettings *settings = &poller->shared.settings;
    CollectDevice *device;
    if (!trunk)
        return;
    while ((device = collect_trunk_pick(trunk, &settings->trunk))) {
        if (!collect_jobs_has_more(device, now_us))
            continue;
        collect_turn_look_at(poller, device, now_us);
        /* Who waits for a seat, too, may do so for long. */
        if (device->turn.seat != COLLECT_WAITING ||
            collect_seats_has_free(&poller->seats, device, settings->devices))
            return;
    }
}

/* ---- what is answered ---- */

static void note_latency(CollectPoller *poller, const BacAnswer *answer)
{
    if (answer->outcome == BAC_SILENT || answer->tries > 1)
        return;
    size_t bucket = 0;
    while (bucket + 1 < COLLECT_LATENCIES && answer->round_trip_us >= BP_MS << bucket)
        bucket++;
    poller->shared.counts.latencies[bucket]++;
}

static void note_pace(const CollectPoller *poller, const CollectJob *job, const BacAnswer *answer,
                      int64_t now_us)
{
    CollectDevice *device = job->device;
    const uint16_t most = poller->shared.settings.window;
    const bool was_full = device->peer.outstanding + 1 >= collect_pace_window(&device->pace, most);
    if (answer->outcome == BAC_SILENT) {
        collect_pace_silent(&device->pace);
        collect_pace_narrow(&device->pace, now_us);
        return;
    }
    if (answer->tries > 1)
        collect_pace_narrow(&device->pace, now_us);
    else if (was_full && collect_jobs_has_more(device, now_us))
        collect_pace_widen(&device->pace, most, now_us);
    collect_pace_answered(&device->pace, answer, job->sent_us, now_us);
}

CollectDevice *collect_turn_take(CollectPoller *poller, const BacAnswer *answer, int64_t now_us)
{
    const CollectJob *job = answer->context;
    CollectDevice *device = job->device;
    note_latency(poller, answer);
    note_pace(poller, job, answer, now_us);
    collect_trunk_ended(device, job->is_uncertain);
    job = collect_jobs_take(&poller->jobs, &poller->shared, answer, now_us);
    if (job)
        collect_trunk_sent(device, &poller->shared.settings.trunk, job->is_uncertain, now_us);
    return device;
}
