/* Storing what was gathered: a part of it at a time, each with its positions and what goes aside in one
 * transaction, tried until it is done. The usual part is all of it.
 *
 *   the transaction is committed        the next part, or the end
 *   rows are there already              once more, beside the table first
 *   no partition takes a row            once more, after its day has been made anew
 *   the data is at fault                the first half of the part; a batch alone goes aside whole
 *   anything else                       the database's matter: the first half, after a pause that grows
 *   the connection is lost              given up: all comes again from the collector
 *
 * A point may get a successor at any time before the commit: the transaction looks once more after its rows.
 */
#ifndef INGEST_STORE_H
#define INGEST_STORE_H

#include "apps/ingest/journal.h"

enum { STORE_PARTS_MAX = 16, ENSURED_DAYS_MAX = 4096 };

typedef enum StoreState {
    STORE_IS_IDLE,
    STORE_IS_ASKING, /* the database is to answer */
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

void store_init(Store *store);
void store_done(Store *store);

/* Asserts what must hold between two events. */
void store_check(const Store *store);

#endif
