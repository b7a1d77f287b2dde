/* What a run notes beside its segments, for whoever starts next. Waits for the disk, as spool.h does. */
#ifndef COLLECT_DELIVER_SPOOL_NOTES_H
#define COLLECT_DELIVER_SPOOL_NOTES_H

#include "apps/collect/deliver/spool/spool.h"

/* ---- since when readings may lack, should this run be killed ---- */

/* Writes the instant until which everything is stored or in a segment; a run that ends in order removes it.
 * `is_first`: it is on disk, whatever happens next, before this returns. */
BpStatus spool_mark(const Spool *spool, int64_t safe_until_us, bool is_first, BpError *err) BP_CHECKED;
void spool_unmark(const Spool *spool);

/* What the run before has left; BP_NOT_FOUND: it has ended in order, or there was none. BP_MALFORMED: it was
 * killed, but nobody knows since when something may lack. */
BpStatus spool_marked(const Spool *spool, int64_t *ret_safe_until_us, BpError *err) BP_CHECKED;

/* ---- runs whose numbers ingest has been told wrong ---- */

/* Notes a run, on disk before it returns: what there is of it is sent as another run, also by later starts.
 */
BpStatus spool_disown(const Spool *spool, const MdlRun *run, BpError *err) BP_CHECKED;

/* Calls `each` for those that are noted; where it says of none that anything is left, all are forgotten. */
void spool_disowned(const Spool *spool, bool (*each)(void *context, const MdlRun *run), void *context);

#endif
