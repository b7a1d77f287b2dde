/* Orders: what a device is asked once, for somebody who waits for the outcome. This is how a value is written
 * and read back.
 *
 * An order's end is told exactly once, whatever becomes of the device, and it says whether the request may
 * have been carried out. An order waits behind a probe that decides who is there: what is meant for one
 * device goes to no other. */
#ifndef COLLECT_ASK_JOBS_ORDER_H
#define COLLECT_ASK_JOBS_ORDER_H

#include "bacnet/service/error.h"
#include "bacnet/talk/client.h"

typedef enum CollectOrderOutcome {
    COLLECT_ORDER_ANSWERED, /* `body` is what the device answered, empty where it just agreed */
    COLLECT_ORDER_REFUSED,  /* it said no: `refusal` */
    COLLECT_ORDER_NOT_SENT, /* the device has not heard of it: `why` */
    COLLECT_ORDER_UNKNOWN,  /* it was sent, and no answer could be taken: it may have been carried out, or not
                             */
} CollectOrderOutcome;

typedef enum CollectOrderWhy {
    COLLECT_ORDER_WAS_SENT,   /* all outcomes but one */
    COLLECT_ORDER_AWAY,       /* the device is offline, or another one is at its address */
    COLLECT_ORDER_DISABLED,   /* or left alone */
    COLLECT_ORDER_FORGOTTEN,  /* or not known any more */
    COLLECT_ORDER_NO_NETWORK, /* we are not on the network */
    COLLECT_ORDER_FULL,       /* COLLECT_ORDERS_MAX of the device's have not ended yet */
    COLLECT_ORDER_TOO_LONG,   /* for the device */
    COLLECT_ORDER_LATE,       /* when its turn came, `may_go` said no */
} CollectOrderWhy;

enum { COLLECT_ORDERS_MAX = 16 };

typedef struct CollectOrderEnd {
    CollectOrderOutcome outcome;
    CollectOrderWhy why;
    BacRefusal refusal;
    BpCursor body; /* valid until the callback returns */
} CollectOrderEnd;

typedef struct CollectOrderRequest {
    uint8_t service;  /* BacConfirmedService */
    BpStr parameters; /* encoded; copied */
    bool is_urgent;   /* it goes before all but a probe; otherwise behind the device's points */
    bool is_once;     /* it must not be sent twice. Otherwise it is tried again as others are, when no answer
                         comes; one that was sent and is forgotten never is */
    void *context;
    /* NULL, or asked right before the datagram is made: may it still go out? It is to look at clocks itself,
     * since the process may have stood still until then. The order is sent once, as with is_once. It may not
     * call anything of the poller's. */
    bool (*may_go)(void *context);
    /* Tells the end. It may give orders, and may not call anything else of the poller's. */
    void (*on_end)(void *context, const CollectOrderEnd *end);
} CollectOrderRequest;

#endif
