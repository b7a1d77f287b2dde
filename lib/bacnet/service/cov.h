/* Change of value: subscribing, and what subscribers are told (ASHRAE 135, clauses 13.1 and 13.14).
 * Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_COV_H
#define BACNET_SERVICE_COV_H

#include "bacnet/wire/property_value.h"

/* ---- SubscribeCOV (clause 13.14) ---- */

typedef struct BacSubscribeCov {
    uint32_t process; /* the subscriber's own number for the subscription */
    BacObjectId object;
    bool is_cancelled;   /* the subscription ends: what follows has no meaning */
    bool is_confirmed;   /* notifications are to be confirmed */
    uint32_t lifetime_s; /* 0: until cancelled */
} BacSubscribeCov;

BpStatus bac_subscribe_cov_decode(BpCursor *in, BacSubscribeCov *ret_subscribe, BpError *err) BP_CHECKED;
void bac_subscribe_cov_encode(BpBuf *out, const BacSubscribeCov *subscribe);

/* ---- ConfirmedCOVNotification and UnconfirmedCOVNotification (clauses 13.6 and 13.7) ---- */

typedef struct BacCovNotification {
    uint32_t process;
    uint32_t device; /* instance of who tells */
    BacObjectId object;
    uint32_t remaining_s; /* of the subscription's lifetime; 0: until cancelled, or never subscribed to */
    BpCursor values;      /* a list for bac_property_value_next, which finds its mistakes */
} BacCovNotification;

BpStatus bac_cov_notification_decode(BpCursor *in, BacCovNotification *ret_notification,
                                     BpError *err) BP_CHECKED;
void bac_cov_notification_encode(BpBuf *out, const BacCovNotification *notification);

/* The same around values that the caller writes straight to `out`; `values` is not looked at. */
void bac_cov_notification_begin(BpBuf *out, const BacCovNotification *notification);
void bac_cov_notification_end(BpBuf *out);

#endif
