#include "apps/up/walk.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *walk_path(int folder, char ret_path[WALK_PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    const ssize_t size = readlink(link, ret_path, WALK_PATH_MAX - 1);
    ret_path[size > 0 ? size : 0] = '\0';
    return ret_path;
}

/* The same, for what is behind a slash. */
static const char *way(int folder, char ret_path[WALK_PATH_MAX])
{
    return strcmp(walk_path(folder, ret_path), "/") == 0 ? "" : ret_path;
}

const char *walk_owner(uid_t uid, char ret_name[64])
{
    const struct passwd *user = getpwuid(uid);
    if (uid == WALK_SEVERAL)
        snprintf(ret_name, 64, "several users");
    else if (user)
        snprintf(ret_name, 64, "%.60s", user->pw_name);
    else
        snprintf(ret_name, 64, "user %u", (unsigned)uid);
    return ret_name;
}

bool walk_others_may_write(const struct stat *status)
{
    return (status->st_mode & S_IWOTH) || ((status->st_mode & S_IWGRP) && status->st_gid != 0);
}

void walk_done(Walk *walk)
{
    if (walk->folder >= 0)
        close(walk->folder);
    walk->folder = -1;
}

static void stand_in(Walk *walk, int folder)
{
    walk_done(walk);
    walk->folder = folder;
}

static BpStatus stand_in_root(Walk *walk, BpError *err)
{
    const int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return bp_fail(err, BP_UNAVAILABLE, "/: %s", bp_errno_text(errno));
    stand_in(walk, root);
    walk->other = 0;
    return BP_OK;
}

/* Puts what the link says in front of what is left of the way. */
static BpStatus follow(Walk *walk, int link, const char *name, const struct stat *folder,
                       char left[WALK_PATH_MAX], BpError *err)
{
    struct stat status;
    char path[WALK_PATH_MAX], owner[64], target[WALK_PATH_MAX], after[WALK_PATH_MAX];
    if (fstat(link, &status) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", name, bp_errno_text(errno));
    if (walk->is_wary && (status.st_uid != 0 || folder->st_uid != 0 || walk_others_may_write(folder)))
        return bp_fail(err, BP_INVALID,
                       "%s/%s is a link that %s can change, and root follows its own alone: name the folder "
                       "itself with --data",
                       way(walk->folder, path), name,
                       walk_owner(status.st_uid ? status.st_uid : folder->st_uid, owner));
    const ssize_t size = readlinkat(link, "", target, sizeof target - 1);
    if (size < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", name, bp_errno_text(errno));
    target[size] = '\0';
    snprintf(after, sizeof after, "%s", left);
    const int length = snprintf(left, WALK_PATH_MAX, "%s/%s", target, after);
    if (length >= WALK_PATH_MAX)
        return bp_fail(err, BP_INVALID, "%s: the path is longer than %d octets", name, WALK_PATH_MAX - 1);
    return target[0] == '/' ? stand_in_root(walk, err) : BP_OK;
}

/* One step; on BP_NOT_FOUND there is no such name. */
static BpStatus step(Walk *walk, const char *name, char left[WALK_PATH_MAX], size_t *links, BpError *err)
{
    struct stat above, status;
    char path[WALK_PATH_MAX];
    if (fstat(walk->folder, &above) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", name, bp_errno_text(errno));
    if (walk->is_wary && walk_others_may_write(&above) && !(above.st_mode & S_ISVTX))
        return bp_fail(err, BP_INVALID,
                       "%s may be written to by others, who could put something else in place of %s: chmod "
                       "go-w %s, or choose another folder with --data",
                       walk_path(walk->folder, path), name, path);
    const int next = openat(walk->folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0)
        return bp_fail(err, errno == ENOENT ? BP_NOT_FOUND : BP_UNAVAILABLE, "%s/%s: %s",
                       way(walk->folder, path), name, bp_errno_text(errno));
    const int number = fstat(next, &status) == 0 ? 0 : errno;
    if (number == 0 && S_ISDIR(status.st_mode)) {
        if (above.st_uid != 0)
            walk->other = walk->other == 0 || walk->other == above.st_uid ? above.st_uid : WALK_SEVERAL;
        stand_in(walk, next);
        return BP_OK;
    }
    BpStatus result;
    if (number != 0 || !S_ISLNK(status.st_mode))
        result = bp_fail(err, BP_INVALID, "%s/%s is no folder", way(walk->folder, path), name);
    else if ((*links)++ == WALK_LINKS_MAX)
        result = bp_fail(err, BP_INVALID, "%s/%s: more than %d links are on the way", way(walk->folder, path),
                         name, WALK_LINKS_MAX);
    else
        result = follow(walk, next, name, &above, left, err);
    close(next);
    return result;
}

/* The next name of what is left of the way; false: none is. */
static bool take_name(char left[WALK_PATH_MAX], char name[WALK_PATH_MAX])
{
    const size_t skip = strspn(left, "/"), size = strcspn(left + skip, "/");
    memcpy(name, left + skip, size);
    name[size] = '\0';
    memmove(left, left + skip + size, strlen(left + skip + size) + 1);
    return size > 0;
}

BpStatus walk_to(const char *path, bool is_wary, Walk *ret_walk, BpError *err)
{
    Walk walk = {.is_wary = is_wary, .folder = -1};
    char left[WALK_PATH_MAX], here[WALK_PATH_MAX] = "", name[WALK_PATH_MAX];
    size_t links = 0;
    if (path[0] != '/' && !getcwd(here, sizeof here))
        return bp_fail(err, BP_UNAVAILABLE, "the present folder: %s", bp_errno_text(errno));
    if (snprintf(left, sizeof left, "%s/%s", here, path) >= (int)sizeof left)
        return bp_fail(err, BP_INVALID, "%s: the path is longer than %d octets", path, WALK_PATH_MAX - 1);
    BpStatus status = stand_in_root(&walk, err);
    while (status == BP_OK && take_name(left, name))
        if (strcmp(name, ".") != 0)
            status = step(&walk, name, left, &links, err);
    if (status == BP_NOT_FOUND) {
        if (snprintf(walk.missing, sizeof walk.missing, "%s%s", name, left) < (int)sizeof walk.missing)
            status = BP_OK;
    }
    if (status != BP_OK) {
        walk_done(&walk);
        return status;
    }
    *ret_walk = walk;
    return BP_OK;
}

BpStatus walk_make(Walk *walk, mode_t mode, BpError *err)
{
    char name[WALK_PATH_MAX], path[WALK_PATH_MAX];
    while (take_name(walk->missing, name)) {
        int next = -1;
        if (strcmp(name, ".") == 0)
            continue;
        if (strcmp(name, "..") == 0)
            return bp_fail(err, BP_INVALID, "%s/.. leads out of a folder that is not there",
                           way(walk->folder, path));
        if (mkdirat(walk->folder, name, mode) == 0)
            next = openat(walk->folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0)
            return bp_fail(err, BP_UNAVAILABLE, "%s/%s cannot be made: %s", way(walk->folder, path), name,
                           bp_errno_text(errno));
        stand_in(walk, next);
    }
    return BP_OK;
}
