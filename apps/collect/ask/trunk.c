#include "apps/collect/ask/trunk.h"

#include "base/time.h"

enum {
    CLEAN_ANSWERS = 16,   /* to a full window, before it grows by one */
    WIDEN_AGAIN_S = 3600, /* after a window was too wide */
    DOUBLINGS_MAX = 3,
    AGED_TURNS = 64, /* of others: who has had none for so long goes first, lest a full trunk starve it */
};

/* ---- trunks ---- */

static bool has_room(const CollectTrunk *trunk, const CollectShare *share, bool uncertain)
{
    return uncertain ? trunk->uncertain == 0 : trunk->steady < share->window;
}

/* What a device would be asked next, as a number that is smaller where it is more urgent. */
static int64_t urgency(const CollectDevice *device)
{
    if (device->trunk->turns - device->trunk_turn >= AGED_TURNS)
        return 0;
    for (size_t i = 0; i < device->round_count; i++)
        if (device->rounds[i].running && device->rounds[i].head < device->rounds[i].count)
            return device->rounds[i].interval_us;
    return INT64_MAX; /* a scan, or a probe */
}

static bool goes_before(const CollectDevice *a, const CollectDevice *b)
{
    const int64_t urgency_a = urgency(a), urgency_b = urgency(b);
    return urgency_a != urgency_b ? urgency_a < urgency_b : a->trunk_turn < b->trunk_turn;
}

static CollectDevice *first_held(const CollectTrunk *trunk, bool uncertain)
{
    CollectDevice *first = NULL;
    if (trunk->held == 0)
        return NULL;
    for (CollectDevice *device = trunk->members; device; device = device->next_on_trunk)
        if (device->is_held && collect_device_is_uncertain(device) == uncertain &&
            (!first || goes_before(device, first)))
            first = device;
    return first;
}

static void hold(CollectDevice *device)
{
    if (!device->is_held)
        device->trunk->held++;
    device->is_held = true;
}

void collect_trunk_let_go(CollectDevice *device)
{
    if (device->is_held)
        device->trunk->held--;
    device->is_held = false;
}

bool collect_trunk_may_send(CollectDevice *device, const CollectShare *share, int64_t now_us,
                            int64_t *ret_until_us)
{
    CollectTrunk *trunk = device->trunk;
    *ret_until_us = INT64_MAX;
    if (!trunk)
        return true;
    const bool uncertain = collect_device_is_uncertain(device);
    const CollectDevice *other = first_held(trunk, uncertain);
    if (!has_room(trunk, share, uncertain) || (other && other != device && goes_before(other, device))) {
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
    CollectTrunk *trunk = device->trunk;
    if (!trunk)
        return;
    if (uncertain)
        trunk->uncertain++;
    else
        trunk->steady++;
    device->trunk_turn = ++trunk->turns;
    const int64_t gap_us = share->rate ? BP_SECOND / share->rate : 0;
    trunk->free_at_us = (trunk->free_at_us > now_us - gap_us ? trunk->free_at_us : now_us) + gap_us;
}

void collect_trunk_ended(CollectDevice *device, bool uncertain)
{
    CollectTrunk *trunk = device->trunk;
    if (!trunk)
        return;
    if (uncertain)
        trunk->uncertain--;
    else
        trunk->steady--;
}

CollectDevice *collect_trunk_pick(CollectTrunk *trunk, const CollectShare *share, bool uncertain)
{
    CollectDevice *device = has_room(trunk, share, uncertain) ? first_held(trunk, uncertain) : NULL;
    if (device)
        collect_trunk_let_go(device);
    return device;
}

/* ---- a device's own pace ---- */

void collect_pace_answered(CollectPace *pace, const BacAnswer *answer, int64_t first_sent_us, int64_t now_us)
{
    /* Which of several tries was answered is not known: the first, at worst. */
    const int64_t trip_us = answer->tries > 1 ? now_us - first_sent_us : answer->round_trip_us;
    pace->silences = 0;
    if (pace->trip_us == 0) {
        pace->trip_us = trip_us > 0 ? trip_us : 1;
        pace->variation_us = trip_us / 2;
        return;
    }
    const int64_t apart_us = trip_us > pace->trip_us ? trip_us - pace->trip_us : pace->trip_us - trip_us;
    pace->variation_us += (apart_us - pace->variation_us) / 4;
    pace->trip_us += (trip_us - pace->trip_us) / 8;
    if (pace->trip_us == 0)
        pace->trip_us = 1;
}

void collect_pace_silent(CollectPace *pace)
{
    if (pace->silences < DOUBLINGS_MAX)
        pace->silences++;
}

int64_t collect_pace_timeout_us(const CollectPace *pace, int64_t otherwise)
{
    if (pace->trip_us == 0)
        return otherwise;
    int64_t timeout_us = pace->trip_us + 4 * pace->variation_us;
    if (timeout_us < BP_SECOND)
        timeout_us = BP_SECOND;
    timeout_us <<= pace->silences;
    return timeout_us < 10 * BP_SECOND ? timeout_us : 10 * BP_SECOND;
}

uint16_t collect_pace_window(const CollectPace *pace, uint16_t most)
{
    const uint16_t window = (uint16_t)(pace->more + 1);
    return window < most ? window : most;
}

void collect_pace_widen(CollectPace *pace, uint16_t most, int64_t now_us)
{
    if (collect_pace_window(pace, most) == most || now_us < pace->widen_at_us ||
        ++pace->clean < CLEAN_ANSWERS)
        return;
    pace->clean = 0;
    pace->more++;
}

void collect_pace_narrow(CollectPace *pace, int64_t now_us)
{
    pace->clean = 0;
    if (pace->more == 0)
        return;
    pace->more /= 2;
    pace->widen_at_us = now_us + WIDEN_AGAIN_S * BP_SECOND;
}
