#include "apps/audit/audit.h"

#include "base/arena.h"
#include "io/pg/stream.h"

typedef struct Walking {
    const AuditWalk *walk;
    BpArena arena;
    int64_t *epochs; /* all: what is left out would count as proven */
    size_t count, capacity, at;
} Walking;

static void add(Walking *walking, int64_t epoch)
{
    walking->epochs = bp_arena_grow(&walking->arena, walking->epochs, walking->count, &walking->capacity,
                                    sizeof *walking->epochs);
    walking->epochs[walking->count++] = epoch;
}

static void add_epoch(void *context, const PgRows *rows, size_t row)
{
    add(context, pg_get_integer(rows, row, 0));
}

static void give_entry(void *context, const PgRows *rows)
{
    const Walking *walking = context;
    JournalEntry entry = {.site = bp_str(walking->walk->site),
                          .epoch = walking->epochs[walking->at],
                          .seq = pg_get_integer(rows, 0, 0),
                          .kind = pg_get_text(rows, 0, 1),
                          .at_us = pg_get_time_us(rows, 0, 2),
                          .body = pg_get_text(rows, 0, 3)};
    const BpStr digest = pg_get_text(rows, 0, 4);
    if (digest.size == sizeof entry.digest) /* the table has it so */
        memcpy(entry.digest, digest.data, sizeof entry.digest);
    walking->walk->each(walking->walk->owner, &entry);
}

static PgValue time_or_any(int64_t at_us)
{
    return at_us ? pg_time(at_us) : pg_null();
}

static BpStatus walk_on(SiteDatabase *database, Walking *walking, BpError *err)
{
    const AuditWalk *walk = walking->walk;
    const PgValue site = pg_text(bp_str(walk->site));
    if (walk->epoch)
        add(walking, walk->epoch);
    else
        BP_TRY(site_database_ask(database, SQL_SELECT_JOURNAL_EPOCHS, &site, 1, add_epoch, walking, err));
    for (; walking->at < walking->count; walking->at++) {
        const PgValue values[] = {site, pg_integer(walking->epochs[walking->at]),
                                  pg_integer(walk->behind_seq), time_or_any(walk->since_us),
                                  time_or_any(walk->until_us)};
        BP_TRY(pg_wait_stream(database->pg, SQL_SELECT_JOURNAL_ENTRIES, values, 5, give_entry, walking, err));
    }
    return BP_OK;
}

BpStatus audit_walk(SiteDatabase *database, const AuditWalk *walk, BpError *err)
{
    Walking walking = {.walk = walk};
    const BpStatus status = walk_on(database, &walking, err);
    bp_arena_done(&walking.arena);
    return status;
}

void audit_take_head(void *head, const PgRows *rows, size_t row)
{
    AuditHead *taken = head;
    taken->position =
        (JournalPosition){.epoch = pg_get_integer(rows, row, 0), .seq = pg_get_integer(rows, row, 1)};
    taken->frames_given_up = pg_get_integer(rows, row, 3);
    if (!sign_from_hex(pg_get_text(rows, row, 2), taken->position.digest, SIGN_DIGEST_SIZE))
        taken->position.seq = 0;
}
