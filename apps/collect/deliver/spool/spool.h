/* Batches on disk: segments of records (spool_record.h) that outlive the collector. Writing and reading here
 * waits for the disk: call it from work on the pool, or at the start and the end. */
#ifndef COLLECT_DELIVER_SPOOL_SPOOL_H
#define COLLECT_DELIVER_SPOOL_SPOOL_H

#include "apps/collect/deliver/spool/files.h"
#include "apps/collect/deliver/spool/record.h"
#include "base/arena.h"

enum { SPOOL_SEGMENT_OCTETS = 1024 * 1024 };

typedef struct Spool {
    const SpoolFiles *files;
    const char *folder;
} Spool;

/* Appends records to a segment, which is made if it is not there, and has them and the segment's name on disk
 * before it returns. All or nothing: what was written of a failed append is cut off again, as far as the disk
 * lets us. *octets is the segment's size, known before and looked up after, also where it failed. */
BpStatus spool_append(const Spool *spool, int64_t segment, BpStr records, size_t *octets,
                      BpError *err) BP_CHECKED;

/* What a killed collector has written is on disk from here on, power cut or not; and with no segment (-1),
 * the names of all. */
BpStatus spool_sync(const Spool *spool, int64_t segment, BpError *err) BP_CHECKED;

/* One that is not there is removed. */
BpStatus spool_remove(const Spool *spool, int64_t segment, BpError *err) BP_CHECKED;

/* Reads a segment: its size, and how many octets of it are of no whole record. BP_NOT_FOUND: there is none.
 */
typedef struct SpoolSize {
    size_t octets, damaged;
} SpoolSize;
BpStatus spool_read(const Spool *spool, int64_t segment, SpoolEach each, void *context, SpoolSize *ret_size,
                    BpError *err) BP_CHECKED;

/* The segments that are there, ascending, in `arena`. The folder is made if it is missing. */
BpStatus spool_list(const Spool *spool, BpArena *arena, int64_t **ret_segments, size_t *ret_count,
                    BpError *err) BP_CHECKED;

/* One collector a folder: an open lock, or -1. BP_CONFLICT: another has it. */
int spool_lock(const char *folder, BpError *err);

#endif
