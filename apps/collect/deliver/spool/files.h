/* The disk as the spool, and the file that control keeps, need it. */
#ifndef COLLECT_DELIVER_SPOOL_FILES_H
#define COLLECT_DELIVER_SPOOL_FILES_H

#include "base/buf.h"

#include <sys/types.h>

enum { SPOOL_PATH_MAX = 4096 };

/* Its calls, so that a test can have one that fails. Each does as the system call does
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
    int (*rename)(void *owner, const char *from, const char *to);
    int (*list)(void *owner, const char *folder, void (*each)(void *context, const char *name),
                void *context); /* mkdir, readdir */
} SpoolFiles;

extern const SpoolFiles spool_files; /* the real ones */

/* Writes all of it. 0, or the number of what went wrong. */
int spool_files_write(const SpoolFiles *files, int fd, BpStr octets);

/* Has on disk what was written to a file, or with O_DIRECTORY in `flags` the names in a folder. 0, or the
 * number of what went wrong. */
int spool_files_sync(const SpoolFiles *files, const char *path, int flags);

/* Adds what is in a file to `out`: no more than it takes to have `most` octets. BP_NOT_FOUND: there is none.
 */
BpStatus spool_files_read(const SpoolFiles *files, const char *path, size_t most, BpBuf *out,
                          BpError *err) BP_CHECKED;

#endif
