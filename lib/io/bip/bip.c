#include "io/bip/bip.h"

#include "io/bip/interfaces.h"
#include "io/bip/port.h"

#include <stdlib.h>

struct Bip {
    BipOptions options;
    LoopUdp *unicast, *broadcast; /* `broadcast` only where one address is bound */
    LoopAddress address, broadcast_address;
    uint8_t own[BIP_INTERFACES_MAX][4]; /* this machine's addresses, where all of them are bound */
    size_t own_count;
    BipInterface subnets[BIP_INTERFACES_MAX]; /* that we are on */
    size_t subnet_count;
    BipCounts counts;
    Loop *loop;
    LoopTimer *timer; /* of the registration; NULL: no foreign device */
    BacForeign foreign;
};

static bool is_any(const LoopAddress *address)
{
    static const uint8_t any[4];
    return memcmp(address->ip, any, sizeof any) == 0;
}

/* ---- a foreign device's registration ---- */

static void register_when_due(void *owner)
{
    Bip *bip = owner;
    uint8_t memory[16];
    BpBuf out = bp_buf(memory, sizeof memory);
    if (bac_foreign_advance(&bip->foreign, &out, loop_now_us(bip->loop)))
        bip_send(bip, &bip->foreign.bbmd, bp_buf_text(&out));
    loop_timer_set(bip->timer, bac_foreign_next_due_us(&bip->foreign));
}

static void take_result(Bip *bip, const BacDatagram *datagram)
{
    if (!bip->timer || datagram->function != BAC_BVLC_RESULT)
        return;
    const bool is_new = bac_foreign_take(&bip->foreign, datagram, loop_now_us(bip->loop));
    loop_timer_set(bip->timer, bac_foreign_next_due_us(&bip->foreign));
    if (is_new && bip->options.on_registered)
        bip->options.on_registered(bip->options.owner);
}

static void begin_registration(Bip *bip)
{
    if (bip->options.bbmd.port == 0)
        return;
    bip->timer = loop_timer_new(bip->loop, register_when_due, bip);
    bac_foreign_init(&bip->foreign, &bip->options.bbmd, bip->options.ttl_s, loop_now_us(bip->loop));
    register_when_due(bip);
}

const BacForeign *bip_foreign(const Bip *bip)
{
    return bip->timer ? &bip->foreign : NULL;
}

/* ---- what comes in ---- */

/* Bound to 0.0.0.0, our address is any of this machine's; nobody else has our port there. */
static bool is_own(const Bip *bip, const uint8_t ip[4], uint16_t port)
{
    if (port != bip->address.port)
        return false;
    for (size_t i = 0; i < bip->own_count; i++)
        if (memcmp(ip, bip->own[i], sizeof bip->own[i]) == 0)
            return true;
    return !is_any(&bip->address) && memcmp(ip, bip->address.ip, sizeof bip->address.ip) == 0;
}

/* Our own broadcast, or what a BBMD made of it. */
static bool is_ours(const Bip *bip, const LoopAddress *from, const BacDatagram *datagram)
{
    return is_own(bip, from->ip, from->port) ||
           (datagram->from.remote.network == 0 && is_own(bip, datagram->from.ip, datagram->from.port));
}

/* A node that is no BBMD says so to whoever takes it for one (J.2.2 ff). Whoever sees the octets first may be
 * one. */
static void refuse_as_no_bbmd(Bip *bip, const BacDatagram *datagram)
{
    static const uint16_t naks[] = {[BAC_BVLC_WRITE_BDT] = BAC_BVLC_WRITE_BDT_NAK,
                                    [BAC_BVLC_READ_BDT] = BAC_BVLC_READ_BDT_NAK,
                                    [BAC_BVLC_REGISTER_FOREIGN_DEVICE] = BAC_BVLC_REGISTER_NAK,
                                    [BAC_BVLC_READ_FDT] = BAC_BVLC_READ_FDT_NAK,
                                    [BAC_BVLC_DELETE_FDT_ENTRY] = BAC_BVLC_DELETE_FDT_NAK,
                                    [BAC_BVLC_DISTRIBUTE_BROADCAST] = BAC_BVLC_DISTRIBUTE_NAK};
    uint8_t memory[8];
    BpBuf out = bp_buf(memory, sizeof memory);
    if (bip->options.on_octets || datagram->function >= sizeof naks / sizeof naks[0] ||
        naks[datagram->function] == 0)
        return;
    const BacBvlc bvlc = {.function = BAC_BVLC_RESULT, .result = naks[datagram->function]};
    bac_bvlc_end(&out, bac_bvlc_begin(&out, &bvlc));
    bip_send(bip, &datagram->sender, bp_buf_text(&out));
}

static bool is_on_our_subnet(const Bip *bip, const uint8_t ip[4])
{
    for (size_t i = 0; i < bip->subnet_count; i++) {
        const BipInterface *subnet = &bip->subnets[i];
        unsigned differing = 0, bits = subnet->prefix;
        for (size_t octet = 0; octet < 4; octet++, bits -= bits < 8 ? bits : 8)
            differing |= (unsigned)(ip[octet] ^ subnet->ip[octet]) >> (bits < 8 ? 8 - bits : 0);
        if (differing == 0)
            return true;
    }
    return false;
}

/* Whoever forwards may name any device as the sender. So that is taken from BBMDs that people have named, and
 * from our own subnet, where anybody could speak in another's name without it, too. */
static bool is_believed(Bip *bip, const BacDatagram *datagram)
{
    if (datagram->function != BAC_BVLC_FORWARDED_NPDU || bip->options.on_octets)
        return true;
    if (!bac_datagram_may_be_forwarded(datagram))
        return false;
    bool is_known = bac_address_equal(&datagram->sender, &bip->options.bbmd);
    for (size_t i = 0; i < bip->options.bbmd_count && !is_known; i++)
        is_known = bac_address_equal(&datagram->sender, &bip->options.bbmds[i]);
    is_known = is_known || is_on_our_subnet(bip, datagram->sender.ip);
    if (!is_known)
        bip->counts.stranger = datagram->sender;
    return is_known;
}

static void on_datagram(void *owner, const LoopAddress *from, BpCursor octets)
{
    Bip *bip = owner;
    bip->counts.received++;
    BacAddress sender = {.port = from->port};
    memcpy(sender.ip, from->ip, sizeof sender.ip);
    BacDatagram datagram;
    if (bip->options.on_octets && bip->options.on_octets(bip->options.owner, octets, &sender))
        return;
    if (bac_datagram_decode(octets, &sender, &datagram, NULL) != BP_OK)
        bip->counts.malformed++;
    else if (!is_believed(bip, &datagram))
        bip->counts.forwarded_ignored++;
    /* Our own broadcasts come back; a program on the same host has another address or port. */
    else if (!(datagram.is_broadcast && is_ours(bip, from, &datagram))) {
        take_result(bip, &datagram);
        refuse_as_no_bbmd(bip, &datagram);
        bip->options.on_datagram(bip->options.owner, &datagram);
    }
}

static BpStatus find_broadcast(const LoopAddress *address, LoopAddress *broadcast, BpError *err)
{
    BipInterface all[BIP_INTERFACES_MAX];
    const BipInterface *interface = bip_interface_for(all, bip_interfaces(all), address->ip);
    if (interface)
        memcpy(broadcast->ip, interface->broadcast, sizeof broadcast->ip);
    else if (is_any(address))
        memset(broadcast->ip, 255, sizeof broadcast->ip); /* no network but loopback: nobody to hear it */
    else
        return bp_fail(err, BP_INVALID, "%u.%u.%u.%u is no address of this machine", address->ip[0],
                       address->ip[1], address->ip[2], address->ip[3]);
    return BP_OK;
}

static void list_own(Bip *bip)
{
    BipInterface all[BIP_INTERFACES_MAX];
    const size_t count = bip_interfaces(all);
    if (!is_any(&bip->address)) {
        const BipInterface *interface = bip_interface_for(all, count, bip->address.ip);
        bip->subnet_count = interface != NULL;
        if (interface)
            bip->subnets[0] = *interface;
        return;
    }
    bip->own_count = bip->subnet_count = count;
    for (size_t i = 0; i < count; i++) {
        memcpy(bip->own[i], all[i].ip, sizeof bip->own[i]);
        bip->subnets[i] = all[i];
    }
}

static BpStatus open_sockets(Bip *bip, Loop *loop, BpError *err)
{
    bip->unicast = loop_udp_new(loop, &bip->options.bind, false, on_datagram, bip, err);
    if (!bip->unicast)
        return err ? err->status : BP_UNAVAILABLE;
    bip->address = loop_udp_address(bip->unicast);
    list_own(bip);
    bip->broadcast_address = bip->options.broadcast;
    if (is_any(&bip->broadcast_address)) {
        const BpStatus status = find_broadcast(&bip->address, &bip->broadcast_address, err);
        if (status != BP_OK)
            return status;
    }
    if (bip->broadcast_address.port == 0)
        bip->broadcast_address.port = bip->address.port;
    /* Linux gives broadcasts to sockets bound to 0.0.0.0 or to the broadcast address, not to one address. */
    if (is_any(&bip->address) && bip->broadcast_address.port == bip->address.port)
        return BP_OK;
    bip->broadcast = loop_udp_new(loop, &bip->broadcast_address, true, on_datagram, bip, err);
    if (bip->broadcast || bip->options.broadcast_may_fail)
        return BP_OK;
    return err ? err->status : BP_UNAVAILABLE;
}

static BpStatus look_for_any(const BipInterface *all, size_t count, BpError *err)
{
    for (size_t i = 0; i < count; i++)
        if (!all[i].is_loopback && all[i].is_up && all[i].has_link)
            return BP_OK;
    return bp_fail(err, BP_UNAVAILABLE,
                   "this machine has no network but itself: no interface is up, with a link "
                   "and an address");
}

static BpStatus look_for_own(const Bip *bip, const BipInterface *all, size_t count, BpError *err)
{
    const uint8_t *ip = bip->address.ip;
    const BipInterface *interface = bip_interface_for(all, count, ip);
    if (!interface)
        return bp_fail(err, BP_UNAVAILABLE, "%u.%u.%u.%u is no address of this machine", ip[0], ip[1], ip[2],
                       ip[3]);
    if (!interface->is_up || !interface->has_link)
        return bp_fail(err, BP_UNAVAILABLE, "%s, which has the address %u.%u.%u.%u, %s", interface->name,
                       ip[0], ip[1], ip[2], ip[3], interface->is_up ? "has no link" : "is down");
    if (is_any(&bip->options.broadcast) &&
        memcmp(interface->broadcast, bip->broadcast_address.ip, sizeof interface->broadcast) != 0)
        return bp_fail(err, BP_CONFLICT, "%s has another broadcast address now", interface->name);
    return BP_OK;
}

BpStatus bip_look(Bip *bip, BpError *err)
{
    BipInterface all[BIP_INTERFACES_MAX];
    const size_t count = bip_interfaces(all);
    if (!is_any(&bip->address))
        return look_for_own(bip, all, count, err);
    list_own(bip);
    if (is_any(&bip->options.broadcast) && !bip->broadcast) {
        LoopAddress now = bip->broadcast_address;
        if (find_broadcast(&bip->address, &now, NULL) == BP_OK)
            bip->broadcast_address = now;
    }
    return look_for_any(all, count, err);
}

BpStatus bip_parse_bbmds(BpStr text, BipOptions *options, BpError *err)
{
    options->bbmd_count = 0;
    for (BpStr rest = bp_str_trim(text); rest.size;) {
        const BpStr word = bp_str_trim(bp_str_cut(rest, ' ', &rest));
        rest = bp_str_trim(rest);
        if (options->bbmd_count == BIP_BBMDS_MAX)
            return bp_fail(err, BP_INVALID, "bacnet.bbmds: %d addresses are the most that it takes",
                           BIP_BBMDS_MAX);
        if (bac_address_parse(word, &options->bbmds[options->bbmd_count++], err) != BP_OK)
            return bp_within(err, "bacnet.bbmds");
    }
    return BP_OK;
}

Bip *bip_new(Loop *loop, const BipOptions *options, BpError *err)
{
    BpError why = {0};
    Bip *bip = calloc(1, sizeof *bip);
    if (!bip)
        abort();
    bip->options = *options;
    bip->loop = loop;
    const BpStatus status = open_sockets(bip, loop, &why);
    if (status == BP_OK) {
        begin_registration(bip);
        return bip;
    }
    if (status == BP_CONFLICT)
        bip_port_explain(options->bind.port, &why);
    if (err)
        *err = why;
    bip_free(bip);
    return NULL;
}

static void distribute(Bip *bip, BpStr datagram)
{
    uint8_t copy[BAC_DATAGRAM_MAX];
    if (datagram.size > sizeof copy)
        return;
    memcpy(copy, datagram.data, datagram.size);
    copy[1] = BAC_BVLC_DISTRIBUTE_BROADCAST; /* the header has the same length */
    bip_send(bip, &bip->foreign.bbmd, (BpStr){(const char *)copy, datagram.size});
}

void bip_send(Bip *bip, const BacAddress *to, BpStr datagram)
{
    if (bip->timer && datagram.size > 1 && (uint8_t)datagram.data[1] == BAC_BVLC_ORIGINAL_BROADCAST)
        distribute(bip, datagram);
    LoopAddress address = {.port = to->port};
    memcpy(address.ip, to->ip, sizeof address.ip);
    if (loop_udp_send(bip->unicast, &address, datagram, NULL) == BP_OK)
        bip->counts.sent++;
    else
        bip->counts.dropped++; /* as a network would: whoever waits for an answer asks again */
}

static BacAddress bacnet_address(const LoopAddress *from)
{
    BacAddress address = {.port = from->port};
    memcpy(address.ip, from->ip, sizeof address.ip);
    return address;
}

BacAddress bip_address(const Bip *bip)
{
    return bacnet_address(&bip->address);
}

BacAddress bip_broadcast_address(const Bip *bip)
{
    return bacnet_address(&bip->broadcast_address);
}

bool bip_hears_broadcasts(const Bip *bip)
{
    return bip->broadcast || (is_any(&bip->address) && bip->broadcast_address.port == bip->address.port);
}

BipCounts bip_counts(const Bip *bip)
{
    return bip->counts;
}

void bip_free(Bip *bip)
{
    if (!bip)
        return;
    if (bip->timer)
        loop_timer_free(bip->timer);
    loop_udp_free(bip->unicast);
    loop_udp_free(bip->broadcast);
    free(bip);
}
