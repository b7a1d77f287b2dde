/* A path, followed folder by folder, each held by its descriptor: what was looked at is what is used,
 * whatever others put in its place meanwhile. */
#ifndef UP_WALK_H
#define UP_WALK_H

#include "base/error.h"

#include <sys/stat.h>
#include <sys/types.h>

enum { WALK_PATH_MAX = 4096, WALK_LINKS_MAX = 16 };
#define WALK_SEVERAL ((uid_t)-1)

typedef struct Walk {
    bool is_wary;
    int folder;                  /* O_PATH: the deepest folder on the way that is there */
    char missing[WALK_PATH_MAX]; /* what is not there below it, "a/b"; empty: the folder is the path's */
    uid_t other;                 /* whose folders above that one are: 0: all root's; WALK_SEVERAL */
} Walk;

/* Follows `path` from / or the present folder, and makes nothing. Wary, as root must be: a link is followed
 * only where it and its folder are root's and nobody else may write there, and a folder on the way that
 * others may write to (a sticky one excepted) is BP_INVALID: they could put another one in place of what
 * follows. BP_UNAVAILABLE: the way cannot be gone. */
BpStatus walk_to(const char *path, bool is_wary, Walk *ret_walk, BpError *err) BP_CHECKED;

/* Makes what is missing, each with `mode`, and stands in the last one. As root, in folders of root's. */
BpStatus walk_make(Walk *walk, mode_t mode, BpError *err) BP_CHECKED;

/* The path of the folder without links, "" where it is not to be had. */
const char *walk_path(int folder, char ret_path[WALK_PATH_MAX]);

/* "alice", "user 1234" or "several users". */
const char *walk_owner(uid_t uid, char ret_name[64]);

/* Whether more than its owner and root's group may. */
bool walk_others_may_write(const struct stat *folder);

void walk_done(Walk *walk);

#endif
