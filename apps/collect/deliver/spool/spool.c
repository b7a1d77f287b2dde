#include "apps/collect/deliver/spool/spool.h"

#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEGMENT_LONGEST = 64 * 1024 * 1024 };
static const char ending[] = ".spool";

static void segment_path(const Spool *spool, int64_t segment, char path[SPOOL_PATH_MAX])
{
    snprintf(path, SPOOL_PATH_MAX, "%s/%012" PRId64 "%s", spool->folder, segment, ending);
}

BpStatus spool_sync(const Spool *spool, int64_t segment, BpError *err)
{
    char path[SPOOL_PATH_MAX];
    segment_path(spool, segment, path);
    const int number = segment < 0 ? spool_files_sync(spool->files, spool->folder, O_DIRECTORY)
                                   : spool_files_sync(spool->files, path, 0);
    return number == 0 ? BP_OK
                       : bp_fail(err, BP_UNAVAILABLE, "%s: %s", segment < 0 ? spool->folder : path,
                                 bp_errno_text(number));
}

BpStatus spool_append(const Spool *spool, int64_t segment, BpStr records, size_t *octets, BpError *err)
{
    const SpoolFiles *files = spool->files;
    char path[SPOOL_PATH_MAX];
    segment_path(spool, segment, path);
    const int fd = files->open(files->owner, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    const int64_t before = files->size(files->owner, fd);
    int number = before >= 0 ? spool_files_write(files, fd, records) : errno;
    if (!number && files->sync(files->owner, fd) != 0)
        number = errno;
    if (!number && before == 0)
        number = spool_files_sync(spool->files, spool->folder, O_DIRECTORY);
    /* A torn end that cannot be cut off is passed over when it is read. */
    const bool is_cut = number && before > 0 && files->truncate(files->owner, fd, before) == 0;
    const bool is_gone = number && before == 0 && files->remove(files->owner, path) == 0;
    const int64_t after = !number   ? before + (int64_t)records.size
                          : is_gone ? 0
                          : is_cut  ? before
                                    : files->size(files->owner, fd);
    if (after >= 0)
        *octets = (size_t)after;
    files->close(files->owner, fd);
    return number ? bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number)) : BP_OK;
}

BpStatus spool_remove(const Spool *spool, int64_t segment, BpError *err)
{
    char path[SPOOL_PATH_MAX];
    segment_path(spool, segment, path);
    if (spool->files->remove(spool->files->owner, path) == 0 || errno == ENOENT)
        return BP_OK;
    return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
}

BpStatus spool_read(const Spool *spool, int64_t segment, SpoolEach each, void *context, SpoolSize *ret_size,
                    BpError *err)
{
    char path[SPOOL_PATH_MAX];
    segment_path(spool, segment, path);
    BpBuf octets = bp_buf_growing(2 * (size_t)SEGMENT_LONGEST);
    const BpStatus status = spool_files_read(spool->files, path, SEGMENT_LONGEST, &octets, err);
    if (status == BP_OK) {
        const size_t whole = spool_walk(bp_buf_text(&octets), segment, each, context);
        *ret_size = (SpoolSize){octets.size, octets.size - whole};
    }
    bp_buf_done(&octets);
    return status;
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

enum { SEGMENTS_MAX = 1024 * 1024 };

typedef struct Listing {
    int64_t *found;
    size_t count, capacity;
} Listing;

static void list_one(void *context, const char *name)
{
    Listing *listing = context;
    const size_t length = strlen(name), tail = sizeof ending - 1;
    int64_t segment;
    if (listing->count == SEGMENTS_MAX || length <= tail || strcmp(name + length - tail, ending) != 0 ||
        bp_parse_i64((BpStr){name, length - tail}, 0, INT64_MAX - 1, &segment, NULL) != BP_OK)
        return;
    if (listing->count == listing->capacity) {
        listing->capacity = listing->capacity ? listing->capacity * 2 : 64;
        listing->found = realloc(listing->found, listing->capacity * sizeof *listing->found);
        if (!listing->found)
            abort();
    }
    listing->found[listing->count++] = segment;
}

BpStatus spool_list(const Spool *spool, BpArena *arena, int64_t **ret_segments, size_t *ret_count,
                    BpError *err)
{
    Listing listing = {0};
    if (spool->files->list(spool->files->owner, spool->folder, list_one, &listing) != 0) {
        const int number = errno;
        free(listing.found);
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", spool->folder, bp_errno_text(number));
    }
    if (listing.count)
        qsort(listing.found, listing.count, sizeof *listing.found, ascending);
    *ret_segments = bp_arena_take(arena, (listing.count ? listing.count : 1) * sizeof **ret_segments);
    if (listing.count)
        memcpy(*ret_segments, listing.found, listing.count * sizeof *listing.found);
    *ret_count = listing.count;
    free(listing.found);
    return BP_OK;
}

/* ---- one collector a folder ---- */

int spool_lock(const char *folder, BpError *err)
{
    char path[SPOOL_PATH_MAX];
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        bp_fail(err, BP_UNAVAILABLE, "%s: %s", folder, bp_errno_text(errno));
        return -1;
    }
    snprintf(path, sizeof path, "%s/lock", folder);
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0 && errno == EWOULDBLOCK)
        bp_fail(err, BP_CONFLICT, "another collector works in %s: one is enough", folder);
    else
        bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}
