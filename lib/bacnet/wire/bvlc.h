/* BACnet virtual link control: what stands first in every B/IP datagram (ASHRAE 135, Annex J.2). */
#ifndef BACNET_WIRE_BVLC_H
#define BACNET_WIRE_BVLC_H

#include "bacnet/wire/address.h"
#include "base/buf.h"
#include "base/cursor.h"

typedef enum BacBvlcFunction {
    BAC_BVLC_RESULT = 0x00,
    BAC_BVLC_WRITE_BDT = 0x01,
    BAC_BVLC_READ_BDT = 0x02,
    BAC_BVLC_READ_BDT_ACK = 0x03,
    BAC_BVLC_FORWARDED_NPDU = 0x04,
    BAC_BVLC_REGISTER_FOREIGN_DEVICE = 0x05,
    BAC_BVLC_READ_FDT = 0x06,
    BAC_BVLC_READ_FDT_ACK = 0x07,
    BAC_BVLC_DELETE_FDT_ENTRY = 0x08,
    BAC_BVLC_DISTRIBUTE_BROADCAST = 0x09,
    BAC_BVLC_ORIGINAL_UNICAST = 0x0A,
    BAC_BVLC_ORIGINAL_BROADCAST = 0x0B,
    BAC_BVLC_SECURE = 0x0C,
} BacBvlcFunction;

/* Result codes (J.2.1). */
typedef enum BacBvlcResult {
    BAC_BVLC_SUCCESS = 0x0000,
    BAC_BVLC_WRITE_BDT_NAK = 0x0010,
    BAC_BVLC_READ_BDT_NAK = 0x0020,
    BAC_BVLC_REGISTER_NAK = 0x0030,
    BAC_BVLC_READ_FDT_NAK = 0x0040,
    BAC_BVLC_DELETE_FDT_NAK = 0x0050,
    BAC_BVLC_DISTRIBUTE_NAK = 0x0060,
} BacBvlcResult;

enum { BAC_BVLC_TYPE = 0x81, BAC_BVLC_HEADER_SIZE = 4 };

typedef struct BacBvlc {
    BacBvlcFunction function;
    uint16_t result;   /* RESULT: its code (J.2.1) */
    uint16_t ttl_s;    /* REGISTER_FOREIGN_DEVICE: time to live */
    BacAddress source; /* FORWARDED_NPDU: the original sender; DELETE_FDT_ENTRY: the entry; else all zero */
    BpCursor body;     /* the NPDU, or the table's entries; empty where the function has none */
} BacBvlc;

/* A B/IP node as six octets, as it stands in functions and tables. A short cursor fails, and gives zeros. */
BacAddress bac_bvlc_node_decode(BpCursor *in);
void bac_bvlc_node_encode(BpBuf *out, const BacAddress *node);

/* Decodes a whole datagram. There are devices that pad it, and some that say a wrong length: octets behind
 * the length that it says are left out, and missing ones are missed by whoever reads its contents. Unknown
 * functions are BP_UNSUPPORTED. */
BpStatus bac_bvlc_decode(BpCursor datagram, BacBvlc *ret_bvlc, BpError *err) BP_CHECKED;

/* Writes the header and what the function needs of `bvlc` apart from its body; the length is filled in by
 * bac_bvlc_end after the body has been written. Returns where the header began, for bac_bvlc_end. */
size_t bac_bvlc_begin(BpBuf *out, const BacBvlc *bvlc);
void bac_bvlc_end(BpBuf *out, size_t begin);

#endif
