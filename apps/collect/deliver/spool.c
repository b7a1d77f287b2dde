#include "apps/collect/deliver/spool.h"

#include "base/parse.h"
#include "base/random.h"
#include "base/time.h"

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

/* The size of the record at the start of the octets, or 0 where there is no whole one. */
static size_t take_record(BpCursor in, MdlRun *run, int64_t *n, BpStr *payload)
{
    const uint32_t magic = bp_cursor_u32(&in), size = bp_cursor_u32(&in);
    *n = (int64_t)bp_cursor_unsigned(&in, 8);
    const uint8_t *name = bp_cursor_take(&in, MDL_RUN_TEXT);
    const uint64_t sum = bp_cursor_unsigned(&in, 8);
    bp_cursor_skip(&in, 8);
    if (size > MDL_BATCH_OCTETS_MAX)
        return 0;
    bp_cursor_skip(&in, size);
    if (in.failed || magic != MAGIC)
        return 0;
    *run = (MdlRun){0};
    memcpy(run->text, name, MDL_RUN_TEXT);
    *payload = (BpStr){(const char *)in.data + SPOOL_RECORD_HEADER, size};
    return checksum(size, *n, run, *payload) == sum ? in.offset : 0;
}

size_t spool_walk(BpStr octets, int64_t segment, SpoolEach each, void *context)
{
    static const uint8_t magic[] = {MAGIC >> 24, MAGIC >> 16 & 0xFF, MAGIC >> 8 & 0xFF, MAGIC & 0xFF};
    size_t whole = 0, offset = 0;
    while (offset < octets.size) {
        const char *here = octets.data + offset;
        const size_t left = octets.size - offset;
        MdlRun run;
        int64_t n;
        BpStr payload;
        const size_t size = take_record(bp_cursor(here, left), &run, &n, &payload);
        if (size) {
            each(context, segment, &run, n, payload);
            whole += size;
            offset += size;
            continue;
        }
        const char *next = memmem(here + 1, left - 1, magic, sizeof magic);
        offset = next ? (size_t)(next - octets.data) : octets.size;
    }
    return whole;
}

/* ---- segments ---- */

static void segment_path(const Spool *spool, int64_t segment, char path[PATH_LONGEST])
{
    snprintf(path, PATH_LONGEST, "%s/%012" PRId64 "%s", spool->folder, segment, ending);
}

/* 0, or the number of what went wrong. */
static int write_all(const SpoolFiles *files, int fd, BpStr octets)
{
    for (size_t written = 0; written < octets.size;) {
        const ssize_t size = files->write(files->owner, fd, octets.data + written, octets.size - written);
        if (size < 0 && errno != EINTR)
            return errno;
        if (size == 0)
            return ENOSPC;
        written += size > 0 ? (size_t)size : 0;
    }
    return 0;
}

static int sync_path(const Spool *spool, const char *path, int flags)
{
    const SpoolFiles *files = spool->files;
    const int fd = files->open(files->owner, path, flags | O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    const int number = files->sync(files->owner, fd) == 0 ? 0 : errno;
    files->close(files->owner, fd);
    return number;
}

/* The names in the folder. */
static int sync_folder(const Spool *spool)
{
    return sync_path(spool, spool->folder, O_DIRECTORY);
}

BpStatus spool_sync(const Spool *spool, int64_t segment, BpError *err)
{
    char path[PATH_LONGEST];
    segment_path(spool, segment, path);
    const int number = segment < 0 ? sync_folder(spool) : sync_path(spool, path, 0);
    return number == 0 ? BP_OK
                       : bp_fail(err, BP_UNAVAILABLE, "%s: %s", segment < 0 ? spool->folder : path,
                                 bp_errno_text(number));
}

BpStatus spool_append(const Spool *spool, int64_t segment, BpStr records, size_t *octets, BpError *err)
{
    const SpoolFiles *files = spool->files;
    char path[PATH_LONGEST];
    segment_path(spool, segment, path);
    const int fd = files->open(files->owner, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    const int64_t before = files->size(files->owner, fd);
    int number = before >= 0 ? write_all(files, fd, records) : errno;
    if (!number && files->sync(files->owner, fd) != 0)
        number = errno;
    if (!number && before == 0)
        number = sync_folder(spool);
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
    char path[PATH_LONGEST];
    segment_path(spool, segment, path);
    if (spool->files->remove(spool->files->owner, path) == 0 || errno == ENOENT)
        return BP_OK;
    return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
}

/* What is in a file, in memory to be freed: at most `most` octets. */
static BpStatus read_file(const Spool *spool, const char *path, size_t most, BpBuf *out, BpError *err)
{
    const SpoolFiles *files = spool->files;
    const int fd = files->open(files->owner, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return bp_fail(err, errno == ENOENT ? BP_NOT_FOUND : BP_UNAVAILABLE, "%s: %s", path,
                       bp_errno_text(errno));
    int number = 0;
    while (!number && out->size < most) {
        uint8_t piece[64 * 1024];
        const ssize_t size = files->read(files->owner, fd, piece, sizeof piece);
        if (size == 0)
            break;
        if (size > 0)
            bp_buf_octets(out, piece, (size_t)size);
        else if (errno != EINTR)
            number = errno;
    }
    files->close(files->owner, fd);
    return number ? bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number)) : BP_OK;
}

BpStatus spool_read(const Spool *spool, int64_t segment, SpoolEach each, void *context, SpoolSize *ret_size,
                    BpError *err)
{
    char path[PATH_LONGEST];
    segment_path(spool, segment, path);
    BpBuf octets = bp_buf_growing(2 * (size_t)SEGMENT_LONGEST);
    const BpStatus status = read_file(spool, path, SEGMENT_LONGEST, &octets, err);
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

/* ---- the mark of a run that is under way ---- */

static void mark_path(const Spool *spool, char path[PATH_LONGEST])
{
    snprintf(path, PATH_LONGEST, "%s/running", spool->folder);
}

BpStatus spool_mark(const Spool *spool, int64_t safe_until_us, bool is_first, BpError *err)
{
    const SpoolFiles *files = spool->files;
    char path[PATH_LONGEST], at[BP_TIME_TEXT_MAX], text[BP_TIME_TEXT_MAX + 1];
    mark_path(spool, path);
    const int fd = files->open(files->owner, path, O_WRONLY | O_CREAT | O_CLOEXEC);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    /* Always as long: it is written over the one before. */
    snprintf(text, sizeof text, "%s\n", bp_time_format(safe_until_us, 6, at));
    int number = write_all(files, fd, bp_str(text));
    if (!number && is_first && files->sync(files->owner, fd) != 0)
        number = errno;
    files->close(files->owner, fd);
    if (!number && is_first)
        number = sync_folder(spool);
    return number ? bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number)) : BP_OK;
}

void spool_unmark(const Spool *spool)
{
    char path[PATH_LONGEST];
    mark_path(spool, path);
    spool->files->remove(spool->files->owner, path);
}

BpStatus spool_marked(const Spool *spool, int64_t *ret_safe_until_us, BpError *err)
{
    char path[PATH_LONGEST];
    mark_path(spool, path);
    BpBuf text = bp_buf_growing(1024 * 1024);
    BpStatus status = read_file(spool, path, BP_TIME_TEXT_MAX, &text, err);
    if (status == BP_OK && bp_time_parse(bp_str_trim(bp_buf_text(&text)), ret_safe_until_us, err) != BP_OK)
        status = BP_MALFORMED;
    bp_buf_done(&text);
    return status;
}

/* ---- disowned runs ---- */

enum { DISOWNED_MAX = 4096 };

static void disowned_path(const Spool *spool, char path[PATH_LONGEST])
{
    snprintf(path, PATH_LONGEST, "%s/disowned", spool->folder);
}

BpStatus spool_disown(const Spool *spool, const MdlRun *run, BpError *err)
{
    const SpoolFiles *files = spool->files;
    char path[PATH_LONGEST], line[MDL_RUN_TEXT + 2];
    disowned_path(spool, path);
    const int fd = files->open(files->owner, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    const int size = snprintf(line, sizeof line, "%s\n", run->text);
    int number = write_all(files, fd, (BpStr){line, (size_t)size});
    if (!number && files->sync(files->owner, fd) != 0)
        number = errno;
    files->close(files->owner, fd);
    if (!number)
        number = sync_folder(spool);
    return number ? bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number)) : BP_OK;
}

void spool_disowned(const Spool *spool, bool (*each)(void *context, const MdlRun *run), void *context)
{
    char path[PATH_LONGEST];
    BpError err;
    bool is_left = false;
    disowned_path(spool, path);
    BpBuf text = bp_buf_growing(1024 * 1024);
    const BpStatus status = read_file(spool, path, DISOWNED_MAX * (MDL_RUN_TEXT + 1), &text, &err);
    for (BpStr rest = bp_buf_text(&text); status == BP_OK && rest.size;) {
        const BpStr line = bp_str_cut(rest, '\n', &rest);
        MdlRun run;
        if (line.size == MDL_RUN_TEXT && bp_str_copy(line, run.text, sizeof run.text))
            is_left = each(context, &run) || is_left;
    }
    bp_buf_done(&text);
    if (status == BP_OK && !is_left)
        spool->files->remove(spool->files->owner, path);
}

/* ---- the real disk ---- */

static int real_open(void *owner, const char *path, int flags)
{
    (void)owner;
    return open(path, flags, 0600);
}

static ssize_t real_read(void *owner, int fd, void *octets, size_t size)
{
    (void)owner;
    return read(fd, octets, size);
}

static ssize_t real_write(void *owner, int fd, const void *octets, size_t size)
{
    (void)owner;
    return write(fd, octets, size);
}

static int64_t real_size(void *owner, int fd)
{
    (void)owner;
    struct stat status;
    return fstat(fd, &status) == 0 ? (int64_t)status.st_size : -1;
}

static int real_sync(void *owner, int fd)
{
    (void)owner;
    return fdatasync(fd);
}

static int real_truncate(void *owner, int fd, int64_t size)
{
    (void)owner;
    return ftruncate(fd, size);
}

static int real_close(void *owner, int fd)
{
    (void)owner;
    return close(fd);
}

static int real_remove(void *owner, const char *path)
{
    (void)owner;
    return unlink(path);
}

static int real_list(void *owner, const char *folder, void (*each)(void *context, const char *name),
                     void *context)
{
    (void)owner;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return -1;
    DIR *entries = opendir(folder);
    if (!entries)
        return -1;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        each(context, entry->d_name);
    closedir(entries);
    return 0;
}

const SpoolFiles spool_files = {.open = real_open,
                                .read = real_read,
                                .write = real_write,
                                .size = real_size,
                                .sync = real_sync,
                                .truncate = real_truncate,
                                .close = real_close,
                                .remove = real_remove,
                                .list = real_list};

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
