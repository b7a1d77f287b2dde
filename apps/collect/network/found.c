/* Who says that it is there, and what is done about it: a newcomer is asked who it is and believed when it
 * answers, one that is known is asked again where that is doubtful, and strangers that are silent go. */
#include "apps/collect/network/parts.h"

/* ---- newcomers: whoever is not known is asked first, and believed when it answers ---- */

static void ask_newcomer(CollectNetwork *network, const CollectNewcomer *newcomer)
{
    CollectDevice *device = NULL;
    const bool has_room = collect_poll_count(network->poller) < (size_t)network->cfg->discovery_max_devices;
    if (!has_room) {
        network->found.left_out++;
        collect_tell_left_out(network, newcomer->instance);
    }
    if (!has_room || collect_poll_add(network->poller, &newcomer->address, newcomer->instance,
                                      newcomer->max_apdu, true, &device, NULL) != BP_OK) {
        collect_newcomers_done(network->found.newcomers, &newcomer->address, false); /* or known by now */
        return;
    }
    device->is_newcomer = true;
    device->said_apdu = (uint16_t)(newcomer->max_apdu < UINT16_MAX ? newcomer->max_apdu : UINT16_MAX);
    device->said_segmentation = newcomer->segmentation;
    collect_poll_probe(network->poller, device, loop_now_us(network->loop));
}

/* Whoever had the address before, and has no other, may be back there. */
static void readmit(CollectNetwork *network, const BacAddress *address)
{
    for (CollectDevice *device = collect_poll_devices(network->poller); device; device = device->next)
        if (device->is_evicted && !device->row_is_replaced &&
            bac_address_equal(&device->peer.address, address)) {
            collect_poll_readmit(network->poller, device, loop_now_us(network->loop));
            return;
        }
}

static void forget_stranger(CollectNetwork *network, CollectDevice *device)
{
    const BacAddress address = device->peer.address;
    const bool took_address = device->took_address;
    collect_network_forget(network, device);
    if (took_address)
        readmit(network, &address);
}

static void forget_silent(CollectNetwork *network)
{
    CollectDevice *next;
    network->found.has_silent = false;
    for (CollectDevice *device = collect_poll_devices(network->poller); device; device = next) {
        next = device->next;
        if (device->device_id == 0 && collect_device_is_away(device))
            forget_stranger(network, device);
    }
}

/* After anything was answered, or not: those that were there for nothing go, and others get their turns. */
static void settle_newcomers(CollectNetwork *network)
{
    CollectNewcomer newcomer;
    if (network->found.has_silent)
        forget_silent(network);
    while (collect_newcomers_next(network->found.newcomers, &newcomer))
        ask_newcomer(network, &newcomer);
}

/* After anything was answered, or not. */
void collect_settle(CollectNetwork *network)
{
    settle_newcomers(network);
    if (network->scans.waits)
        collect_begin_scans(network);
}

void collect_network_forget(CollectNetwork *network, CollectDevice *device)
{
    network->scans.under_way -= collect_device_is_read_out(device);
    if (device->is_newcomer)
        collect_newcomers_done(network->found.newcomers, &device->peer.address, false);
    collect_poll_remove(network->poller, device, loop_now_us(network->loop));
}

void collect_forget_strangers(CollectNetwork *network)
{
    CollectDevice *next;
    for (CollectDevice *device = collect_poll_devices(network->poller); device; device = next) {
        next = device->next;
        if (device->device_id == 0)
            collect_network_forget(network, device);
    }
}

/* ---- devices that are known ---- */

/* A newcomer that answers is there; one that does not was never more than a word. */
void collect_network_note_state(CollectNetwork *network, CollectDevice *device)
{
    const bool is_online = device->state == COLLECT_ONLINE, was_newcomer = device->is_newcomer;
    const bool is_replaced = device->state == COLLECT_REPLACED,
               is_renamed = is_replaced && device->found != BAC_INSTANCE_WILDCARD;
    if (was_newcomer && !is_renamed) {
        device->is_newcomer = false;
        collect_newcomers_done(network->found.newcomers, &device->peer.address, is_online);
    }
    network->found.has_silent |= device->device_id == 0 && !is_online;
    collect_tell_state(network, device);
    if (device->device_id && is_replaced && !is_renamed)
        collect_ask_who(network, &device->peer.address);
    if (is_online && was_newcomer)
        collect_note_sought(network, device);
    if (is_online && (was_newcomer || device->wants_scan))
        collect_look_at_scan(network, device);
}

/* Somebody new is at the address of one that is known, who is asked for everywhere. */
void collect_network_found(CollectNetwork *network, CollectDevice *device, const CollectDevice *gone)
{
    device->took_address = true;
    collect_scan_when_settled(network, device);
    collect_ask_for(network, gone->instance);
}

/* An I-Am is a reason to ask, and no more: whoever is at its address is asked who it is (identity.h). */
void collect_take_i_am(CollectNetwork *network, const BacDatagram *datagram)
{
    const int64_t now_us = loop_now_us(network->loop);
    BpCursor in = datagram->body;
    BacIAm i_am;
    if (!network->search.site_is_known || bac_i_am_decode(&in, &i_am, NULL) != BP_OK ||
        (!network->cfg->discovery_enabled && !collect_is_sought(network, i_am.instance)))
        return;
    CollectDevice *device = collect_poll_find(network->poller, &datagram->from);
    if (!device) {
        (void)collect_newcomers_offer(network->found.newcomers,
                                      &(CollectNewcomer){datagram->from, i_am.instance, i_am.max_apdu,
                                                         i_am.segmentation}); /* counted where left out */
        collect_settle(network);
        return;
    }
    if (device->is_newcomer)
        return; /* it is being asked */
    if (device->instance == i_am.instance) {
        device->said_apdu = (uint16_t)(i_am.max_apdu < UINT16_MAX ? i_am.max_apdu : UINT16_MAX);
        device->said_segmentation = i_am.segmentation;
        collect_note_sought(network, device);
        collect_look_at_scan(network, device);
    }
    collect_poll_heard(network->poller, device,
                       &(CollectClaim){i_am.instance, i_am.max_apdu, i_am.segmentation},
                       now_us - network->search.asked_at_us > COLLECT_ANSWERS_US, now_us);
}
