/* For test_model.c: what is true of each batch, whatever the programs think; the wire to ingest and back,
 * over which messages are dropped, doubled and mixed up; and ingest with its database. */
#ifndef TESTS_DELIVER_MODEL_INGEST_H
#define TESTS_DELIVER_MODEL_INGEST_H

#include "apps/ingest/position.h"
#include "tests/unit/apps/collect/deliver/model_disk.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RUNS_MAX = 900, WIRE_MAX = 4096, BACK_MAX = 64 };

/* ---- what is true of each batch, whatever the programs think ---- */

enum {
    STORED = 1,
    DAMAGED = 2, /* its record was spoilt from outside */
    EXCUSED = 4, /* nobody could have saved it: in memory alone when the collector was killed, or spoilt */
};

typedef struct Run {
    MdlRun name;
    uint8_t *flags; /* by number */
    int64_t last, capacity;
    int64_t db_stored, db_skipped;
    bool is_inexact; /* it was reset during a commit: some of that may be counted as skipped as well */
} Run;

static Run runs[RUNS_MAX];
static size_t run_count;

static inline Run *find_run(const MdlRun *name)
{
    for (size_t i = run_count; i-- > 0;)
        if (strcmp(runs[i].name.text, name->text) == 0)
            return &runs[i];
    fail_msg("run %s was never begun", name->text);
    return NULL;
}

static inline uint8_t *flags_of(const MdlRun *name, int64_t n)
{
    Run *run = find_run(name);
    assert_true(n >= 1 && n <= run->last);
    return &run->flags[n];
}

/* ---- the wire, to ingest and back ---- */

typedef struct Message {
    MdlRun run;
    int64_t n, oldest;
    int64_t skipped; /* when ingest took it */
} Message;

typedef struct Answer {
    bool is_want;
    MdlRun run; /* the session, or whose batches are wanted */
    int64_t from;
    MdlPosition positions[MDL_POSITIONS_MAX];
    size_t count;
} Answer;

static Message wire[WIRE_MAX];
static size_t wire_count;
static Answer back[BACK_MAX];
static size_t back_count;

static inline size_t make_payload(const MdlRun *run, int64_t n, char text[4096])
{
    size_t size = (size_t)sprintf(text, "%s:%" PRId64 ":", run->text, n);
    const size_t more = (size_t)(bp_hash(text, size, 0) % 700);
    memset(text + size, 'x', more);
    return size + more;
}

static inline bool send_batch(void *owner, const MdlRun *run, int64_t n, int64_t oldest, BpStr payload)
{
    (void)owner;
    char text[4096];
    if (wire_count == WIRE_MAX || chance(0.02))
        return false;
    assert_true(bp_str_equal(payload, (BpStr){text, make_payload(run, n, text)})); /* its own, and whole */
    wire[wire_count++] = (Message){*run, n, oldest, 0};
    return true;
}

/* ---- ingest, and the database ---- */

static Positions *positions;
static MdlRun session;
static bool doubles_may_follow, is_committing,
    was_reset; /* while it was committing: batches may come twice, and fall together */
static Message *gathered, *committing;
static size_t gathered_count, committing_count;

static inline void start_ingest(void)
{
    positions->count = 0;
    for (size_t i = 0; i < run_count; i++) {
        Position *position = positions_find(positions, &runs[i].name);
        position->stored = position->accepted = runs[i].db_stored;
        position->skipped = position->accepted_skipped = runs[i].db_skipped;
    }
    gathered_count = 0;
    is_committing = was_reset = false;
    session = mdl_run(bp_random_u64(&random_numbers));
}

static inline void start_over(void)
{
    session = mdl_run(bp_random_u64(&random_numbers));
    was_reset = was_reset || is_committing;
    for (size_t i = 0; is_committing && i < run_count; i++)
        runs[i].is_inexact = true;
    positions_reset(positions);
    gathered_count = 0;
}

static inline void announce(void)
{
    if (back_count == BACK_MAX)
        return;
    Answer *answer = &back[back_count++];
    *answer = (Answer){.run = session};
    answer->count = positions_announced(positions, answer->positions);
}

static inline void take_in(const Message *message)
{
    Position *position = positions_find(positions, &message->run);
    switch (position_judge(position, message->n, message->oldest)) {
    case BATCH_IS_NEXT:
        if (gathered_count == WIRE_MAX || chance(0.03))
            break; /* let go: it is wanted again */
        gathered[gathered_count] = *message;
        gathered[gathered_count++].skipped = position->accepted_skipped;
        position_accept(position, message->n);
        break;
    case BATCH_IS_AHEAD:
        if (back_count < BACK_MAX)
            back[back_count++] =
                (Answer){.is_want = true, .run = position->run, .from = position->accepted + 1};
        break;
    case BATCH_IS_REPEAT: break;
    case BATCH_IS_BEYOND: fail_msg("number %" PRId64 " was never given out", message->n);
    }
}

static inline void begin_commit(void)
{
    if (is_committing)
        return;
    Message *swapped = committing;
    committing = gathered;
    committing_count = gathered_count;
    gathered = swapped;
    gathered_count = 0;
    is_committing = true;
}

/* Returns how many are counted as skipped and stored all the same: none, unless ingest was reset during a
 * commit and some of it was given up at that moment. */
static inline int64_t check_database(const Run *run)
{
    int64_t missing = 0;
    for (int64_t n = 1; n <= run->db_stored; n++)
        missing += !(run->flags[n] & STORED);
    assert_true(run->is_inexact ? missing <= run->db_skipped : missing == run->db_skipped);
    return run->db_skipped - missing;
}

static inline void end_commit(bool succeeds)
{
    if (!is_committing)
        return;
    const bool may_be_double = was_reset;
    is_committing = was_reset = false;
    if (!succeeds) {
        start_over();
        announce();
        return;
    }
    for (size_t i = 0; i < committing_count; i++) {
        Run *run = find_run(&committing[i].run);
        uint8_t *flags = flags_of(&committing[i].run, committing[i].n);
        /* After a reset during a commit that succeeded; in the database the key keeps doubles out. */
        assert_true(committing[i].n > run->db_stored || doubles_may_follow);
        assert_true(!(*flags & STORED) || doubles_may_follow);
        *flags |= STORED;
        positions_stored(positions, &run->name, committing[i].n, committing[i].skipped);
    }
    doubles_may_follow = may_be_double;
    for (size_t i = 0; i < committing_count; i++) { /* upsert_positions.sql */
        Run *run = find_run(&committing[i].run);
        run->db_stored = committing[i].n > run->db_stored ? committing[i].n : run->db_stored;
        run->db_skipped = committing[i].skipped > run->db_skipped ? committing[i].skipped : run->db_skipped;
    }
    for (size_t i = 0; i < positions->count; i++) /* never back */
        assert_int_equal(positions->items[i].stored, find_run(&positions->items[i].run)->db_stored);
    positions_check(positions);
    announce();
}

#endif
