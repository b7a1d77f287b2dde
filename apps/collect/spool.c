#include "apps/collect/spool.h"

#include "base/parse.h"
#include "base/random.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A record: magic, octets of payload, number, run, checksum of all that but itself, payload. */
static const uint32_t MAGIC = 0x42505331; /* "BPS1" */
enum { PATH_LONGEST = 4096, SEGMENT_LONGEST = 64 * 1024 * 1024 };
static const char ending[] = ".spool";

static uint64_t checksum(uint32_t size, int64_t n, const MdlRun *run, BpStr payload)
{
    uint64_t hash = bp_hash(&size, sizeof size, 0);
    hash = bp_hash(&n, sizeof n, hash);
    hash = bp_hash(run->text, MDL_RUN_TEXT, hash);
    return bp_hash(payload.data, payload.size, hash);
}

void spool_record(BpBuf *out, const MdlRun *run, int64_t n, BpStr payload)
{
    const uint32_t size = (uint32_t)payload.size;
    bp_buf_u32(out, MAGIC);
    bp_buf_u32(out, size);
    bp_buf_unsigned(out, (uint64_t)n, 8);
    bp_buf_octets(out, run->text, MDL_RUN_TEXT);
    bp_buf_unsigned(out, checksum(size, n, run, payload), 8);
    bp_buf_unsigned(out, 0, 8); /* to come */
    bp_buf_str(out, payload);
}

static void segment_path(const char *folder, int64_t segment, char path[PATH_LONGEST])
{
    snprintf(path, PATH_LONGEST, "%s/%012" PRId64 "%s", folder, segment, ending);
}

/* All or nothing: what was written of a failed append is cut off again. */
BpStatus spool_append(const char *folder, int64_t segment, BpStr records, BpError *err)
{
    char path[PATH_LONGEST];
    segment_path(folder, segment, path);
    const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    struct stat before;
    int number = fstat(fd, &before) == 0 ? 0 : errno;
    for (size_t written = 0; !number && written < records.size;) {
        const ssize_t size = write(fd, records.data + written, records.size - written);
        if (size < 0 && errno != EINTR)
            number = errno;
        written += size > 0 ? (size_t)size : 0;
    }
    if (!number && fdatasync(fd) != 0)
        number = errno;
    if (number && ftruncate(fd, before.st_size) != 0)
        number = errno; /* the torn end is passed over when it is read */
    close(fd);
    return number ? bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number)) : BP_OK;
}

void spool_remove(const char *folder, int64_t segment)
{
    char path[PATH_LONGEST];
    segment_path(folder, segment, path);
    unlink(path);
}

size_t spool_walk(BpCursor in, int64_t segment, SpoolEach each, void *context)
{
    while (bp_cursor_remaining(&in)) {
        const size_t start = in.offset;
        MdlRun run = {0};
        const uint32_t magic = bp_cursor_u32(&in), size = bp_cursor_u32(&in);
        const int64_t n = (int64_t)bp_cursor_unsigned(&in, 8);
        const uint8_t *name = bp_cursor_take(&in, MDL_RUN_TEXT);
        const uint64_t sum = bp_cursor_unsigned(&in, 8);
        bp_cursor_skip(&in, 8);
        const uint8_t *payload = size <= MDL_BATCH_OCTETS_MAX ? bp_cursor_take(&in, size) : NULL;
        if (in.failed || magic != MAGIC || !payload)
            return start;
        memcpy(run.text, name, MDL_RUN_TEXT);
        const BpStr text = {(const char *)payload, size};
        if (checksum(size, n, &run, text) != sum)
            return start;
        each(context, segment, &run, n, text);
    }
    return in.size;
}

BpStatus spool_read(const char *folder, int64_t segment, SpoolEach each, void *context, size_t *ret_torn,
                    BpError *err)
{
    char path[PATH_LONGEST];
    segment_path(folder, segment, path);
    FILE *file = fopen(path, "re");
    if (!file)
        return bp_fail(err, errno == ENOENT ? BP_NOT_FOUND : BP_UNAVAILABLE, "%s: %s", path,
                       bp_errno_text(errno));
    struct stat status;
    const size_t capacity = fstat(fileno(file), &status) == 0 && status.st_size < SEGMENT_LONGEST
                                ? (size_t)status.st_size
                                : SEGMENT_LONGEST;
    uint8_t *octets = malloc(capacity ? capacity : 1);
    if (!octets)
        abort();
    const size_t size = fread(octets, 1, capacity, file);
    fclose(file);
    *ret_torn = size - spool_walk(bp_cursor(octets, size), segment, each, context);
    free(octets);
    return BP_OK;
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

enum { SEGMENTS_MAX = 1024 * 1024 };

BpStatus spool_list(const char *folder, BpArena *arena, int64_t **ret_segments, size_t *ret_count,
                    BpError *err)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", folder, bp_errno_text(errno));
    DIR *entries = opendir(folder);
    if (!entries)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", folder, bp_errno_text(errno));
    int64_t *found = NULL;
    size_t count = 0, capacity = 0;
    for (const struct dirent *entry; count < SEGMENTS_MAX && (entry = readdir(entries)) != NULL;) {
        const size_t length = strlen(entry->d_name), tail = sizeof ending - 1;
        int64_t segment;
        if (length <= tail || strcmp(entry->d_name + length - tail, ending) != 0 ||
            bp_parse_i64((BpStr){entry->d_name, length - tail}, 0, INT64_MAX, &segment, NULL) != BP_OK)
            continue;
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            found = realloc(found, capacity * sizeof *found);
            if (!found)
                abort();
        }
        found[count++] = segment;
    }
    closedir(entries);
    if (count)
        qsort(found, count, sizeof *found, ascending);
    *ret_segments = bp_arena_take(arena, (count ? count : 1) * sizeof **ret_segments);
    if (count)
        memcpy(*ret_segments, found, count * sizeof *found);
    *ret_count = count;
    free(found);
    return BP_OK;
}

int spool_lock(const char *folder, BpError *err)
{
    char path[PATH_LONGEST];
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
