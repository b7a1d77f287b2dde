/* BACnet/IP on a loop: the sockets of one B/IP node (ASHRAE 135, Annex J). */
#ifndef IO_BIP_H
#define IO_BIP_H

#include "bacnet/talk/foreign.h"
#include "io/loop/loop.h"

typedef struct Bip Bip;

enum { BIP_BBMDS_MAX = 16 };

typedef struct BipOptions {
    LoopAddress bind;        /* one of this machine's addresses, or 0.0.0.0 for all of them */
    LoopAddress broadcast;   /* where broadcasts go, such as 10.1.2.255:47808; port 0: the bound port;
                                0.0.0.0: found from the interface */
    bool broadcast_may_fail; /* go on without hearing broadcasts where another program has their port to
                                itself */
    BacAddress bbmd;         /* to register with as a foreign device; port 0: none */
    uint16_t ttl_s;          /* of the registration */
    BacAddress bbmds[BIP_BBMDS_MAX]; /* others whose Forwarded-NPDUs are believed */
    size_t bbmd_count;
    void (*on_registered)(void *owner); /* after it was not; may be NULL */
    /* Sees each datagram first, as octets; true: it is done with. May be NULL. For simulated BBMDs. */
    bool (*on_octets)(void *owner, BpCursor octets, const BacAddress *from);
    void *owner;
    /* A datagram that bac_datagram_decode understood; it is valid until the callback returns. Our own
     * broadcasts are not among them, nor is what nobody forwards (bac_datagram_may_be_forwarded), nor what is
     * forwarded by others than `bbmd`, `bbmds` and the nodes of our own subnets. With on_octets, which may
     * have a table of its own, whoever forwards is believed. */
    void (*on_datagram)(void *owner, const BacDatagram *datagram);
} BipOptions;

typedef struct BipCounts {
    uint64_t received, sent, malformed, dropped;
    uint64_t forwarded_ignored; /* Forwarded-NPDUs that are not believed */
    BacAddress stranger;        /* the last who forwarded a broadcast and is not believed; port 0: nobody */
} BipCounts;

/* Reads the setting bacnet.bbmds, addresses with blanks between them, into bbmds and bbmd_count. */
BpStatus bip_parse_bbmds(BpStr text, BipOptions *options, BpError *err) BP_CHECKED;

/* When bound to one address, or to another port than that of broadcasts, a second socket on the broadcast
 * address hears broadcasts, which Linux does not deliver to the first; other nodes on this host may listen
 * there too. BP_CONFLICT: the port is taken there (the message says by what can be known). */
Bip *bip_new(Loop *loop, const BipOptions *options, BpError *err) BP_CHECKED;

/* Sends a whole datagram to a node, or to the router to a station. A foreign device's broadcasts go to its
 * own subnet and, for distribution, to the BBMD. */
void bip_send(Bip *bip, const BacAddress *to, BpStr datagram);

/* Our own address and the broadcast address as BACnet addresses. */
BacAddress bip_address(const Bip *bip);
BacAddress bip_broadcast_address(const Bip *bip);

/* Whether this machine still has the address that was opened, on an interface that is up and has a link; or,
 * for 0.0.0.0, any network besides loopback, and its broadcasts go to where that is now. BP_UNAVAILABLE: it
 * has not. BP_CONFLICT: the address is in another network now, and the sockets are to be made anew. */
BpStatus bip_look(Bip *bip, BpError *err) BP_CHECKED;

/* False where broadcast_may_fail came true. */
bool bip_hears_broadcasts(const Bip *bip);

/* The registration as a foreign device; NULL where there is none to be had. */
const BacForeign *bip_foreign(const Bip *bip);

BipCounts bip_counts(const Bip *bip);
void bip_free(Bip *bip);

#endif
