/* Our run: the numbers that we give to batches are of this run (docs/protocol.md). Two things of it are noted
 * on disk, for whoever starts next: since when readings may lack, should we be killed, and that its name has
 * become useless, since another has spoken to ingest in it. Both are written beside the loop. */
#ifndef COLLECT_DELIVER_OWN_RUN_H
#define COLLECT_DELIVER_OWN_RUN_H

#include "apps/collect/deliver/outbox/outbox.h"
#include "apps/collect/deliver/spool/spool.h"
#include "io/loop/loop.h"

typedef struct OwnRun OwnRun;

/* `spool`, `outbox` and `loop` stay the caller's. `seed`: for names, where the system has no random numbers.
 */
OwnRun *own_run_new(Loop *loop, const Spool *spool, Outbox *outbox, uint64_t seed);
void own_run_free(OwnRun *run); /* nothing is under way */

/* At the start, the outbox being recovered: says how the run before has ended, sends what is left of disowned
 * runs as others, and makes its mark. */
void own_run_begin(OwnRun *run);

/* The mark says from here on that everything read before this (monotonic) instant is stored or in the spool;
 * written once a second. */
void own_run_mark(OwnRun *run, int64_t safe_until_us, int64_t now_us);

/* Where another has spoken in our name: what is held goes on as another run. */
void own_run_disown_if_forged(OwnRun *run, int64_t now_us);

bool own_run_is_writing(const OwnRun *run);

/* In order: nothing is lost. */
void own_run_end(OwnRun *run);

#endif
