#include "bacnet/wire/datagram.h"

#include "bacnet/wire/enums.h"

#include <assert.h>

static bool carries_npdu(BacBvlcFunction function)
{
    return function == BAC_BVLC_ORIGINAL_UNICAST || function == BAC_BVLC_ORIGINAL_BROADCAST ||
           function == BAC_BVLC_FORWARDED_NPDU || function == BAC_BVLC_DISTRIBUTE_BROADCAST;
}

BpStatus bac_datagram_decode(BpCursor octets, const BacAddress *from, BacDatagram *ret_datagram, BpError *err)
{
    assert(from && from->remote.network == BAC_NETWORK_LOCAL && ret_datagram);
    BacBvlc bvlc;
    BpStatus status = bac_bvlc_decode(octets, &bvlc, err);
    if (status != BP_OK)
        return status;
    BacDatagram datagram = {.from = *from,
                            .sender = *from,
                            .function = bvlc.function,
                            .bvlc_result = bvlc.result,
                            .body = bvlc.body};
    if (carries_npdu(bvlc.function)) {
        if (bvlc.function == BAC_BVLC_FORWARDED_NPDU)
            datagram.from = bvlc.source;
        status = bac_npdu_decode(&datagram.body, &datagram.npdu, err);
        if (status != BP_OK)
            return status;
        const BacStation *destination = &datagram.npdu.destination;
        datagram.from.remote = datagram.npdu.source;
        datagram.is_broadcast = bvlc.function != BAC_BVLC_ORIGINAL_UNICAST ||
                                (destination->network != BAC_NETWORK_LOCAL && destination->length == 0);
        datagram.has_apdu = !datagram.npdu.is_network_message;
    }
    if (datagram.has_apdu)
        status = bac_apdu_decode(&datagram.body, &datagram.apdu, err);
    if (status == BP_OK)
        *ret_datagram = datagram;
    return status;
}

bool bac_datagram_may_be_forwarded(const BacDatagram *datagram)
{
    if (!datagram->has_apdu)
        return datagram->npdu.is_network_message;
    return datagram->apdu.type == BAC_UNCONFIRMED_REQUEST &&
           datagram->apdu.service != BAC_SERVICE_UNCONFIRMED_COV_NOTIFICATION &&
           datagram->apdu.service != BAC_SERVICE_UNCONFIRMED_COV_NOTIFICATION_MULTIPLE;
}

size_t bac_datagram_begin(BpBuf *out, BacBvlcFunction function, const BacAddress *to,
                          const BacStation *source, bool expecting_reply, const BacApdu *apdu)
{
    assert(carries_npdu(function) && function != BAC_BVLC_FORWARDED_NPDU);
    const size_t begin = bac_bvlc_begin(out, &(BacBvlc){.function = function});
    BacNpdu npdu = {.destination = to->remote, .hops = BAC_NPDU_HOPS, .expecting_reply = expecting_reply};
    if (source)
        npdu.source = *source;
    bac_npdu_encode(out, &npdu);
    bac_apdu_encode(out, apdu);
    return begin;
}

void bac_datagram_end(BpBuf *out, size_t begin)
{
    bac_bvlc_end(out, begin);
}
