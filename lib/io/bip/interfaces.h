/* This machine's IPv4 interfaces, as far as BACnet/IP cares about them. */
#ifndef IO_BIP_INTERFACES_H
#define IO_BIP_INTERFACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BIP_INTERFACES_MAX = 64, BIP_INTERFACE_NAME_MAX = 16 };

typedef struct BipInterface {
    char name[BIP_INTERFACE_NAME_MAX];
    uint8_t ip[4], broadcast[4];
    uint8_t prefix; /* bits of the network: 24 for 255.255.255.0 */
    bool is_loopback, can_broadcast;
    bool is_up, has_link;     /* as configured; a cable, or what is like one */
    bool is_container_bridge; /* of Docker, Podman, LXD, libvirt: no building is behind it */
} BipInterface;

/* Lists them, one for each address, and returns how many there are. */
size_t bip_interfaces(BipInterface ret_all[BIP_INTERFACES_MAX]);

/* The interface that a node bound to `ip` broadcasts on: that with the address, or, for 0.0.0.0, the first
 * with a link that can broadcast and is no container's. NULL: there is none. */
const BipInterface *bip_interface_for(const BipInterface *all, size_t count, const uint8_t ip[4]);

#endif
