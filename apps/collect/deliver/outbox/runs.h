/* Runs of collectors whose batches are in the outbox: earlier ones, and last our own. Each knows how far it
 * was sent, and what of it was given up. What was given up after it had been sent may be stored all the same:
 * ingest tells, by what it counts as skipped. Only the outbox has such a list; fields are read by anyone and
 * written here. */
#ifndef COLLECT_DELIVER_OUTBOX_RUNS_H
#define COLLECT_DELIVER_OUTBOX_RUNS_H

#include "model/batch.h"

/* Earlier runs that may have left something. Those of more are left where they are for a later start; should
 * the spool become too large they are given up like others, and are unsure for good: nobody asks for them. */
enum { OUTBOX_RUNS_MAX = 1024 };

typedef struct OutboxRun {
    MdlRun name;  /* as ingest knows it */
    MdlRun kept;  /* as it stands in segments: the same, but where run_rename was called */
    int64_t base; /* by which the numbers here and in segments are higher than those that ingest knows */
    bool is_announced;
    int64_t sent;     /* the highest number that was sent; of a recovered run all may have been */
    int64_t given_up; /* the highest */
    int64_t skipped;  /* as last announced: numbers that will never come */
    uint64_t certain; /* given up unsent, and not yet among skipped */
    uint64_t unsure;  /* given up after they were sent, and nothing is known of them yet */
} OutboxRun;

typedef struct Runs {
    OutboxRun items[OUTBOX_RUNS_MAX + 1];
    size_t count;
} Runs;

/* An earlier run, found in the spool: its index, known before or not. -1: there is no room. */
int runs_recover(Runs *runs, const MdlRun *kept);
/* Our own, after those. */
void runs_begin_own(Runs *runs, const MdlRun *name);

static inline bool runs_is_own(const Runs *runs, size_t run)
{
    return run == runs->count - 1;
}

/* The index; -1: it is none of them. By the name that ingest knows, and by the one in segments. */
int runs_find(const Runs *runs, const MdlRun *name);
int runs_find_kept(const Runs *runs, const MdlRun *kept);

/* A batch went out. True: for the first time. */
bool run_note_sent(OutboxRun *run, int64_t n);

/* A batch is given up. True: it was never sent, so it is lost for certain. */
bool run_give_up(OutboxRun *run, int64_t n);

/* Learns from what ingest has announced of it. Returns how many batches more are known to be lost: those that
 * were given up unsent were counted then. */
uint64_t run_learn(OutboxRun *run, const MdlPosition *position);

/* Ingest knows it as `fresh` from now on, whose number 1 is the number behind `base` here. */
void run_rename(OutboxRun *run, const MdlRun *fresh, int64_t base);

/* Batches that were given up, and may be stored or not. */
uint64_t runs_unsure(const Runs *runs);

/* Asserts what must hold of them; looks at all. */
void runs_check(const Runs *runs);

#endif
