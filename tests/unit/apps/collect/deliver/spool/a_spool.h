/* For tests of what is on disk: a spool in a folder of its own, on the real disk or on one that fails. */
#ifndef UNIT_APPS_COLLECT_DELIVER_SPOOL_A_SPOOL_H
#define UNIT_APPS_COLLECT_DELIVER_SPOOL_A_SPOOL_H

#include "apps/collect/deliver/spool/spool.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/bacpipes-test-spool.XXXXXX";
static const Spool spool = {&spool_files, folder};

static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

/* What a test has made it has removed. */
static inline int remove_folder(void **state)
{
    char path[sizeof folder + 8];
    (void)state;
    snprintf(path, sizeof path, "%s/lock", folder);
    unlink(path);
    return rmdir(folder);
}

static inline void append_to(int64_t segment, BpStr octets)
{
    BpError err;
    size_t size = 0;
    assert_int_equal(spool_append(&spool, segment, octets, &size, &err), BP_OK);
    assert_int_equal(size, octets.size);
}

static inline void remove_from_disk(int64_t segment)
{
    BpError err;
    assert_int_equal(spool_remove(&spool, segment, &err), BP_OK);
}

/* The real disk, with one call that fails, or with all that are interrupted at first. */
static const char *failing;
static int interrupted;
static int syncs;

static inline int sync_or_fail(void *owner, int fd)
{
    syncs++;
    errno = EIO;
    return strcmp(failing, "sync") == 0 ? -1 : spool_files.sync(owner, fd);
}

/* Every second time, by a signal. */
static inline bool is_interrupted(void)
{
    if (strcmp(failing, "signals") != 0 || ++interrupted % 2 == 0)
        return false;
    errno = EINTR;
    return true;
}

static inline ssize_t read_or_fail(void *owner, int fd, void *octets, size_t size)
{
    if (is_interrupted())
        return -1;
    errno = EIO;
    return strcmp(failing, "read") == 0 ? -1 : spool_files.read(owner, fd, octets, size);
}

static inline ssize_t write_or_fail(void *owner, int fd, const void *octets, size_t size)
{
    static bool is_second;
    if (is_interrupted())
        return -1;
    if (strcmp(failing, "write") != 0)
        return spool_files.write(owner, fd, octets, size);
    is_second = !is_second;
    errno = ENOSPC;
    return is_second ? spool_files.write(owner, fd, octets, size / 2) : -1; /* short, then full */
}

static inline int64_t size_or_fail(void *owner, int fd)
{
    errno = EIO;
    return strcmp(failing, "size") == 0 ? -1 : spool_files.size(owner, fd);
}

static inline Spool failing_spool(const char *call)
{
    static SpoolFiles files;
    failing = call;
    syncs = interrupted = 0;
    files = spool_files;
    files.read = read_or_fail;
    files.sync = sync_or_fail;
    files.write = write_or_fail;
    files.size = size_or_fail;
    return (Spool){&files, folder};
}

static inline int64_t size_on_disk(int64_t segment)
{
    char path[128];
    struct stat status;
    snprintf(path, sizeof path, "%s/%012d.spool", folder, (int)segment);
    return stat(path, &status) == 0 ? (int64_t)status.st_size : -1;
}

#endif
