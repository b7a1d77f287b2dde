#include "apps/sim/network.h"

#include "bacnet/talk/bbmd.h"
#include "bacnet/talk/routes.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>

typedef struct Station Station;

/* One device, and the address where it began: devices may swap. */
struct Station {
    SimNetwork *network;
    Bip *bip;        /* of the address, or the router's */
    Station *at;     /* whose address the device has */
    Station *behind; /* which device has the address */
    BacAddress address;
    SimStation sim;
};

struct SimNetwork {
    Loop *loop;
    SimSite *site;
    SimNetworkOptions options;
    Bip *router; /* NULL where each device has an address */
    SimTrunk trunk;
    bool is_busy; /* the router has said so */
    BacBbmd bbmd;
    Station *stations;
    size_t count;
    LoopTimer *timer; /* of answers to come, and of segments not acknowledged */
};

static void send_datagram(void *owner, const BacAddress *to, BpStr datagram)
{
    Station *station = owner;
    bip_send(station->at->bip, to, datagram);
}

static void tell_business(SimNetwork *network);

/* ---- timers ---- */

static void arm(SimNetwork *network)
{
    int64_t due_us = INT64_MAX;
    for (size_t i = 0; i < network->count; i++) {
        const int64_t station_us = sim_station_next_due_us(&network->stations[i].sim);
        due_us = station_us < due_us ? station_us : due_us;
    }
    if (due_us == INT64_MAX)
        loop_timer_clear(network->timer);
    else
        loop_timer_set(network->timer, due_us);
}

static void on_timer(void *owner)
{
    SimNetwork *network = owner;
    for (size_t i = 0; i < network->count; i++)
        sim_station_advance(&network->stations[i].sim, loop_now_us(network->loop));
    tell_business(network);
    arm(network);
}

static void receive(Station *station, const BacDatagram *datagram)
{
    const SimNetworkOptions *options = &station->network->options;
    if (options->on_datagram)
        options->on_datagram(options->owner);
    station = station->behind;
    if (options->write_log)
        sim_write_log_take(options->write_log, station->sim.device->instance, datagram);
    sim_station_receive(&station->sim, datagram, loop_now_us(station->network->loop));
    if (sim_station_next_due_us(&station->sim) != INT64_MAX)
        arm(station->network);
}

/* ---- each device at an address of its own ---- */

static void on_datagram(void *owner, const BacDatagram *datagram)
{
    /* On this network, or for all; other networks are not behind a device. */
    if (!datagram->npdu.is_network_message && (datagram->npdu.destination.network == BAC_NETWORK_LOCAL ||
                                               datagram->npdu.destination.network == BAC_NETWORK_BROADCAST))
        receive(owner, datagram);
}

/* The `i`-th address after the first. */
static bool next_address(const LoopAddress *first, size_t i, LoopAddress *ret_address)
{
    uint64_t number = 0;
    for (size_t octet = 0; octet < 4; octet++)
        number = number << 8 | first->ip[octet];
    number += i;
    *ret_address = *first;
    for (size_t octet = 4; octet-- > 0; number >>= 8)
        ret_address->ip[octet] = (uint8_t)number;
    return ret_address->ip[0] == first->ip[0];
}

/* ---- the first of them may be a BBMD ---- */

static void send_for_bbmd(void *owner, const BacAddress *to, BpStr datagram)
{
    SimNetwork *network = owner;
    bip_send(network->stations[0].bip, to, datagram);
}

static bool on_bbmd_octets(void *owner, BpCursor octets, const BacAddress *from)
{
    Station *station = owner;
    return bac_bbmd_receive(&station->network->bbmd, octets, from, loop_now_us(station->network->loop));
}

static void begin_bbmd(SimNetwork *network)
{
    BacBbmd *bbmd = &network->bbmd;
    *bbmd = (BacBbmd){.owner = network,
                      .send = send_for_bbmd,
                      .own = bip_address(network->stations[0].bip),
                      .broadcast = bip_broadcast_address(network->stations[0].bip)};
    bbmd->peers[bbmd->peer_count++] = (BacBdtEntry){bbmd->own, {255, 255, 255, 255}};
    for (size_t i = 0; i < network->options.peer_count && bbmd->peer_count < BAC_BBMD_PEERS_MAX; i++)
        bbmd->peers[bbmd->peer_count++] = (BacBdtEntry){network->options.peers[i], {255, 255, 255, 255}};
}

static BpStatus open_addresses(SimNetwork *network, BpError *err)
{
    LoopAddress first = network->options.address;
    for (size_t i = 0; i < network->count; i++) {
        Station *station = &network->stations[i];
        BipOptions options = {.broadcast = network->options.broadcast,
                              .owner = station,
                              .on_datagram = on_datagram,
                              .on_octets = network->options.is_bbmd && i == 0 ? on_bbmd_octets : NULL};
        if (!next_address(&first, i, &options.bind))
            return bp_fail(err, BP_INVALID, "there are no %zu addresses from the first one on",
                           network->count);
        station->bip = bip_new(network->loop, &options, err);
        if (!station->bip)
            return err->status;
        station->address = bip_address(station->bip);
        first.port = station->address.port; /* the first may have drawn it */
        if (i == 0 && network->options.is_bbmd)
            begin_bbmd(network);
    }
    return BP_OK;
}

/* ---- all behind one address ---- */

/* `to` NULL: to everybody in front of the router. */
static void send_network_message(const SimNetwork *network, const BacAddress *to, BacNetworkMessage message,
                                 const BpBuf *contents)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacAddress all = bip_broadcast_address(network->router);
    bac_network_message_write(&out, to ? BAC_BVLC_ORIGINAL_UNICAST : BAC_BVLC_ORIGINAL_BROADCAST,
                              to ? to : &all, message, bp_buf_text(contents));
    bip_send(network->router, to ? to : &all, bp_buf_text(&out));
}

static void tell_network(const SimNetwork *network, const BacAddress *to, BacNetworkMessage message)
{
    uint8_t memory[2];
    BpBuf number = bp_buf(memory, sizeof memory);
    bp_buf_u16(&number, network->options.network);
    send_network_message(network, to, message, &number);
}

/* It knows no way there (6.4.4). */
static void reject(const SimNetwork *network, const BacAddress *to, uint16_t number)
{
    uint8_t memory[3];
    BpBuf contents = bp_buf(memory, sizeof memory);
    bp_buf_u8(&contents, BAC_NETWORK_UNREACHABLE);
    bp_buf_u16(&contents, number);
    send_network_message(network, to, BAC_REJECT_MESSAGE_TO_NETWORK, &contents);
}

static void tell_own_number(const SimNetwork *network)
{
    uint8_t memory[3];
    BpBuf contents = bp_buf(memory, sizeof memory);
    bp_buf_u16(&contents, network->options.own_network);
    bp_buf_u8(&contents, 1); /* configured, not learned */
    if (network->options.own_network)
        send_network_message(network, NULL, BAC_NETWORK_NUMBER_IS, &contents);
}

static void take_network_message(const SimNetwork *network, const BacDatagram *datagram)
{
    BpCursor in = datagram->body;
    if (datagram->npdu.message == BAC_WHAT_IS_NETWORK_NUMBER)
        tell_own_number(network);
    if (datagram->npdu.message != BAC_WHO_IS_ROUTER_TO_NETWORK)
        return;
    const bool all = bp_cursor_remaining(&in) == 0;
    if (all || bp_cursor_u16(&in) == network->options.network)
        tell_network(network, &datagram->from, BAC_I_AM_ROUTER_TO_NETWORK);
}

/* With more to carry than it soon can, it asks for silence (6.4.5), and says when it has done. */
static void tell_business(SimNetwork *network)
{
    enum { MUCH = 24, LITTLE = 4 };
    if (!network->router || network->is_busy == (network->trunk.waiting > (network->is_busy ? LITTLE : MUCH)))
        return;
    network->is_busy = !network->is_busy;
    tell_network(network, NULL,
                 network->is_busy ? BAC_ROUTER_BUSY_TO_NETWORK : BAC_ROUTER_AVAILABLE_TO_NETWORK);
}

static void on_routed(void *owner, const BacDatagram *datagram)
{
    SimNetwork *network = owner;
    const BacStation *to = &datagram->npdu.destination;
    if (datagram->npdu.is_network_message) {
        take_network_message(network, datagram);
        return;
    }
    if (to->network == BAC_NETWORK_LOCAL)
        return; /* the router itself is no device */
    if (to->network != BAC_NETWORK_BROADCAST && to->network != network->options.network) {
        reject(network, &datagram->from, to->network);
        return;
    }
    for (size_t i = 0; i < network->count; i++) {
        const BacStation *station = &network->stations[i].address.remote;
        if (to->length == 0 ||
            (to->length == station->length && memcmp(to->mac, station->mac, to->length) == 0))
            receive(&network->stations[i], datagram);
    }
    tell_business(network);
}

static BpStatus open_router(SimNetwork *network, BpError *err)
{
    const BipOptions options = {.bind = network->options.address,
                                .broadcast = network->options.broadcast,
                                .owner = network,
                                .on_datagram = on_routed};
    network->router = bip_new(network->loop, &options, err);
    if (!network->router)
        return err->status;
    for (size_t i = 0; i < network->count; i++) {
        Station *station = &network->stations[i];
        station->bip = network->router;
        station->address = bip_address(network->router);
        station->address.remote = (BacStation){.network = network->options.network,
                                               .length = 2,
                                               .mac = {(uint8_t)((i + 1) >> 8), (uint8_t)(i + 1)}};
    }
    return BP_OK;
}

/* ---- making and freeing ---- */

static void serve(SimNetwork *network, size_t i)
{
    static const SimQuirks none;
    Station *station = &network->stations[i];
    const SimQuirks *quirks = i < network->options.quirk_count ? &network->options.quirks[i] : &none;
    SimTrunk *trunk = network->trunk.request_us ? &network->trunk : NULL;
    sim_station_init(&station->sim, &network->site->devices[i], quirks, trunk, &station->address, station,
                     send_datagram);
    station->sim.control.password = network->options.password;
    station->sim.everyone = bip_broadcast_address(station->bip);
    SimRecipients *recipients = &station->sim.events.recipients;
    recipients->own_network = network->options.own_network;
    for (size_t j = 0; j < network->options.recipient_count; j++)
        sim_recipients_add(recipients, &network->options.recipients[j], true);
}

SimNetwork *sim_network_new(Loop *loop, SimSite *site, const SimNetworkOptions *options, BpError *err)
{
    BpError why = {0};
    SimNetwork *network = calloc(1, sizeof *network);
    if (!network)
        abort();
    *network = (SimNetwork){.loop = loop,
                            .site = site,
                            .options = *options,
                            .trunk = {.request_us = options->trunk_us},
                            .count = site->device_count};
    network->timer = loop_timer_new(loop, on_timer, network);
    network->stations = calloc(network->count, sizeof *network->stations);
    if (!network->stations)
        abort();
    for (size_t i = 0; i < network->count; i++) {
        Station *station = &network->stations[i];
        station->network = network;
        station->at = station->behind = station;
    }
    if ((options->network ? open_router(network, &why) : open_addresses(network, &why)) != BP_OK) {
        if (err)
            *err = why;
        sim_network_free(network);
        return NULL;
    }
    for (size_t i = 0; i < network->count; i++)
        serve(network, i);
    return network;
}

void sim_network_free(SimNetwork *network)
{
    if (!network)
        return;
    for (size_t i = 0; i < network->count; i++) {
        if (!network->router)
            bip_free(network->stations[i].bip);
        sim_station_done(&network->stations[i].sim);
    }
    bip_free(network->router);
    loop_timer_free(network->timer);
    free(network->stations);
    free(network);
}

BacAddress sim_network_address(const SimNetwork *network, size_t i)
{
    return network->stations[i].address;
}

void sim_network_set_faults(SimNetwork *network, size_t i, const SimFaults *faults)
{
    Station *station = &network->stations[i];
    station->at = station->behind = station;
    sim_station_set_faults(&station->sim, faults);
}

void sim_network_swap(SimNetwork *network, size_t i, size_t j)
{
    assert(!network->router && i < network->count && j < network->count);
    Station *one = &network->stations[i], *other = &network->stations[j];
    one->at = other;
    other->behind = one;
    other->at = one;
    one->behind = other;
}

void sim_network_tell(SimNetwork *network)
{
    for (size_t i = 0; i < network->count; i++)
        sim_station_tell(&network->stations[i].sim, loop_now_us(network->loop));
}

void sim_network_announce(SimNetwork *network)
{
    if (network->router) {
        tell_network(network, NULL, BAC_I_AM_ROUTER_TO_NETWORK);
        tell_own_number(network);
    }
    for (size_t i = 0; i < network->count; i++)
        bac_server_announce(&network->stations[i].sim.server, &network->stations[i].sim.everyone, true);
}
