/* Gathering: readings of many batches as one binary COPY, with what else belongs into their transaction, kept
 * batch by batch so that a part of them can be stored without the others. */
#ifndef INGEST_GATHER_H
#define INGEST_GATHER_H

#include "apps/ingest/points.h"
#include "base/arena.h"
#include "base/buf.h"
#include "model/batch.h"

enum {
    /* Then it is stored without waiting longer: the sender waits for an announcement soon. */
    GATHER_READINGS_ENOUGH = 20000,
    GATHER_BATCHES_ENOUGH = MDL_WINDOW_BATCHES / 4,
    /* Then it is full: what comes is let go, and asked for again. */
    GATHER_READINGS_MAX = 100000,
    GATHER_BATCHES_MAX = 4096,
    GATHER_ROWS_OCTETS_MAX = 64 * 1024 * 1024,
    GATHER_PAYLOADS_OCTETS_MAX = 32 * 1024 * 1024,
    GATHER_ENTRIES_OCTETS_MAX = 32 * 1024 * 1024,
    GARBAGE_OCTETS_MAX = 16 * 1024, /* kept of a message that is no batch */
};

/* Instants between which readings are believed. */
typedef struct Window {
    int64_t from_us, to_us;
} Window;

static inline bool window_has(const Window *window, int64_t at_us)
{
    return at_us >= window->from_us && at_us <= window->to_us;
}

/* A batch, or another message that can only be put aside. What it has in the gather's buffers ends here, and
 * begins where that of the item before it ends. */
typedef struct GatherItem {
    MdlRun run;
    int64_t n;   /* 0: it has no number */
    int64_t gap; /* how many of its run just before it are skipped */
    size_t rows_end, buckets_end, entries_end, payloads_end;
    size_t readings, put_aside; /* rows; readings that are not among them */
    int64_t first_us, last_us;  /* of its rows */
    const char *reason;         /* it goes aside whole; NULL: its rows are stored */
    bool is_refused;            /* `reason` is the database's, and was learned while storing */
} GatherItem;

/* Written by gather.c alone. */
typedef struct Gather {
    GatherItem *items;
    size_t count, readings;
    int64_t newest_successor; /* that was known for all of its rows */
    size_t header_size;
    BpBuf rows;       /* of a COPY, after its header */
    BpBuf payloads;   /* items as they were received */
    BpBuf entries;    /* of the quarantine, for single readings: JSON objects, each with a comma behind it */
    int64_t *buckets; /* beginnings of 5-minute spans with rows; some may be there twice */
    size_t bucket_capacity;
    BpArena reasons;
} Gather;

void gather_init(Gather *gather);
void gather_done(Gather *gather);
void gather_clear(Gather *gather);

/* Asserts what must hold between two calls: items against the buffers they end in, and all against the
 * limits. */
void gather_check(const Gather *gather);

static inline bool gather_is_empty(const Gather *gather)
{
    return gather->count == 0;
}

static inline bool gather_is_enough(const Gather *gather)
{
    return gather->readings >= GATHER_READINGS_ENOUGH || gather->count >= GATHER_BATCHES_ENOUGH;
}

/* Adds a batch, received as `payload`: readings outside the window or of unknown points go into the
 * quarantine, as batches of their own that can be put back. `gap` is how many batches of its run just
 * before it are skipped. False, and nothing added, when there is no room. */
bool gather_add(Gather *gather, const MdlBatch *batch, BpStr payload, int64_t gap, BpStr site_id,
                const IngestPoints *points, const Window *window);

/* Adds a message that can only be put aside. With `batch`, whose run and number are known, its number is done
 * with it. False when there is no room. */
bool gather_add_aside(Gather *gather, const char *reason, BpStr payload, const MdlBatch *batch, int64_t gap);

/* True if a point of the batch is unknown: the points may have to be read again first. */
bool batch_has_unknown_point(const MdlBatch *batch, const IngestPoints *points);

/* ---- a part of a gather: the items from `begin` on, before `end` ---- */

typedef struct GatherPart {
    size_t readings, batches; /* rows, and of how many items */
    size_t put_aside;         /* readings and whole messages */
    int64_t first_us, last_us;
} GatherPart;
GatherPart gather_part(const Gather *gather, size_t begin, size_t end);

/* The item i goes aside whole, as the database refuses it; NULL: it does not, after all. */
void gather_refuse(Gather *gather, size_t i, const char *reason);

/* The item i as it was received; and what the quarantine is to have of its readings, as in `entries`. */
BpStr gather_payload(const Gather *gather, size_t i);
BpStr gather_entries(const Gather *gather, size_t i);

/* Its rows as a whole COPY: in the gather itself where it is all of it, else in `out`. */
BpStr gather_copy(Gather *gather, size_t begin, size_t end, BpBuf *out);

/* Its spans, each once, as the text of a timestamptz[]. Returns how many. */
size_t gather_write_buckets(const Gather *gather, size_t begin, size_t end, BpBuf *out);

#endif
