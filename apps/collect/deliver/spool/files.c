#include "apps/collect/deliver/spool/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int spool_files_write(const SpoolFiles *files, int fd, BpStr octets)
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

int spool_files_sync(const SpoolFiles *files, const char *path, int flags)
{
    const int fd = files->open(files->owner, path, flags | O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    const int number = files->sync(files->owner, fd) == 0 ? 0 : errno;
    files->close(files->owner, fd);
    return number;
}

BpStatus spool_files_read(const SpoolFiles *files, const char *path, size_t most, BpBuf *out, BpError *err)
{
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

static int real_rename(void *owner, const char *from, const char *to)
{
    (void)owner;
    return rename(from, to);
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
                                .rename = real_rename,
                                .list = real_list};
