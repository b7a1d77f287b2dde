/* Takes readings in and sees that they are stored: they become numbered batches, which are kept, sent and
 * sent again until ingest has announced them, in memory at first and in the spool after a while
 * (docs/protocol.md, "Stored means stored"). And tells everybody the state of each point.
 *
 *   batch.c       readings to batches, and a batch to the broker
 *   outbox.c      the batches that are not stored yet: their numbers, room for them, the window to ingest;
 *                 announced.c: what ingest says of them; spill.c: what goes to disk and comes back;
 *                 made of queue.c, runs.c and segments.c
 *   spool.c       segments on disk, of spool_record.c's records
 *   spool_job.c   what is to be done on disk next; spool_work.c has it done beside the loop
 *   recover.c     what earlier runs have left there
 *   own_run.c     our run: its name, and what the next start is to know of it (spool_notes.c)
 *   state.c       states of points
 *   home_assistant.c  chosen points, told to Home Assistant; home_assistant_json.c says what */
#ifndef COLLECT_DELIVER_DELIVER_H
#define COLLECT_DELIVER_DELIVER_H

#include "apps/collect/deliver/home_assistant.h"
#include "apps/collect/deliver/outbox/outbox.h"
#include "apps/collect/deliver/state.h"
#include "io/loop/loop.h"
#include "io/mqtt/mqtt.h"
#include "model/reading.h"

typedef struct CollectDeliver CollectDeliver;

typedef struct CollectDeliverSettings {
    int64_t spool_after_us; /* what was read so long ago and is not stored goes to the spool */
    int64_t memory_max;     /* octets of batches */
    int64_t disk_max;       /* octets of the spool */
    HomeChoice home;        /* which points Home Assistant is told of */
} CollectDeliverSettings;

typedef struct CollectDeliverOptions {
    Loop *loop;
    const char *site;        /* copied, like: */
    const char *data_folder; /* the spool is in it */
    const char *home_prefix; /* of Home Assistant's discovery topics */
    uint64_t seed;           /* the run is named by it */
    CollectDeliverSettings settings;

    void *owner;
    /* The connection to the broker as it is now; NULL: there is none. */
    Mqtt *(*mqtt)(void *owner);
    /* What people call a point; its texts are looked at before this is called again. False: it is not known,
     * and has no state. */
    bool (*name_point)(void *owner, int32_t point_id, CollectPointName *ret_name);
    int32_t (*points_end)(void *owner); /* all points that are known have smaller numbers */
    /* The (monotonic) instant of the oldest reading that was made and not yet given to
     * collect_deliver_readings; `now_us` where there is none. */
    int64_t (*oldest_reading_us)(void *owner, int64_t now_us);
} CollectDeliverOptions;

CollectDeliver *collect_deliver_new(const CollectDeliverOptions *options);

/* Once, before anything else: takes the spool for itself, and finds what earlier runs have left there. From
 * here on it works by itself. BP_CONFLICT: another collector has the spool; others: the folder cannot be
 * used.
 */
BpStatus collect_deliver_open(CollectDeliver *deliver, BpError *err) BP_CHECKED;

/* If it was opened, writes what is not stored to the spool and unlocks that. It runs the loop until work that
 * is under way has ended: nothing else may be on the loop that would call here. No hook is called any more.
 */
void collect_deliver_free(CollectDeliver *deliver);

void collect_deliver_set(CollectDeliver *deliver, const CollectDeliverSettings *settings);

/* Readings of one device, the first of them made at this (monotonic) instant. None is kept: they are copied.
 */
void collect_deliver_readings(CollectDeliver *deliver, int32_t device_id, const MdlReading *readings,
                              size_t count, int64_t first_us);

/* Points have other names now, or are no more. */
void collect_deliver_points_changed(CollectDeliver *deliver);

/* ---- the broker ---- */

/* It is connected (again): subscribes, and sends all anew. */
void collect_deliver_connected(CollectDeliver *deliver);

/* A message to what was subscribed. */
void collect_deliver_message(CollectDeliver *deliver, BpStr topic, BpStr payload);

/* ---- how it is going ---- */

/* The number of the last batch so far, and whether that and all before it, of earlier runs too, are stored.
 */
int64_t collect_deliver_last(const CollectDeliver *deliver);
bool collect_deliver_is_stored(const CollectDeliver *deliver, int64_t last);

OutboxCounts collect_deliver_counts(const CollectDeliver *deliver);

#endif
