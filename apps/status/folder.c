#include "apps/status/status.h"

#include "base/parse.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PATH_SIZE = 4200 };

static bool has(const char *folder, const char *name, mode_t kind)
{
    char path[PATH_SIZE];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return lstat(path, &status) == 0 && (status.st_mode & S_IFMT) == kind;
}

/* What is in a small file, closed by a zero; "" where it cannot be read. Never waits for a pipe. */
static size_t read_small(const char *path, char *ret_text, size_t size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const ssize_t length = fd < 0 ? 0 : read(fd, ret_text, size - 1);
    if (fd >= 0)
        close(fd);
    ret_text[length > 0 ? length : 0] = '\0';
    return length > 0 ? (size_t)length : 0;
}

/* Its number is in the lock; whoever has that number now must be an `up`. */
static int64_t find_up(const char *folder)
{
    char path[PATH_SIZE], text[512];
    int64_t pid;
    snprintf(path, sizeof path, "%s/lock", folder);
    read_small(path, text, sizeof text);
    if (bp_parse_i64(bp_str_trim(bp_str(text)), 1, INT32_MAX, &pid, NULL) != BP_OK)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    const size_t size = read_small(path, text, sizeof text), second = strlen(text) + 1;
    return second < size && strcmp(text + second, "up") == 0 ? pid : 0;
}

void status_look_at_folder(const Cfg *cfg, StatusFolder *ret_folder)
{
    char path[PATH_SIZE];
    struct stat status;
    struct statvfs disk;
    *ret_folder = (StatusFolder){.path = cfg->data_folder, .free_octets = -1, .disk_octets = -1};
    ret_folder->is_there = stat(cfg->data_folder, &status) == 0 && S_ISDIR(status.st_mode);
    if (!ret_folder->is_there)
        return;
    ret_folder->has_settings = has(cfg->data_folder, "bacpipes.conf", S_IFREG);
    ret_folder->has_servers = has(cfg->data_folder, "postgresql", S_IFDIR);
    ret_folder->has_sites = has(cfg->data_folder, "sites", S_IFDIR);
    ret_folder->is_up_ready =
        has(cfg->data_folder, "ready", S_IFREG); /* before: an `up` that ends takes it away first */
    snprintf(path, sizeof path, "%s/join.failed", cfg->data_folder);
    read_small(path, ret_folder->no_join, sizeof ret_folder->no_join);
    ret_folder->up = find_up(cfg->data_folder);
    if (statvfs(cfg->data_folder, &disk) == 0) {
        ret_folder->free_octets = (int64_t)(disk.f_bavail * disk.f_frsize);
        ret_folder->disk_octets = (int64_t)(disk.f_blocks * disk.f_frsize);
    }
}
