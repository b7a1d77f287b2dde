/* Single requests of the poller: what is asked of a device next, and what the answer means for its points and
 * for what is asked of it from then on. For poll.c alone. */
#ifndef COLLECT_ASK_JOB_H
#define COLLECT_ASK_JOB_H

#include "apps/collect/ask/decode.h"
#include "apps/collect/ask/plan.h"
#include "apps/collect/ask/poll.h"

/* Devices that sit: as many as may be asked at once. The others wait in order. */
typedef struct CollectSeats {
    size_t taken;
    CollectDevice *first, *last; /* of those that wait */
} CollectSeats;

typedef enum CollectBatchKind {
    COLLECT_BATCH_MULTIPLE, /* points, by ReadPropertyMultiple */
    COLLECT_BATCH_SINGLE,   /* one property of one point, by ReadProperty */
    COLLECT_BATCH_PROBE,
    COLLECT_BATCH_COV, /* a subscription to one point */
    COLLECT_BATCH_SCAN,
} CollectBatchKind;

enum { COLLECT_BATCH_MAX = 240 }; /* points in a request; more do not fit 1476 octets */

/* A request under way. */
typedef struct CollectBatch {
    struct CollectBatch *next;
    CollectDevice *device; /* NULL: this one is free */
    CollectBatchKind kind;
    bool is_named;       /* MULTIPLE: the device's own name is asked for with the points */
    bool is_uncertain;   /* counted on the trunk as one that may not be answered */
    uint32_t generation; /* device->generation when it was made */
    int64_t sent_us;
    CollectRound *round;
    size_t answer_octets; /* what was expected at most */
    CollectWish asking;   /* SINGLE: what of the point */
    CollectSample sample; /* SINGLE: what is known of it by now */
    uint32_t count;
    uint32_t points[COLLECT_BATCH_MAX];
    uint8_t wishes[COLLECT_BATCH_MAX];
} CollectBatch;

struct CollectPoller {
    CollectPollHooks hooks;
    CollectPollSettings settings;
    CollectPollCounts counts;
    BacClient client;
    BacTransaction *transactions;
    BacDue *dues;
    BacPeer **buckets;
    CollectDevice **instances; /* as many buckets, by instance */
    BacAssembly *assemblies;
    CollectBatch *batches, *free_batches;
    size_t batch_count; /* of them used so far, so that memory is not touched before it is needed */
    CollectDevice *devices;
    bool is_cut_off; /* we are not on the network */
    size_t device_count;
    CollectTrunk *trunks;
    CollectWake wake;
    CollectSeats steady, uncertain;
    BpRandom random;
    int64_t wall_offset_us;
    uint32_t process; /* of our subscriptions */
};

typedef enum CollectAsked {
    COLLECT_ASKED,
    COLLECT_NOTHING_TO_ASK,
    COLLECT_NO_ROOM, /* no transaction or invoke ID is free now */
    COLLECT_HELD,    /* its trunk is taken; see collect_trunk_may_send */
} CollectAsked;

/* Whether there is something to ask the device now, but for its window. */
bool collect_ask_has_more(const CollectDevice *device, int64_t now_us);

/* Sends the most urgent request: a probe, points by the shortest interval first, then the scan. */
CollectAsked collect_ask_next(CollectPoller *poller, CollectDevice *device, int64_t now_us);

/* Whether answers are asked to say whose they are: by ReadPropertyMultiple, where there is room for it. */
bool collect_ask_is_named(const CollectDevice *device);

/* Carries out what an answer means; returns the device that gave it, or did not. */
CollectDevice *collect_ask_take(CollectPoller *poller, const BacAnswer *answer, int64_t now_us);

/* The device told this of a point. */
void collect_ask_told(CollectPoller *poller, CollectDevice *device, CollectPoint *point,
                      const CollectSample *sample, int64_t now_us);

/* The device is asked who it is, as soon as it was not asked just now. */
void collect_ask_recheck(CollectDevice *device, int64_t now_us);

/* Takes back the device's batches, whose requests the client has forgotten. */
void collect_ask_forget(CollectPoller *poller, const CollectDevice *device);

/* Gives the device's readings so far to the hook; while it is suspect they wait. */
void collect_ask_flush(CollectPoller *poller, CollectDevice *device);

/* The device's points or the device itself are about to go: so do its readings, of which those that wait are
 * nobody's. */
void collect_ask_end(CollectPoller *poller, CollectDevice *device);

/* What should have been read of a device that is not asked, since it has no address any more or we are not on
 * the network, is bad readings, now and then. */
void collect_ask_tell_unasked(CollectPoller *poller, CollectDevice *device, int64_t now_us);

/* We have left the network, or are back on it. What was asked is forgotten by then. */
void collect_ask_cut_off(CollectPoller *poller, CollectDevice *device, int64_t now_us);
void collect_ask_join(CollectPoller *poller, CollectDevice *device, int64_t now_us);

#endif
