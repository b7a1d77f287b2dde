/* What the collector knows of a device and its points while it asks them: a reading's first stop.
 * Names and texts are not here: asking needs none (see site.h).
 *
 * The fields that stand by themselves are for everybody to read, and those of the owner, who has the poller,
 * for the owner to write. A field in a part of its own belongs to the file that the part names, which alone
 * changes it; files of asking besides may read it. */
#ifndef COLLECT_ASK_DEVICE_DEVICE_H
#define COLLECT_ASK_DEVICE_DEVICE_H

#include "apps/collect/ask/device/limits.h"
#include "apps/collect/ask/device/pace.h"
#include "bacnet/talk/client.h"
#include "bacnet/wire/object.h"
#include "base/arena.h"
#include "model/reading.h"

typedef struct CollectDevice CollectDevice;
typedef struct CollectScan CollectScan;
typedef struct CollectTrunk CollectTrunk;

/* ---- points and their rounds ---- */

/* Something of a device that is read again and again. */
typedef struct CollectPoint {
    int32_t point_id;
    BacObjectId object;
    uint32_t property;
    int64_t interval_us;
    bool cov;             /* its device is to tell of it */
    float cov_increment;  /* 0: not known */
    uint16_t state_count; /* of a multi-state object; 0: not known */

    /* Learned: */
    uint8_t value_octets;   /* of its value when last read, tag included; 0: never read */
    uint8_t flags;          /* its status flags when last read, bit n for BacStatusFlag n */
    uint8_t refusals;       /* lasting errors in a row, such as unknown-object */
    bool has_no_flags;      /* the device says that there is no such property */
    bool reliability_read;  /* `reliability` is from the last round */
    uint16_t reliability;   /* BacReliability */
    int64_t flags_at_us;    /* when the flags were last asked for alone (ReadProperty) */
    int64_t rests_until_us; /* not asked before, for its lasting error */
    int64_t polled_at_us;   /* monotonic, when it was last read; 0: never */
    /* Of its subscription (cov.h): */
    double told; /* what it said last, since the subscription began */
    bool was_told;
    uint8_t cov_failures;
    int64_t cov_due_us;   /* when it is made or renewed; INT64_MAX: not now */
    int64_t cov_until_us; /* it holds until then; INT64_MIN: there is none */
    int64_t cov_began_us;
} CollectPoint;

/* The points of a device that share an interval. */
typedef struct CollectRound {
    int64_t interval_us;
    int64_t due_us;   /* when it begins next */
    int64_t began_us; /* when its cycle under way, or the last one, was due */
    uint32_t first;   /* its points in the device's, which are sorted by interval */
    uint32_t count;
    bool running;
    bool was_sent;   /* the first request of this cycle went out */
    uint32_t *queue; /* indexes of points: from `head` to `count` those still to be asked for */
    uint32_t head;
    uint32_t waiting; /* points in requests under way */
    /* After a batch failed: the next `careful_count` points go in batches of at most `careful_max`. */
    uint32_t careful_count, careful_max;
} CollectRound;

/* rounds.c, by plan.c: its rounds, and what of them is being asked for. */
typedef struct CollectRounds {
    CollectRound *all; /* the shortest interval first */
    size_t count;
    uint32_t *queues;               /* the rounds' */
    struct CollectBatch *under_way; /* the newest first */
    uint32_t generation;            /* of the points: what was asked before they changed is nobody's */
} CollectRounds;

/* readings.c: readings of the rounds under way, and their reasons. */
typedef struct CollectReadings {
    MdlReading *all; /* room for one of each point */
    size_t count;
    size_t covered;   /* of them, those from before the probe under way was sent */
    int64_t first_us; /* monotonic, when the first of them was taken */
    BpArena reasons;
} CollectReadings;

/* cov.c: its subscriptions. */
typedef struct CollectCov {
    int64_t lost_us;      /* when all were taken for lost, since one did not tell; INT64_MIN: never */
    int64_t due_us;       /* of the first of its points' subscriptions that is due */
    int64_t restarted_us; /* when the device last said unasked that it is there; INT64_MIN: never */
    size_t ended;         /* points, from the first on, that it tells nothing of any more */
    uint16_t leaving;     /* requests to end one that are under way: unsubscribe.c */
} CollectCov;

/* ---- is it there, and is it itself? ---- */

typedef enum CollectState { COLLECT_UNKNOWN, COLLECT_ONLINE, COLLECT_OFFLINE, COLLECT_REPLACED } CollectState;

/* "unknown", "online", "offline", "replaced": the words of the database. */
const char *collect_state_name(CollectState state);

/* state.c: silence. Is it the device, or was the request too much for it? */
typedef struct CollectSilence {
    bool is_doubted;        /* a probe is to be sent, or under way; nothing else is */
    uint32_t count;         /* points of the unanswered batch */
    uint32_t answer_octets; /* that its answer would have had; 0: it was no batch */
    uint8_t probes;         /* without an answer, in a row, where each takes a turn of its own */
    int64_t probe_due_us;   /* when offline */
    int64_t backoff_us;
    int64_t answered_us; /* monotonic; INT64_MIN: never */
} CollectSilence;

/* What a probe asks (identity.h). */
typedef enum CollectQuestion {
    COLLECT_ASK_ITSELF,  /* is this device there? */
    COLLECT_ASK_WHOEVER, /* who is, then? */
    COLLECT_ASK_CLAIMED, /* is it the one that an I-Am spoke of? */
    COLLECT_ASK_NOBODY,  /* is it one that cannot be there? */
} CollectQuestion;

/* What an I-Am said of its sender. */
typedef struct CollectClaim {
    uint32_t instance; /* BAC_INSTANCE_WILDCARD: there was none */
    uint32_t max_apdu;
    uint8_t segmentation;
} CollectClaim;

/* state.c, identity.c, probe.c and who.c: who is at its address? */
typedef struct CollectIdentity {
    bool is_suspect;  /* something spoke for another: readings wait for the device's own word */
    bool is_misnamed; /* an answer to points named another one, or none */
    bool is_unnamed;  /* but the device itself says that it is there: names in such answers mean nothing */
    bool denies;      /* the address does not know this device */
    bool probing;     /* a probe is under way */
    bool is_extra;    /* and is none of those that silence plans */
    CollectQuestion question; /* of the next probe, or of the one under way, */
    uint32_t asked_instance;  /* which names this one */
    CollectClaim claim;       /* the last one from its address */
    int64_t recheck_us;       /* when it is asked for an I-Am's sake; INT64_MAX: not now */
    int64_t probed_us;        /* when it was asked last */
    int64_t checked_us;       /* when that came to its end; INT64_MIN: never */
    int64_t renamed_us;       /* when it was taken for another, while it is not in the database */
} CollectIdentity;

/* ---- what it is read out for ---- */

/* What came of it the last time that it was read out and stored: points. */
typedef struct CollectStored {
    uint32_t points, added, changed, gone;
} CollectStored;

/* Of the search that somebody asked for, and that it answered last (network/sought.c). */
typedef struct CollectSought {
    uint32_t search; /* its number; 0: none */
    bool was_new;    /* it was in no database yet */
    bool is_read;    /* it was read out, and is being stored, */
    bool is_stored;  /* or is */
    bool has_failed; /* or could not be */
} CollectSought;

/* ---- its chance to be asked ---- */

/* read_out.c: it is being read out. */
typedef struct CollectReadOut {
    CollectScan *scan; /* NULL: not now */
    bool waits;        /* for an answer */
} CollectReadOut;

/* orders.c: what it is to be asked once. */
typedef struct CollectOrders {
    struct CollectOrder *urgent, *patient; /* that wait, each the first of its queue */
    size_t count;                          /* of those that wait or are under way */
    bool is_closed;                        /* the device is being forgotten */
} CollectOrders;

typedef enum CollectSeat { COLLECT_IDLE, COLLECT_WAITING, COLLECT_ACTIVE } CollectSeat;

/* seats.c and turn.c: is it asked now? */
typedef struct CollectTurn {
    CollectSeat seat;
    bool seat_is_uncertain; /* sits, or queues, with those that may not answer */
    CollectDevice *next_waiting;
    int64_t held_until_us; /* there was no room to ask it before; INT64_MAX: none is known */
} CollectTurn;

/* jobs.c: its requests under way. */
typedef struct CollectUnderWay {
    struct CollectJob *first; /* the newest */
    uint8_t passed;           /* requests in a row that went before one that waits (yields_after) */
} CollectUnderWay;

/* trunk.c: the network behind its router. */
typedef struct CollectOnTrunk {
    CollectTrunk *trunk; /* NULL: it has an address of its own */
    CollectDevice *next;
    uint64_t turn;     /* its last one */
    bool is_held;      /* it waits for the trunk */
    int64_t leaves_us; /* its request that may not be answered takes the trunk until then; INT64_MAX: it has
                          none, or that has left */
} CollectOnTrunk;

/* wake.c: when it wants to be woken. */
typedef struct CollectAwaited {
    int64_t due_us;
    uint32_t heap_index; /* COLLECT_NOT_WOKEN: not in the heap */
} CollectAwaited;

struct CollectDevice {
    int32_t device_id; /* 0: found, but not in the database yet. The owner's */
    uint32_t instance; /* BAC_INSTANCE_WILDCARD: not known. Changed by collect_poll_set_instance alone */
    bool enabled;
    bool is_cut_off;      /* we are not on the network: nobody is asked */
    bool is_evicted;      /* another device has the address: this one is not asked */
    bool is_taking_leave; /* we are about to end: it is asked to tell nothing more, and nothing else */
    BacPeer peer;         /* its address is where it is asked, or was: see is_evicted */
    CollectLimits limits;
    CollectPace pace;
    CollectState state;
    const char *reason;     /* why it is offline, or not known to be there; "" otherwise */
    int64_t since_us;       /* wall clock */
    int64_t answered_at_us; /* wall clock; 0: never */
    uint32_t found;         /* who is there instead; BAC_INSTANCE_WILDCARD: nobody known */
    CollectPoint *points;   /* sorted by interval, object, property */
    size_t point_count;
    CollectDevice *next, **link; /* of all devices, and what points here: devices.c */

    CollectDevice *next_namesake, **namesake_link; /* of those in its bucket of instances: instances.c */
    CollectRounds rounds;
    CollectReadings readings;
    CollectCov cov;
    CollectSilence silence;
    CollectIdentity identity;
    CollectReadOut read_out;
    CollectOrders orders;
    CollectTurn turn;
    CollectUnderWay under_way;
    CollectOnTrunk on;
    CollectAwaited awaited;

    /* The owner's own: */
    int64_t interval_us;  /* of its points that have none of their own */
    bool is_newcomer;     /* asked for the first time, and no answer yet (newcomers.h) */
    bool took_address;    /* it was found where another had been */
    bool row_is_replaced; /* its row in the database says so */
    bool wants_scan;      /* to be read out when there is a place, or again after `scan_retry_us` */
    uint16_t said_apdu;   /* its Max_APDU_Length_Accepted, and: */
    uint8_t said_segmentation;
    uint8_t scan_failures; /* in a row */
    int64_t scan_retry_us;
    uint32_t points_left_out;            /* objects that it has, and that are no points for want of room */
    uint16_t stored_octets, stored_more; /* of what was learned, as the database has it, like: */
    int64_t stored_trip_us;
    bool stored_multiple;
    bool has_news;      /* it is not as the database was last told, and its turn has not come */
    int64_t scanned_us; /* monotonic, when it was last read out whole; INT64_MIN: never */
    CollectStored stored;
    CollectSought sought;
};

/* Nothing but probes goes to it. */
static inline bool collect_device_is_away(const CollectDevice *device)
{
    return device->state == COLLECT_OFFLINE || device->state == COLLECT_REPLACED;
}

/* It may not answer: it was never heard of, is offline, or left a request without an answer just now. */
static inline bool collect_device_is_uncertain(const CollectDevice *device)
{
    return device->silence.is_doubted || device->state != COLLECT_ONLINE;
}

/* It is being read out. */
static inline bool collect_device_is_read_out(const CollectDevice *device)
{
    return device->read_out.scan != NULL;
}

static inline BacReference collect_point_reference(const CollectPoint *point, uint32_t property)
{
    return (BacReference){.object = point->object, .property = property, .index = BAC_NO_INDEX};
}

#endif
