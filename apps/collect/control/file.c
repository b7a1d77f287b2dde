#include "apps/collect/control/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

enum { FILE_OCTETS_MAX = 64 * 1024 * 1024 };

static void path_of(const ControlFile *file, const char *name, char path[SPOOL_PATH_MAX])
{
    snprintf(path, SPOOL_PATH_MAX, "%s/%s", file->folder, name);
}

/* ---- reading ---- */

ControlFileSize control_file_walk(BpStr octets, void (*each)(void *context, const ControlRecord *record),
                                  void *context)
{
    ControlFileSize size = {.octets = octets.size};
    size_t whole = 0, wrong = 0;
    for (BpStr rest = octets; rest.size > 0;) {
        const char *end = memchr(rest.data, '\n', rest.size);
        ControlRecord record;
        if (!end)
            break;
        const BpStr line = bp_str_cut(rest, '\n', &rest);
        if (control_record_read(line, &record, NULL) != BP_OK) {
            wrong++;
            continue;
        }
        size.wrong += wrong; /* those behind the last whole line are torn */
        wrong = 0;
        whole = (size_t)(end + 1 - octets.data);
        each(context, &record);
    }
    size.torn = octets.size - whole;
    return size;
}

static void look_at_version(void *context, const ControlRecord *record)
{
    int64_t *newest = context;
    if (record->kind == CONTROL_RECORD_BEGIN && record->version > *newest)
        *newest = record->version;
}

BpStatus control_file_read(const ControlFile *file, void (*each)(void *context, const ControlRecord *record),
                           void *context, ControlFileSize *ret_size, BpError *err)
{
    char path[SPOOL_PATH_MAX];
    path_of(file, "holds", path);
    BpBuf octets = bp_buf_growing(2 * (size_t)FILE_OCTETS_MAX);
    BpStatus status = spool_files_read(file->files, path, FILE_OCTETS_MAX, &octets, err);
    int64_t version = 0;
    if (status == BP_OK)
        *ret_size = control_file_walk(bp_buf_text(&octets), look_at_version, &version);
    if (status == BP_OK && version > CONTROL_FILE_VERSION)
        status = bp_fail(err, BP_UNSUPPORTED, "%s was written by a newer BacPipes (version %lld of the file)",
                         path, (long long)version);
    if (status == BP_OK)
        control_file_walk(bp_buf_text(&octets), each, context);
    bp_buf_done(&octets);
    return status;
}

/* ---- writing ---- */

static int write_and_sync(const SpoolFiles *files, int fd, BpStr lines)
{
    const int number = spool_files_write(files, fd, lines);
    return number ? number : files->sync(files->owner, fd) != 0 ? errno : 0;
}

BpStatus control_file_append(const ControlFile *file, BpStr lines, BpError *err)
{
    const SpoolFiles *files = file->files;
    char path[SPOOL_PATH_MAX];
    path_of(file, "holds", path);
    const int fd = files->open(files->owner, path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    const int64_t before = files->size(files->owner, fd);
    const int number = before < 0 ? errno : write_and_sync(files, fd, lines);
    if (number && before >= 0)
        (void)files->truncate(files->owner, fd, before);
    files->close(files->owner, fd);
    return number ? bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number)) : BP_OK;
}

BpStatus control_file_write(const ControlFile *file, BpStr lines, BpError *err)
{
    const SpoolFiles *files = file->files;
    char path[SPOOL_PATH_MAX], next[SPOOL_PATH_MAX];
    path_of(file, "holds", path);
    path_of(file, "holds.new", next);
    const int fd = files->open(files->owner, next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", next, bp_errno_text(errno));
    int number = write_and_sync(files, fd, lines);
    files->close(files->owner, fd);
    if (!number && files->rename(files->owner, next, path) != 0)
        number = errno;
    if (!number)
        number = spool_files_sync(files, file->folder, O_DIRECTORY);
    if (number)
        files->remove(files->owner, next); /* gives back what it took of a full disk */
    return number ? bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number)) : BP_OK;
}
