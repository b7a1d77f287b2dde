/* Files that are there whole or not at all, and files that somebody else may have put there. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"
#include "base/error.h"

#include <sys/types.h>

/* Writes the file of this mode in place of what is there; it is on disk then, name and all. BP_UNAVAILABLE:
 * it cannot be written, and what was there still is. */
BpStatus bp_file_write(const char *path, BpStr contents, mode_t mode, BpError *err) BP_CHECKED;

/* Its contents, closed by a zero, in `arena`. A link is not followed, and a pipe not waited for.
 * BP_NOT_FOUND: there is none; BP_INVALID: it is no regular file, or has more than `max` octets;
 * BP_UNAVAILABLE: it cannot be read. */
BpStatus bp_file_read(const char *path, size_t max, BpArena *arena, BpStr *ret_contents,
                      BpError *err) BP_CHECKED;

/* Makes what was done to names in the folder of `path` last. */
void bp_file_sync_folder(const char *path);

#endif
