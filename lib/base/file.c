#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void bp_file_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash && slash > path ? (int)(slash - path) : 1,
             slash ? path : ".");
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static bool write_all(int fd, BpStr contents)
{
    while (contents.size) {
        const ssize_t size = write(fd, contents.data, contents.size);
        if (size < 0 && errno != EINTR)
            return false;
        contents.data += size > 0 ? size : 0;
        contents.size -= size > 0 ? (size_t)size : 0;
    }
    return true;
}

BpStatus bp_file_write(const char *path, BpStr contents, mode_t mode, BpError *err)
{
    char draft[PATH_MAX];
    if (snprintf(draft, sizeof draft, "%s.new", path) >= PATH_MAX)
        return bp_fail(err, BP_INVALID, "%.200s... is too long for a path", path);
    (void)unlink(draft); /* of a program that was cut short */
    const int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be written: %s", path, bp_errno_text(errno));
    bool is_whole = fchmod(fd, mode) == 0 && write_all(fd, contents) && fsync(fd) == 0;
    int number = errno;
    is_whole = close(fd) == 0 && is_whole;
    if (is_whole && rename(draft, path) != 0) {
        number = errno;
        is_whole = false;
    }
    if (!is_whole) {
        (void)unlink(draft);
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be written: %s", path, bp_errno_text(number));
    }
    bp_file_sync_folder(path);
    return BP_OK;
}

BpStatus bp_file_read(const char *path, size_t max, BpArena *arena, BpStr *ret_contents, BpError *err)
{
    struct stat about;
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ELOOP)
        return bp_fail(err, BP_INVALID, "%s is a link, which is not followed", path);
    if (fd < 0)
        return bp_fail(err, errno == ENOENT ? BP_NOT_FOUND : BP_UNAVAILABLE, "%s cannot be read: %s", path,
                       bp_errno_text(errno));
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || (uint64_t)about.st_size > max) {
        close(fd);
        return bp_fail(err, BP_INVALID, "%s is no file of at most %zu octets", path, max);
    }
    const size_t wanted = (size_t)about.st_size;
    char *memory = bp_arena_take(arena, wanted + 1);
    size_t size = 0;
    ssize_t more = 1;
    while (size < wanted && (more = read(fd, memory + size, wanted - size)) != 0) {
        if (more < 0 && errno != EINTR)
            break;
        size += more > 0 ? (size_t)more : 0;
    }
    const int number = errno;
    close(fd);
    if (more < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be read: %s", path, bp_errno_text(number));
    *ret_contents = (BpStr){memory, size};
    return BP_OK;
}
