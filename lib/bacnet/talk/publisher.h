/* Telling subscribers of changed values, as a device does (ASHRAE 135, clause 13.1): subscriptions with
 * finite lifetimes, notifications confirmed or not. No sockets, no clock, no allocation. */
#ifndef BACNET_TALK_PUBLISHER_H
#define BACNET_TALK_PUBLISHER_H

#include "bacnet/service/cov.h"
#include "bacnet/talk/notices.h"
#include "bacnet/talk/server.h"
#include "bacnet/wire/datagram.h"

enum { BAC_COV_VALUE_MAX = 16 }; /* octets of a present value that is told */

/* Contents are the publisher's own. */
typedef struct BacSubscription {
    bool in_use;
    bool is_confirmed;
    BacAddress to;
    uint32_t process;
    BacObjectId object;
    int64_t until_us; /* INT64_MAX: until cancelled */
    /* What was told last: */
    bool was_told;
    uint8_t value[BAC_COV_VALUE_MAX], flags[BAC_COV_VALUE_MAX];
    size_t value_size, flags_size;
    /* A confirmed one that waits for its SimpleACK: */
    bool waits;
    uint8_t invoke_id, tries_left;
    int64_t retry_at_us;
} BacSubscription;

/* In the caller's memory. What is not said to be the publisher's is the caller's, who sets it before the
 * first call. */
struct BacPublisher {
    void *owner;
    void (*send)(void *owner, const BacAddress *to, BpStr datagram);
    const BacObjects *objects;
    uint32_t device;                /* instance */
    BacStation station;             /* its own, when it sits on a network behind a router; else zero */
    BacSubscription *subscriptions; /* zeroed; contents are the publisher's */
    size_t count;
    BacNoticeIds *ids;  /* of the device: whatever else notifies in its name has the same */
    int64_t timeout_us; /* of a confirmed notification */
    uint8_t retries;

    uint64_t told, confirmed, given_up; /* the publisher's, there to be read */
};

/* Carries out a SubscribeCOV. A subscription of the same subscriber, process and object is renewed. The first
 * notification goes out with the next bac_publisher_advance, behind the answer. */
BacRefusal bac_publisher_subscribe(BacPublisher *publisher, const BacSubscribeCov *subscribe,
                                   const BacAddress *from, int64_t now_us);

/* Ends all subscriptions, as a restart does. */
void bac_publisher_forget(BacPublisher *publisher);

/* Writes the `i`-th of the subscriptions there are, from 0, as Active_COV_Subscriptions has it (clause 21:
 * BACnetCOVSubscription). False: there are not so many. */
bool bac_publisher_describe(const BacPublisher *publisher, size_t i, int64_t now_us, BpBuf *out);

/* Tells what has changed, sends again what was not confirmed, and forgets what has ended. To be called after
 * values may have changed, and after what comes in. */
void bac_publisher_advance(BacPublisher *publisher, int64_t now_us);

/* Takes a datagram: true if it answered one of our notifications. */
bool bac_publisher_receive(BacPublisher *publisher, const BacDatagram *datagram);

/* Asserts what must hold between two calls. */
void bac_publisher_check(const BacPublisher *publisher);

#endif
