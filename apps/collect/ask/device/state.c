#include "apps/collect/ask/device/state.h"

#include "apps/collect/ask/device/cov.h"
#include "apps/collect/ask/device/readings.h"
#include "apps/collect/ask/device/rounds.h"
#include "base/time.h"

enum {
    BACKOFF_FIRST_S = 10, /* until a silent device is probed again */
    RECHECK_S = 1,        /* between probes that silence does not plan, at least */
};

const char *collect_state_name(CollectState state)
{
    switch (state) {
    case COLLECT_ONLINE: return "online";
    case COLLECT_OFFLINE: return "offline";
    case COLLECT_REPLACED: return "replaced";
    default: return "unknown";
    }
}

static void set(CollectShared *shared, CollectDevice *device, CollectState state, const char *reason,
                int64_t now_us)
{
    device->state = state;
    device->reason = reason;
    device->since_us = now_us + shared->wall_offset_us;
    shared->telling++;
    shared->hooks.on_state(shared->hooks.owner, device);
    shared->telling--;
}

/* ---- it answers ---- */

void collect_state_answered(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    device->silence.answered_us = now_us;
    device->answered_at_us = now_us + shared->wall_offset_us;
}

void collect_state_alive(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    const bool was_away = collect_device_is_away(device);
    device->silence.backoff_us = 0;
    if (device->state != COLLECT_ONLINE)
        set(shared, device, COLLECT_ONLINE, "", now_us);
    if (!was_away)
        return;
    collect_cov_forget(shared, device, now_us);
    /* What it missed is read at once; from then on at its own instants again. */
    collect_rounds_hurry(device, now_us);
}

/* ---- it may be away ---- */

void collect_state_want_probe(CollectDevice *device)
{
    device->silence.is_doubted = true;
}

void collect_state_hurry_probe(CollectDevice *device, int64_t now_us)
{
    device->silence.probe_due_us = now_us;
}

void collect_state_doubt(CollectDevice *device, uint32_t count, size_t answer_octets)
{
    device->silence.is_doubted = true;
    device->silence.count = count > 0 ? count : 1;
    device->silence.answer_octets = (uint32_t)answer_octets;
}

void collect_state_end_doubt(CollectDevice *device, int64_t now_us)
{
    device->silence.is_doubted = false;
    device->silence.count = device->silence.answer_octets = 0;
    device->silence.probes = 0;
    device->identity.denies = false;
    device->identity.question = COLLECT_ASK_ITSELF;
    device->identity.checked_us = now_us;
}

void collect_state_recheck(CollectDevice *device, int64_t now_us)
{
    const int64_t again_us = device->identity.probed_us + RECHECK_S * BP_SECOND;
    device->identity.recheck_us = now_us > again_us ? now_us : again_us;
}

void collect_state_suspect(CollectDevice *device, int64_t now_us)
{
    device->identity.is_suspect = true;
    collect_state_recheck(device, now_us);
}

void collect_state_misnamed(CollectDevice *device, int64_t now_us)
{
    device->identity.is_misnamed = true;
    collect_state_suspect(device, now_us);
}

/* ---- it is away ---- */

static void plan_probe(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    CollectSilence *silence = &device->silence;
    const int64_t most_us = shared->settings.backoff_max_us;
    silence->backoff_us = silence->backoff_us ? 2 * silence->backoff_us : BACKOFF_FIRST_S * BP_SECOND;
    if (silence->backoff_us > most_us)
        silence->backoff_us = most_us;
    const double jitter = 0.8 + 0.4 * bp_random_unit(&shared->random);
    silence->probe_due_us = now_us + (int64_t)((double)silence->backoff_us * jitter);
}

/* What another device has refused meanwhile is none of its errors. */
static void forgive_refusals(CollectDevice *device)
{
    for (size_t i = 0; i < device->point_count; i++)
        device->points[i].rests_until_us = device->points[i].refusals = 0;
}

/* What waits for the device's word will not get it. */
void collect_state_go_away(CollectShared *shared, CollectDevice *device, CollectState state,
                           const char *reason, int64_t now_us)
{
    const bool was_away = collect_device_is_away(device), is_news = device->state != state;
    const bool all = was_away || device->identity.is_suspect || state == COLLECT_REPLACED;
    collect_rounds_put_all_back(device);
    if (all)
        collect_readings_forget(device);
    if (state == COLLECT_REPLACED && is_news)
        forgive_refusals(device);
    device->identity.is_suspect = device->identity.is_misnamed = false;
    if (is_news || !device->identity.is_extra) {
        collect_rounds_tell_silence(shared, device, all, reason, now_us);
        plan_probe(shared, device, now_us);
    }
    if (is_news)
        set(shared, device, state, reason, now_us);
}

void collect_state_tell_unasked(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    collect_rounds_tell_silence(shared, device, true, device->reason, now_us);
    plan_probe(shared, device, now_us);
}

/* ---- it cannot be asked ---- */

void collect_state_evict(CollectDevice *device)
{
    device->is_evicted = true;
    device->identity.probing = device->silence.is_doubted = false;
    device->identity.recheck_us = INT64_MAX;
}

void collect_state_cut_off(CollectShared *shared, CollectDevice *device, const char *reason, int64_t now_us)
{
    collect_readings_end(shared, device);
    collect_rounds_put_all_back(device);
    device->identity.probing = device->silence.is_doubted = device->identity.denies = false;
    device->identity.is_suspect = device->identity.is_misnamed = false;
    device->identity.question = COLLECT_ASK_ITSELF;
    device->silence.count = device->silence.answer_octets = 0;
    device->silence.probes = 0;
    device->identity.recheck_us = INT64_MAX;
    device->silence.backoff_us = 0;
    set(shared, device, COLLECT_UNKNOWN, reason, now_us);
}

/* Who is there, and with what, may be another matter now: first it is asked that, then all of its points. */
void collect_state_join(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    device->silence.is_doubted = true;
    device->silence.backoff_us = 0;
    set(shared, device, COLLECT_UNKNOWN, "", now_us);
    collect_rounds_hurry(device, now_us);
    collect_cov_plan_anew(shared, device, now_us);
}
