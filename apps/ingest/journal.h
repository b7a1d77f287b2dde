/* What is written down with readings, in their transaction: how far each run is stored, which spans have to
 * be rolled up again, what went aside. A list of steps, made anew for each try. */
#ifndef INGEST_JOURNAL_H
#define INGEST_JOURNAL_H

#include "apps/ingest/frames.h"
#include "apps/ingest/gather.h"
#include "io/pg/pg.h"

enum { JOURNAL_STEPS_MAX = 7 };

typedef struct Journal { /* read by who has the steps carried out; written here alone */
    PgStep steps[JOURNAL_STEPS_MAX];
    size_t step_count;
    bool has_positions; /* the last step's rows are what has become of them */
    PgValue values[JOURNAL_STEPS_MAX][4];
    BpBuf positions, buckets, quarantine;
} Journal;

typedef struct JournalOptions {
    BpStr site_id;
    bool is_beside;          /* the rows were copied beside the table first */
    int64_t quarantine_size; /* rows of the quarantine that are kept */
    const Frames *frames;    /* of these rows, for central; NULL: there are none */
} JournalOptions;

void journal_init(Journal *journal);
void journal_done(Journal *journal);

/* Writes the steps for the items of the gather from `begin` on, before `end`. They are the gather's and the
 * journal's until the next call. */
void journal_write(Journal *journal, const Gather *gather, size_t begin, size_t end,
                   const JournalOptions *options);

#endif
