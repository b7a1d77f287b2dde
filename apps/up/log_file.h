/* A log's file: lines are added, and when it has its largest size it becomes FILE.1, of which there is one.
 * Nobody else writes to it, so no line is lost in that. */
#ifndef UP_LOG_FILE_H
#define UP_LOG_FILE_H

#include "base/error.h"
#include "base/str.h"

#include <sys/types.h>

enum { LOG_FILE_PATH_MAX = 4096 };

typedef struct LogFile {
    char path[LOG_FILE_PATH_MAX];
    int fd;          /* -1: it could not be opened; tried again with each line */
    dev_t device;    /* of the file that fd is, */
    ino_t inode;     /* which somebody may move or remove */
    off_t size, max; /* octets */
    uint64_t lost;   /* lines for which there was no room on the disk, and which are not told yet */
    char why[80];
} LogFile;

/* Opens it to add to, or makes it. BP_INVALID: what is there is no regular file. In any case it is to be
 * closed. */
BpStatus log_file_open(const char *path, off_t max, LogFile *ret_file, BpError *err) BP_CHECKED;
void log_file_close(LogFile *file);

/* Adds one line, which has no end of its own: "2026-11-24T02:51:59.000Z info    mosquitto: text". Of level
 * BP_LOG_... (base/log.h) and the clock's `wall_us`. What the disk does not take is counted, and the first
 * line that it takes again stands below "12 lines were lost here: No space left on device". */
void log_file_add(LogFile *file, int64_t wall_us, int level, const char *role, BpStr text);

/* A line as it is: it has its time and level. */
void log_file_add_whole(LogFile *file, int64_t wall_us, BpStr line);

#endif
