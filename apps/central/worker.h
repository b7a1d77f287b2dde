/* Workers: connections, each of which applies a portion at a time. A portion is one transaction: its rows,
 * its records, and where its sites stand by then. Where the database refuses something of it, nothing of it
 * has happened, and its sites are gone through one by one, entry by entry, until that entry is put aside.
 * What takes long is rolled back, too, and its sites come one by one. Whoever takes long alone is applied on
 * a connection of its own, with the time that it needs: while others are applied, a quarter of that
 * connection's time is for all who are slow. */
#ifndef CENTRAL_WORKER_H
#define CENTRAL_WORKER_H

#include "apps/central/notices.h"
#include "apps/central/portion.h"
#include "config/config.h"

typedef struct Workers Workers;

typedef struct WorkersCounts {
    uint64_t portions, readings, entries, put_aside;
    uint64_t conflicts, refused, failures; /* rows that were there; data that was at fault; other troubles */
    uint64_t held;                         /* where a session of a site was in the way */
    uint64_t slow;                         /* that took too long, and were rolled back */
} WorkersCounts;

/* `database` is copied, with its texts borrowed; `*cfg` is looked at anew each time. */
Workers *workers_new(Loop *loop, const PgOptions *database, size_t count, Sites *sites, Notices *notices,
                     const Cfg *const *cfg);
void workers_free(Workers *workers);

/* Those that have nothing to do take what is due. Nothing is taken before workers_allow. */
void workers_go_on(Workers *workers);
void workers_allow(Workers *workers, bool may_work);
bool workers_are_busy(const Workers *workers);

const WorkersCounts *workers_counts(const Workers *workers);

#endif
