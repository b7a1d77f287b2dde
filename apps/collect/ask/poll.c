#include "apps/collect/ask/cov.h"
#include "apps/collect/ask/identity.h"

#include "base/time.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BUCKETS = 4096,        /* of addresses, and of instances; a power of two */
    ASSEMBLIES = 4,        /* segmented answers come with object lists, and few scans run at once */
    SEGMENT_TIMEOUT_S = 2, /* the usual APDU_Segment_Timeout */
    COV_LIFETIME_S = 600,
    RESTART_AGAIN_S = 10,
    UNNAMED_S = 60,   /* between probes of a device whose answers do not say whose they are */
    RENAME_S = 10,    /* the same before a stranger's new name is believed */
    NO_ROOM_MS = 100, /* until a device tries again that found no transaction free */
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

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        abort();
    return memory;
}

/* ---- seats: who may be asked now ---- */

static CollectSeats *seats_of(CollectPoller *poller, const CollectDevice *device)
{
    return device->seat_is_uncertain ? &poller->uncertain : &poller->steady;
}

static void queue_for_seat(CollectPoller *poller, CollectDevice *device)
{
    device->seat_is_uncertain = collect_device_is_uncertain(device);
    device->seat = COLLECT_WAITING;
    device->next_waiting = NULL;
    CollectSeats *seats = seats_of(poller, device);
    if (seats->last)
        seats->last->next_waiting = device;
    else
        seats->first = device;
    seats->last = device;
}

static CollectDevice *call_next(CollectPoller *poller, CollectSeats *seats)
{
    CollectDevice *device = seats->first;
    if (!device || seats->taken >= poller->settings.devices)
        return NULL;
    seats->first = device->next_waiting;
    if (!seats->first)
        seats->last = NULL;
    seats->taken++;
    device->seat = COLLECT_ACTIVE;
    return device;
}

static void leave_queue(CollectSeats *seats, const CollectDevice *device)
{
    CollectDevice *before = NULL;
    for (CollectDevice *i = seats->first; i != device; i = i->next_waiting)
        before = i;
    if (before)
        before->next_waiting = device->next_waiting;
    else
        seats->first = device->next_waiting;
    if (seats->last == device)
        seats->last = before;
}

static void leave_seat(CollectPoller *poller, CollectDevice *device)
{
    CollectSeats *seats = seats_of(poller, device);
    if (device->seat == COLLECT_ACTIVE)
        seats->taken--;
    else if (device->seat == COLLECT_WAITING)
        leave_queue(seats, device);
    device->seat = COLLECT_IDLE;
}

/* ---- turns ---- */

static int64_t next_wish_us(const CollectDevice *device)
{
    if (!device->enabled)
        return INT64_MAX;
    if (collect_device_is_away(device))
        return device->recheck_us < device->probe_due_us ? device->recheck_us : device->probe_due_us;
    int64_t due_us = INT64_MAX;
    for (size_t i = 0; i < device->round_count; i++)
        if (device->rounds[i].due_us < due_us)
            due_us = device->rounds[i].due_us;
    return due_us;
}

static int64_t wake_us(const CollectDevice *device)
{
    if (device->probing || device->seat == COLLECT_WAITING)
        return INT64_MAX;
    if (device->is_cut_off)
        return device->enabled ? device->probe_due_us : INT64_MAX;
    if (device->is_held && collect_device_is_away(device))
        return device->held_until_us; /* the probe is due, and waits for the trunk */
    if (device->peer.outstanding > 0 && collect_device_is_away(device))
        return INT64_MAX; /* the probe goes out when that has come to its end */
    int64_t wish_us = next_wish_us(device);
    /* A subscription or a recheck that is due and cannot be sent goes out with the next turn, whatever brings
     * that about. */
    const bool may_send =
        device->peer.outstanding == 0 && !device->is_held && device->held_until_us == INT64_MAX;
    if (may_send && device->enabled && device->cov_due_us < wish_us && !collect_device_is_away(device))
        wish_us = device->cov_due_us;
    if (may_send && device->enabled && device->recheck_us < wish_us && !device->is_evicted)
        wish_us = device->recheck_us;
    return wish_us < device->held_until_us ? wish_us : device->held_until_us;
}

/* Sends what the window and the trunk let through. */
static void take_turn(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    const uint16_t window =
        collect_device_is_uncertain(device) ? 1 : collect_pace_window(&device->pace, poller->settings.window);
    CollectAsked asked = COLLECT_ASKED;
    device->held_until_us = INT64_MAX;
    while (device->peer.outstanding < window && asked == COLLECT_ASKED)
        asked = collect_ask_next(poller, device, now_us);
    if (asked == COLLECT_NO_ROOM)
        device->held_until_us = now_us + NO_ROOM_MS * BP_MS;
    if (device->peer.outstanding == 0)
        leave_seat(poller, device);
    collect_wake_set(&poller->wake, device, wake_us(device));
}

static void serve(CollectPoller *poller, int64_t now_us)
{
    CollectDevice *device;
    while ((device = call_next(poller, &poller->steady)) || (device = call_next(poller, &poller->uncertain)))
        take_turn(poller, device, now_us);
}

static void pass_on(CollectPoller *poller, CollectTrunk *trunk, int64_t now_us);

/* After anything happened to the device: it goes on, or asks for a seat, of the kind that it now needs. */
static void look_at(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    if (device->seat != COLLECT_IDLE && device->seat_is_uncertain != collect_device_is_uncertain(device))
        leave_seat(poller, device);
    if (device->seat == COLLECT_ACTIVE)
        take_turn(poller, device, now_us);
    else if (device->seat == COLLECT_IDLE && collect_ask_has_more(device, now_us))
        queue_for_seat(poller, device);
    if (device->seat != COLLECT_ACTIVE)
        collect_wake_set(&poller->wake, device, wake_us(device));
    if (device->is_held && !collect_ask_has_more(device, now_us)) {
        collect_trunk_let_go(device); /* and with it those that let it go before them */
        pass_on(poller, device->trunk, now_us);
    }
}

static void pass_on_to(CollectPoller *poller, CollectTrunk *trunk, bool uncertain, int64_t now_us)
{
    CollectDevice *device;
    do
        device = collect_trunk_pick(trunk, &poller->settings.trunk, uncertain);
    while (device && !collect_ask_has_more(device, now_us));
    if (device)
        look_at(poller, device, now_us);
}

/* There may be room on the trunk: whoever waits for it goes on, one of those that answer and one of the
 * others. */
static void pass_on(CollectPoller *poller, CollectTrunk *trunk, int64_t now_us)
{
    if (!trunk || trunk->held == 0)
        return;
    pass_on_to(poller, trunk, false, now_us);
    pass_on_to(poller, trunk, true, now_us);
}

/* ---- rounds begin ---- */

static void begin_round(const CollectDevice *device, CollectRound *round, int64_t now_us)
{
    round->began_us = round->due_us;
    round->head = round->count;
    round->waiting = 0;
    round->careful_count = 0;
    round->was_sent = false;
    for (uint32_t i = round->count; i-- > 0;)
        if (now_us >= device->points[round->first + i].rests_until_us &&
            !collect_subscribe_holds(&device->points[round->first + i], now_us))
            round->queue[--round->head] = round->first + i;
    round->running = round->head < round->count;
}

static void begin_due_rounds(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    collect_limits_relax(&device->limits, device->peer.max_apdu, now_us);
    if (device->state == COLLECT_ONLINE && device->instance != BAC_INSTANCE_WILDCARD &&
        !collect_ask_is_named(device) && now_us - device->probed_us >= UNNAMED_S * BP_SECOND)
        collect_ask_recheck(device, now_us);
    for (size_t i = 0; i < device->round_count; i++) {
        CollectRound *round = &device->rounds[i];
        if (round->due_us > now_us)
            continue;
        if (round->running)
            poller->counts.rounds_skipped++;
        else
            begin_round(device, round, now_us);
        const int64_t next_us = collect_plan_next_us(&device->peer.address, round->interval_us, now_us);
        poller->counts.rounds_skipped += (uint64_t)((next_us - round->due_us - 1) / round->interval_us);
        round->due_us = next_us;
    }
}

/* ---- driving ---- */

static CollectDevice *settle_identity(CollectPoller *poller, CollectDevice *device, int64_t now_us);

static void take_answer(CollectPoller *poller, const BacAnswer *answer, int64_t now_us)
{
    CollectDevice *device = settle_identity(poller, collect_ask_take(poller, answer, now_us), now_us);
    look_at(poller, device, now_us);
    pass_on(poller, device->trunk, now_us);
}

bool collect_poll_receive(CollectPoller *poller, const BacDatagram *datagram, int64_t now_us)
{
    BacAnswer answer;
    if (collect_subscribe_take(poller, datagram, now_us))
        return true;
    if (!bac_client_receive(&poller->client, datagram, now_us, &answer))
        return false;
    take_answer(poller, &answer, now_us);
    serve(poller, now_us);
    return true;
}

void collect_poll_advance(CollectPoller *poller, int64_t now_us)
{
    BacAnswer answer;
    while (bac_client_expire(&poller->client, now_us, &answer))
        take_answer(poller, &answer, now_us);
    CollectDevice *device;
    while ((device = collect_wake_first(&poller->wake)) && device->due_us <= now_us) {
        const bool is_asked = !device->is_evicted && !device->is_cut_off;
        if (device->enabled && !is_asked && now_us >= device->probe_due_us)
            collect_ask_tell_unasked(poller, device, now_us);
        if (device->enabled && is_asked && !collect_device_is_away(device))
            begin_due_rounds(poller, device, now_us);
        collect_wake_set(&poller->wake, device, INT64_MAX);
        look_at(poller, device, now_us);
    }
    serve(poller, now_us);
}

int64_t collect_poll_next_due_us(const CollectPoller *poller)
{
    const CollectDevice *device = collect_wake_first(&poller->wake);
    const int64_t client_us = bac_client_next_due_us(&poller->client);
    return device && device->due_us < client_us ? device->due_us : client_us;
}

/* ---- devices ---- */

/* NULL: no device was ever behind it. */
static CollectTrunk *find_trunk(const CollectPoller *poller, const BacAddress *address)
{
    BacAddress key = *address;
    key.remote = (BacStation){.network = address->remote.network};
    CollectTrunk *trunk = poller->trunks;
    while (trunk && !bac_address_equal(&trunk->address, &key))
        trunk = trunk->next;
    return trunk;
}

static CollectTrunk *find_or_make_trunk(CollectPoller *poller, const BacAddress *address)
{
    CollectTrunk *trunk = find_trunk(poller, address);
    if (trunk)
        return trunk;
    trunk = allocate(1, sizeof *trunk);
    trunk->address = *address;
    trunk->address.remote = (BacStation){.network = address->remote.network};
    trunk->next = poller->trunks;
    poller->trunks = trunk;
    return trunk;
}

static void join_trunk(CollectPoller *poller, CollectDevice *device)
{
    if (!device->peer.address.remote.network)
        return;
    device->trunk = find_or_make_trunk(poller, &device->peer.address);
    device->next_on_trunk = device->trunk->members;
    device->trunk->members = device;
}

/* The last one takes the trunk with it: anybody may speak of any network. True: there are others. */
static bool leave_trunk(CollectPoller *poller, CollectDevice *device)
{
    CollectTrunk *trunk = device->trunk;
    if (!trunk)
        return false;
    collect_trunk_let_go(device);
    CollectDevice **link = &trunk->members;
    while (*link != device)
        link = &(*link)->next_on_trunk;
    *link = device->next_on_trunk;
    if (trunk->members)
        return true;
    CollectTrunk **trunk_link = &poller->trunks;
    while (*trunk_link != trunk)
        trunk_link = &(*trunk_link)->next;
    *trunk_link = trunk->next;
    free(trunk);
    return false;
}

static void link_first(CollectDevice **first, CollectDevice *device)
{
    device->next = *first;
    device->link = first;
    if (device->next)
        device->next->link = &device->next;
    *first = device;
}

static void unlink_device(CollectDevice *device)
{
    *device->link = device->next;
    if (device->next)
        device->next->link = device->link;
}

static void link_namesake(const CollectPoller *poller, CollectDevice *device)
{
    CollectDevice **first = &poller->instances[device->instance % BUCKETS];
    device->next_namesake = *first;
    device->namesake_link = first;
    if (device->next_namesake)
        device->next_namesake->namesake_link = &device->next_namesake;
    *first = device;
}

static void unlink_namesake(CollectDevice *device)
{
    *device->namesake_link = device->next_namesake;
    if (device->next_namesake)
        device->next_namesake->namesake_link = device->namesake_link;
}

static CollectDevice *new_device(const BacAddress *address, uint32_t instance, uint32_t max_apdu,
                                 bool read_multiple)
{
    CollectDevice *device = allocate(1, sizeof *device);
    device->instance = instance;
    device->enabled = true;
    device->limits = collect_limits(max_apdu, read_multiple);
    device->peer.address = *address;
    device->peer.max_apdu = device->limits.request_octets;
    device->reason = "";
    device->answered_us = INT64_MIN;
    device->restarted_us = INT64_MIN;
    device->heap_index = COLLECT_NOT_WOKEN;
    device->scanned_us = INT64_MIN;
    device->due_us = INT64_MAX;
    device->held_until_us = INT64_MAX;
    device->cov_due_us = INT64_MAX;
    device->found = device->claim.instance = BAC_INSTANCE_WILDCARD;
    device->recheck_us = INT64_MAX;
    device->checked_us = device->renewed_us = INT64_MIN;
    return device;
}

static void link_device(CollectPoller *poller, CollectDevice *device)
{
    link_first(&poller->devices, device);
    link_namesake(poller, device);
    poller->device_count++;
}

BpStatus collect_poll_add(CollectPoller *poller, const BacAddress *address, uint32_t instance,
                          uint32_t max_apdu, bool read_multiple, CollectDevice **ret_device, BpError *err)
{
    CollectDevice *device = new_device(address, instance, max_apdu, read_multiple);
    const BpStatus status = bac_client_add(&poller->client, &device->peer, err);
    if (status != BP_OK) {
        free(device);
        return status;
    }
    join_trunk(poller, device);
    link_device(poller, device);
    if (poller->is_cut_off) {
        device->is_cut_off = true;
        device->reason = COLLECT_NO_NETWORK;
    }
    *ret_device = device;
    return BP_OK;
}

CollectDevice *collect_poll_add_evicted(CollectPoller *poller, const BacAddress *address, uint32_t instance)
{
    CollectDevice *device = new_device(address, instance, BAC_APDU_MIN, true);
    device->is_evicted = true;
    device->state = COLLECT_REPLACED;
    device->reason = "replaced";
    device->is_cut_off = poller->is_cut_off;
    link_device(poller, device);
    return device;
}

static void free_device(CollectDevice *device)
{
    collect_plan_forget_rounds(device);
    collect_scan_free(device->scan);
    bp_arena_done(&device->reasons);
    free(device->points);
    free(device->readings);
    free(device);
}

/* Nothing is under way to the address any more, and nothing goes there for this device. The trunk that it
 * leaves to others, or NULL. */
static CollectTrunk *leave_address(CollectPoller *poller, CollectDevice *device)
{
    CollectTrunk *trunk = device->trunk;
    if (device->is_evicted)
        return NULL;
    bac_client_remove(&poller->client, &device->peer);
    collect_ask_forget(poller, device);
    if (!leave_trunk(poller, device))
        trunk = NULL;
    device->trunk = NULL;
    leave_seat(poller, device);
    return trunk;
}

static CollectTrunk *take_out(CollectPoller *poller, CollectDevice *device)
{
    collect_ask_end(poller, device);
    CollectTrunk *trunk = leave_address(poller, device);
    collect_wake_set(&poller->wake, device, INT64_MAX);
    unlink_namesake(device);
    unlink_device(device);
    poller->device_count--;
    free_device(device);
    return trunk;
}

void collect_poll_remove(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    CollectTrunk *trunk = take_out(poller, device);
    pass_on(poller, trunk, now_us);
    serve(poller, now_us);
}

CollectDevice *collect_poll_find(const CollectPoller *poller, const BacAddress *address)
{
    BacPeer *peer = bac_client_find(&poller->client, address);
    return peer ? (CollectDevice *)((char *)peer - offsetof(CollectDevice, peer)) : NULL;
}

CollectDevice *collect_poll_find_instance(const CollectPoller *poller, uint32_t instance,
                                          const CollectDevice *than)
{
    CollectDevice *device = poller->instances[instance % BUCKETS];
    while (device && (device == than || device->instance != instance))
        device = device->next_namesake;
    return device;
}

void collect_poll_set_instance(CollectPoller *poller, CollectDevice *device, uint32_t instance)
{
    unlink_namesake(device);
    device->instance = instance;
    link_namesake(poller, device);
}

size_t collect_poll_count(const CollectPoller *poller)
{
    return poller->device_count;
}

CollectDevice *collect_poll_devices(const CollectPoller *poller)
{
    return poller->devices;
}

static int compare_ids(const void *left, const void *right)
{
    const CollectPoint *a = left, *b = right;
    return (a->point_id > b->point_id) - (a->point_id < b->point_id);
}

/* What was learned of a point holds for as long as it is the same property of the same object. */
static void keep_learned(CollectPoint *point, const CollectPoint *old, size_t old_count)
{
    const CollectPoint *same = old_count ? bsearch(point, old, old_count, sizeof *old, compare_ids) : NULL;
    if (!same || !bac_object_equal(same->object, point->object) || same->property != point->property)
        return;
    const CollectPoint given = *point;
    *point = *same;
    point->interval_us = given.interval_us;
    point->cov = given.cov;
    point->cov_increment = given.cov_increment;
    point->state_count = given.state_count;
}

/* Both sorted by point_id: what was given is compared with what is there. */
bool collect_points_differ(const CollectDevice *device, const CollectPoint *points, size_t count)
{
    if (count != device->point_count)
        return true;
    CollectPoint *sorted = allocate(count, sizeof *sorted), *given = allocate(count, sizeof *given);
    bool differ = false;
    if (count) {
        memcpy(sorted, device->points, count * sizeof *sorted);
        memcpy(given, points, count * sizeof *given);
        qsort(sorted, count, sizeof *sorted, compare_ids);
        qsort(given, count, sizeof *given, compare_ids);
    }
    for (size_t i = 0; i < count && !differ; i++)
        differ = sorted[i].point_id != given[i].point_id || sorted[i].interval_us != given[i].interval_us ||
                 sorted[i].property != given[i].property || sorted[i].state_count != given[i].state_count ||
                 sorted[i].cov != given[i].cov || !bac_object_equal(sorted[i].object, given[i].object);
    free(sorted);
    free(given);
    return differ;
}

void collect_poll_set_points(CollectPoller *poller, CollectDevice *device, const CollectPoint *points,
                             size_t count, int64_t now_us)
{
    collect_ask_end(poller, device);
    CollectPoint *old = device->points;
    const size_t old_count = device->point_count;
    if (old_count > 0)
        qsort(old, old_count, sizeof *old, compare_ids);
    device->points = allocate(count, sizeof *points);
    device->point_count = count;
    for (size_t i = 0; i < count; i++) {
        device->points[i] = points[i];
        keep_learned(&device->points[i], old, old_count);
    }
    free(old);
    free(device->readings);
    device->readings = allocate(count, sizeof *device->readings);
    device->generation++;
    collect_plan_rounds(device, now_us);
    collect_subscribe_plan(poller, device, now_us);
    look_at(poller, device, now_us);
    serve(poller, now_us);
}

void collect_poll_enable(CollectPoller *poller, CollectDevice *device, bool enabled, int64_t now_us)
{
    device->enabled = enabled;
    look_at(poller, device, now_us);
    serve(poller, now_us);
}

void collect_poll_probe(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    device->doubted = true;
    look_at(poller, device, now_us);
    serve(poller, now_us);
}

void collect_poll_scan(CollectPoller *poller, CollectDevice *device, CollectScan *scan, int64_t now_us)
{
    assert(!device->scan && !device->scan_waits);
    device->scan = scan;
    look_at(poller, device, now_us);
    serve(poller, now_us);
}

void collect_poll_restarted(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    if (device->restarted_us != INT64_MIN && now_us - device->restarted_us < RESTART_AGAIN_S * BP_SECOND)
        return;
    device->restarted_us = now_us;
    collect_subscribe_forget(poller, device, now_us);
    look_at(poller, device, now_us);
    serve(poller, now_us);
}

void collect_poll_pause(CollectPoller *poller, const BacAddress *network, int64_t until_us, int64_t now_us)
{
    CollectTrunk *trunk = find_trunk(poller, network);
    if (!trunk)
        return; /* anybody may say that anything is busy */
    trunk->free_at_us = until_us;
    pass_on(poller, trunk, now_us);
    serve(poller, now_us);
}

/* ---- our own network ---- */

/* What is under way is forgotten, which is none of the device's doing. */
static void cut_off(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    if (device->is_evicted)
        return;
    (void)leave_address(poller, device);
    if (bac_client_add(&poller->client, &device->peer, NULL) != BP_OK)
        abort(); /* the address is free now */
    join_trunk(poller, device);
    collect_ask_cut_off(poller, device, now_us);
    collect_wake_set(&poller->wake, device, wake_us(device));
}

void collect_poll_leave(CollectPoller *poller, int64_t now_us)
{
    if (poller->is_cut_off)
        return;
    poller->is_cut_off = true;
    for (CollectDevice *device = poller->devices; device; device = device->next)
        device->is_cut_off = true;
    for (CollectDevice *device = poller->devices; device; device = device->next)
        cut_off(poller, device, now_us);
}

void collect_poll_join(CollectPoller *poller, int64_t now_us)
{
    const bool was_cut_off = poller->is_cut_off;
    poller->is_cut_off = false;
    for (CollectDevice *device = poller->devices; device; device = device->next) {
        device->is_cut_off = false;
        if (was_cut_off && !device->is_evicted)
            collect_ask_join(poller, device, now_us);
        else if (!device->is_evicted && collect_device_is_away(device))
            device->probe_due_us = now_us;
    }
    for (CollectDevice *device = poller->devices; device; device = device->next)
        look_at(poller, device, now_us);
    serve(poller, now_us);
}

/* ---- who is where ---- */

void collect_poll_doubt(CollectPoller *poller, CollectDevice *device, const CollectClaim *claim,
                        int64_t now_us)
{
    if (!device->enabled || device->is_evicted)
        return;
    if (claim) {
        device->claim = *claim;
        if (claim->instance != device->instance && !collect_device_is_away(device))
            device->is_suspect = true;
    }
    collect_ask_recheck(device, now_us);
    look_at(poller, device, now_us);
    serve(poller, now_us);
}

/* It loses its address, and what was asked of it there. */
static void evict(CollectPoller *poller, CollectDevice *device)
{
    CollectScan *scan = device->scan;
    (void)leave_address(poller, device); /* the one who follows is on the same trunk */
    device->is_evicted = true;
    device->probing = device->doubted = device->scan_waits = false;
    device->recheck_us = device->held_until_us = INT64_MAX;
    device->scan = NULL;
    if (!scan)
        return;
    collect_scan_fail(scan, "another device answers at its address");
    poller->hooks.on_scanned(poller->hooks.owner, device, scan);
}

/* Somebody else answers at the address of a device. */
static CollectDevice *replace(CollectPoller *poller, CollectDevice *gone, int64_t now_us)
{
    const bool was_claimed = gone->claim.instance == gone->found;
    const uint32_t max_apdu = was_claimed ? gone->claim.max_apdu : gone->limits.request_octets;
    CollectDevice *device;
    evict(poller, gone);
    if (collect_poll_add(poller, &gone->peer.address, gone->found, max_apdu, true, &device, NULL) != BP_OK)
        abort(); /* the address is free now */
    gone->found = BAC_INSTANCE_WILDCARD;
    device->doubted = true; /* let it say so itself */
    device->said_apdu = (uint16_t)(max_apdu < UINT16_MAX ? max_apdu : UINT16_MAX);
    device->said_segmentation = was_claimed ? gone->claim.segmentation : BAC_NO_SEGMENTATION;
    poller->hooks.on_found(poller->hooks.owner, device, gone);
    look_at(poller, gone, now_us);
    return device;
}

/* Those in the database that have the name of one that is not: are they still where they were? */
static void ask_namesakes(CollectPoller *poller, const CollectDevice *device, int64_t now_us)
{
    for (CollectDevice *other = poller->instances[device->instance % BUCKETS]; other;
         other = other->next_namesake)
        if (other != device && other->instance == device->instance && other->device_id)
            collect_poll_doubt(poller, other, NULL, now_us);
}

CollectNamesake collect_poll_namesake(const CollectPoller *poller, const CollectDevice *device,
                                      const CollectDevice **ret_namesake)
{
    const CollectDevice *only = NULL;
    for (const CollectDevice *other = poller->instances[device->instance % BUCKETS]; other;
         other = other->next_namesake) {
        if (other == device || other->instance != device->instance || !other->device_id)
            continue;
        *ret_namesake = other;
        if (only || !other->enabled)
            return COLLECT_NAMESAKE_THERE;
        only = other;
    }
    if (!only)
        return COLLECT_NO_NAMESAKE;
    if (!only->is_evicted && only->checked_us < device->checked_us)
        return COLLECT_NAMESAKE_ASKED;
    return collect_device_is_away(only) ? COLLECT_NAMESAKE_GONE : COLLECT_NAMESAKE_THERE;
}

void collect_poll_readmit(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    if (!device->is_evicted || bac_client_add(&poller->client, &device->peer, NULL) != BP_OK)
        return;
    device->is_evicted = false;
    join_trunk(poller, device);
    look_at(poller, device, now_us);
    serve(poller, now_us);
}

/* What a probe has brought to light. The device that is at the address now, or NULL for one that is
 * forgotten.
 */
static CollectDevice *settle_identity(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    const bool is_stranger = device->device_id == 0;
    if (device->found != BAC_INSTANCE_WILDCARD && !is_stranger)
        return replace(poller, device, now_us);
    if (is_stranger && device->found != BAC_INSTANCE_WILDCARD &&
        (device->renamed_us == 0 || now_us - device->renamed_us > RENAME_S * BP_SECOND)) {
        collect_poll_set_instance(poller, device, device->found);
        device->renamed_us = now_us;
        device->state = COLLECT_UNKNOWN;
        device->doubted = true;
    }
    device->found = BAC_INSTANCE_WILDCARD;
    if (is_stranger && device->checked_us == now_us && device->state == COLLECT_ONLINE)
        ask_namesakes(poller, device, now_us);
    return device;
}

/* ---- making one ---- */

CollectPoller *collect_poll_new(const CollectPollHooks *hooks, const CollectPollSettings *settings,
                                uint64_t seed)
{
    CollectPoller *poller = allocate(1, sizeof *poller);
    poller->hooks = *hooks;
    poller->settings = *settings;
    poller->transactions = allocate(COLLECT_TRANSACTIONS_MAX, sizeof *poller->transactions);
    poller->dues = allocate(COLLECT_TRANSACTIONS_MAX, sizeof *poller->dues);
    poller->buckets = allocate(BUCKETS, sizeof(BacPeer *));
    poller->instances = allocate(BUCKETS, sizeof(CollectDevice *));
    poller->assemblies = allocate(ASSEMBLIES, sizeof *poller->assemblies);
    poller->batches = allocate(COLLECT_TRANSACTIONS_MAX, sizeof *poller->batches);
    poller->random = bp_random(seed);
    poller->process =
        settings->cov_process ? settings->cov_process : (uint32_t)bp_random_u64(&poller->random);
    poller->process &= 0x3FFFFF; /* 22 bits: some devices take no more */
    if (poller->settings.cov_lifetime_s == 0)
        poller->settings.cov_lifetime_s = COV_LIFETIME_S;
    const BacClientOptions options = {.owner = hooks->owner,
                                      .send = hooks->send,
                                      .transactions = poller->transactions,
                                      .heap = poller->dues,
                                      .transaction_count = COLLECT_TRANSACTIONS_MAX,
                                      .buckets = poller->buckets,
                                      .bucket_count = BUCKETS,
                                      .assemblies = poller->assemblies,
                                      .assembly_count = ASSEMBLIES,
                                      .segment_timeout_us = SEGMENT_TIMEOUT_S * BP_SECOND,
                                      .rest_us = settings->rest_us,
                                      .seed = bp_random_u64(&poller->random)};
    bac_client_init(&poller->client, &options);
    return poller;
}

void collect_poll_free(CollectPoller *poller)
{
    if (!poller)
        return;
    while (poller->devices)
        (void)take_out(poller, poller->devices);
    collect_wake_done(&poller->wake);
    free(poller->transactions);
    free(poller->dues);
    free(poller->buckets);
    free(poller->instances);
    free(poller->assemblies);
    free(poller->batches);
    free(poller);
}

void collect_poll_set(CollectPoller *poller, const CollectPollSettings *settings)
{
    poller->settings = *settings;
    if (poller->settings.cov_lifetime_s == 0)
        poller->settings.cov_lifetime_s = COV_LIFETIME_S;
}

void collect_poll_set_wall(CollectPoller *poller, int64_t now_us, int64_t wall_us)
{
    poller->wall_offset_us = wall_us - now_us;
}

/* ---- figures ---- */

const CollectPollCounts *collect_poll_counts(const CollectPoller *poller)
{
    return &poller->counts;
}

const BacClientCounts *collect_poll_client_counts(const CollectPoller *poller)
{
    return &poller->client.counts;
}

void collect_poll_take_extremes(CollectPoller *poller)
{
    poller->counts.lateness_max_us = 0;
    poller->counts.round_max_us = 0;
}
