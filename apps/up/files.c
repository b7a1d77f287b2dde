/* What `up` writes in the data folder. It does so as the folder's owner, who has no other rights, and never
 * through a link. */
#include "apps/up/up.h"
#include "apps/up/walk.h"
#include "config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_OCTETS = 24 };

BpStatus up_make_folder(const char *path, BpError *err)
{
    struct stat status;
    char owner[64];
    if (mkdir(path, 0700) == 0)
        return BP_OK;
    if (errno != EEXIST)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be made: %s", path, bp_errno_text(errno));
    if (stat(path, &status) != 0) /* an administrator may have put it on another disk, by a link */
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    if (!S_ISDIR(status.st_mode))
        return bp_fail(err, BP_INVALID, "%s is no folder: move it away", path);
    if (status.st_uid != geteuid())
        return bp_fail(err, BP_INVALID, "%s is %s's: move it away", path, walk_owner(status.st_uid, owner));
    return BP_OK;
}

BpStatus up_open_file(const char *path, int flags, mode_t mode, int *ret_fd, BpError *err)
{
    /* O_NONBLOCK: to open a pipe would wait for whoever is at its other end. */
    const int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode);
    const int number = errno;
    struct stat status;
    if (fd < 0 && number == ELOOP)
        return bp_fail(err, BP_INVALID, "%s is a link, and links are not followed here: move it away", path);
    if (fd < 0 && number == ENOENT)
        return bp_fail(err, BP_NOT_FOUND, "%s: %s", path, bp_errno_text(number));
    if (fd < 0 && number != ENXIO) /* which says that nobody reads a pipe */
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number));
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        if (fd >= 0)
            close(fd);
        return bp_fail(err, BP_INVALID, "%s is no regular file but a pipe, device or folder: move it away",
                       path);
    }
    *ret_fd = fd;
    return BP_OK;
}

FILE *up_read_file(const char *path, BpError *err)
{
    int fd = -1;
    if (up_open_file(path, O_RDONLY, 0, &fd, err) != BP_OK)
        return NULL;
    FILE *file = fdopen(fd, "r");
    if (!file)
        abort();
    return file;
}

BpStatus up_read_line(const char *path, char *ret_line, size_t size, BpError *err)
{
    int fd = -1;
    const BpStatus status = up_open_file(path, O_RDONLY, 0, &fd, err);
    if (status != BP_OK)
        return status;
    const ssize_t length = read(fd, ret_line, size - 1);
    close(fd);
    ret_line[length > 0 ? length : 0] = '\0';
    ret_line[strcspn(ret_line, "\r\n")] = '\0';
    return BP_OK;
}

BpStatus up_write_file(const char *path, BpStr contents, BpError *err)
{
    char draft[UP_PATH_MAX];
    int fd = -1;
    snprintf(draft, sizeof draft, "%s.new", path);
    if (unlink(draft) != 0 && errno != ENOENT) /* of a start that was cut short */
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", draft, bp_errno_text(errno));
    const BpStatus status = up_open_file(draft, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, err);
    if (status != BP_OK)
        return status;
    const bool is_whole = write(fd, contents.data, contents.size) == (ssize_t)contents.size && fsync(fd) == 0;
    const int number = errno;
    close(fd);
    if (!is_whole || rename(draft, path) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(is_whole ? errno : number));
    return BP_OK;
}

BpStatus up_secret(Up *up, const char *name, const char **ret_secret, BpError *err)
{
    const char *path = up_path(up, "secrets/%s", name);
    uint8_t random[SECRET_OCTETS];
    char text[2 * SECRET_OCTETS + 2];
    int fd = -1;
    const BpStatus status = up_open_file(path, O_RDONLY, 0, &fd, err);
    if (status == BP_OK) {
        close(fd);
        return cfg_secret_read(path, &up->arena, ret_secret, err);
    }
    if (status != BP_NOT_FOUND)
        return status;
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return bp_fail(err, BP_UNAVAILABLE, "the system gives no random numbers");
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(text + 2 * i, 3, "%02x", random[i]);
    *ret_secret = bp_arena_text(&up->arena, bp_str(text));
    text[2 * SECRET_OCTETS] = '\n';
    return up_write_file(path, (BpStr){text, 2 * SECRET_OCTETS + 1}, err);
}
