/* The data folder: found and made with root's rights where we have them, used without. */
#include "apps/up/rights.h"
#include "apps/up/up.h"
#include "apps/up/walk.h"
#include "base/log.h"
#include "base/parse.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOCKET_PATH_MAX = 107 - (int)sizeof "/.s.PGSQL.65535.lock", PORTS_TRIED = 200 };

/* Who sits at a terminal knows what time it is. */
static void say(BpLogLevel level, const char *format, va_list args)
{
    if (!isatty(STDERR_FILENO)) {
        bp_log_va(level, format, args);
        return;
    }
    char text[2 * BP_ERROR_TEXT_MAX];
    vsnprintf(text, sizeof text, format, args);
    fprintf(stderr, "%s\n", text);
}

void up_say(const Up *up, const char *format, ...)
{
    if (up->wish.is_quiet)
        return;
    va_list args;
    va_start(args, format);
    say(BP_LOG_INFO, format, args);
    va_end(args);
}

void up_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(BP_LOG_WARNING, format, args);
    va_end(args);
}

void up_fail(const BpError *why)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "bacpipes up: %s\n", why->text);
    else
        bp_log(BP_LOG_ERROR, "%s", why->text);
}

char *up_path(Up *up, const char *format, ...)
{
    char rest[UP_PATH_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(rest, sizeof rest, format, args);
    va_end(args);
    const size_t size = strlen(up->folder.data) + strlen(rest) + 2;
    char *path = bp_arena_take(&up->arena, size);
    snprintf(path, size, "%s/%s", up->folder.data, rest);
    return path;
}

/* ---- as root ---- */

/* A new disk's lost+found is nothing. */
static bool is_empty(int folder)
{
    const int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    bool is_empty = entries != NULL;
    for (const struct dirent *entry; is_empty && (entry = readdir(entries)) != NULL;)
        is_empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                   strcmp(entry->d_name, "lost+found") == 0;
    if (entries)
        closedir(entries);
    else if (fd >= 0)
        close(fd);
    return is_empty;
}

/* Whether the user comes to the folder by its path: asked of a child that is that user, so that nothing has
 * been made where not. */
static BpStatus check_reach(int folder, const RightsUser *user, BpError *err)
{
    char path[WALK_PATH_MAX];
    struct stat here, there;
    int code = 1;
    walk_path(folder, path);
    const pid_t child = fork();
    if (child == 0) {
        const int fd = rights_become(user) ? open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
        _exit(fd < 0 || fstat(fd, &there) != 0 || fstat(folder, &here) != 0 || here.st_dev != there.st_dev ||
              here.st_ino != there.st_ino || faccessat(fd, ".", X_OK, AT_EACCESS) != 0);
    }
    while (child > 0 && waitpid(child, &code, 0) < 0 && errno == EINTR)
        ;
    if (child > 0 && code == 0)
        return BP_OK;
    return bp_fail(err, BP_INVALID,
                   "user %s, as which the servers run, cannot come into %s: choose another folder with "
                   "--data, such as /var/lib/bacpipes",
                   user->name, path);
}

static BpStatus check_owner_above(const Walk *walk, uid_t parent, const RightsUser *user, BpError *err)
{
    char path[WALK_PATH_MAX], owner[64];
    const uid_t other = parent != 0 && parent != user->uid ? parent : walk->other;
    if (other == 0 || other == user->uid)
        return BP_OK;
    return bp_fail(err, BP_INVALID,
                   "%s %s %s, who could put something else in its place or in place of what is made there: "
                   "choose another folder with --data, such as /var/lib/bacpipes",
                   walk_path(walk->folder, path), other == parent ? "belongs to" : "lies in a folder of",
                   walk_owner(other, owner));
}

static BpStatus give(const Walk *walk, const RightsUser *user, BpError *err)
{
    char path[WALK_PATH_MAX];
    if (fchownat(walk->folder, "", user->uid, user->gid, AT_EMPTY_PATH) == 0)
        return BP_OK;
    return bp_fail(err, BP_UNAVAILABLE, "%s cannot be given to %s: %s", walk_path(walk->folder, path),
                   user->name, bp_errno_text(errno));
}

static BpStatus check_owner_as_root(const Walk *walk, const struct stat *folder, const RightsUser *user,
                                    BpError *err)
{
    char path[WALK_PATH_MAX], owner[64];
    if (folder->st_uid == user->uid)
        return BP_OK;
    walk_path(walk->folder, path);
    walk_owner(folder->st_uid, owner);
    if (folder->st_uid != 0)
        return bp_fail(err, BP_INVALID,
                       "%s is %s's: run it as %s (sudo -u %s ...), or choose another folder with --data",
                       path, owner, owner, owner);
    if (!is_empty(walk->folder))
        return bp_fail(err, BP_INVALID,
                       "%s is root's and not empty, so it is for something else: choose another folder with "
                       "--data, such as /var/lib/bacpipes",
                       path);
    if (walk_others_may_write(folder))
        return bp_fail(err, BP_INVALID,
                       "%s may be written to by others: chmod go-w %s, or choose another folder with --data",
                       path, path);
    return check_owner_above(walk, 0, user, err);
}

/* What is missing is made by root in root's folders, and by the user in the user's own. */
static BpStatus open_as_root(Walk *walk, BpError *err)
{
    struct stat folder; /* the data folder, or the one that it will be in */
    RightsUser user;
    const bool is_there = !*walk->missing;
    if (fstat(walk->folder, &folder) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "the data folder: %s", bp_errno_text(errno));
    BP_TRY(rights_find_user(folder.st_uid, &user, err));
    BP_TRY(is_there ? check_owner_as_root(walk, &folder, &user, err)
                    : check_owner_above(walk, folder.st_uid, &user, err));
    BP_TRY(check_reach(walk->folder, &user, err));
    if (folder.st_uid == 0) {
        BP_TRY(walk_make(walk, 0755, err));
        BP_TRY(give(walk, &user, err));
    }
    return rights_drop(&user, err);
}

/* ---- as the user that all runs as ---- */

static BpStatus check_owner(const Walk *walk, BpError *err)
{
    struct stat folder;
    RightsUser service;
    char path[WALK_PATH_MAX], owner[64];
    if (fstat(walk->folder, &folder) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "the data folder: %s", bp_errno_text(errno));
    if (folder.st_uid == geteuid())
        return BP_OK;
    const bool is_roots = folder.st_uid == 0 || (rights_find_user(folder.st_uid, &service, NULL) == BP_OK &&
                                                 service.uid == folder.st_uid);
    walk_owner(folder.st_uid, owner);
    return bp_fail(
        err, BP_INVALID, "%s is %s's%s: run it as %s (sudo%s%s ...), or choose another folder with --data",
        walk_path(walk->folder, path), owner, is_roots && folder.st_uid ? ", by a start as root" : "",
        is_roots ? "root" : owner, is_roots ? "" : " -u ", is_roots ? "" : owner);
}

/* Whether the process is a `bacpipes up`, and not one that came to its number later. */
static bool is_up(int64_t pid)
{
    char path[64], arguments[512];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd < 0 ? 0 : read(fd, arguments, sizeof arguments - 1);
    if (fd >= 0)
        close(fd);
    arguments[size > 0 ? size : 0] = '\0';
    const size_t name = strlen(arguments) + 1;
    return (ssize_t)name < size && strcmp(arguments + name, "up") == 0;
}

static BpStatus tell_who_has_it(const Up *up, int lock, BpError *err)
{
    char text[32];
    int64_t pid;
    const ssize_t size = pread(lock, text, sizeof text - 1, 0);
    text[size > 0 ? size : 0] = '\0';
    if (bp_parse_i64(bp_str(text), 1, INT32_MAX, &pid, NULL) == BP_OK && is_up(pid))
        return bp_fail(err, BP_CONFLICT,
                       "process %d runs `bacpipes up` in %s already: stop it (kill %d), or choose another "
                       "folder with --data",
                       (int)pid, up->folder.data, (int)pid);
    return bp_fail(err, BP_CONFLICT,
                   "%s/lock is held by a process that is no `bacpipes up` (fuser says which): end it, or "
                   "remove that file",
                   up->folder.data);
}

/* Starts as root once made the lock root's. Whoever has the folder may remove it, once nobody holds it. */
static BpStatus remove_roots_lock(const Up *up, const char *path, BpError *err)
{
    struct stat ours, theirs;
    int lock = -1;
    BpStatus status = up_open_file(path, O_RDONLY, 0, &lock, err);
    if (status != BP_OK)
        return status;
    if (flock(lock, LOCK_EX | LOCK_NB) != 0)
        status = tell_who_has_it(up, lock, err);
    else if (fstat(lock, &ours) == 0 && lstat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
             unlink(path) != 0)
        status = bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    close(lock);
    return status;
}

static BpStatus lock_folder(Up *up, BpError *err)
{
    char pid[32];
    const char *path = up_path(up, "lock");
    BpStatus status = BP_OK;
    if (access(path, W_OK) != 0 && errno == EACCES)
        status = remove_roots_lock(up, path, err);
    if (status == BP_OK)
        status = up_open_file(path, O_RDWR | O_CREAT, 0600, &up->folder.lock, err);
    if (status != BP_OK)
        return status;
    (void)!fchmod(up->folder.lock, 0600); /* who can open it can hold it; earlier versions let everybody */
    if (flock(up->folder.lock, LOCK_EX | LOCK_NB) != 0)
        return tell_who_has_it(up, up->folder.lock, err);
    const int size = snprintf(pid, sizeof pid, "%d", (int)getpid());
    if (ftruncate(up->folder.lock, 0) != 0 || pwrite(up->folder.lock, pid, (size_t)size, 0) != size)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    return BP_OK;
}

/* ---- the folder of sockets ---- */

#define FAR_FOLDER "/tmp/bacpipes-"

static bool is_our_own(const char *path)
{
    struct stat status;
    return strncmp(path, FAR_FOLDER, strlen(FAR_FOLDER)) == 0 && !strchr(path + strlen(FAR_FOLDER), '/') &&
           lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
           (status.st_mode & 07777) == 0700;
}

/* Its name is drawn, so that nobody makes it first, and kept in the data folder for the next start. */
static BpStatus make_far_folder(Up *up, BpError *err)
{
    const char *note = up_path(up, "run.folder");
    char path[64] = "", line[64];
    const BpStatus read = up_read_line(note, path, sizeof path, err);
    if (read != BP_OK && read != BP_NOT_FOUND)
        return read;
    if (!is_our_own(path)) {
        if (*path && access(path, F_OK) == 0)
            up_warn("%s is not what it was: it is left alone", path);
        snprintf(path, sizeof path, FAR_FOLDER "XXXXXX");
        if (!mkdtemp(path))
            return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
        snprintf(line, sizeof line, "%s\n", path);
        const BpStatus status = up_write_file(note, bp_str(line), err);
        if (status != BP_OK)
            return status;
    }
    up->folder.run = bp_arena_text(&up->arena, bp_str(path));
    return BP_OK;
}

/* A socket's path has at most 107 octets: a deep folder has its sockets elsewhere. */
static BpStatus make_run_folder(Up *up, BpError *err)
{
    up->folder.run = up_path(up, "run");
    return strlen(up->folder.run) > (size_t)SOCKET_PATH_MAX ? make_far_folder(up, err)
                                                            : up_make_folder(up->folder.run, err);
}

/* ---- both together ---- */

static BpStatus open_at_end(Up *up, Walk *walk, bool is_root, BpError *err)
{
    char path[WALK_PATH_MAX], user[64];
    if (is_root)
        BP_TRY(open_as_root(walk, err));
    BP_TRY(walk_make(walk, 0755, err));
    BP_TRY(check_owner(walk, err));
    up->folder.data = bp_arena_text(&up->arena, bp_str(walk_path(walk->folder, path)));
    up->folder.user = bp_arena_text(&up->arena, bp_str(walk_owner(geteuid(), user)));
    return lock_folder(up, err);
}

BpStatus up_open_folder(Up *up, BpError *err)
{
    static const char *const folders[] = {"log", "secrets", "spool", "mosquitto"};
    Walk walk;
    const bool is_root = geteuid() == 0;
    BP_TRY(walk_to(up->wish.cfg.data_folder, is_root, &walk, err));
    const BpStatus status = open_at_end(up, &walk, is_root, err);
    walk_done(&walk);
    BP_TRY(status);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        BP_TRY(up_make_folder(up_path(up, "%s", folders[i]), err));
    return make_run_folder(up, err);
}

void up_close_folder(Up *up)
{
    if (up->folder.lock >= 0)
        close(up->folder.lock);
}

/* ---- ports ---- */

/* 0: it is free, or else why it is not to be had. */
static int try_port(int type, const char *address, int64_t port)
{
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;
    inet_pton(AF_INET, address, &local.sin_addr);
    if (type == SOCK_STREAM) /* as servers do: a connection that has just ended holds nobody up */
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const int number = fd >= 0 && bind(fd, (const struct sockaddr *)&local, sizeof local) == 0 ? 0 : errno;
    if (fd >= 0)
        close(fd);
    return number;
}

bool up_udp_port_is_free(const char *address, int64_t port)
{
    return try_port(SOCK_DGRAM, address, port) == 0;
}

const char *up_tcp_port_problem(const char *address, int64_t port)
{
    const int number = try_port(SOCK_STREAM, address, port);
    return number == 0               ? NULL
           : number == EADDRINUSE    ? "another program has that port"
           : number == EADDRNOTAVAIL ? "this machine has no such address"
           : number == EACCES        ? "ports below 1024 are root's"
                                     : bp_errno_text(number);
}

BpStatus up_free_port(int64_t first, int64_t *ret_port, BpError *err)
{
    bool is_forbidden = false;
    for (int64_t port = first; port < first + PORTS_TRIED; port++) {
        const int number = try_port(SOCK_STREAM, "127.0.0.1", port);
        if (number == 0) {
            *ret_port = port;
            return BP_OK;
        }
        is_forbidden = is_forbidden || number == EACCES;
    }
    return bp_fail(err, BP_UNAVAILABLE, "no port from %d to %d is to be had on 127.0.0.1%s", (int)first,
                   (int)first + PORTS_TRIED - 1,
                   is_forbidden ? ", for ports below 1024 are root's" : ": all are taken");
}
