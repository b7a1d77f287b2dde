#include "apps/collect/site/states.h"
#include "apps/collect/site/learned_json.h"
#include "base/invariant.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>

enum { QUICK_MS = 20 }; /* a round trip of less */

struct CollectStates {
    Pg *pg;
    const CollectPoller *poller;
    const char *site;
    size_t under_way;  /* being told; the others wait for their turn */
    int32_t told_last; /* the device_id */
};

static void tell_next(CollectStates *states);

static void on_state_told(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    CollectStates *states = context;
    (void)status; /* lost with the connection: all are told again when it is back */
    (void)rows;
    (void)err;
    if (--states->under_way == 0)
        tell_next(states);
}

static void tell_one(CollectStates *states, CollectDevice *device)
{
    device->has_news = false;
    device->stored_multiple = device->limits.read_multiple;
    device->stored_octets = device->limits.answer_octets;
    device->stored_more = device->pace.more;
    device->stored_trip_us = device->pace.trip_us;
    char *learned = collect_learned_json(device);
    const PgValue values[] = {
        pg_text(bp_str(states->site)),
        pg_integer(device->device_id),
        pg_text(bp_str(collect_state_name(device->state))),
        pg_time(device->since_us ? device->since_us : bp_wall_us()),
        device->answered_at_us ? pg_time(device->answered_at_us) : pg_null(),
        pg_text(bp_str(device->reason)),
        pg_text(bp_str(learned)),
    };
    pg_request(states->pg, SQL_UPSERT_DEVICE_STATUS, values, 7, on_state_told, states);
    free(learned); /* the request has it now */
    states->under_way++;
    states->told_last = device->device_id;
}

/* Devices with news from this one on, until the next one that is `end`. */
static void tell_some(CollectStates *states, CollectDevice *device, const CollectDevice *end)
{
    for (; device != end && states->under_way < COLLECT_STATES_AT_ONCE; device = device->next)
        if (device->has_news)
            tell_one(states, device);
}

/* The next ones in turn: from behind the last one that was told, and around. A database that answers slowly,
 * or not at all while a table is locked, is told fewer states and not more of them later. */
static void tell_next(CollectStates *states)
{
    if (states->under_way || !pg_is_connected(states->pg))
        return;
    CollectDevice *first = collect_poll_devices(states->poller), *last = first;
    while (last && last->device_id != states->told_last)
        last = last->next;
    CollectDevice *next = last ? last->next : NULL;
    tell_some(states, next, NULL);
    tell_some(states, first, next);
}

void collect_states_tell(CollectStates *states, CollectDevice *device)
{
    if (device->device_id == 0 || !pg_is_connected(states->pg))
        return;
    device->has_news = true;
    tell_next(states);
    BP_INVARIANT(collect_states_check(states));
}

void collect_states_tell_all(CollectStates *states)
{
    for (CollectDevice *device = collect_poll_devices(states->poller); device; device = device->next)
        collect_states_tell(states, device);
}

/* Answers take now longer, now shorter: the double or half is news, and nothing that is quick either way. */
static bool is_trip_stored(const CollectDevice *device)
{
    const int64_t stored_us = device->stored_trip_us, trip_us = device->pace.trip_us;
    if (stored_us < QUICK_MS * BP_MS && trip_us < QUICK_MS * BP_MS)
        return stored_us > 0 || trip_us == 0;
    return trip_us <= 2 * stored_us && stored_us <= 2 * trip_us;
}

static bool is_learned_stored(const CollectDevice *device)
{
    return device->stored_multiple == device->limits.read_multiple &&
           device->stored_octets == device->limits.answer_octets &&
           device->stored_more == device->pace.more && is_trip_stored(device);
}

void collect_states_tell_learned(CollectStates *states)
{
    for (CollectDevice *device = collect_poll_devices(states->poller); device; device = device->next)
        if (!is_learned_stored(device))
            collect_states_tell(states, device);
}

size_t collect_states_under_way(const CollectStates *states)
{
    return states->under_way;
}

void collect_states_check(const CollectStates *states)
{
    assert(states->under_way <= COLLECT_STATES_AT_ONCE);
    if (states->under_way > 0 || !pg_is_connected(states->pg))
        return;
    for (const CollectDevice *device = collect_poll_devices(states->poller); device; device = device->next)
        assert(!device->has_news);
}

CollectStates *collect_states_new(Pg *pg, const CollectPoller *poller, const char *site)
{
    CollectStates *states = calloc(1, sizeof *states);
    if (!states)
        abort();
    *states = (CollectStates){.pg = pg, .poller = poller, .site = site};
    return states;
}

void collect_states_free(CollectStates *states)
{
    free(states);
}
