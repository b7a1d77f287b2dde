#include "apps/up/log_file.h"

#include "apps/up/up.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static BpStatus open_it(LogFile *file, BpError *err)
{
    struct stat status;
    BP_TRY(up_open_file(file->path, O_WRONLY | O_CREAT | O_APPEND, 0600, &file->fd, err));
    (void)!fchmod(file->fd, 0600); /* earlier versions gave it to their group */
    status = (struct stat){0};
    (void)!fstat(file->fd, &status);
    file->size = status.st_size;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    return BP_OK;
}

BpStatus log_file_open(const char *path, off_t max, LogFile *ret_file, BpError *err)
{
    *ret_file = (LogFile){.fd = -1, .max = max};
    (void)bp_str_copy(bp_str(path), ret_file->path, sizeof ret_file->path);
    return open_it(ret_file, err);
}

void log_file_close(LogFile *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

/* Where FILE.1 cannot be made, the file goes on growing: better a long log than none. */
static void rotate(LogFile *file)
{
    char older[LOG_FILE_PATH_MAX + 2];
    snprintf(older, sizeof older, "%s.1", file->path);
    if (rename(file->path, older) != 0)
        return;
    log_file_close(file);
}

/* Somebody has moved or removed it, to make room or as logrotate does: what is written there nobody sees, nor
 * how much. */
static bool is_gone(const LogFile *file)
{
    struct stat status;
    return lstat(file->path, &status) != 0 || status.st_ino != file->inode || status.st_dev != file->device;
}

/* All of it or nothing: half a line is cut off again. */
static bool append(LogFile *file, const struct iovec *parts, int count)
{
    ssize_t size = 0;
    BpError err;
    for (int i = 0; i < count; i++)
        size += (ssize_t)parts[i].iov_len;
    if (file->fd >= 0 && is_gone(file))
        log_file_close(file);
    if (file->fd >= 0 && file->size > 0 && file->size + size > file->max)
        rotate(file);
    if (file->fd < 0 && open_it(file, &err) != BP_OK) {
        (void)bp_str_copy(bp_str(err.text), file->why, sizeof file->why);
        return false;
    }
    const ssize_t written = writev(file->fd, parts, count);
    if (written == size) {
        file->size += size;
        return true;
    }
    (void)bp_str_copy(bp_str(written < 0 ? bp_errno_text(errno) : "no room on the disk"), file->why,
                      sizeof file->why);
    if (written > 0)
        (void)!ftruncate(file->fd, file->size);
    return false;
}

static bool append_line(LogFile *file, BpStr beginning, BpStr text)
{
    static char end[] = "\n";
    const struct iovec parts[] = {{(void *)(uintptr_t)beginning.data, beginning.size},
                                  {(void *)(uintptr_t)text.data, text.size},
                                  {end, 1}};
    return append(file, parts, sizeof parts / sizeof parts[0]);
}

static bool tell_lost(LogFile *file, int64_t wall_us)
{
    char beginning[BP_LOG_BEGINNING_MAX], text[160];
    const size_t size = bp_log_begin(wall_us, BP_LOG_WARNING, "up", beginning);
    snprintf(text, sizeof text, "%" PRIu64 " lines were lost here: %s", file->lost, file->why);
    return append_line(file, (BpStr){beginning, size}, bp_str(text));
}

static void add(LogFile *file, int64_t wall_us, BpStr beginning, BpStr text)
{
    if (file->lost && tell_lost(file, wall_us))
        file->lost = 0;
    if (file->lost || !append_line(file, beginning, text))
        file->lost++;
}

void log_file_add(LogFile *file, int64_t wall_us, int level, const char *role, BpStr text)
{
    char beginning[BP_LOG_BEGINNING_MAX];
    const size_t size = bp_log_begin(wall_us, (BpLogLevel)level, role, beginning);
    add(file, wall_us, (BpStr){beginning, size}, text);
}

void log_file_add_whole(LogFile *file, int64_t wall_us, BpStr line)
{
    add(file, wall_us, (BpStr){"", 0}, line);
}
