/* Who is told of events, when, and of what (ASHRAE 135, clause 21: BACnetDestination), as Recipient_List of a
 * Notification Class holds them. Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_DESTINATION_H
#define BACNET_SERVICE_DESTINATION_H

#include "bacnet/service/get_events.h"
#include "bacnet/wire/address.h"

enum { BAC_DAYS = 7 };

/* A BACnetRecipient: a device by its number, or an address. */
typedef struct BacRecipient {
    bool is_device;
    uint32_t device;    /* instance */
    BacStation address; /* network 0: the device's own network, on B/IP with IP address and port as MAC;
                           length 0: all of the network */
} BacRecipient;

typedef struct BacDestination {
    bool days[BAC_DAYS]; /* Monday first */
    BacTime from, until; /* of each such day; `until` is within */
    BacRecipient recipient;
    uint32_t process; /* as the recipient knows it */
    bool is_confirmed;
    bool transitions[BAC_TRANSITIONS];
} BacDestination;

BpStatus bac_recipient_decode(BpCursor *in, BacRecipient *ret_recipient, BpError *err) BP_CHECKED;
void bac_recipient_encode(BpBuf *out, const BacRecipient *recipient);

/* A MAC of more than BAC_STATION_MAC_MAX octets is BP_UNSUPPORTED. The next of a list. BP_NOT_FOUND: the end,
 * properly reached. */
BpStatus bac_destination_next(BpCursor *list, BacDestination *ret_destination, BpError *err) BP_CHECKED;
void bac_destination_encode(BpBuf *out, const BacDestination *destination);

bool bac_destination_equal(const BacDestination *a, const BacDestination *b);

/* Whether it is told of a transition at a time. */
bool bac_destination_takes(const BacDestination *destination, const BacDateTime *now, size_t transition);

/* As an address of B/IP has it, for all days, hours and transitions. */
BacRecipient bac_recipient_of(const BacAddress *address);
BacDestination bac_destination_of(const BacAddress *address, uint32_t process, bool is_confirmed);

#endif
