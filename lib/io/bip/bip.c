#include "io/bip/bip.h"

#include "io/bip/port.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>

struct Bip {
    BipOptions options;
    LoopUdp *unicast, *broadcast; /* `broadcast` only where one address is bound */
    LoopAddress address, broadcast_address;
    BipCounts counts;
};

static bool is_any(const LoopAddress *address)
{
    static const uint8_t any[4];
    return memcmp(address->ip, any, sizeof any) == 0;
}

static bool same_address(const LoopAddress *a, const LoopAddress *b)
{
    return a->port == b->port && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

static void on_datagram(void *owner, const LoopAddress *from, BpCursor octets)
{
    Bip *bip = owner;
    bip->counts.received++;
    BacAddress sender = {.port = from->port};
    memcpy(sender.ip, from->ip, sizeof sender.ip);
    BacDatagram datagram;
    if (bac_datagram_decode(octets, &sender, &datagram, NULL) != BP_OK)
        bip->counts.malformed++;
    /* Our own broadcasts come back; a program on the same host has another address or port. */
    else if (!(datagram.is_broadcast && same_address(from, &bip->address)))
        bip->options.on_datagram(bip->options.owner, &datagram);
}

/* The broadcast address of the interface that has `address`, or of the first one that can broadcast for
 * 0.0.0.0. */
static BpStatus find_broadcast(const LoopAddress *address, LoopAddress *broadcast, BpError *err)
{
    struct ifaddrs *all;
    bool found = false;
    if (getifaddrs(&all) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "the interfaces cannot be listed");
    for (const struct ifaddrs *one = all; one && !found; one = one->ifa_next) {
        if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET || !one->ifa_netmask)
            continue;
        struct sockaddr_in own, mask;
        memcpy(&own, one->ifa_addr, sizeof own);
        memcpy(&mask, one->ifa_netmask, sizeof mask);
        const bool wanted = is_any(address)
                                ? one->ifa_flags & IFF_BROADCAST && !(one->ifa_flags & IFF_LOOPBACK)
                                : memcmp(&own.sin_addr, address->ip, sizeof address->ip) == 0 ||
                                      (one->ifa_flags & IFF_LOOPBACK && address->ip[0] == 127);
        if (!wanted)
            continue;
        own.sin_addr.s_addr |= ~mask.sin_addr.s_addr;
        memcpy(broadcast->ip, &own.sin_addr, sizeof broadcast->ip);
        found = true;
    }
    freeifaddrs(all);
    if (found)
        return BP_OK;
    if (!is_any(address))
        return bp_fail(err, BP_INVALID, "%u.%u.%u.%u is no address of this machine", address->ip[0],
                       address->ip[1], address->ip[2], address->ip[3]);
    memset(broadcast->ip, 255, sizeof broadcast->ip); /* no network but loopback: nobody to hear it */
    return BP_OK;
}

static BpStatus open_sockets(Bip *bip, Loop *loop, BpError *err)
{
    bip->unicast = loop_udp_new(loop, &bip->options.bind, false, on_datagram, bip, err);
    if (!bip->unicast)
        return err ? err->status : BP_UNAVAILABLE;
    bip->address = loop_udp_address(bip->unicast);
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

Bip *bip_new(Loop *loop, const BipOptions *options, BpError *err)
{
    BpError why = {0};
    Bip *bip = calloc(1, sizeof *bip);
    if (!bip)
        abort();
    bip->options = *options;
    const BpStatus status = open_sockets(bip, loop, &why);
    if (status == BP_OK)
        return bip;
    if (status == BP_CONFLICT)
        bip_port_explain(options->bind.port, &why);
    if (err)
        *err = why;
    bip_free(bip);
    return NULL;
}

void bip_send(Bip *bip, const BacAddress *to, BpStr datagram)
{
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
    loop_udp_free(bip->unicast);
    loop_udp_free(bip->broadcast);
    free(bip);
}
