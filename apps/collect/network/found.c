/* Who is there: Who-Is now and then, and devices read out that answer and are new or due. */
#include "apps/collect/collect.h"
#include "base/log.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SCANS_AT_ONCE = 16, SCAN_RETRY_S = 60, SCAN_DOUBLINGS = 6, MISSED_AGAIN_S = 60 };
static const int64_t SCAN_WINDOW_US =
    30 * BP_SECOND; /* after a Who-Is: whoever says that it is there then, answers it */

/* Until those who were asked for have answered. */
static const int64_t SETTLE_US = 3 * BP_SECOND;

/* ---- sending ---- */

/* `who`: of these instances; NULL: everybody. */
static void send_who_is(const Collect *collect, const BacAddress *to, BacBvlcFunction function,
                        const BacWhoIs *who)
{
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacApdu apdu = {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_WHO_IS};
    const BacWhoIs everybody = {0};
    const size_t begin = bac_datagram_begin(&out, function, to, NULL, false, &apdu);
    bac_who_is_encode(&out, who ? who : &everybody);
    bac_datagram_end(&out, begin);
    bip_send(collect->bip, to, bp_buf_text(&out));
}

static void broadcast_who_is(const Collect *collect, const BacWhoIs *who)
{
    BacAddress everywhere = bip_broadcast_address(collect->bip);
    everywhere.remote.network = BAC_NETWORK_BROADCAST; /* routers carry it on to their networks */
    send_who_is(collect, &everywhere, BAC_BVLC_ORIGINAL_BROADCAST, who);
}

void collect_ask_who(const Collect *collect, const BacAddress *whom)
{
    if (collect->bip)
        send_who_is(collect, whom, BAC_BVLC_ORIGINAL_UNICAST, NULL);
}

/* Of setting discovery.targets: addresses with blanks between them. */
static void ask_targets(Collect *collect)
{
    snprintf(collect->targets, sizeof collect->targets, "%s", collect->cfg.discovery_targets);
    BpStr rest = bp_str(collect->cfg.discovery_targets);
    while (rest.size) {
        const BpStr word = bp_str_trim(bp_str_cut(bp_str_trim(rest), ' ', &rest));
        BacAddress address;
        BpError err;
        if (word.size == 0)
            continue;
        if (bac_address_parse(word, &address, &err) == BP_OK)
            collect_ask_who(collect, &address);
        else
            bp_log(BP_LOG_WARNING, "discovery.targets: %s", err.text);
    }
}

void collect_discover(void *owner)
{
    Collect *collect = owner;
    collect->looked_at_us = loop_now_us(collect->loop);
    loop_timer_set(collect->discover_timer, collect->looked_at_us + collect->cfg.discovery_interval);
    if (!collect->bip || !collect->is_loaded || !collect->cfg.discovery_enabled)
        return;
    collect->asked_at_us = loop_now_us(collect->loop);
    broadcast_who_is(collect, NULL);
    ask_targets(collect);
    collect_ask_routers(collect);
}

/* Settings are others now: addresses that were added are asked at once, and everybody where devices are to be
 * looked for again, or the new interval since the last time is over. */
void collect_look_anew(Collect *collect)
{
    const bool looks = collect->cfg.discovery_enabled;
    const bool is_new =
        looks && (!collect->looks || strcmp(collect->targets, collect->cfg.discovery_targets) != 0);
    collect->looks = looks;
    if (!collect->is_loaded)
        return;
    if (is_new)
        collect_discover(collect);
    else
        loop_timer_set(collect->discover_timer, collect->looked_at_us + collect->cfg.discovery_interval);
}

/* ---- answers ---- */

static const char *address_of(const CollectDevice *device, char *text)
{
    return bac_address_format(&device->peer.address, text);
}

/* A stranger may have the name of one that is known. Whether it is that one, at another address now, is known
 * when that one has been asked; until then it waits. */
static bool may_be_scanned(Collect *collect, const CollectDevice *device)
{
    char here[BAC_ADDRESS_TEXT_MAX], there[BAC_ADDRESS_TEXT_MAX];
    const CollectDevice *namesake = NULL;
    if (device->device_id)
        return true;
    switch (collect_poll_namesake(collect->poller, device, &namesake)) {
    case COLLECT_NAMESAKE_ASKED: collect->scan_waits = true; return false;
    case COLLECT_NAMESAKE_THERE:
        if (device->scan_failures == 0)
            bp_log(BP_LOG_WARNING, "instance %u answers at %s and at %s: both are kept, as two devices",
                   device->instance, address_of(device, here), address_of(namesake, there));
        return true;
    default: return true;
    }
}

static void begin_scan(Collect *collect, CollectDevice *device)
{
    if (collect_device_is_read_out(device) || device->is_cut_off || !device->enabled ||
        device->state != COLLECT_ONLINE || collect->scans >= SCANS_AT_ONCE ||
        !may_be_scanned(collect, device))
        return; /* in its turn */
    CollectScan *scan = collect_scan_new(device->instance, device->said_apdu, device->said_segmentation);
    collect_scan_set_most(scan, (size_t)collect->cfg.discovery_max_points);
    device->wants_scan = false;
    collect->scans++;
    collect_poll_scan(collect->poller, device, scan, loop_now_us(collect->loop));
}

/* Those that wait for a place, or were not read whole. Nobody is asked who they are for that. */
void collect_begin_scans(Collect *collect)
{
    const int64_t now_us = loop_now_us(collect->loop);
    collect->scan_waits = false;
    for (CollectDevice *device = collect_poll_devices(collect->poller); device; device = device->next)
        if (device->wants_scan && now_us >= device->scan_retry_us)
            begin_scan(collect, device);
        else if (device->wants_scan && device->scan_failures == 0)
            collect->scan_waits = true;
}

static bool is_scan_due(const Collect *collect, const CollectDevice *device)
{
    if (device->device_id == 0 || device->point_count == 0)
        return true;
    const int64_t now_us = loop_now_us(collect->loop);
    return device->scanned_us == INT64_MIN ||
           now_us - device->scanned_us > collect->cfg.discovery_interval - SCAN_WINDOW_US;
}

static void look_at_scan(Collect *collect, CollectDevice *device)
{
    if (!is_scan_due(collect, device))
        return;
    device->wants_scan = true;
    if (loop_now_us(collect->loop) >= device->scan_retry_us)
        begin_scan(collect, device);
}

/* ---- newcomers: whoever is not known is asked first, and believed when it answers ---- */

static void ask_newcomer(Collect *collect, const CollectNewcomer *newcomer)
{
    static BpLogKind full;
    const int64_t now_us = loop_now_us(collect->loop);
    CollectDevice *device = NULL;
    const bool has_room = collect_poll_count(collect->poller) < (size_t)collect->cfg.discovery_max_devices;
    if (!has_room) {
        collect->devices_left_out++;
        bp_log_some(&full, now_us, BP_LOG_WARNING,
                    "device %u is left out: discovery.max_devices allows for %d, and so many are known",
                    newcomer->instance, (int)collect->cfg.discovery_max_devices);
    }
    if (!has_room || collect_poll_add(collect->poller, &newcomer->address, newcomer->instance,
                                      newcomer->max_apdu, true, &device, NULL) != BP_OK) {
        collect_newcomers_done(collect->newcomers, &newcomer->address, false); /* or known by now */
        return;
    }
    device->is_newcomer = true;
    device->said_apdu = (uint16_t)(newcomer->max_apdu < UINT16_MAX ? newcomer->max_apdu : UINT16_MAX);
    device->said_segmentation = newcomer->segmentation;
    collect_poll_probe(collect->poller, device, now_us);
}

/* Whoever had the address before, and has no other, may be back there. */
static void readmit(Collect *collect, const BacAddress *address)
{
    for (CollectDevice *device = collect_poll_devices(collect->poller); device; device = device->next)
        if (device->is_evicted && !device->row_is_replaced &&
            bac_address_equal(&device->peer.address, address)) {
            collect_poll_readmit(collect->poller, device, loop_now_us(collect->loop));
            return;
        }
}

static void forget_stranger(Collect *collect, CollectDevice *device)
{
    const BacAddress address = device->peer.address;
    const bool took_address = device->took_address;
    collect_forget(collect, device);
    if (took_address)
        readmit(collect, &address);
}

static void forget_silent(Collect *collect)
{
    CollectDevice *next;
    collect->has_silent = false;
    for (CollectDevice *device = collect_poll_devices(collect->poller); device; device = next) {
        next = device->next;
        if (device->device_id == 0 && collect_device_is_away(device))
            forget_stranger(collect, device);
    }
}

/* After anything was answered, or not: those that were there for nothing go, and others get their turns. */
static void settle_newcomers(Collect *collect)
{
    CollectNewcomer newcomer;
    if (collect->has_silent)
        forget_silent(collect);
    while (collect_newcomers_next(collect->newcomers, &newcomer))
        ask_newcomer(collect, &newcomer);
}

/* After anything was answered, or not. */
void collect_settle(Collect *collect)
{
    settle_newcomers(collect);
    if (collect->scan_waits)
        collect_begin_scans(collect);
}

void collect_forget(Collect *collect, CollectDevice *device)
{
    collect->scans -= collect_device_is_read_out(device);
    if (device->is_newcomer)
        collect_newcomers_done(collect->newcomers, &device->peer.address, false);
    collect_poll_remove(collect->poller, device, loop_now_us(collect->loop));
}

static void tell_stranger(Collect *collect, const CollectDevice *device, const char *at)
{
    static BpLogKind found, nobody, several;
    const int64_t now_us = loop_now_us(collect->loop);
    if (device->state == COLLECT_ONLINE)
        bp_log_some(&found, now_us, BP_LOG_INFO, "device %u found at %s", device->instance, at);
    else if (device->state == COLLECT_OFFLINE)
        bp_log_some(&nobody, now_us, BP_LOG_INFO,
                    "it was said that device %u is at %s, but nobody answers there: it is forgotten",
                    device->instance, at);
    else if (device->found == BAC_INSTANCE_WILDCARD)
        bp_log_some(&several, now_us, BP_LOG_WARNING,
                    "it was said that device %u is at %s, which says something else when it is asked: it is "
                    "left alone",
                    device->instance, at);
}

static void tell_replaced(Collect *collect, const CollectDevice *device)
{
    char at[BAC_ADDRESS_TEXT_MAX];
    address_of(device, at);
    if (device->found == BAC_INSTANCE_WILDCARD) {
        bp_log(BP_LOG_WARNING,
               "%s answers that it is not device %u any more, and not who else: its points are bad", at,
               device->instance);
        collect_ask_who(collect, &device->peer.address);
    } else {
        bp_log(BP_LOG_WARNING,
               "device %u answers at %s, where device %u was: the points of %u are bad until it is found",
               device->found, at, device->instance, device->instance);
    }
}

static void tell_state(Collect *collect, const CollectDevice *device, const char *at)
{
    if (device->device_id == 0)
        tell_stranger(collect, device, at);
    else if (device->state == COLLECT_ONLINE)
        bp_log(BP_LOG_INFO, "device %u (%s) is online", device->instance, at);
    else if (device->state == COLLECT_REPLACED)
        tell_replaced(collect, device);
    else if (device->state == COLLECT_UNKNOWN)
        return; /* we left the network, or are back: said once, and not of each device */
    else
        bp_log(BP_LOG_WARNING, "device %u (%s) stopped answering: %s; asking again now and then",
               device->instance, at, device->reason);
}

/* A newcomer that answers is there; one that does not was never more than a word. */
void collect_note_state(void *owner, CollectDevice *device)
{
    Collect *collect = owner;
    char at[BAC_ADDRESS_TEXT_MAX];
    const bool is_online = device->state == COLLECT_ONLINE, was_newcomer = device->is_newcomer;
    const bool is_renamed = device->state == COLLECT_REPLACED && device->found != BAC_INSTANCE_WILDCARD;
    if (was_newcomer && !is_renamed) {
        device->is_newcomer = false;
        collect_newcomers_done(collect->newcomers, &device->peer.address, is_online);
    }
    collect->has_silent |= device->device_id == 0 && !is_online;
    tell_state(collect, device, address_of(device, at));
    collect_device_state(collect, device);
    if (is_online && (was_newcomer || device->wants_scan))
        look_at_scan(collect, device);
}

/* Somebody new is at the address of one that is known, who is asked for everywhere. */
void collect_found(void *owner, CollectDevice *device, CollectDevice *gone)
{
    Collect *collect = owner;
    const BacWhoIs who = {.has_range = true, .low = gone->instance, .high = gone->instance};
    device->took_address = device->wants_scan = true;
    device->scan_retry_us = loop_now_us(collect->loop) + SETTLE_US; /* it is renumbered if nobody answers */
    if (collect->bip)
        broadcast_who_is(collect, &who);
}

/* An I-Am is a reason to ask, and no more: whoever is at its address is asked who it is (identity.h). */
static void take_i_am(Collect *collect, const BacDatagram *datagram)
{
    const int64_t now_us = loop_now_us(collect->loop);
    BpCursor in = datagram->body;
    BacIAm i_am;
    if (!collect->cfg.discovery_enabled || !collect->is_loaded || bac_i_am_decode(&in, &i_am, NULL) != BP_OK)
        return;
    CollectDevice *device = collect_poll_find(collect->poller, &datagram->from);
    if (!device) {
        (void)collect_newcomers_offer(collect->newcomers,
                                      &(CollectNewcomer){datagram->from, i_am.instance, i_am.max_apdu,
                                                         i_am.segmentation}); /* counted where left out */
        collect_settle(collect);
        return;
    }
    if (device->is_newcomer)
        return; /* it is being asked */
    const bool is_its_own = device->instance == i_am.instance;
    if (is_its_own) {
        device->said_apdu = (uint16_t)(i_am.max_apdu < UINT16_MAX ? i_am.max_apdu : UINT16_MAX);
        device->said_segmentation = i_am.segmentation;
        look_at_scan(collect, device);
    }
    if (!is_its_own || collect_device_is_away(device) ||
        (device->state == COLLECT_UNKNOWN && device->wants_scan)) {
        const CollectClaim claim = {i_am.instance, i_am.max_apdu, i_am.segmentation};
        collect_poll_doubt(collect->poller, device, &claim, now_us);
    } else if (now_us - collect->asked_at_us > SCAN_WINDOW_US) {
        collect_poll_restarted(collect->poller, device, now_us);
    }
}

/* Some found no place while many said that they are there: those that are say so again. */
void collect_ask_missed(Collect *collect)
{
    const int64_t now_us = loop_now_us(collect->loop);
    if (now_us - collect->missed_us < MISSED_AGAIN_S * BP_SECOND ||
        !collect_newcomers_missed(collect->newcomers))
        return;
    collect->missed_us = now_us;
    bp_log(BP_LOG_NOTICE,
           "more devices said that they are there than could be asked at once (%" PRIu64
           " so far): everybody is asked again",
           collect_newcomers_counts(collect->newcomers)->left_out);
    collect_discover(collect);
}

/* Of a stranger that was read out: who it may be. */
static void find_kin(const Collect *collect, const CollectDevice *device, int32_t *ret_moved,
                     int32_t *ret_renumbered)
{
    const CollectDevice *namesake = NULL;
    *ret_moved = *ret_renumbered = 0;
    if (device->device_id)
        return;
    if (collect_poll_namesake(collect->poller, device, &namesake) == COLLECT_NAMESAKE_GONE)
        *ret_moved = namesake->device_id;
    for (CollectDevice *gone = collect_poll_devices(collect->poller); gone; gone = gone->next)
        if (gone->is_evicted && bac_address_equal(&gone->peer.address, &device->peer.address) &&
            !collect_poll_find_instance(collect->poller, gone->instance, gone))
            *ret_renumbered = gone->device_id;
}

void collect_scan_later(Collect *collect, CollectDevice *device, const char *why)
{
    static BpLogKind failed;
    char address[BAC_ADDRESS_TEXT_MAX], wait[BP_TIME_TEXT_MAX];
    const int64_t wait_us = SCAN_RETRY_S * BP_SECOND << device->scan_failures;
    bp_log_some(&failed, loop_now_us(collect->loop), BP_LOG_WARNING, "device %u (%s) %s; trying again in %s",
                device->instance, bac_address_format(&device->peer.address, address), why,
                bp_interval_format(wait_us, wait));
    if (device->scan_failures < SCAN_DOUBLINGS)
        device->scan_failures++;
    device->wants_scan = true;
    device->scanned_us = INT64_MIN;
    device->scan_retry_us = loop_now_us(collect->loop) + wait_us;
}

static void tell_oddities(Collect *collect, const CollectDevice *device, CollectScan *scan)
{
    static BpLogKind odd;
    char address[BAC_ADDRESS_TEXT_MAX];
    const char *oddities = collect_scan_oddities(scan);
    if (*oddities)
        bp_log_some(&odd, loop_now_us(collect->loop), BP_LOG_WARNING,
                    "device %u (%s) says odd things of itself, which are left out: %s", device->instance,
                    bac_address_format(&device->peer.address, address), oddities);
}

void collect_scanned(void *owner, CollectDevice *device, CollectScan *scan)
{
    Collect *collect = owner;
    collect->scans--;
    if (collect_scan_failure(scan)) {
        char why[128];
        snprintf(why, sizeof why, "could not be read out: %s", collect_scan_failure(scan));
        collect_scan_later(collect, device, why);
    } else {
        device->scanned_us = loop_now_us(collect->loop);
        int32_t moved, renumbered;
        find_kin(collect, device, &moved, &renumbered);
        tell_oddities(collect, device, scan);
        collect_store_scan(collect, device, scan, moved, renumbered);
    }
    collect_scan_free(scan);
    collect_begin_scans(collect);
}

/* ---- everything that comes in ---- */

void collect_poll_soon(Collect *collect)
{
    loop_timer_set(collect->poll_timer, collect_poll_next_due_us(collect->poller));
}

void collect_datagram(void *owner, const BacDatagram *datagram)
{
    Collect *collect = owner;
    const int64_t now_us = loop_now_us(collect->loop);
    bac_routes_take(&collect->routes, datagram, now_us);
    if (datagram->has_apdu && datagram->apdu.type == BAC_UNCONFIRMED_REQUEST &&
        datagram->apdu.service == BAC_SERVICE_UNCONFIRMED_I_AM)
        take_i_am(collect, datagram);
    else if (!collect_poll_receive(collect->poller, datagram, now_us))
        bac_server_receive(&collect->server, datagram, now_us);
    collect_settle(collect);
    collect_poll_soon(collect);
}
