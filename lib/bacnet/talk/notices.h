/* What all confirmed notifications of a device share, of changed values as of alarms (ASHRAE 135,
 * clause 5.4): one space of invoke IDs, since a Reject or an Abort says no more than the ID, and what answers
 * one. */
#ifndef BACNET_TALK_NOTICES_H
#define BACNET_TALK_NOTICES_H

#include "bacnet/talk/invoke_ids.h"
#include "bacnet/wire/datagram.h"
#include "bacnet/wire/enums.h"

/* In the memory of whoever is the device, for all that notifies in its name. Begins as zero. */
typedef struct BacNoticeIds {
    BacInvokeIds in_use;
    uint8_t last;
} BacNoticeIds;

/* An ID that no notification under way has, and of those the one given longest ago. 0: there is none. */
uint8_t bac_notice_ids_take(BacNoticeIds *ids);

void bac_notice_ids_give_back(BacNoticeIds *ids, uint8_t id);

/* Whether the datagram answers the notification that was sent to `to` with this ID by this service: a
 * SimpleACK or an Error of that service, or a Reject or an Abort. */
bool bac_notice_is_answered(const BacDatagram *datagram, const BacAddress *to, uint8_t invoke_id,
                            BacConfirmedService service);

#endif
