/* Batches on disk: segments of records that outlive the collector. A record whose checksum does not fit is
 * the torn end of a segment, where power was lost. Writing and reading here waits for the disk: call it from
 * work on the pool, or at the start. */
#ifndef COLLECT_SPOOL_H
#define COLLECT_SPOOL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "model/batch.h"

enum { SPOOL_SEGMENT_OCTETS = 1024 * 1024, SPOOL_RECORD_HEADER = 48 };

/* Adds a record to `out`, as it stands in a segment. */
void spool_record(BpBuf *out, const MdlRun *run, int64_t n, BpStr payload);

/* Appends records to a segment, which is made if it is not there, and has them on disk before it returns. */
BpStatus spool_append(const char *folder, int64_t segment, BpStr records, BpError *err) BP_CHECKED;

void spool_remove(const char *folder, int64_t segment);

/* Called for each whole record of a segment, in order. */
typedef void (*SpoolEach)(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload);

/* Walks the octets of a segment. Returns how many of them, from its start, are whole records. */
size_t spool_walk(BpCursor in, int64_t segment, SpoolEach each, void *context);

/* Reads a segment; *ret_torn tells how many octets at its end are no whole record. BP_NOT_FOUND: there is
 * none. */
BpStatus spool_read(const char *folder, int64_t segment, SpoolEach each, void *context, size_t *ret_torn,
                    BpError *err) BP_CHECKED;

/* The segments that are there, ascending, in `arena`. The folder is made if it is missing. */
BpStatus spool_list(const char *folder, BpArena *arena, int64_t **ret_segments, size_t *ret_count,
                    BpError *err) BP_CHECKED;

/* One collector a folder: an open lock, or -1. BP_CONFLICT: another has it. */
int spool_lock(const char *folder, BpError *err);

#endif
