/* What the collector knows of a device and its points while it asks them: a reading's first stop.
 * Names and texts are not here: asking needs none (see site.h). */
#ifndef COLLECT_ASK_DEVICE_H
#define COLLECT_ASK_DEVICE_H

#include "apps/collect/ask/limits.h"
#include "bacnet/talk/client.h"
#include "base/arena.h"
#include "model/reading.h"

typedef struct CollectDevice CollectDevice;
typedef struct CollectScan CollectScan;
typedef struct CollectTrunk CollectTrunk;

/* What was learned of how fast a device answers, and how much at once (trunk.h). */
typedef struct CollectPace {
    int64_t trip_us, variation_us; /* smoothed; 0: no answer yet */
    uint16_t more;                 /* requests at once beyond the first */
    uint16_t clean;                /* answers since a window was last changed */
    uint8_t silences;              /* in a row */
    int64_t widen_at_us;           /* not before */
} CollectPace;

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
    /* Of its subscription (subscribe.h): */
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

typedef enum CollectState { COLLECT_UNKNOWN, COLLECT_ONLINE, COLLECT_OFFLINE, COLLECT_REPLACED } CollectState;

/* "unknown", "online", "offline", "replaced": the words of the database. */
const char *collect_state_name(CollectState state);

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

typedef enum CollectSeat { COLLECT_IDLE, COLLECT_WAITING, COLLECT_ACTIVE } CollectSeat;

struct CollectDevice {
    int32_t device_id; /* 0: found, but not in the database yet */
    uint32_t instance; /* BAC_INSTANCE_WILDCARD: not known. Changed by collect_poll_set_instance alone */
    bool enabled;
    BacPeer peer; /* its address is where it is asked, or was: see is_evicted */
    CollectLimits limits;
    CollectPace pace;
    CollectTrunk *trunk; /* the network behind its router; NULL: it has an address of its own */
    CollectDevice *next_on_trunk;
    uint64_t trunk_turn; /* its last one */
    bool is_held;        /* it waits for the trunk */
    CollectState state;
    const char *reason;     /* why it is offline, or not known to be there; "" otherwise */
    int64_t since_us;       /* wall clock */
    int64_t answered_us;    /* monotonic; INT64_MIN: never */
    int64_t answered_at_us; /* wall clock; 0: never */

    CollectPoint *points; /* sorted by interval, object, property */
    size_t point_count;
    CollectRound *rounds; /* the shortest interval first */
    size_t round_count;
    uint32_t *queues;    /* the rounds' */
    int64_t renewed_us;  /* when all were renewed, since one did not tell; INT64_MIN: never */
    int64_t cov_due_us;  /* of the first of its points' subscriptions that is due */
    uint32_t generation; /* of the points: what was asked before they changed is nobody's */

    /* Readings of the round under way, and their reasons. */
    MdlReading *readings; /* room for one of each point */
    size_t reading_count;
    int64_t first_reading_us; /* monotonic */
    BpArena reasons;

    /* Silence: is it the device, or was the request too much for it? */
    bool doubted;          /* a probe is to be sent, or under way; nothing else is */
    bool probing;          /* it is under way */
    uint32_t doubt_count;  /* points of the unanswered batch */
    uint32_t doubt_answer; /* octets that its answer would have had; 0: it was no batch */
    int64_t probe_due_us;  /* when offline */
    int64_t backoff_us;

    /* Who is at its address? (identity.h) */
    bool is_cut_off;  /* we are not on the network: nobody is asked */
    bool is_evicted;  /* another device has the address: this one is not asked */
    bool is_suspect;  /* something spoke for another: readings wait for the device's own word */
    bool is_misnamed; /* an answer to points named another one, or none */
    bool is_unnamed;  /* but the device itself says that it is there: names in such answers mean nothing */
    bool denies;      /* the address does not know this device */
    bool is_extra;    /* the probe under way is none of those that silence plans */
    CollectQuestion question; /* of the next probe, or of the one under way, */
    uint32_t asked_instance;  /* which names this one */
    uint32_t found;           /* who is there instead; BAC_INSTANCE_WILDCARD: nobody known */
    CollectClaim claim;       /* the last one from its address */
    size_t covered;           /* of `readings`, those from before the probe was sent */
    int64_t recheck_us;       /* when it is asked for an I-Am's sake; INT64_MAX: not now */
    int64_t probed_us;        /* when it was asked last */
    int64_t checked_us;       /* when that came to its end; INT64_MIN: never */
    int64_t renamed_us;       /* when it was taken for another, while it is not in the database */

    CollectScan *scan;   /* being read out; NULL: not now */
    bool scan_waits;     /* for an answer */
    uint8_t scan_passed; /* requests for points that went before it */

    /* The poller's own: */
    CollectSeat seat;
    bool seat_is_uncertain; /* sits, or queues, with those that may not answer */
    CollectDevice *next_waiting;
    CollectDevice *next, **link;                   /* of all devices, and what points here */
    CollectDevice *next_namesake, **namesake_link; /* the same of those in its bucket of instances */
    int64_t due_us;                                /* when it wants to be woken */
    int64_t held_until_us; /* there was no room to ask it before; INT64_MAX: none is known */
    uint32_t heap_index;   /* UINT32_MAX: not in the heap */

    int64_t interval_us;  /* of its points that have none of their own. The owner's */
    bool is_newcomer;     /* asked for the first time, and no answer yet (newcomers.h). The owner's */
    bool took_address;    /* it was found where another had been. The owner's */
    bool row_is_replaced; /* its row in the database says so. The owner's */
    bool wants_scan; /* to be read out when there is a place, or again after `scan_retry_us`. The owner's */
    uint16_t said_apdu; /* its Max_APDU_Length_Accepted, and: */
    uint8_t said_segmentation;
    uint8_t scan_failures; /* in a row */
    int64_t scan_retry_us;
    uint32_t points_left_out; /* objects that it has, and that are no points for want of room. The owner's */
    int64_t restarted_us;     /* when it last said unasked that it is there */
    uint16_t stored_octets, stored_more; /* of what was learned, as the database has it. The owner's, like: */
    bool stored_multiple;
    bool has_news;      /* it is not as the database was last told, and its turn has not come. The owner's */
    int64_t scanned_us; /* monotonic, when it was last read out whole; INT64_MIN: never. The owner's */
};

/* Nothing but probes goes to it. */
static inline bool collect_device_is_away(const CollectDevice *device)
{
    return device->state == COLLECT_OFFLINE || device->state == COLLECT_REPLACED;
}

/* It may not answer: it was never heard of, is offline, or left a request without an answer just now. */
static inline bool collect_device_is_uncertain(const CollectDevice *device)
{
    return device->doubted || device->state != COLLECT_ONLINE;
}

/* Whether `points` are others than the device has, or are read at other intervals. */
bool collect_points_differ(const CollectDevice *device, const CollectPoint *points, size_t count);

static inline BacReference collect_point_reference(const CollectPoint *point, uint32_t property)
{
    return (BacReference){.object = point->object, .property = property, .index = BAC_NO_INDEX};
}

#endif
