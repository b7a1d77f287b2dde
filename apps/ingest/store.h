/* Storing what was gathered: a part of it at a time, each with its positions and what goes aside in one
 * transaction, tried until it is done. The usual part is all of it.
 *
 * The states, and what leads from one to another (`on_outcome`, store.c):
 *
 *   IDLE            something is gathered and due         a try of all of it
 *   (a try)         a day of its rows may be missing      MAKING_DAYS
 *                   otherwise                             COMMITTING
 *   MAKING_DAYS     made, or not                          COMMITTING, which tells whether that matters
 *   COMMITTING      committed                             a try of the next part; IDLE after the last
 *                   rows are there already                a try once more, beside the table first
 *                   a frame is not wanted so              the same: its rows are noted, and framed later
 *                   no partition takes a row              a try once more, after its day has been made anew
 *                   the data is at fault                  a try of the first half; one batch goes aside whole
 *                   the database is at fault              PAUSING; the first half is next
 *   PAUSING         the pause is over; pauses grow        a try
 *                   a new session begins                  IDLE: given up, all comes again from the collector
 *   (both that ask) the connection is lost                IDLE: the same
 *
 * Nothing is tried while frames of other readings are under way on the connection (frames.h).
 *
 * A point may get a successor at any time before the commit: the transaction looks once more after its rows.
 */
#ifndef INGEST_STORE_H
#define INGEST_STORE_H

#include "apps/ingest/journal.h"

enum { STORE_PARTS_MAX = 16, ENSURED_DAYS_MAX = 4096 };

typedef enum StoreState {
    STORE_IS_IDLE,
    STORE_IS_MAKING_DAYS, /* the database is to answer here, */
    STORE_IS_COMMITTING,  /* and here */
    STORE_IS_PAUSING,
} StoreState;

/* Written by store.c alone. */
typedef struct Store {
    StoreState state;
    Gather *gather;               /* NULL when idle */
    size_t begin;                 /* what is before it has been committed */
    size_t ends[STORE_PARTS_MAX]; /* of parts still to be tried: the last one of the next, the first one of
                                     all */
    size_t end_count;
    bool is_beside; /* this try goes beside the table first */
    bool is_framed; /* this try has frames for central */
    bool has_asked_for_days;
    BpError days_err; /* why its days could not be made; the COPY decides whether that matters */

    int64_t pause_us, retry_at_us;
    int64_t troubled_since_us; /* 0: all is well */
    int64_t announced_at_us, said_aside_at_us;
    size_t unsaid_aside;

    BpBuf part; /* rows of a part that is not all of the gather */
    Journal journal;
    int32_t ensured_days[ENSURED_DAYS_MAX]; /* days since 1970 that have a partition; a ring */
    size_t ensured_count;
} Store;

static inline bool store_is_asking(const Store *store)
{
    return store->state == STORE_IS_MAKING_DAYS || store->state == STORE_IS_COMMITTING;
}

void store_init(Store *store);
void store_done(Store *store);

/* Asserts what must hold between two events. */
void store_check(const Store *store);

#endif
