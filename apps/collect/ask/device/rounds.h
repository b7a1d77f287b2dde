/* Rounds: the points of a device that share an interval are asked for in one cycle after the other. What of a
 * cycle waits to be asked for, what is being asked for (a batch), and what comes of that. */
#ifndef COLLECT_ASK_DEVICE_ROUNDS_H
#define COLLECT_ASK_DEVICE_ROUNDS_H

#include "apps/collect/ask/device/plan.h"
#include "apps/collect/ask/device/readings.h"

enum { COLLECT_BATCH_MAX = 240 }; /* points in a request; more do not fit 1476 octets */

/* Points that are asked for in one request. */
typedef struct CollectBatch {
    struct CollectBatch *next; /* of those under way to its device */
    CollectRound *round;
    uint32_t count;
    size_t answer_octets; /* what was expected at most */
    bool is_multiple;     /* asked for by ReadPropertyMultiple */
    bool is_named;        /* and the device's own name with the points */
    bool is_under_way;    /* it was taken out of its round */
    /* One that is asked for by ReadProperty: */
    CollectWish asking;   /* what of the point */
    CollectSample sample; /* what is known of it by now */
    /* The first `count` of each: */
    uint32_t points[COLLECT_BATCH_MAX];
    uint8_t wishes[COLLECT_BATCH_MAX]; /* what of each: CollectWish */
} CollectBatch;

/* Makes the rounds of the device's points, each to begin at its next instant. Batches that are under way are
 * nobody's then. */
void collect_rounds_plan(CollectDevice *device, int64_t now_us);

/* Begins those that are due. Points whose device tells them, or whose error lasts, are left out. */
void collect_rounds_begin(CollectShared *shared, CollectDevice *device, int64_t now_us);

/* All of them are due now. */
void collect_rounds_hurry(CollectDevice *device, int64_t now_us);

/* When the next one is due; INT64_MAX: there is none. */
int64_t collect_rounds_due_us(const CollectDevice *device);

bool collect_rounds_is_in_one(const CollectDevice *device);

/* The round with the shortest interval that has points to be asked for, or NULL. */
CollectRound *collect_rounds_next(const CollectDevice *device);

/* The batch has been sent: its points, the first of its round's queue, are under way. */
void collect_rounds_sent(CollectShared *shared, CollectDevice *device, CollectBatch *batch, int64_t now_us);

/* Back to the front of the queue, to be asked for again in batches of at most `most`. */
void collect_rounds_put_back(CollectDevice *device, CollectBatch *batch, uint32_t most);

/* The same for all that are under way: they are as good as not asked for, and what comes of that is nobody's.
 */
void collect_rounds_put_all_back(CollectDevice *device);

/* The points of the batch are done with, whichever way. */
void collect_rounds_settle(CollectShared *shared, CollectDevice *device, CollectBatch *batch, int64_t now_us);

/* Every point that should have been read by now, or of `all` rounds, is a bad reading: gaps are explained. */
void collect_rounds_tell_silence(CollectShared *shared, CollectDevice *device, bool all, const char *reason,
                                 int64_t now_us);

/* Each round counts what is under way. */
void collect_rounds_check(const CollectDevice *device);

#endif
