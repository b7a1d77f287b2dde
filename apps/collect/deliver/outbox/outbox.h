/* Batches that are not yet announced as stored: numbered, kept, sent, sent again, and forgotten
 * (docs/protocol.md, "Stored means stored"). Plain code: time comes in as an argument, batches go out through
 * `send`, and what is to be done on disk is asked for by spool_job.h (spill.h).
 *
 * What becomes of a batch:
 *   stored     ingest has announced it; it is forgotten here
 *   given up   nobody tries any more to have it stored: there was no room, or its segment cannot be read
 *   lost       given up, and known to have never been stored
 *   unsure     given up after it was sent, so it may be stored; ingest's count of skipped numbers tells */
#ifndef COLLECT_DELIVER_OUTBOX_OUTBOX_H
#define COLLECT_DELIVER_OUTBOX_OUTBOX_H

#include "apps/collect/deliver/outbox/runs.h"
#include "base/buf.h"

typedef struct Outbox Outbox;

typedef struct OutboxOptions {
    int64_t memory_max, disk_max; /* octets; see outbox_set_room */
    void *owner;
    /* False: not now; it is tried again by the next outbox_send. */
    bool (*send)(void *owner, const MdlRun *run, int64_t n, int64_t oldest, BpStr payload);
} OutboxOptions;

typedef struct OutboxCounts {
    /* since the start */
    uint64_t batches, readings; /* put in */
    uint64_t sent, repeated;    /* to the broker: for the first time, and again */
    uint64_t stored;            /* as announced */
    uint64_t spooled, recovered;
    uint64_t given_up;    /* for want of room, or because the spool was damaged */
    uint64_t lost;        /* of these, what is known to have never been stored */
    uint64_t disbelieved; /* announcements and wishes of numbers that we have not given out */
    /* now */
    uint64_t unsure; /* given up, and stored or not: that is not known */
    size_t waiting;  /* batches, wherever they are */
    size_t left;     /* in the spool, of runs that there was no room for */
    size_t segments; /* of the spool */
    size_t memory;   /* octets of batches */
    size_t on_disk;  /* octets of segments */
} OutboxCounts;

/* A new outbox is told first what earlier runs have left: its batches here, its segments by spill.h. Then
 * outbox_begin makes it ready, and nothing else is called before that. `own`: the collector's run. */
Outbox *outbox_new(const OutboxOptions *options);
void outbox_recover(Outbox *outbox, const MdlRun *run, int64_t n, int64_t segment, size_t size);
void outbox_begin(Outbox *outbox, const MdlRun *own);
void outbox_free(Outbox *outbox);

/* Beyond `memory_max` octets, batches that are on disk as well leave memory; beyond four times as many, the
 * oldest that are in memory alone are given up. The spool has `disk_max` octets at most (spool_job.h). */
void outbox_set_room(Outbox *outbox, int64_t memory_max, int64_t disk_max);

/* Adds a batch, whose payload is copied, with the (monotonic) instant of its first reading. */
void outbox_put(Outbox *outbox, BpStr payload, size_t readings, int64_t read_at_us);

/* Sends what the window lets through. True when a batch that is next is only on disk. */
bool outbox_send(Outbox *outbox, int64_t now_us);

/* The connection was lost, or nothing was announced for too long: all is sent again. */
void outbox_rewind(Outbox *outbox, int64_t now_us);
bool outbox_is_quiet(const Outbox *outbox, int64_t now_us);

/* ---- what ingest says (announced.c) ---- */

/* Ingest has announced. Numbers of our own run that we have not given out are not believed, and counted. The
 * run wants another name then: whoever told ingest of them has used ours, and ingest would take our next
 * batches for repeats. */
void outbox_stored(Outbox *outbox, const MdlRun *session, const MdlPosition *positions, size_t count,
                   int64_t now_us);
void outbox_want(Outbox *outbox, const MdlRun *run, int64_t from);

/* What is held of a run (`kept`: as in segments) is sent as another run from now on, numbered from 1. False:
 * there is no such run. */
bool outbox_rename(Outbox *outbox, const MdlRun *kept, const MdlRun *fresh);
bool outbox_wants_name(const Outbox *outbox);

/* ---- how it is ---- */

OutboxCounts outbox_counts(const Outbox *outbox);
const OutboxRun *outbox_own(const Outbox *outbox);

/* More than `memory_max` is in memory: all that is in memory alone is to be written at once. */
bool outbox_is_crowded(const Outbox *outbox);

/* Everything read before this instant is stored or in a segment; now_us where nothing is in memory alone. */
int64_t outbox_safe_until_us(const Outbox *outbox, int64_t now_us);
size_t outbox_only_in_memory(const Outbox *outbox);

/* A batch, for who looks at all of them: in their order. */
typedef struct OutboxItem {
    const MdlRun *run; /* as ingest knows it */
    int64_t n;         /* as in segments */
    int64_t segment;   /* -1: in memory alone */
    bool is_in_memory;
} OutboxItem;
void outbox_each(const Outbox *outbox, void (*each)(void *context, const OutboxItem *item), void *context);

/* Asserts what must hold of it; looks at all of it. */
void outbox_check(const Outbox *outbox);

#endif
