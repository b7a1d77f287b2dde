/* Batches on disk: segments of records that outlive the collector. A record whose checksum does not fit is
 * torn, where power was lost, or damaged; what stands behind it is found all the same. Writing and reading
 * here waits for the disk: call it from work on the pool, or at the start and the end. */
#ifndef COLLECT_DELIVER_SPOOL_H
#define COLLECT_DELIVER_SPOOL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "model/batch.h"

#include <sys/types.h>

enum { SPOOL_SEGMENT_OCTETS = 1024 * 1024, SPOOL_RECORD_HEADER = 48 };

/* The disk as it is needed here, so that a test can have one that fails. Each does as the system call does
 * that is named like it; where that fails it is -1, and errno says why. */
typedef struct SpoolFiles {
    void *owner;
    int (*open)(void *owner, const char *path, int flags);
    ssize_t (*read)(void *owner, int fd, void *octets, size_t size);
    ssize_t (*write)(void *owner, int fd, const void *octets, size_t size);
    int64_t (*size)(void *owner, int fd);               /* fstat */
    int (*sync)(void *owner, int fd);                   /* fdatasync */
    int (*truncate)(void *owner, int fd, int64_t size); /* ftruncate */
    int (*close)(void *owner, int fd);
    int (*remove)(void *owner, const char *path); /* unlink */
    int (*list)(void *owner, const char *folder, void (*each)(void *context, const char *name),
                void *context); /* mkdir, readdir */
} SpoolFiles;

extern const SpoolFiles spool_files; /* the real ones */

typedef struct Spool {
    const SpoolFiles *files;
    const char *folder;
} Spool;

/* Adds a record to `out`, as it stands in a segment. */
void spool_record(BpBuf *out, const MdlRun *run, int64_t n, BpStr payload);

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

/* Called for each whole record of a segment, in order. */
typedef void (*SpoolEach)(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload);

/* Walks the octets of a segment. Returns how many of them are of whole records. */
size_t spool_walk(BpStr octets, int64_t segment, SpoolEach each, void *context);

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

/* One collector a folder: an open lock, or -1. BP_CONFLICT: another has it. */
int spool_lock(const char *folder, BpError *err);

#endif
