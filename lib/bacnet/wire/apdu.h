/* The application layer's eight kinds of message, as their fixed headers (ASHRAE 135, clause 20.1). */
#ifndef BACNET_WIRE_APDU_H
#define BACNET_WIRE_APDU_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"

typedef enum BacApduType {
    BAC_CONFIRMED_REQUEST = 0,
    BAC_UNCONFIRMED_REQUEST = 1,
    BAC_SIMPLE_ACK = 2,
    BAC_COMPLEX_ACK = 3,
    BAC_SEGMENT_ACK = 4,
    BAC_ERROR = 5,
    BAC_REJECT = 6,
    BAC_ABORT = 7,
} BacApduType;

/* The largest APDU that B/IP carries, and the smallest that every device takes (clause 20.1.2.5). */
enum { BAC_APDU_MAX = 1476, BAC_APDU_MIN = 50 };

/* One struct for all eight; the fields that a type has not are zero. */
typedef struct BacApdu {
    BacApduType type;
    bool segmented;                   /* CONFIRMED_REQUEST, COMPLEX_ACK */
    bool more_follows;                /* the same, when segmented */
    bool segmented_response_accepted; /* CONFIRMED_REQUEST */
    bool negative;                    /* SEGMENT_ACK: something is missing */
    bool from_server;                 /* SEGMENT_ACK, ABORT */
    uint8_t max_segments; /* CONFIRMED_REQUEST: how many the sender takes, 0 where it does not say, 65 for
                             more than 64 */
    uint16_t max_apdu;    /* CONFIRMED_REQUEST: what the sender takes: 50, 128, 206, 480, 1024 or 1476 */
    uint8_t invoke_id;    /* all but UNCONFIRMED_REQUEST */
    uint8_t sequence;     /* when segmented, and in SEGMENT_ACK */
    uint8_t window;       /* proposed when segmented, actual in SEGMENT_ACK */
    uint8_t service;      /* REQUESTs, ACKs and ERROR: BacConfirmedService or BacUnconfirmedService */
    uint8_t reason;       /* REJECT, ABORT */
} BacApdu;

/* Reads the header; on BP_OK `in` stands on the service's parameters. */
BpStatus bac_apdu_decode(BpCursor *in, BacApdu *ret_apdu, BpError *err) BP_CHECKED;

void bac_apdu_encode(BpBuf *out, const BacApdu *apdu);

/* The largest size of clause 20.1.2.5 that is at most `size`: what a header can say for it. At least 50. */
uint16_t bac_apdu_size_sayable(uint16_t size);

#endif
