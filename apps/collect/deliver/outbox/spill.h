/* The outbox's side of the spool, for spool_job.c: what is to be written, what has been, and what is read
 * back.
 */
#ifndef COLLECT_DELIVER_OUTBOX_SPILL_H
#define COLLECT_DELIVER_OUTBOX_SPILL_H

#include "apps/collect/deliver/outbox/outbox.h"
#include "apps/collect/deliver/outbox/segments.h"

Segments *outbox_segments(Outbox *outbox);
int64_t outbox_disk_max(const Outbox *outbox);

/* How large a segment becomes: room comes back a segment at a time, and one is read into memory at once. */
size_t outbox_segment_octets(const Outbox *outbox);

/* Octets of records that outbox_spill would append. */
size_t outbox_due(const Outbox *outbox, int64_t before_us, size_t most);

/* Appends to `out` records (spool_record) of batches read before `before_us` that are in memory alone,
 * until `out` has `most` octets. They are told by outbox_spilled with their segment, or -1 if it failed. */
void outbox_spill(Outbox *outbox, int64_t before_us, size_t most, BpBuf *out);
void outbox_spilled(Outbox *outbox, int64_t segment);

/* The segment of the next batch to be sent that is only on disk; -1: none. */
int64_t outbox_missing(const Outbox *outbox);
/* A batch has been read from it: what is no batch of ours there is left. */
void outbox_load(Outbox *outbox, const MdlRun *run, int64_t n, int64_t segment, BpStr payload);
/* Batches of it are still only there. */
bool outbox_lacks(const Outbox *outbox, int64_t segment);

/* The end of a segment that cannot be relied on: what is not in memory is given up, the rest is to be spilled
 * again, and the segment is done once that is in another one. Returns how many were given up. */
size_t outbox_distrust(Outbox *outbox, int64_t segment);

/* Gives up what is in the oldest segment with anything in it that is nowhere else. False: there is none. */
bool outbox_give_up_segment(Outbox *outbox);

#endif
