#include "bacnet/talk/notices.h"

#include <assert.h>
#include <stddef.h>

uint8_t bac_notice_ids_take(BacNoticeIds *ids)
{
    const uint8_t id = bac_invoke_ids_next(ids->last, &ids->in_use, NULL, 0);
    if (id == 0)
        return 0;
    ids->last = id;
    bac_invoke_ids_add(&ids->in_use, id);
    return id;
}

void bac_notice_ids_give_back(BacNoticeIds *ids, uint8_t id)
{
    assert(bac_invoke_ids_has(&ids->in_use, id));
    bac_invoke_ids_remove(&ids->in_use, id);
}

bool bac_notice_is_answered(const BacDatagram *datagram, const BacAddress *to, uint8_t invoke_id,
                            BacConfirmedService service)
{
    const BacApdu *apdu = &datagram->apdu;
    if (!datagram->has_apdu || apdu->invoke_id != invoke_id || !bac_address_equal(to, &datagram->from))
        return false;
    switch (apdu->type) {
    case BAC_SIMPLE_ACK:
    case BAC_ERROR: return apdu->service == service;
    case BAC_REJECT: return true;
    case BAC_ABORT: return apdu->from_server;
    default: return false;
    }
}
