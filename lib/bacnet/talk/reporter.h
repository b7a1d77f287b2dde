/* Telling of alarms as a device does: intrinsic reporting of values out of range and of states that are
 * alarms, notifications to recipients, who asks what is wrong, and who has seen it (ASHRAE 135,
 * clauses 13.2, 13.3, 13.5, 13.8, 13.9, 13.12). No sockets, no clock, no allocation. Faults are not reported
 * as events.
 *
 *   normal --(beyond a limit for the delay)--> high-limit or low-limit --(within it by the deadband)-->
 * normal */
#ifndef BACNET_TALK_REPORTER_H
#define BACNET_TALK_REPORTER_H

#include "bacnet/service/acknowledge_alarm.h"
#include "bacnet/service/destination.h"
#include "bacnet/service/error.h"
#include "bacnet/service/get_events.h"
#include "bacnet/talk/notices.h"
#include "bacnet/wire/datagram.h"
#include "bacnet/wire/enums.h"

enum { BAC_NOTICES = 16, BAC_NOTICE_MAX = 256 };

/* An object that reports events. The upper part is the caller's to set, before the first call; the lower
 * part, which begins as zero, is the reporter's. */
typedef struct BacEventSource {
    BacObjectId object;
    uint8_t event_type;        /* BAC_EVENT_OUT_OF_RANGE, or BAC_EVENT_CHANGE_OF_STATE of a binary one */
    float high, low, deadband; /* out of range */
    uint32_t alarm_value;      /* change of state: BacBinaryPv */
    uint32_t delay_s;          /* that it must last */

    uint32_t state;     /* BacEventState */
    uint32_t offnormal; /* that it had last; BAC_STATE_NORMAL: never */
    uint32_t next;      /* state that it will have if it lasts */
    int64_t since_us;   /* it has been so */
    bool is_unacknowledged[BAC_TRANSITIONS];
    bool has_time[BAC_TRANSITIONS];
    BacDateTime times[BAC_TRANSITIONS];
} BacEventSource;

/* A confirmed notification that waits for its SimpleACK. Contents are the reporter's own. */
typedef struct BacNotice {
    bool in_use;
    BacAddress to;
    uint8_t invoke_id, tries_left;
    int64_t retry_at_us;
    size_t size;
    uint8_t octets[BAC_NOTICE_MAX]; /* parameters */
} BacNotice;

/* Whom to tell, and where that is. */
typedef struct BacListener {
    BacDestination destination;
    BacAddress to; /* port 0: it is not known where the device is */
} BacListener;

enum { BAC_LISTENERS_MAX = 16 };

typedef struct BacListeners {
    BacListener items[BAC_LISTENERS_MAX];
    size_t count;
} BacListeners;

/* In the caller's memory. What is not said to be the reporter's is the caller's, who sets it before the first
 * call; the rest begins as zero. */
typedef struct BacReporter {
    void *owner;
    void (*send)(void *owner, const BacAddress *to, BpStr datagram);
    BacDateTime (*clock)(void *owner); /* the device's */
    uint32_t device;                   /* instance */
    BacStation station;                /* its own, when it sits behind a router; else zero */
    uint32_t notification_class;
    uint8_t priorities[BAC_TRANSITIONS];
    bool needs_ack[BAC_TRANSITIONS];
    BacEventSource *sources; /* ascending by object */
    size_t source_count;
    const BacListeners *listeners; /* may change between two calls */
    BacNoticeIds *ids;             /* of the device: whatever else notifies in its name has the same */
    int64_t timeout_us;
    uint8_t retries;
    bool is_quiet; /* nothing is told; what happens is kept for who asks. Changes at any time */

    uint64_t told, confirmed, given_up; /* the reporter's, there to be read */
    BacNotice notices[BAC_NOTICES];     /* the reporter's own */
} BacReporter;

BacEventSource *bac_reporter_find(const BacReporter *reporter, BacObjectId object);

/* The object's value is this now: a change of its state that has lasted is told. */
void bac_reporter_judge(BacReporter *reporter, BacEventSource *source, double value, int64_t now_us);

/* GetEventInformation: writes as many summaries as fit, ascending by object. */
void bac_reporter_inform(const BacReporter *reporter, const BacGetEvents *request, BpBuf *out);

/* AcknowledgeAlarm. It is told to the recipients too. */
BacRefusal bac_reporter_acknowledge(BacReporter *reporter, const BacAcknowledgeAlarm *acknowledge,
                                    int64_t now_us);

/* Ends all that is under way, as a restart does. */
void bac_reporter_forget(BacReporter *reporter);

/* Sends again what was not confirmed, and gives up. */
void bac_reporter_advance(BacReporter *reporter, int64_t now_us);

/* Takes a datagram: true if it answered one of our notifications. */
bool bac_reporter_receive(BacReporter *reporter, const BacDatagram *datagram);

/* Asserts what must hold between two calls. */
void bac_reporter_check(const BacReporter *reporter);

#endif
