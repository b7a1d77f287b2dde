/* A batch: one device's readings of one polling round, numbered within the collector's run
 * (docs/protocol.md). */
#ifndef MODEL_BATCH_H
#define MODEL_BATCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/reading.h"
#include "model/run.h"

enum { MDL_BATCH_READINGS_MAX = 5000, MDL_BATCH_OCTETS_MAX = 1024 * 1024 };

/* What a collector has on its way to ingest at most, sent and not yet announced as stored: memory of the
 * broker and of ingest. A single batch may be larger. */
enum { MDL_WINDOW_BATCHES = 1024, MDL_WINDOW_OCTETS = 4 * 1024 * 1024 };

/* How far ahead of what is stored a run's numbers can be: more than any collector holds or gives up while
 * ingest is away (300 batches a second for a month). What is further ahead is broken or forged. */
static const int64_t MDL_JUMP_MAX = INT64_C(1000000000);

typedef struct MdlBatch {
    MdlRun run;
    int64_t n;       /* from 1 */
    int64_t oldest;  /* <= n */
    int64_t sent_us; /* the collector's clock when it was sent; 0: it does not tell */
    int32_t device_id;
    size_t count;
    MdlReading *readings; /* borrowed, or in the arena that decoding was given */
} MdlBatch;

/* Writes the JSON. `oldest` and the instant of sending cannot be known when a batch is queued, so
 * mdl_batch_encode writes everything but these, run and n, and mdl_batch_seal puts them in front when it is
 * sent. */
void mdl_batch_encode(BpBuf *out, int32_t device_id, const MdlReading *readings, size_t count);
void mdl_batch_seal(BpBuf *out, const MdlRun *run, int64_t n, int64_t oldest, int64_t sent_us, BpStr encoded);

/* Reads the JSON. On BP_OK, readings and their reasons are in `arena`. On any other status, *ret_has_position
 * tells whether run, n, oldest and sent could still be read (into ret_batch): the batch is then quarantined
 * and its number counts as done. A batch of
 * another version (BP_UNSUPPORTED) has no position, and may be understood by another: ret_batch->run and n
 * are then what they look like to us, n 0 where they do not. */
BpStatus mdl_batch_decode(BpStr json, BpArena *arena, MdlBatch *ret_batch, bool *ret_has_position,
                          BpError *err) BP_CHECKED;

/* The same for a batch written in any way that JSON allows. mdl_batch_decode is quick with what
 * mdl_batch_seal writes, and comes here with the rest. */
BpStatus mdl_batch_decode_any(BpStr json, BpArena *arena, MdlBatch *ret_batch, bool *ret_has_position,
                              BpError *err) BP_CHECKED;

/* ---- what ingest answers ---- */

typedef struct MdlPosition {
    MdlRun run;
    int64_t stored;  /* 1..stored are committed, quarantined or skipped */
    int64_t skipped; /* how many of them will never come: the collector has given them up */
} MdlPosition;

enum { MDL_POSITIONS_MAX = 20 };

void mdl_stored_encode(BpBuf *out, const MdlRun *session, const MdlPosition *positions, size_t count);
BpStatus mdl_stored_decode(BpStr json, MdlRun *ret_session, MdlPosition ret_positions[MDL_POSITIONS_MAX],
                           size_t *ret_count, BpError *err) BP_CHECKED;

void mdl_want_encode(BpBuf *out, const MdlRun *run, int64_t from);
BpStatus mdl_want_decode(BpStr json, MdlRun *ret_run, int64_t *ret_from, BpError *err) BP_CHECKED;

#endif
