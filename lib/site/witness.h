/* What is known of the journal outside the database, in the site's data folder: whoever has the database
 * alone cannot change it.
 *
 *   <data>/control/signed  what the collector signed last, of each epoch and of each day: lines of epoch,
 * seq, digest and when, the oldest first <data>/control/holds   what the collector keeps for itself; of it,
 * where the journal stood last */
#ifndef SITE_WITNESS_H
#define SITE_WITNESS_H

#include "base/error.h"
#include "journal/entry.h"

enum { SITE_WITNESS_MAX = 1000 };

typedef struct SiteWitness {
    JournalPosition position;
    int64_t at_us;
} SiteWitness;

typedef struct SiteWitnesses {
    SiteWitness items[SITE_WITNESS_MAX];
    size_t count;
} SiteWitnesses;

/* BP_NOT_FOUND: there is no such file; BP_MALFORMED: it is damaged. */
BpStatus site_witnesses_read(const char *path, SiteWitnesses *ret_witnesses, BpError *err) BP_CHECKED;

/* One more was signed: it takes the place of the last where that is of the same epoch and day. Where there is
 * no more room the oldest goes. */
void site_witnesses_add(SiteWitnesses *witnesses, const JournalPosition *position, int64_t at_us);

/* The last of this epoch; NULL: there is none. */
const SiteWitness *site_witness_of(const SiteWitnesses *witnesses, int64_t epoch);

/* Writes all of them, on disk and in place of what is there, or nothing. Waits for the disk. */
BpStatus site_witnesses_write(const char *path, const SiteWitnesses *witnesses, BpError *err) BP_CHECKED;

/* The last position in the collector's own file. BP_NOT_FOUND: there is no file, or none in it. */
BpStatus site_kept_position(const char *path, JournalPosition *ret_position, BpError *err) BP_CHECKED;

#endif
