/* A simulated device as the network sees it: its server, and the quirks of real ones in front of it. No
 * sockets, no clock. */
#ifndef SIM_STATION_H
#define SIM_STATION_H

#include "apps/sim/device/control.h"
#include "apps/sim/device/faults.h"
#include "apps/sim/device/site.h"
#include "bacnet/talk/publisher.h"

/* How a device falls short of the standard, or of what it says of itself. All zero: it does not. */
typedef struct SimQuirks {
    uint16_t max_apdu;     /* what it takes and says; 0: 1476 */
    uint16_t answer_max;   /* aborts longer answers, whatever it says of segmentation; 0: none */
    bool drops_long;       /* leaves requests for longer answers than answer_max unanswered instead */
    bool no_read_multiple; /* Reject unrecognized-service */
    bool no_segments;      /* Abort segmentation-not-supported */
    bool claims_segments;  /* says segmented-both all the same */
    bool one_at_a_time;    /* has room for one request: forgets what comes while it works */
    int64_t work_us;       /* how long it works on a request */
    int64_t restarts_us;   /* is away for 20 s at each multiple of this time; 0: never */
    bool odd_names;        /* its objects have names with / # + and characters beyond ASCII */
    bool no_cov;           /* rejects SubscribeCOV */
    bool mute_cov;         /* takes subscriptions, and tells nothing */
    bool silent;           /* answers nothing */
} SimQuirks;

/* "apdu-50,no-read-multiple": names of quirks, as `sim --quirks` takes them. BP_INVALID: an unknown one, with
 * the names there are. */
BpStatus sim_quirks_parse(BpStr text, SimQuirks *ret_quirks, BpError *err) BP_CHECKED;

/* One line each: name and meaning, NULL behind the last. */
extern const char *const sim_quirk_names[][2];

/* What several devices behind one router share: it carries one request at a time. */
typedef struct SimTrunk {
    int64_t request_us; /* how long it carries a request and its answer */
    int64_t free_at_us; /* when it has carried what it was given */
    size_t waiting;     /* datagrams that it has not yet delivered */
    uint64_t carried, dropped;
} SimTrunk;

enum { SIM_SENDINGS = 2, SIM_WAITING_MAX = 64, SIM_SUBSCRIPTIONS = 128 };

/* A request that is worked on, or waits for that. */
typedef struct SimWaiting {
    int64_t at_us;
    bool was_carried;     /* by the trunk */
    BacDatagram datagram; /* its body in: */
    uint8_t octets[BAC_APDU_MAX];
} SimWaiting;

typedef struct SimStation {
    SimDevice *device;
    SimQuirks quirks;
    SimTrunk *trunk; /* NULL: none */
    BacAddress address;
    BacServer server;
    BacSending *sendings;
    BacReceiving *receiving;
    BacNoticeIds notice_ids; /* of the publisher's and the reporter's confirmed ones */
    BacPublisher publisher;
    SimEvents events;
    SimControl control;
    SimWrites writes;
    BacAddress everyone; /* whom it tells that it is back, and asks where recipients are; all zero: nobody */
    int64_t looks_at_us; /* for those whose place is not known */
    void *owner;
    void (*send)(void *owner, const BacAddress *to, BpStr datagram);
    SimWaiting *waiting; /* in the order in which they come due; made when first needed */
    size_t first, count;
    int64_t busy_until_us;
    uint64_t received;  /* requests, before any quirk */
    uint64_t forgotten; /* for one_at_a_time, silence or a full trunk */
    size_t open_max;    /* the most requests that waited or were worked on at once */
} SimStation;

/* `address` with the station, when it is behind a router. `send` is given `owner`. */
void sim_station_init(SimStation *station, SimDevice *device, const SimQuirks *quirks, SimTrunk *trunk,
                      const BacAddress *address, void *owner,
                      void (*send)(void *owner, const BacAddress *to, BpStr datagram));
void sim_station_done(SimStation *station);

/* How it treats what is written to it, from now on. */
void sim_station_set_faults(SimStation *station, const SimFaults *faults);

/* Takes a datagram that is for this device. */
void sim_station_receive(SimStation *station, const BacDatagram *datagram, int64_t now_us);

/* Values may have changed: subscribers are told. */
void sim_station_tell(SimStation *station, int64_t now_us);

/* Does what is due. */
void sim_station_advance(SimStation *station, int64_t now_us);
int64_t sim_station_next_due_us(const SimStation *station); /* INT64_MAX: nothing */

#endif
