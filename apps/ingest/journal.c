#include "apps/ingest/journal.h"

#include "apps/ingest/gather_json.h"

#include <assert.h>

void journal_init(Journal *journal)
{
    *journal = (Journal){.positions = bp_buf_growing(GATHER_ENTRIES_OCTETS_MAX),
                         .buckets = bp_buf_growing(GATHER_ENTRIES_OCTETS_MAX),
                         .quarantine = bp_buf_growing(4 * GATHER_ENTRIES_OCTETS_MAX)};
}

void journal_done(Journal *journal)
{
    bp_buf_done(&journal->positions);
    bp_buf_done(&journal->buckets);
    bp_buf_done(&journal->quarantine);
}

static void add_step(Journal *journal, const JournalOptions *options, SqlQuery query, PgValue second)
{
    assert(journal->step_count < JOURNAL_STEPS_MAX);
    PgValue *values = journal->values[journal->step_count];
    values[0] = pg_text(options->site_id);
    values[1] = second;
    journal->steps[journal->step_count++] = (PgStep){query, values, 2};
}

static void add_frames(Journal *journal, const JournalOptions *options)
{
    const Frames *frames = options->frames;
    PgValue *values = journal->values[journal->step_count];
    add_step(journal, options, SQL_APPEND_FRAMES, pg_integer(frames->epoch));
    values[2] = pg_text(bp_buf_text(&frames->sizes));
    values[3] = (PgValue){.kind = PG_OCTETS, .text = bp_buf_text(&frames->octets)};
    journal->steps[journal->step_count - 1].count = 4;
}

void journal_write(Journal *journal, const Gather *gather, size_t begin, size_t end,
                   const JournalOptions *options)
{
    const bool has_rows = gather_part(gather, begin, end).readings > 0;
    bp_buf_clear(&journal->positions);
    bp_buf_clear(&journal->buckets);
    bp_buf_clear(&journal->quarantine);
    journal->step_count = 0;
    if (has_rows && options->is_beside)
        journal->steps[journal->step_count++] = (PgStep){SQL_INSERT_STAGED_READINGS, NULL, 0};
    if (has_rows)
        add_step(journal, options, options->frames ? SQL_REFUSE_SUCCESSORS : SQL_FOLLOW_READINGS,
                 pg_integer(gather->newest_successor));
    if (options->frames)
        add_frames(journal, options);
    if (has_rows && gather_write_buckets(gather, begin, end, &journal->buckets))
        add_step(journal, options, SQL_INSERT_DIRTY_BUCKETS, pg_text(bp_buf_text(&journal->buckets)));
    if (gather_write_quarantine(gather, begin, end, &journal->quarantine)) {
        add_step(journal, options, SQL_INSERT_QUARANTINE, pg_text(bp_buf_text(&journal->quarantine)));
        add_step(journal, options, SQL_TRIM_QUARANTINE, pg_integer(options->quarantine_size));
    }
    /* The last one: its rows are the answer. */
    journal->has_positions = gather_write_positions(gather, begin, end, &journal->positions) > 0;
    if (journal->has_positions)
        add_step(journal, options, SQL_UPSERT_POSITIONS, pg_text(bp_buf_text(&journal->positions)));
}
