/* The network layer's header: where a message comes from and goes to (ASHRAE 135, clause 6.2). */
#ifndef BACNET_WIRE_NPDU_H
#define BACNET_WIRE_NPDU_H

#include "bacnet/wire/address.h"
#include "base/buf.h"
#include "base/cursor.h"

typedef enum BacNetworkMessage {
    BAC_WHO_IS_ROUTER_TO_NETWORK = 0x00,
    BAC_I_AM_ROUTER_TO_NETWORK = 0x01,
    BAC_I_COULD_BE_ROUTER_TO_NETWORK = 0x02,
    BAC_REJECT_MESSAGE_TO_NETWORK = 0x03,
    BAC_ROUTER_BUSY_TO_NETWORK = 0x04,
    BAC_ROUTER_AVAILABLE_TO_NETWORK = 0x05,
    BAC_INITIALIZE_ROUTING_TABLE = 0x06,
    BAC_INITIALIZE_ROUTING_TABLE_ACK = 0x07,
    BAC_ESTABLISH_CONNECTION_TO_NETWORK = 0x08,
    BAC_DISCONNECT_CONNECTION_TO_NETWORK = 0x09,
    BAC_WHAT_IS_NETWORK_NUMBER = 0x12,
    BAC_NETWORK_NUMBER_IS = 0x13,
} BacNetworkMessage;

typedef enum BacNetworkPriority {
    BAC_NORMAL = 0,
    BAC_URGENT = 1,
    BAC_CRITICAL = 2,
    BAC_LIFE_SAFETY = 3
} BacNetworkPriority;

enum { BAC_NPDU_VERSION = 1, BAC_NPDU_HOPS = 255, BAC_NPDU_VENDOR_MESSAGE = 0x80 };

typedef struct BacNpdu {
    BacStation destination; /* network 0: none given */
    BacStation source;      /* network 0: none given */
    uint8_t hops;           /* only with a destination */
    BacNetworkPriority priority;
    bool expecting_reply;
    bool is_network_message; /* else an APDU follows */
    uint8_t message;         /* BacNetworkMessage, or a vendor's from 0x80 on */
    uint16_t vendor;         /* of a vendor's message */
} BacNpdu;

/* Reads the header; on BP_OK `in` stands on the APDU or on the network message's contents.
 * BP_UNSUPPORTED: another version, or a MAC longer than BAC_STATION_MAC_MAX.
 * BP_MALFORMED: reserved networks (source 0 or 65535, destination 0), a source MAC of no length. */
BpStatus bac_npdu_decode(BpCursor *in, BacNpdu *ret_npdu, BpError *err) BP_CHECKED;

void bac_npdu_encode(BpBuf *out, const BacNpdu *npdu);

#endif
