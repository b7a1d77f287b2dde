/* Somebody asks to look for devices now: everybody is asked as is done now and then, and who answers is
 * noted, until nobody is awaited any more. */
#include "apps/collect/network/parts.h"
#include "base/time.h"

/* Answers from behind slow routers come late; who has answered by then is still asked and read out. */
static const int64_t LISTEN_TIMEOUTS = 3, LISTEN_LEAST_US = 3 * BP_SECOND;
/* Whoever says again and again that others are there holds no search up. */
static const int64_t NEWCOMERS_US = BP_MINUTE;

/* Of the way that is told: listening, and then reading out. */
static const double LISTENING = 0.3;

/* ---- who is noted ---- */

static bool is_wanted(const CollectSearchAsked *sought, uint32_t instance)
{
    return !sought->wish.has_range || (instance >= sought->wish.low && instance <= sought->wish.high);
}

bool collect_is_sought(const CollectNetwork *network, uint32_t instance)
{
    const CollectSearchAsked *sought = &network->sought;
    return sought->is_on && !sought->wish.device_id &&
           loop_now_us(network->loop) < sought->listens_until_us && is_wanted(sought, instance);
}

void collect_note_sought(const CollectNetwork *network, CollectDevice *device)
{
    const CollectSearchAsked *sought = &network->sought;
    if (sought->is_on && !sought->wish.device_id && device->sought.search != sought->number &&
        is_wanted(sought, device->instance))
        device->sought = (CollectSought){.search = sought->number, .was_new = device->device_id == 0};
}

void collect_sought_read(CollectDevice *device, bool is_whole)
{
    device->sought.is_read = is_whole;
    device->sought.has_failed = !is_whole;
}

void collect_sought_stored(CollectDevice *device, bool is_stored)
{
    device->sought.is_read = false;
    device->sought.is_stored = is_stored;
    device->sought.has_failed = !is_stored;
}

/* ---- how far it is ---- */

static bool is_awaited(const CollectDevice *device)
{
    const bool is_to_be_read = device->wants_scan && device->scan_failures == 0 && device->enabled &&
                               !device->is_cut_off && device->state == COLLECT_ONLINE;
    return is_to_be_read || collect_device_is_read_out(device) || device->sought.is_read;
}

bool collect_network_was_found(const CollectNetwork *network, const CollectDevice *device)
{
    return network->sought.number > 0 && device->sought.search == network->sought.number;
}

/* A stranger whose points are known has moved. */
bool collect_device_is_added(const CollectDevice *device)
{
    return device->sought.was_new &&
           (!device->sought.is_stored || device->stored.points == 0 || device->stored.added > 0);
}

bool collect_device_is_changed(const CollectDevice *device)
{
    const CollectStored *stored = &device->stored;
    return device->sought.is_stored && !collect_device_is_added(device) &&
           (device->sought.was_new || stored->added + stored->changed + stored->gone > 0);
}

static void count(CollectSearchState *state, const CollectDevice *device)
{
    state->answered++;
    state->added += collect_device_is_added(device);
    state->changed += collect_device_is_changed(device);
    state->failed += device->sought.has_failed;
    if (!device->sought.is_stored)
        return;
    state->read_out++;
    state->points += device->stored.points;
    state->points_added += device->stored.added;
    state->points_changed += device->stored.changed;
    state->points_gone += device->stored.gone;
}

static bool has_newcomers(const CollectNetwork *network, int64_t now_us)
{
    const CollectSearchAsked *sought = &network->sought;
    return !sought->wish.device_id && now_us < sought->listens_until_us + NEWCOMERS_US &&
           collect_newcomers_asked(network->found.newcomers) +
                   collect_newcomers_waiting(network->found.newcomers) >
               0;
}

/* Of the one that was named: nobody else is waited for. */
static const char *judge_named(CollectSearchState *state)
{
    state->is_over |= state->read_out + state->failed > 0;
    if (!state->is_over || state->read_out > 0)
        return NULL;
    return state->failed > 0 ? "the device could not be read out" : "the device does not answer";
}

CollectSearchState collect_network_search_state(const CollectNetwork *network)
{
    const CollectSearchAsked *sought = &network->sought;
    const int64_t now_us = loop_now_us(network->loop);
    const bool is_listening = now_us < sought->listens_until_us;
    CollectSearchState state = {0};
    size_t awaited = 0;
    for (const CollectDevice *device = collect_poll_devices(network->poller); device; device = device->next)
        if (collect_network_was_found(network, device)) {
            count(&state, device);
            awaited += is_awaited(device);
        }
    const size_t ended = state.read_out + state.failed;
    const double heard = is_listening ? (double)(now_us - sought->began_us) /
                                            (double)(sought->listens_until_us - sought->began_us)
                                      : 1;
    state.progress = LISTENING * heard;
    if (!is_listening && ended + awaited > 0)
        state.progress += (1 - LISTENING) * (double)ended / (double)(ended + awaited);
    if (sought->wish.device_id)
        state.answered = ended;
    state.is_over = !is_listening && awaited == 0 && !has_newcomers(network, now_us);
    if (sought->wish.device_id && awaited == 0)
        state.problem = judge_named(&state);
    return state;
}

/* ---- from its begin to its end ---- */

static CollectDevice *find_device(const CollectNetwork *network, int32_t device_id)
{
    CollectDevice *device = collect_poll_devices(network->poller);
    while (device && device->device_id != device_id)
        device = device->next;
    return device;
}

static BpStatus begin_named(CollectNetwork *network, int32_t device_id, BpError *err)
{
    CollectDevice *device = find_device(network, device_id);
    if (!device)
        return bp_fail(err, BP_UNAVAILABLE, "the collector does not know the device (yet)");
    if (device->is_evicted || device->state == COLLECT_REPLACED)
        return bp_fail(err, BP_UNAVAILABLE, "another device has its address");
    if (!device->enabled)
        return bp_fail(err, BP_UNAVAILABLE, "the device is not asked for anything: it is switched off");
    device->sought = (CollectSought){.search = network->sought.number};
    collect_scan_anew(network, device);
    if (device->state != COLLECT_ONLINE)
        collect_ask_who(network, &device->peer.address); /* where it is back, that is heard at once */
    return BP_OK;
}

BpStatus collect_network_search(CollectNetwork *network, const CollectSearchWish *wish, BpError *err)
{
    CollectSearchAsked *sought = &network->sought;
    const int64_t listen_us = LISTEN_TIMEOUTS * network->cfg->bacnet_timeout;
    sought->is_on = false;
    if (!network->sockets.bip)
        return bp_fail(err, BP_UNAVAILABLE, "the collector is not on the network: %s",
                       network->sockets.no_network);
    if (!network->search.site_is_known)
        return bp_fail(err, BP_UNAVAILABLE, "the collector does not know the site's devices yet");
    sought->number++;
    sought->wish = *wish;
    sought->began_us = loop_now_us(network->loop);
    sought->listens_until_us = sought->began_us + (listen_us > LISTEN_LEAST_US ? listen_us : LISTEN_LEAST_US);
    if (wish->device_id) {
        BP_TRY(begin_named(network, wish->device_id, err));
    } else {
        const BacWhoIs who = {.has_range = true, .low = wish->low, .high = wish->high};
        collect_ask_range(network, wish->has_range ? &who : NULL);
    }
    sought->is_on = true;
    collect_network_poll_soon(network);
    return BP_OK;
}

void collect_network_search_end(CollectNetwork *network)
{
    network->sought.is_on = false;
}
