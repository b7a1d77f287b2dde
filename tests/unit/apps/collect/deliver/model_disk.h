/* For test_model.c: chance, and a disk that fails and loses what was not synced. */
#ifndef TESTS_DELIVER_MODEL_DISK_H
#define TESTS_DELIVER_MODEL_DISK_H

#include "apps/collect/deliver/spool/spool.h"
#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { FILES_MAX = 512, FDS_MAX = 8 };

static BpRandom random_numbers;

static inline size_t below(size_t limit)
{
    return (size_t)(bp_random_u64(&random_numbers) % limit);
}

static inline bool chance(double probability)
{
    return bp_random_unit(&random_numbers) < probability;
}

typedef struct File {
    char path[64];
    uint8_t *octets;
    size_t size, synced, capacity;
    bool is_there, is_durable; /* its name, now; its name, should power go */
} File;

typedef enum Fault { NO_FAULT, FAILS, IS_SHORT, POWER_GOES } Fault;

static struct {
    File files[FILES_MAX];
    struct {
        File *file; /* NULL: the folder */
        size_t offset;
        bool is_open;
    } fds[FDS_MAX];
    size_t room; /* octets of all files */
    Fault fault; /* of the call that comes after so many others */
    int fault_after;
    bool is_off;
    bool has_failed; /* since the collector's start */
} disk;

static inline size_t disk_used(void)
{
    size_t used = 0;
    for (size_t i = 0; i < FILES_MAX; i++)
        used += disk.files[i].is_there ? disk.files[i].size : 0;
    return used;
}

/* Each call to the disk comes by here. */
static inline Fault pass(void)
{
    if (disk.is_off) {
        errno = EIO;
        return FAILS;
    }
    if (disk.fault == NO_FAULT || disk.fault_after-- > 0)
        return NO_FAULT;
    const Fault fault = disk.fault;
    disk.fault = NO_FAULT;
    disk.has_failed = true;
    disk.is_off = fault == POWER_GOES;
    errno = EIO;
    return fault == IS_SHORT ? IS_SHORT : FAILS;
}

static inline File *find_file(const char *path)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        if (disk.files[i].is_there && strcmp(disk.files[i].path, path) == 0)
            return &disk.files[i];
    return NULL;
}

static inline File *make_file(const char *path)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        File *file = &disk.files[i];
        if (file->is_there || file->is_durable)
            continue; /* is_durable alone: its removal may be forgotten */
        file->size = file->synced = 0;
        file->is_there = true;
        snprintf(file->path, sizeof file->path, "%s", path);
        return file;
    }
    fail_msg("more than %d files", FILES_MAX);
    return NULL;
}

static inline int model_open(void *owner, const char *path, int flags)
{
    (void)owner;
    if (pass() != NO_FAULT)
        return -1;
    File *file = flags & O_DIRECTORY ? NULL : find_file(path);
    if (!file && !(flags & (O_CREAT | O_DIRECTORY))) {
        errno = ENOENT;
        return -1;
    }
    if (!file && flags & O_CREAT)
        file = make_file(path);
    for (int fd = 0; fd < FDS_MAX; fd++)
        if (!disk.fds[fd].is_open) {
            disk.fds[fd].file = file;
            disk.fds[fd].is_open = true;
            disk.fds[fd].offset = 0;
            return fd;
        }
    fail_msg("descriptors are not closed");
    return -1;
}

static inline ssize_t model_read(void *owner, int fd, void *octets, size_t size)
{
    (void)owner;
    const Fault fault = pass();
    if (fault == FAILS)
        return -1;
    const File *file = disk.fds[fd].file;
    size_t left = file->size - disk.fds[fd].offset;
    left = left < size ? left : size;
    if (fault == IS_SHORT && left > 1)
        left /= 2;
    if (left)
        memcpy(octets, file->octets + disk.fds[fd].offset, left);
    disk.fds[fd].offset += left;
    return (ssize_t)left;
}

static inline ssize_t model_write(void *owner, int fd, const void *octets, size_t size)
{
    (void)owner;
    const Fault fault = pass();
    File *file = disk.fds[fd].file;
    const size_t used = disk_used();
    if (fault == FAILS && !disk.is_off)
        return -1;
    if (disk.is_off || fault == IS_SHORT)
        size = size / 2; /* power goes in the middle of it */
    if (used + size > disk.room)
        size = disk.room > used ? disk.room - used : 0;
    if (size == 0) {
        errno = ENOSPC;
        return -1;
    }
    while (file->size + size > file->capacity) {
        file->capacity = file->capacity ? file->capacity * 2 : 64 * 1024;
        file->octets = realloc(file->octets, file->capacity);
    }
    memcpy(file->octets + file->size, octets, size);
    file->size += size;
    return disk.is_off ? -1 : (ssize_t)size;
}

static inline int64_t model_size(void *owner, int fd)
{
    (void)owner;
    return pass() == NO_FAULT ? (int64_t)disk.fds[fd].file->size : -1;
}

static inline int model_sync(void *owner, int fd)
{
    (void)owner;
    if (pass() != NO_FAULT)
        return -1;
    File *file = disk.fds[fd].file;
    if (file)
        file->synced = file->size;
    for (size_t i = 0; !file && i < FILES_MAX; i++)
        disk.files[i].is_durable = disk.files[i].is_there;
    return 0;
}

static inline int model_truncate(void *owner, int fd, int64_t size)
{
    (void)owner;
    if (pass() != NO_FAULT)
        return -1;
    File *file = disk.fds[fd].file;
    assert_true(size >= 0 && (size_t)size <= file->size);
    file->size = (size_t)size;
    file->synced = file->synced < file->size ? file->synced : file->size;
    return 0;
}

static inline int model_close(void *owner, int fd)
{
    (void)owner;
    disk.fds[fd].is_open = false;
    return 0;
}

static inline int model_remove(void *owner, const char *path)
{
    (void)owner;
    if (pass() != NO_FAULT)
        return -1;
    File *file = find_file(path);
    if (!file) {
        errno = ENOENT;
        return -1;
    }
    file->is_there = false;
    return 0;
}

static inline int model_list(void *owner, const char *folder, void (*each)(void *context, const char *name),
                             void *context)
{
    (void)owner;
    if (pass() != NO_FAULT)
        return -1;
    for (size_t i = FILES_MAX; i-- > 0;)
        if (disk.files[i].is_there)
            each(context, disk.files[i].path + strlen(folder) + 1);
    return 0;
}

static const SpoolFiles model_files = {.open = model_open,
                                       .read = model_read,
                                       .write = model_write,
                                       .size = model_size,
                                       .sync = model_sync,
                                       .truncate = model_truncate,
                                       .close = model_close,
                                       .remove = model_remove,
                                       .list = model_list};
static const Spool spool = {&model_files, "spool"};

/* What was not synced is there or not, as it happens. */
static inline void lose_power(void)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        File *file = &disk.files[i];
        if (file->is_there != file->is_durable && chance(0.5))
            file->is_there = file->is_durable;
        file->is_durable = file->is_there;
        if (file->size > file->synced)
            file->size = file->synced + below(file->size - file->synced + 1);
        file->synced = file->size;
    }
}

#endif
