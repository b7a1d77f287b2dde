/* The simulated devices on the network: each on an address of its own, or all behind one as stations of a
 * network. */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "apps/sim/device/station.h"
#include "apps/sim/write_log.h"
#include "io/bip/bip.h"

typedef struct SimNetwork SimNetwork;

typedef struct SimNetworkOptions {
    /* Of the first device; each other one has the next. Behind one address: of the router. */
    LoopAddress address;
    LoopAddress broadcast; /* all zero: found from the interface */
    uint16_t network;      /* 0: each device has an address; else the number of the network behind the one */
    uint16_t own_network;  /* and that of the network in front of it; 0: the router does not know it */
    /* Of the devices in turn, the first `quirk_count` of them; the others have none. */
    const SimQuirks *quirks;
    size_t quirk_count;
    bool is_bbmd; /* with addresses of their own: the first device is the BBMD of its subnet, with: */
    const BacAddress *peers; /* BBMDs of other subnets */
    size_t peer_count;
    const BacAddress *recipients; /* who is told of alarms, by all devices; confirmed */
    size_t recipient_count;
    const char *password;   /* wanted for DeviceCommunicationControl and ReinitializeDevice; NULL: none */
    int64_t trunk_us;       /* behind one address: how long the network carries a request; 0: no time */
    SimWriteLog *write_log; /* of what devices are asked to write; NULL: none. Borrowed */
    /* Called before a datagram is looked at: what the devices are like may be changed here. May be NULL. */
    void (*on_datagram)(void *owner);
    void *owner;
} SimNetworkOptions;

/* Opens the sockets. BP_CONFLICT, BP_INVALID: `err` names the address and what is wrong with it. */
SimNetwork *sim_network_new(Loop *loop, SimSite *site, const SimNetworkOptions *options,
                            BpError *err) BP_CHECKED;
void sim_network_free(SimNetwork *network);

/* Address of device `i`, for people and for who asks. */
BacAddress sim_network_address(const SimNetwork *network, size_t i);

/* How device `i` treats what is written to it, from now on; it is at the address where it began. */
void sim_network_set_faults(SimNetwork *network, size_t i, const SimFaults *faults);

/* Two devices with addresses of their own have each other's, from now on. */
void sim_network_swap(SimNetwork *network, size_t i, size_t j);

/* Values may have changed: subscribers are told. */
void sim_network_tell(SimNetwork *network);

/* All devices tell that they are there. */
void sim_network_announce(SimNetwork *network);

#endif
