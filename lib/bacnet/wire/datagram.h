/* A B/IP datagram taken apart as far as the service's parameters, and put together again. */
#ifndef BACNET_WIRE_DATAGRAM_H
#define BACNET_WIRE_DATAGRAM_H

#include "bacnet/wire/apdu.h"
#include "bacnet/wire/bvlc.h"
#include "bacnet/wire/npdu.h"

typedef struct BacDatagram {
    BacAddress
        from; /* the original sender: its station behind a router, its own address where a BBMD forwarded */
    BacAddress sender; /* who sent it to us: the BBMD where one forwarded it */
    BacBvlcFunction function;
    uint16_t bvlc_result; /* of function RESULT: its code (J.2.1) */
    bool is_broadcast;    /* by the function or by the destination network */
    BacNpdu npdu;
    BacApdu apdu; /* meaningless when npdu.is_network_message, or when the function carries no NPDU */
    bool has_apdu;
    BpCursor body; /* the service's parameters, the network message's contents, or the function's */
} BacDatagram;

/* `from` is where the datagram came from, without a station. */
BpStatus bac_datagram_decode(BpCursor octets, const BacAddress *from, BacDatagram *ret_datagram,
                             BpError *err) BP_CHECKED;

/* Whether it is something that BBMDs pass on: broadcasts, which are unconfirmed requests and messages of
 * routers. What names a foreign sender in a Forwarded-NPDU and is anything else, such as an answer, a
 * confirmed request, or a notification to a subscriber, is false: devices send that themselves. */
bool bac_datagram_may_be_forwarded(const BacDatagram *datagram);

/* Writes everything in front of the service's parameters for an APDU to `to`: its station becomes the NPDU's
 * destination. `source`, where not NULL, is the sender's own station (a simulated router's). `function` is
 * ORIGINAL_UNICAST, ORIGINAL_BROADCAST or DISTRIBUTE_BROADCAST. Returns what bac_datagram_end wants. */
size_t bac_datagram_begin(BpBuf *out, BacBvlcFunction function, const BacAddress *to,
                          const BacStation *source, bool expecting_reply, const BacApdu *apdu);
void bac_datagram_end(BpBuf *out, size_t begin);

/* The largest datagram: BVLC, NPDU with both stations, and a largest APDU. */
enum { BAC_DATAGRAM_MAX = 10 + 2 + 2 * (3 + BAC_STATION_MAC_MAX) + 1 + BAC_APDU_MAX };

#endif
