#include "config/secret.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

enum { SECRET_MAX = 1000 };

/* As libpq has it for a key: nobody else's to read, but root's may be its group's too. */
static BpStatus check_secret(FILE *file, const char *path, BpError *err)
{
    struct stat status;
    if (fstat(fileno(file), &status) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    const mode_t refused = status.st_uid == 0 ? S_IWGRP | S_IRWXO : S_IRWXG | S_IRWXO;
    if (status.st_mode & refused)
        return bp_fail(err, BP_INVALID, "%s may be read by others: chmod 600 %s", path, path);
    return BP_OK;
}

static BpStatus read_secret(FILE *file, const char *path, BpArena *arena, const char **ret_secret,
                            BpError *err)
{
    char octets[SECRET_MAX + 2];
    const size_t size = fread(octets, 1, sizeof octets, file);
    if (ferror(file))
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    BpStr rest;
    BpStr secret = bp_str_cut((BpStr){octets, size}, '\n', &rest);
    if (secret.size && secret.data[secret.size - 1] == '\r')
        secret.size--;
    if (secret.size == 0 || secret.size > SECRET_MAX || memchr(secret.data, '\0', secret.size))
        return bp_fail(err, BP_INVALID, "%s: its first line is not a password of 1 to %d octets", path,
                       SECRET_MAX);
    *ret_secret = bp_arena_text(arena, secret);
    return BP_OK;
}

BpStatus cfg_secret_read(const char *path, BpArena *arena, const char **ret_secret, BpError *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    BpStatus status = check_secret(file, path, err);
    if (status == BP_OK)
        status = read_secret(file, path, arena, ret_secret, err);
    fclose(file);
    return status;
}
