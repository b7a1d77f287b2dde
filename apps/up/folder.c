#include "apps/up/up.h"
#include "base/log.h"
#include "config/secret.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_OCTETS = 24, SOCKET_PATH_MAX = 107 - (int)sizeof "/.s.PGSQL.65535.lock", PORTS_TRIED = 200 };

void up_say(const Up *up, const char *format, ...)
{
    if (up->is_quiet)
        return;
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

char *up_path(Up *up, const char *format, ...)
{
    char rest[UP_PATH_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(rest, sizeof rest, format, args);
    va_end(args);
    const size_t size = strlen(up->data) + strlen(rest) + 2;
    char *path = bp_arena_take(&up->arena, size);
    snprintf(path, size, "%s/%s", up->data, rest);
    return path;
}

/* ---- folders and files ---- */

BpStatus up_make_folder(Up *up, const char *path, BpError *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be made: %s", path, bp_errno_text(errno));
    if (up->uid && chown(path, up->uid, up->gid) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be given to %s: %s", path, up->user,
                       bp_errno_text(errno));
    return BP_OK;
}

BpStatus up_write_file(Up *up, const char *path, BpStr contents, BpError *err)
{
    char draft[UP_PATH_MAX];
    snprintf(draft, sizeof draft, "%s.new", path);
    const int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", draft, bp_errno_text(errno));
    const bool is_whole = write(fd, contents.data, contents.size) == (ssize_t)contents.size &&
                          fsync(fd) == 0 && (!up->uid || fchown(fd, up->uid, up->gid) == 0);
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
    if (access(path, F_OK) == 0)
        return cfg_secret_read(path, &up->arena, ret_secret, err);
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return bp_fail(err, BP_UNAVAILABLE, "the system gives no random numbers");
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(text + 2 * i, 3, "%02x", random[i]);
    *ret_secret = bp_arena_text(&up->arena, bp_str(text));
    text[2 * SECRET_OCTETS] = '\n';
    return up_write_file(up, path, (BpStr){text, 2 * SECRET_OCTETS + 1}, err);
}

/* ---- whose it is ---- */

/* PostgreSQL refuses to run as root: then everything runs as a user without rights. */
static BpStatus choose_user(Up *up, BpError *err)
{
    if (geteuid() != 0)
        return BP_OK;
    const struct passwd *user = getpwnam("bacpipes");
    if (!user)
        user = getpwnam("postgres");
    if (!user)
        return bp_fail(err, BP_NOT_FOUND,
                       "as root there must be a user bacpipes or postgres for the servers to run as: adduser "
                       "--system --group bacpipes");
    up->uid = user->pw_uid;
    up->gid = user->pw_gid;
    up->user = bp_arena_text(&up->arena, bp_str(user->pw_name));
    return BP_OK;
}

/* Every folder above must let the user through. */
static BpStatus check_reach(Up *up, BpError *err)
{
    const char *const arguments[] = {"test", "-w", up->data, "-a", "-x", up->data, NULL};
    if (!up->uid || up_run(up, "reach", "test", arguments, NULL) == BP_OK)
        return BP_OK;
    return bp_fail(err, BP_INVALID,
                   "user %s, as which the servers run, cannot come into %s: choose another folder with "
                   "--data, such as /var/lib/bacpipes",
                   up->user, up->data);
}

/* ---- where it is ---- */

static BpStatus make_all(const char *path, BpError *err)
{
    char part[UP_PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return bp_fail(err, BP_UNAVAILABLE, "%s cannot be made: %s", part, bp_errno_text(errno));
        *slash = '/';
    }
    if (mkdir(part, 0755) != 0 && errno != EEXIST)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be made: %s", part, bp_errno_text(errno));
    return BP_OK;
}

static BpStatus lock_folder(Up *up, BpError *err)
{
    char pid[32] = "";
    const char *path = up_path(up, "lock");
    up->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (up->lock < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    if (flock(up->lock, LOCK_EX | LOCK_NB) != 0) {
        const ssize_t size = read(up->lock, pid, sizeof pid - 1);
        pid[size > 0 ? size : 0] = '\0';
        return bp_fail(err, BP_CONFLICT,
                       "process %s runs `bacpipes up` in %s already: stop it (kill %s), or choose another "
                       "folder with --data",
                       *pid ? pid : "?", up->data, *pid ? pid : "PID");
    }
    const int size = snprintf(pid, sizeof pid, "%d", (int)getpid());
    if (ftruncate(up->lock, 0) != 0 || pwrite(up->lock, pid, (size_t)size, 0) != size)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    return BP_OK;
}

/* A socket's path has at most 107 octets: a deep folder has its socket elsewhere. */
static BpStatus make_run_folder(Up *up, BpError *err)
{
    up->run_folder = up_path(up, "run");
    if (strlen(up->run_folder) > (size_t)SOCKET_PATH_MAX) {
        struct stat status;
        char path[64];
        if (stat(up->data, &status) != 0)
            return bp_fail(err, BP_UNAVAILABLE, "%s: %s", up->data, bp_errno_text(errno));
        snprintf(path, sizeof path, "/tmp/bacpipes-%llx", (unsigned long long)status.st_ino);
        up->run_folder = bp_arena_text(&up->arena, bp_str(path));
    }
    return up_make_folder(up, up->run_folder, err);
}

BpStatus up_open_folder(Up *up, BpError *err)
{
    static const char *const folders[] = {"log", "secrets", "spool", "mosquitto"};
    BpStatus status = make_all(up->cfg.data_folder, err);
    if (status != BP_OK)
        return status;
    char real[PATH_MAX];
    if (!realpath(up->cfg.data_folder, real))
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", up->cfg.data_folder, bp_errno_text(errno));
    up->data = bp_arena_text(&up->arena, bp_str(real));
    if ((status = choose_user(up, err)) != BP_OK ||
        (up->uid && (status = up_make_folder(up, up->data, err)) != BP_OK) ||
        (status = lock_folder(up, err)) != BP_OK)
        return status;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if ((status = up_make_folder(up, up_path(up, "%s", folders[i]), err)) != BP_OK)
            return status;
    if ((status = check_reach(up, err)) != BP_OK)
        return status;
    return make_run_folder(up, err);
}

void up_close_folder(Up *up)
{
    if (up->lock >= 0)
        close(up->lock);
}

/* ---- ports ---- */

static bool port_is_free(int type, const char *address, int64_t port)
{
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;
    inet_pton(AF_INET, address, &local.sin_addr);
    if (type == SOCK_STREAM) /* as servers do: a connection that has just ended holds nobody up */
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool is_free = fd >= 0 && bind(fd, (const struct sockaddr *)&local, sizeof local) == 0;
    if (fd >= 0)
        close(fd);
    return is_free;
}

bool up_udp_port_is_free(const char *address, int64_t port)
{
    return port_is_free(SOCK_DGRAM, address, port);
}

BpStatus up_free_port(int64_t first, int64_t *ret_port, BpError *err)
{
    for (int64_t port = first; port < first + PORTS_TRIED; port++)
        if (port_is_free(SOCK_STREAM, "127.0.0.1", port)) {
            *ret_port = port;
            return BP_OK;
        }
    return bp_fail(err, BP_UNAVAILABLE, "no port from %d to %d is free on 127.0.0.1", (int)first,
                   (int)first + PORTS_TRIED - 1);
}
