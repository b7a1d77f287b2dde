/* Batches that are not yet announced as stored: numbered, kept, sent, sent again, and forgotten
 * (docs/protocol.md, "Stored means stored"). Plain code: time comes in as an argument, batches go out through
 * `send`, and what is to be done on disk is asked for by spool_job.h. */
#ifndef COLLECT_DELIVER_OUTBOX_H
#define COLLECT_DELIVER_OUTBOX_H

#include "base/buf.h"
#include "model/batch.h"

/* Earlier runs that may have left something. Those of more are left where they are for a later start; should
 * the spool become too large they are given up like others, and are unsure for good: nobody asks for them. */
enum { OUTBOX_RUNS_MAX = 1024 };

typedef struct OutboxCounts {
    uint64_t batches, readings; /* put in since the start */
    uint64_t sent, repeated;    /* to the broker: for the first time, and again */
    uint64_t announced, spooled, recovered;
    uint64_t given_up;    /* for want of room, or because the spool was damaged */
    uint64_t dropped;     /* of these, what is known to have never been stored */
    uint64_t disbelieved; /* announcements and wishes of numbers that we have not given out */
} OutboxCounts;

/* A collector's run. What of it was given up after it had been sent may be stored all the same: ingest tells,
 * by what it counts as skipped. */
typedef struct OutboxRun {
    MdlRun name;  /* as ingest knows it */
    MdlRun kept;  /* as it stands in segments: the same, but where outbox_rename was called */
    int64_t base; /* by which the numbers here and in segments are higher than those that ingest knows */
    bool is_announced;
    int64_t sent;     /* the highest number that was sent; of a recovered run all may have been */
    int64_t given_up; /* the highest */
    int64_t skipped;  /* as last announced */
    uint64_t certain; /* given up unsent, and not yet among skipped */
    uint64_t unsure;  /* given up after they were sent, and nothing is known of them yet */
} OutboxRun;

typedef struct OutboxBatch {
    uint16_t run; /* index in runs */
    bool is_spilling;
    bool is_doubtful; /* its segment is not relied on: it is in memory, and goes to another one */
    int64_t n;
    int64_t segment; /* that it is in; -1: in memory alone */
    int64_t read_at_us;
    uint32_t size;
    char *payload; /* without run, n and oldest: mdl_batch_encode's text. NULL: only in its segment */
} OutboxBatch;

/* A file of the spool. One that no batch lives in is done, and waits to be removed. */
typedef struct OutboxSegment {
    int64_t number;
    size_t octets;   /* on disk */
    size_t live;     /* batches that are in it: */
    size_t doubtful; /* of them, those that are to be written to another one first */
    size_t left;     /* of them, those of runs that there was no room for */
} OutboxSegment;

typedef struct Outbox {
    OutboxRun runs[OUTBOX_RUNS_MAX + 1]; /* the last one is the collector's own */
    size_t run_count;
    int64_t next_n;
    OutboxBatch *items; /* a ring, by run and number */
    size_t first, count, capacity;
    size_t unsent;           /* index, counted from the first, of the next to be sent */
    size_t window_octets;    /* of those before it */
    size_t spooled;          /* all before this index are in segments */
    size_t memory;           /* octets of payloads */
    OutboxSegment *segments; /* ascending */
    size_t segment_count, segment_capacity;
    size_t on_disk; /* octets of segments */
    size_t done_count;
    size_t
        leaving_octets; /* of segments that are done, or will be when what is in them is written elsewhere */
    size_t left, left_given_up; /* batches of runs that there was no room for: in segments, and given up */
    int64_t last_segment;       /* the highest number that was ever used */
    bool is_open;               /* and it may be appended to */
    int64_t append_again_us, remove_again_us, read_again_us; /* after a failure */
    int read_failures;                                       /* in a row */
    int64_t memory_max, disk_max;
    MdlRun session;
    bool wants_name;                     /* our own run has lost its own: outbox_rename */
    int64_t quiet_since_us, patience_us; /* since the last announcement or sending from the start */
    OutboxCounts counts;
    void *owner;
    /* False: not now; it is tried again by the next outbox_send. */
    bool (*send)(void *owner, const MdlRun *run, int64_t n, int64_t oldest, BpStr payload);
} Outbox;

/* What the spool holds is recovered before; `run` is the collector's own. */
void outbox_init(Outbox *outbox, const MdlRun *run);
void outbox_done(Outbox *outbox);

/* Takes a batch in, with the (monotonic) instant of its first reading; the oldest ones that are in memory
 * alone are given up if there is no room. Returns how many were. */
size_t outbox_put(Outbox *outbox, BpStr payload, size_t readings, int64_t read_at_us);

/* A segment, and each batch of an earlier run that was found in it. In any order: outbox_init sorts them and
 * lets go of doubles. What there is no room for lives on in its segment. */
void outbox_recover_segment(Outbox *outbox, int64_t segment, size_t octets);
void outbox_recover(Outbox *outbox, const MdlRun *run, int64_t n, int64_t segment, size_t size);

/* Sends what the window lets through. True when a batch that is next is only on disk. */
bool outbox_send(Outbox *outbox, int64_t now_us);

/* Ingest has announced. What cannot be of our own run is counted and not believed, and then wants_name is
 * set: where ingest has been told of numbers that we have not given out, it would take our next ones for
 * repeats. */
void outbox_stored(Outbox *outbox, const MdlRun *session, const MdlPosition *positions, size_t count,
                   int64_t now_us);
void outbox_want(Outbox *outbox, const MdlRun *run, int64_t from);

/* What is held of a run (`kept`: as in segments) is sent as another run from now on, numbered from 1. False:
 * there is no such run. After outbox_init. */
bool outbox_rename(Outbox *outbox, const MdlRun *kept, const MdlRun *fresh);
const MdlRun *outbox_own_kept(const Outbox *outbox);

/* The connection was lost, or nothing was announced for too long: all is sent again. */
void outbox_rewind(Outbox *outbox, int64_t now_us);
bool outbox_is_quiet(const Outbox *outbox, int64_t now_us);

/* Everything read before this instant is stored or in a segment; now_us where nothing is in memory alone. */
int64_t outbox_safe_until_us(const Outbox *outbox, int64_t now_us);
size_t outbox_only_in_memory(const Outbox *outbox);
uint64_t outbox_unsure(const Outbox *outbox);

/* ---- for spool_job.c ---- */

/* Octets of records that outbox_spill would append. */
size_t outbox_due(const Outbox *outbox, int64_t before_us, size_t most);

/* Appends to `out` records (spool_record) of batches read before `before_us` that are in memory alone,
 * until `out` has `most` octets. They are told by outbox_spilled with their segment, or -1 if it failed. */
void outbox_spill(Outbox *outbox, int64_t before_us, size_t most, BpBuf *out);
void outbox_spilled(Outbox *outbox, int64_t segment);

/* The segment of the next batch to be sent that is only on disk; -1: none. Its payloads, when they have been
 * read; and the end of a segment that cannot be relied on: what is not in memory is given up, the rest is to
 * be spilled again, and the segment is done once that is in another one. Returns how many were given up. */
int64_t outbox_missing(const Outbox *outbox);
void outbox_load(Outbox *outbox, const MdlRun *run, int64_t n, int64_t segment, BpStr payload);
bool outbox_lacks(const Outbox *outbox, int64_t segment);
size_t outbox_distrust(Outbox *outbox, int64_t segment);

/* Gives up what is in the oldest segment with anything in it that is nowhere else. False: there is none. */
bool outbox_drop_segment(Outbox *outbox);

/* Notes a segment's size; one of size 0 without batches is forgotten. The next that is done: NULL: none. */
void outbox_set_segment(Outbox *outbox, int64_t segment, size_t octets);
const OutboxSegment *outbox_find_segment(const Outbox *outbox, int64_t segment);
const OutboxSegment *outbox_done_segment(const Outbox *outbox);

/* Asserts what must hold of it; looks at all of it. */
void outbox_check(const Outbox *outbox);

#endif
