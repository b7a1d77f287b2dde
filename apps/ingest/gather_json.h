/* What of a gather the database is told as JSON: how far each run is stored, and what goes aside. */
#ifndef INGEST_GATHER_JSON_H
#define INGEST_GATHER_JSON_H

#include "apps/ingest/gather.h"

/* One entry of the quarantine. What is borrowed may go after the call. */
typedef struct GatherEntry {
    const char *reason;
    const MdlRun *run;
    int64_t n;       /* 0: without run and number */
    size_t readings; /* 0: it does not say how many */
    BpStr payload;   /* any octets */
} GatherEntry;

/* {"reason", "run", "n", "readings", "payload"}, and a comma. A text in PostgreSQL is UTF-8 and has no zeros:
 * what is neither is shown as such. Where `out` has no room it has failed. */
void gather_put_entry(BpBuf *out, const GatherEntry *entry);

/* Both are of the items from `begin` on, before `end`, as those of gather.h.
 *
 * How far each run is with it, and the numbers that are skipped on the way there, as [{"run", "stored",
 * "gaps": [{"from", "to"}]}]. Returns how many runs. */
size_t gather_write_positions(const Gather *gather, size_t begin, size_t end, BpBuf *out);

/* What of it goes aside, as [ENTRY, ...]. Returns 0 if that is nothing, and `out` is of no use then. */
size_t gather_write_quarantine(const Gather *gather, size_t begin, size_t end, BpBuf *out);

#endif
