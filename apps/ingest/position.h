/* How far each run of a collector is stored, and what becomes of a batch by its number (docs/protocol.md,
 * "Stored means stored"). Plain code: no database, no broker. */
#ifndef INGEST_POSITION_H
#define INGEST_POSITION_H

#include "model/batch.h"

enum { POSITIONS_MAX = 1024 };

typedef struct Position {
    /* Written here alone: */
    MdlRun run;
    int64_t stored, skipped;            /* committed */
    int64_t accepted, accepted_skipped; /* gathered, and waiting for a transaction */
    int64_t gap;                        /* how many just before the next one are skipped */
    uint64_t last_heard;                /* counts up; the smallest is forgotten for a new run */
    /* receive.c's: */
    int64_t asked_at_us; /* when we last asked for what is missing; -1: to be asked for later */
    int64_t aside;       /* put aside up to here although the number is not done with it: not once more */
} Position;

typedef struct Positions {
    Position items[POSITIONS_MAX];
    size_t count;
    uint64_t heard;
} Positions;

typedef enum Verdict {
    BATCH_IS_NEXT,   /* gather it, then position_accept */
    BATCH_IS_REPEAT, /* stored or gathered already */
    BATCH_IS_AHEAD,  /* some before it are missing: ask for them */
    BATCH_IS_BEYOND, /* no collector can be so far ahead (MDL_JUMP_MAX): put it aside, nothing else changes */
} Verdict;

/* The run's position; a run never heard of begins at 0. Never NULL: the one longest unheard of makes room. */
Position *positions_find(Positions *positions, const MdlRun *run);

/* What becomes of the batch n, when the collector holds none older than `oldest`. Skips what was dropped. */
Verdict position_judge(Position *position, int64_t n, int64_t oldest);

/* The batch n waits for its commit now, and the gap before it with it. */
void position_accept(Position *position, int64_t n);

/* The batches up to n of the run have been committed, `skipped` of them as never to come, as the database
 * says: it may know more of them than we have gathered. A run that was forgotten meanwhile stays so: the
 * database has it. */
void positions_stored(Positions *positions, const MdlRun *run, int64_t n, int64_t skipped);

/* No run is known any more; then the database's word of each, from the one longest unheard of on. */
void positions_forget(Positions *positions);
void positions_load(Positions *positions, const MdlRun *run, int64_t stored, int64_t skipped);

/* All that is not stored has to come again. */
void positions_reset(Positions *positions);

/* Asserts what must hold of them. */
void positions_check(const Positions *positions);

/* Those heard of last, the newest first, for the announcement. */
size_t positions_announced(const Positions *positions, MdlPosition ret_positions[MDL_POSITIONS_MAX]);

#endif
