/* Who speaks: a B/IP node, or a station on a network behind one (ASHRAE 135, clauses 6.2 and J.1). */
#ifndef BACNET_WIRE_ADDRESS_H
#define BACNET_WIRE_ADDRESS_H

#include "base/error.h"
#include "base/str.h"

enum {
    BAC_PORT = 47808,               /* 0xBAC0 */
    BAC_STATION_MAC_MAX = 7,        /* the longest of the standard's data links: a LonTalk Neuron_ID */
    BAC_NETWORK_LOCAL = 0,          /* no network number: the sender's own network */
    BAC_NETWORK_BROADCAST = 0xFFFF, /* all networks */
};

/* A station on a network that routers know by number. All zero: none. Length 0 with a network: everyone on
 * it. */
typedef struct BacStation {
    uint16_t network;
    uint8_t length; /* octets of mac, the rest are zero */
    uint8_t mac[BAC_STATION_MAC_MAX];
} BacStation;

/* The B/IP node to send to, and the station behind it if it is a router. Sixteen octets without padding,
 * unused ones zero, so that addresses can be compared and hashed as octets. */
typedef struct BacAddress {
    uint8_t ip[4];
    uint16_t port; /* host byte order */
    BacStation remote;
} BacAddress;

static inline bool bac_address_equal(const BacAddress *a, const BacAddress *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* All stations of a network behind a router, rather than one: "10.1.2.1/2001". */
static inline bool bac_address_is_network(const BacAddress *address)
{
    return address->remote.network != BAC_NETWORK_LOCAL && address->remote.length == 0;
}

uint64_t bac_address_hash(const BacAddress *address);

/* Longest text of an address, with its closing zero. */
enum { BAC_ADDRESS_TEXT_MAX = 64 };

/* "10.1.2.9" (port 47808), "10.1.2.9:47809", with a station "10.1.2.1/2001:0a" (network 2001, MAC 0x0a), and
 * all stations of a network "10.1.2.1/2001". Returns ret_text. */
char *bac_address_format(const BacAddress *address, char ret_text[BAC_ADDRESS_TEXT_MAX]);

/* Reads what bac_address_format writes. */
BpStatus bac_address_parse(BpStr text, BacAddress *ret_address, BpError *err) BP_CHECKED;

#endif
