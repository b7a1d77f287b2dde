/* Being a BACnet broadcast management device: broadcasts of its subnet go to its peers and to registered
 * foreign devices, and theirs to its subnet (ASHRAE 135, clause J.4). No sockets, no clock. For simulated
 * sites. */
#ifndef BACNET_TALK_BBMD_H
#define BACNET_TALK_BBMD_H

#include "bacnet/wire/bvlc.h"

enum { BAC_BBMD_PEERS_MAX = 16, BAC_BBMD_FOREIGN_MAX = 32 };

typedef struct BacForeignEntry {
    BacAddress address;
    uint16_t ttl_s;
    int64_t until_us;
} BacForeignEntry;

typedef struct BacBdtEntry {
    BacAddress address;
    uint8_t mask[4]; /* 255.255.255.255: sent to the peer itself, which broadcasts it */
} BacBdtEntry;

/* In the caller's memory. What is not said to be the BBMD's is the caller's, who sets it before the first
 * call; the rest begins as zero. */
typedef struct BacBbmd {
    void *owner;
    void (*send)(void *owner, const BacAddress *to, BpStr datagram);
    BacAddress own, broadcast;
    BacBdtEntry peers[BAC_BBMD_PEERS_MAX]; /* the table with itself */
    size_t peer_count;
    bool refuses; /* it registers nobody */

    BacForeignEntry foreign[BAC_BBMD_FOREIGN_MAX]; /* the BBMD's, there to be read: one for each address */
    size_t foreign_count;
    uint64_t forwarded;
} BacBbmd;

/* Takes a whole datagram of the link layer. True: it is all done with; false: it is also for the node itself.
 */
bool bac_bbmd_receive(BacBbmd *bbmd, BpCursor octets, const BacAddress *from, int64_t now_us);

/* Asserts what must hold between two calls. */
void bac_bbmd_check(const BacBbmd *bbmd);

/* The next entry of a Read-BDT-Ack's body. False: the end, or half an entry. */
bool bac_bdt_next(BpCursor *body, BacBdtEntry *ret_entry);

/* The next entry of a Read-FDT-Ack's body; *ret_left_s: seconds until it is forgotten. */
bool bac_fdt_next(BpCursor *body, BacForeignEntry *ret_entry, uint16_t *ret_left_s);

#endif
