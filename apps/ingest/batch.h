/* Gathering: readings of many batches as one binary COPY, with what else belongs into their transaction. */
#ifndef INGEST_BATCH_H
#define INGEST_BATCH_H

#include "apps/ingest/position.h"
#include "base/buf.h"
#include "model/batch.h"

#include <jansson.h>

enum {
    GATHER_READINGS_MAX = 100000,   /* then it is full */
    GATHER_READINGS_ENOUGH = 20000, /* then it is stored without waiting longer */
    GATHER_OCTETS_MAX = 64 * 1024 * 1024,
    GATHER_BUCKETS_MAX = 4096,          /* 5-minute spans with readings: two weeks of them */
    GATHER_QUARANTINED_MAX = 1000,      /* entries; more are counted in the last one */
    QUARANTINE_PAYLOAD_MAX = 16 * 1024, /* octets kept of one */
};

/* What stands beside a value in sensor_readings. Texts are borrowed. */
typedef struct IngestPoint {
    bool is_known;
    int32_t device_id, object_instance;
    BpStr units, object_type;
} IngestPoint;

/* The points of the site by their point_id, from 1. */
typedef struct IngestPoints {
    IngestPoint *items;
    size_t count; /* one more than the largest point_id */
} IngestPoints;

/* Instants between which readings are believed. */
typedef struct Window {
    int64_t from_us, to_us;
} Window;

typedef struct Gather {
    BpBuf copy; /* rows; its trailer is written when it is stored */
    size_t readings, batches, quarantined;
    int64_t first_us, last_us; /* of its readings */
    size_t bucket_count;
    int64_t buckets[GATHER_BUCKETS_MAX]; /* beginnings of 5-minute spans, not sorted */
    json_t *quarantine;                  /* [{"reason", "payload"}] */
} Gather;

void gather_init(Gather *gather);
void gather_done(Gather *gather);
void gather_clear(Gather *gather);

static inline bool gather_is_empty(const Gather *gather)
{
    return gather->readings == 0 && json_array_size(gather->quarantine) == 0;
}

/* Adds a batch's readings: those outside the window or of unknown points are quarantined one by one. False,
 * and nothing added, when there is no room. */
bool gather_add(Gather *gather, const MdlBatch *batch, BpStr site_id, const IngestPoints *points,
                const Window *window);

/* True if a point of the batch is unknown: the points may have to be read again first. */
bool batch_has_unknown_point(const MdlBatch *batch, const IngestPoints *points);

/* Puts something that cannot be stored aside, with the reason. */
void gather_quarantine(Gather *gather, const char *reason, BpStr payload);

/* The begun spans as the text of a timestamptz[]. */
void gather_write_buckets(const Gather *gather, BpBuf *out);

/* The changed positions as [{"run", "stored", "skipped"}]. Returns how many. */
size_t positions_write_changed(const Positions *positions, BpBuf *out);

#endif
