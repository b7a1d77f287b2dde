#include "io/pg/settings.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PASSWORD_MAX = 1000 };

static const char *or_none(const char *text)
{
    return *text ? text : NULL;
}

/* The absolute path of <data>/run, whether it is there or not: libpq takes a host for a folder by its first
 * slash. */
static BpStatus embedded_socket_folder(const char *data, BpArena *arena, const char **ret_folder,
                                       BpError *err)
{
    char here[PATH_MAX] = "";
    if (data[0] != '/' && !getcwd(here, sizeof here))
        return bp_fail(err, BP_UNAVAILABLE, "the current folder has no name: %s", bp_errno_text(errno));
    const size_t size = strlen(here) + strlen(data) + sizeof "//run";
    char *folder = bp_arena_take(arena, size);
    snprintf(folder, size, "%s%s%s/run", here, data[0] == '/' ? "" : "/", data);
    *ret_folder = folder;
    return BP_OK;
}

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
    char octets[PASSWORD_MAX + 2];
    const size_t size = fread(octets, 1, sizeof octets, file);
    if (ferror(file))
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    BpStr rest;
    BpStr secret = bp_str_cut((BpStr){octets, size}, '\n', &rest);
    if (secret.size && secret.data[secret.size - 1] == '\r')
        secret.size--;
    if (secret.size == 0 || secret.size > PASSWORD_MAX || memchr(secret.data, '\0', secret.size))
        return bp_fail(err, BP_INVALID, "%s: its first line is not a password of 1 to %d octets", path,
                       PASSWORD_MAX);
    *ret_secret = bp_arena_text(arena, secret);
    return BP_OK;
}

static BpStatus read_password(const char *path, BpArena *arena, const char **ret_password, BpError *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    BpStatus status = check_secret(file, path, err);
    if (status == BP_OK)
        status = read_secret(file, path, arena, ret_password, err);
    fclose(file);
    return status;
}

BpStatus pg_settings_options(const Cfg *cfg, const char *application_name, BpArena *arena,
                             PgOptions *ret_options, BpError *err)
{
    PgOptions options = {.host = cfg->database_host,
                         .port = (uint16_t)cfg->database_port,
                         .database = cfg->database_name,
                         .user = cfg->database_user,
                         .ca_file = or_none(cfg->database_ca_file),
                         .client_certificate = or_none(cfg->database_client_certificate),
                         .client_key = or_none(cfg->database_client_key),
                         .application_name = application_name};
    BpStatus status = BP_OK;
    if (!*cfg->database_host)
        status = embedded_socket_folder(cfg->data_folder, arena, &options.host, err);
    if (status == BP_OK && *cfg->database_password_file &&
        read_password(cfg->database_password_file, arena, &options.password, err) != BP_OK)
        status = bp_within(err, "database.password_file");
    if (status == BP_OK)
        *ret_options = options;
    return status;
}
