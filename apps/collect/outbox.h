/* Batches that are not yet announced as stored: numbered, kept, sent, sent again, and forgotten
 * (docs/protocol.md, "Stored means stored"). Plain code: time comes in as an argument, batches go out through
 * `send`; what is to be written to the spool is asked for by outbox_spill and told by outbox_spilled. */
#ifndef COLLECT_OUTBOX_H
#define COLLECT_OUTBOX_H

#include "base/buf.h"
#include "model/batch.h"

enum { OUTBOX_RUNS_MAX = 64 };

typedef struct OutboxCounts {
    uint64_t batches, readings; /* put in since the start */
    uint64_t sent, repeated, announced, spooled, recovered;
    uint64_t dropped; /* for want of room */
} OutboxCounts;

typedef struct OutboxBatch {
    uint16_t run; /* index in runs */
    bool is_spilling;
    int64_t n;
    int64_t segment; /* that it is in; -1: in memory alone */
    int64_t put_at_us;
    uint32_t size;
    char *payload; /* without run, n and oldest: mdl_batch_encode's text. NULL: only in its segment */
} OutboxBatch;

typedef struct Outbox {
    MdlRun runs[OUTBOX_RUNS_MAX]; /* the last one is the collector's own */
    size_t run_count;
    int64_t next_n;
    OutboxBatch *items; /* a ring, the oldest first */
    size_t first, count, capacity;
    size_t unsent;  /* index, counted from the first, of the next to be sent */
    size_t memory;  /* octets of payloads */
    size_t on_disk; /* octets of payloads in segments */
    int64_t memory_max, disk_max;
    MdlRun session;
    int64_t quiet_since_us, patience_us; /* since the last announcement or sending from the start */
    OutboxCounts counts;
    void *owner;
    /* False: not now; it is tried again by the next outbox_send. */
    bool (*send)(void *owner, const MdlRun *run, int64_t n, int64_t oldest, BpStr payload);
    /* All batches of a segment are gone. */
    void (*segment_done)(void *owner, int64_t segment);
} Outbox;

void outbox_init(Outbox *outbox, const MdlRun *run);
void outbox_done(Outbox *outbox);

/* Takes a batch in; the oldest ones are dropped if there is no room. Returns how many were. */
size_t outbox_put(Outbox *outbox, BpStr payload, size_t readings, int64_t now_us);

/* A batch of an earlier run, found in the spool; in the order of the spool, before anything is put in. */
void outbox_recover(Outbox *outbox, const MdlRun *run, int64_t n, int64_t segment, size_t size);

/* Sends what the window lets through. True when a batch that is next is only on disk: outbox_load brings it.
 */
bool outbox_send(Outbox *outbox, int64_t now_us);

/* Ingest has announced. */
void outbox_stored(Outbox *outbox, const MdlRun *session, const MdlPosition *positions, size_t count,
                   int64_t now_us);
void outbox_want(Outbox *outbox, const MdlRun *run, int64_t from);

/* The connection was lost, or nothing was announced for too long: all is sent again. */
void outbox_rewind(Outbox *outbox, int64_t now_us);
bool outbox_is_quiet(const Outbox *outbox, int64_t now_us);

/* Appends to `out` records (spool_record) of batches put in before `before_us` that are in memory alone,
 * until `out` has `most` octets. Returns how many; they are told by outbox_spilled with their segment, or -1
 * if it failed. */
size_t outbox_spill(Outbox *outbox, int64_t before_us, size_t most, BpBuf *out);
void outbox_spilled(Outbox *outbox, int64_t segment);

/* The segment of the next batch to be sent that is only on disk; -1: none. And its payloads, when they have
 * been read. */
int64_t outbox_missing(const Outbox *outbox);
void outbox_load(Outbox *outbox, const MdlRun *run, int64_t n, BpStr payload);

#endif
